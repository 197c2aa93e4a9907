"""Checkpoints of gReLU: the network and its final function, without what training needs."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, Mapping, Optional

from ..declaration import Output
from ..optional import needed
from .conversion import Network, NotConverted, package_version, tasks_of

if TYPE_CHECKING:
    import argparse


def grelu(given: "argparse.Namespace") -> Network:
    """The network of a checkpoint that gReLU's `LightningModel` wrote, with the tasks and the length that it was trained with."""
    torch = needed("torch", "reading gReLU")
    models = needed("grelu.model.models", "reading gReLU")
    try:
        checkpoint = torch.load(given.input, map_location="cpu", weights_only=not given.trust)
    except pickle.UnpicklingError as error:
        raise NotConverted(
            f"`{given.input}` holds pickled objects, and reading these can run code: if you trust the file, add --trust"
        ) from error
    try:
        settings = checkpoint["hyper_parameters"]
        parameters, training = dict(settings["model_params"]), settings["train_params"]
        weights = {name.removeprefix("model."): value for name, value in checkpoint["state_dict"].items() if name.startswith("model.")}
        network = getattr(models, parameters.pop("model_type"))(**parameters)
    except (KeyError, TypeError, AttributeError) as error:
        raise NotConverted(f"`{given.input}` is not a checkpoint of gReLU: {error!r}") from error
    network.load_state_dict(weights)
    data = checkpoint.get("data_params") or {}
    length = given.length or (data.get("train") or {}).get("seq_len")
    if not length:
        raise NotConverted("the checkpoint does not say how long its sequences are: add --length")
    module = torch.nn.Sequential(network.eval(), _final(torch, training))
    with torch.no_grad():
        shape = module(torch.zeros(2, 4, length)).shape
    tasks = tasks_of(given, shape[1], _task_names(data))
    bin_width = (data.get("train") or {}).get("bin_size")
    # (batch, task, bin); a network of one number for each task has one bin, which is the whole sequence.
    output = Output(tasks=tasks, layout="channels_first", bin=bin_width if shape[2] > 1 else length, unit=_unit(training))
    return Network(module, length, outputs=[output], package=package_version("gReLU"))


def _final(torch: Any, training: Mapping[str, Any]) -> Any:
    """The function that gReLU applies to what the network gives, by the task that it was trained for."""
    task, loss = training["task"].lower(), str(training.get("loss", "")).lower()

    class Exponential(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.exp(x)

    if task == "binary":
        return torch.nn.Sigmoid()
    if task == "multiclass":
        return torch.nn.Softmax(dim=1)
    if task == "regression":
        return Exponential() if loss in ("poisson", "poisson_multinomial") else torch.nn.Identity()
    raise NotConverted(f"the network was trained for `{task}`, which is not known")


def _unit(training: Mapping[str, Any]) -> Optional[str]:
    return "probability" if training["task"].lower() in ("binary", "multiclass") else None


def _task_names(data: Mapping[str, Any]) -> list[str]:
    tasks = data.get("tasks") or {}
    names = tasks.get("name", [])
    return [str(name) for name in (names.values() if isinstance(names, Mapping) else names)]

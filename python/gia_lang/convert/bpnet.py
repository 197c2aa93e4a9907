"""BPNet and ChromBPNet as ENCODE publishes them: Keras `.h5` files, read by bpnet-lite without TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..declaration import Output
from ..optional import needed
from .conversion import Network, NotConverted, package_version, tasks_of

if TYPE_CHECKING:
    import argparse

#: Input length of the published models in bp.
LENGTH = 2114


def bpnet(given: "argparse.Namespace") -> Network:
    """A BPNet of `basepairmodels`, such as those of ENCODE's atlas of transcription factors."""
    classes = needed("bpnetlite.bpnet", "reading BPNet")
    return network_of(_read(classes.BasePairNet.from_bpnet, given), given)


def chrombpnet(given: "argparse.Namespace") -> Network:
    """One part of a ChromBPNet: the accessibility without bias, which is meant for interpretation, or the bias."""
    classes = needed("bpnetlite.bpnet", "reading ChromBPNet")
    return network_of(_read(classes.BPNet.from_chrombpnet, given), given)


def _read(read: Any, given: "argparse.Namespace") -> Any:
    try:
        return read(given.input)
    except (KeyError, OSError) as error:
        raise NotConverted(f"`{given.input}` is not a file of this kind of model: {error}") from error


def network_of(model: Any, given: "argparse.Namespace") -> Network:
    """The network with what is declared of its profile and its counts."""
    length = given.length or LENGTH
    if length <= 2 * model.trimming:
        raise NotConverted(f"the network trims {model.trimming} bp from each end, so its input is longer than {length} bp")
    count = model.n_outputs
    tasks = tasks_of(given, count, ["plus", "minus"] if count == 2 else ["profile"])
    profile = Output(name="profile", tasks=tasks, bin=1, layout="channels_first", unit="logit", opposite=tasks[::-1] if count == 2 else ())
    notes = {"control": "both control tracks are 0 everywhere"} if model.n_control_tracks else {}
    module = without_control(model) if model.n_control_tracks else model
    counts = Output(name="counts", unit="log counts")
    return Network(module, length, outputs=[profile, counts], package=package_version("bpnet-lite"), notes=notes)


def without_control(model: Any) -> Any:
    """The network with control tracks that are 0, as for predictions without an experiment."""
    import torch

    class WithoutControl(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = model

        def forward(self, x: Any) -> Any:
            return self.network(x, x.new_zeros(x.shape[0], self.network.n_control_tracks, x.shape[2]))

    return WithoutControl()

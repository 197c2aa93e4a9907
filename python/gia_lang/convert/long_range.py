"""Enformer and Borzoi of the packages enformer-pytorch and borzoi-pytorch, from a folder that `save_pretrained` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..declaration import Output
from ..optional import needed
from .conversion import Network, NotConverted, package_version, tasks_of

if TYPE_CHECKING:
    import argparse

#: Input lengths of the published models in bp.
ENFORMER_LENGTH, BORZOI_LENGTH = 196_608, 524_288
#: Base pairs for each number of Borzoi.
BORZOI_BIN = 32


def enformer(given: "argparse.Namespace") -> Network:
    """One head of an Enformer."""
    package = needed("enformer_pytorch", "reading Enformer")
    model = package.Enformer.from_pretrained(_folder(given))
    heads = model.output_heads
    if given.head not in heads:
        raise NotConverted(f"there is no head `{given.head}`, but {', '.join(heads)}")
    bin_width = 2**model.config.num_downsamples
    output = Output(name="tracks", tasks=tasks_of(given, heads[given.head]), bin=bin_width, layout="channels_last")
    module = _selected(model, lambda network, x: network(x, head=given.head))
    return Network(module, given.length or ENFORMER_LENGTH, outputs=[output], package=package_version("enformer-pytorch"))


def borzoi(given: "argparse.Namespace") -> Network:
    """The human or the mouse head of a Borzoi."""
    package = needed("borzoi_pytorch", "reading Borzoi")
    model = package.Borzoi.from_pretrained(_folder(given))
    if given.head not in ("human", "mouse") or not hasattr(model, f"{given.head}_head"):
        raise NotConverted(f"the network has no head `{given.head}`")
    is_human = given.head == "human"
    count = getattr(model, f"{given.head}_head").out_channels
    output = Output(name="tracks", tasks=tasks_of(given, count), bin=BORZOI_BIN, layout="channels_first")
    module = _selected(model, lambda network, x: network(x, is_human=is_human))
    return Network(module, given.length or BORZOI_LENGTH, outputs=[output], package=package_version("borzoi-pytorch"))


def _folder(given: "argparse.Namespace") -> str:
    path = Path(given.input)
    if not (path / "config.json").is_file():
        raise NotConverted(f"`{path}` is not a folder that `save_pretrained` wrote: it holds no config.json")
    return str(path)


def _selected(model: Any, call: Any) -> Any:
    """A network with fixed further arguments."""
    import torch

    class Selected(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = model

        def forward(self, x: Any) -> Any:
            return call(self.network, x)

    return Selected()

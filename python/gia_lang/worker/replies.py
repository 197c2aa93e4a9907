"""Replies from a worker to `gia`. `docs/worker.md` explains them."""

from dataclasses import dataclass

from . import postcard as pc
from .requests import U32, U64


@dataclass
class Hello:
    version: int
    device: str
    libtorch: str | None = None


@dataclass
class Identity:
    """What identifies a network that is not a file."""

    sha256: str
    class_name: str
    libraries: list


@dataclass
class Opened:
    columns: int
    batch: int
    shapes: list
    identity: Identity | None


@dataclass
class BatchTiming:
    batch: int
    seconds: float


@dataclass
class Measured:
    batch: int
    tried: list


@dataclass
class Values:
    """Numbers in the payload, and statistics of incremental recomputation, which are all zero for a worker that does none."""

    sequences: int = 0
    checked: int = 0
    largest_difference: float = 0.0


@dataclass
class Failed:
    code: str
    message: str
    help: str | None = None


@dataclass
class Contributions:
    """Contributions in the payload; the nodes of the network without an exact rule."""

    inexact: list


DONE = "Done"

IDENTITY = pc.Struct(Identity, sha256=pc.Text(), class_name=pc.Text(), libraries=pc.List(pc.Text()))
REPLY = pc.Union(
    pc.Struct(Hello, version=U32, device=pc.Text(), libtorch=pc.Maybe(pc.Text())),
    pc.Struct(
        Opened,
        columns=U64,
        batch=U32,
        shapes=pc.List(pc.List(U64)),
        identity=pc.Maybe(IDENTITY),
    ),
    DONE,
    pc.Struct(Measured, batch=U32, tried=pc.List(pc.Struct(BatchTiming, batch=U32, seconds=pc.Float("d")))),
    pc.Struct(Values, sequences=U64, checked=U64, largest_difference=pc.Float("d")),
    pc.Struct(Failed, code=pc.Text(), message=pc.Text(), help=pc.Maybe(pc.Text())),
    pc.Struct(Contributions, inexact=pc.List(pc.Text())),
)

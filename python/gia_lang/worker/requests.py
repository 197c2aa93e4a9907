"""Requests from `gia` to a worker. `docs/worker.md` explains them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import postcard as pc

# Protocol version, which must be equal on both sides.
VERSION = 9


@dataclass
class Part:
    start: int
    length: int


@dataclass
class Tokenizer:
    k: int
    step: int
    words: np.ndarray
    unknown: int | None
    start: list
    end: list
    bases: list | None
    unknown_base: int | None


@dataclass
class SequenceInput:
    """An input that is computed from the sequence. `encoding` is "OneHot", or a pair of "Channels" or "Tokens" and what they are."""

    reverse_complement: bool
    part: Part | None
    encoding: Any


@dataclass
class ConstantInput:
    shape: list
    values: np.ndarray


@dataclass
class Hello:
    version: int
    device: Any
    threads: int
    precision: str
    incremental: str


@dataclass
class Open:
    model: int
    path: str
    entry: str | None
    channels: list
    length: int
    layout: str
    unknown: str
    inputs: list
    before: list
    batch: int | None


@dataclass
class Measure:
    model: int


@dataclass
class Prepare:
    model: int
    rows: int


@dataclass
class Run:
    model: int
    columns: np.ndarray


@dataclass
class Gradients:
    model: int
    columns: np.ndarray
    weights: np.ndarray


@dataclass
class Contributions:
    model: int
    columns: np.ndarray
    weights: np.ndarray
    references: int


@dataclass
class Along:
    model: int
    columns: np.ndarray
    weights: np.ndarray
    references: int
    shares: np.ndarray


U32, U64 = pc.Unsigned(32), pc.Unsigned(64)

DEVICE = pc.Union("Auto", "Cpu", ("Cuda", U32))
PRECISION = pc.Union("Float32", "Tf32", "BFloat16", "Float64")
INCREMENTAL = pc.Union("Never", "WhenFaster", "Always")
LAYOUT = pc.Union("ChannelsFirst", "ChannelsLast")
UNKNOWN = pc.Union("Zeros", "Quarter")
LAST_STEP = pc.Union("Sigmoid", "Softmax", "LogSoftmax", "Softplus", "Exp", "Tanh", "Relu")
CHANNEL = pc.Union(("Base", pc.Byte()), "Unknown", ("Constant", pc.Float("f")), ("Track", pc.Floats()))
TOKENIZER = pc.Struct(
    Tokenizer,
    k=U64,
    step=U64,
    words=pc.Indices(),
    unknown=pc.Maybe(U32),
    start=pc.List(U32),
    end=pc.List(U32),
    bases=pc.Maybe(pc.Fixed(U32, 4)),
    unknown_base=pc.Maybe(U32),
)
ENCODING = pc.Union("OneHot", ("Channels", pc.List(CHANNEL)), ("Tokens", TOKENIZER))
INPUT = pc.Union(
    pc.Struct(
        SequenceInput,
        reverse_complement=pc.Bool(),
        part=pc.Maybe(pc.Struct(Part, start=U64, length=U64)),
        encoding=ENCODING,
    ),
    pc.Struct(ConstantInput, shape=pc.List(U64), values=pc.Floats()),
)
REQUEST = pc.Union(
    pc.Struct(Hello, version=U32, device=DEVICE, threads=U32, precision=PRECISION, incremental=INCREMENTAL),
    pc.Struct(
        Open,
        model=U32,
        path=pc.Text(),
        entry=pc.Maybe(pc.Text()),
        channels=pc.Fixed(pc.Byte(), 4),
        length=U64,
        layout=LAYOUT,
        unknown=UNKNOWN,
        inputs=pc.List(INPUT),
        before=pc.List(pc.Maybe(LAST_STEP)),
        batch=pc.Maybe(U32),
    ),
    pc.Struct(Measure, model=U32),
    pc.Struct(Prepare, model=U32, rows=U64),
    pc.Struct(Run, model=U32, columns=pc.Ranges()),
    pc.Struct(Gradients, model=U32, columns=pc.Ranges(), weights=pc.Floats()),
    pc.Struct(Contributions, model=U32, columns=pc.Ranges(), weights=pc.Floats(), references=U32),
    pc.Struct(Along, model=U32, columns=pc.Ranges(), weights=pc.Floats(), references=U32, shares=pc.Floats()),
)


def read_version(header):
    """The protocol version of a first message, whose other fields may be those of another version; `None` if it is none."""
    reader = pc.Reader(header)
    return reader.varint() if reader.varint() == 0 else None

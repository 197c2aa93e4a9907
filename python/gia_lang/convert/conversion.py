"""What is common to all converters: export, declaration, comparison, and what to run next."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence

from .. import export
from ..declaration import Declaration, Output, sha256_of
from ..sequences import random_sequences

if TYPE_CHECKING:
    import argparse

    import numpy as np


class NotConverted(Exception):
    """The file is not what the converter reads, or the converted network differs from it."""


@dataclass
class Network:
    """A network that was read: a PyTorch module from one-hot sequences (batch, 4, length), and what is declared of it."""

    module: Any
    length: int
    outputs: Sequence[Output] = ()
    tasks: Sequence[str] = ()
    unit: Optional[str] = None
    #: The package whose class it is, for the declaration.
    package: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


def package_version(name: str) -> str:
    """A package with its version."""
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return name


def source_of(given: "argparse.Namespace", package: str) -> str:
    """Where a model comes from: what the user says, and the file that was read with its hash."""
    path = Path(given.input)
    digest = f", SHA-256 {sha256_of(path)}" if path.is_file() else ""
    read = f"converted from {path.name}{digest}, read with {package}"
    return f"{given.source}; {read}" if given.source else read


def tasks_of(given: "argparse.Namespace", count: int, default: Sequence[str] = ()) -> list[str]:
    """The names of tasks that the user gives, else those that are known; none if nothing names them."""
    if given.tasks:
        named = given.tasks.split(",")
    elif given.tasks_file:
        named = [line.strip() for line in Path(given.tasks_file).read_text(encoding="utf-8").splitlines() if line.strip()]
    else:
        named = list(default) if len(default) == count else []
    if named and len(named) != count:
        raise NotConverted(f"{len(named)} tasks are named, but the network has {count}")
    return named


def write(network: Network, given: "argparse.Namespace") -> float:
    """Writes the model and its declaration, compares it with the module, and returns the largest relative difference. What differs is
    not kept."""
    out = Path(given.output)
    if out.suffix != ".pt2":
        raise NotConverted(f"`{out}` does not end in .pt2, the format that is written")
    inputs = export.find_form(network.module, network.length)
    try:
        note = export.export(network.module, inputs, network.length, out)
        declare(out, given, network, inputs.layout)
        found = export.predictions(out, random_sequences(network.length), given.device)
        difference = export.check_equal(found, export.expected_of(network.module, inputs, network.length))
    except export.NotExported:
        remove(out)
        raise
    if note:
        print(f"note: {note}")
    return difference


def declare(out: Path, given: "argparse.Namespace", network: Network, layout: str) -> Path:
    return Declaration(
        length=network.length,
        alphabet="ACGT",
        layout=layout,
        tasks=network.tasks,
        unit=given.unit or network.unit,
        source=source_of(given, network.package),
        licence=given.licence,
        outputs=network.outputs,
        notes=network.notes,
    ).write_beside(out)


def compare_with(out: Path, expected: "np.ndarray", length: int, device: str) -> float:
    """As `write`, with outputs that another framework computed."""
    try:
        return export.check_equal(export.predictions(out, random_sequences(length), device), expected)
    except export.NotExported:
        remove(out)
        raise


def remove(out: Path) -> None:
    """Removes a model that is not right, so that nobody uses it."""
    for path in (out, out.with_suffix(".toml")):
        path.unlink(missing_ok=True)

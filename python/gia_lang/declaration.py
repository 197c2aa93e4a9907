"""Declarations: what a graph cannot tell of a network, as the `.toml` beside its file (docs/models.md)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence


@dataclass
class Output:
    """An output of several, or one along the sequence."""

    name: Optional[str] = None
    tasks: Sequence[str] = ()
    unit: Optional[str] = None
    bin: Optional[int] = None
    start: Optional[int] = None
    layout: Optional[str] = None
    opposite: Sequence[str] = ()
    #: Sizes after the batch; an empty list is one number.
    shape: Optional[Sequence[int]] = None


@dataclass
class Declaration:
    """The keys of a declaration; those left empty are not written."""

    length: Optional[int] = None
    alphabet: Optional[str] = None
    layout: Optional[str] = None
    unknown: Optional[str] = None
    tasks: Sequence[str] = ()
    unit: Optional[str] = None
    before: Optional[str] = None
    kind: Optional[str] = None
    entry: Optional[str] = None
    sha256: Optional[str] = None
    source: Optional[str] = None
    licence: Optional[str] = None
    inputs: Sequence[Mapping[str, Any]] = ()
    outputs: Sequence[Output] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def to_toml(self) -> str:
        """The declaration as TOML."""
        single = (name for name in self.__dataclass_fields__ if name not in ("inputs", "outputs", "notes"))
        parts = [_pairs({name: getattr(self, name) for name in single})]
        parts += ["[[input]]\n" + _pairs(given) for given in self.inputs]
        parts += ["[[output]]\n" + _pairs(vars(output)) for output in self.outputs]
        parts += ["[notes]\n" + _pairs(self.notes)] if self.notes else []
        return "\n".join(part for part in parts if part)

    def write_beside(self, model: Path) -> Path:
        """Writes the declaration of a model file, with the hash of the file."""
        self.sha256 = sha256_of(model)
        path = model.with_suffix(".toml")
        path.write_text(self.to_toml(), encoding="utf-8")
        return path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _pairs(values: Mapping[str, Any]) -> str:
    # An empty shape is that of one number; any other empty list states nothing.
    states = lambda name, value: value is not None and (name == "shape" or value not in ((), []))
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items() if states(name, value))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        # The escapes of JSON strings are those of TOML, but for the slash, which JSON need not escape, and DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(item)}" for name, item in value.items()) + " }"
    return "[" + ", ".join(_value(item) for item in value) + "]"

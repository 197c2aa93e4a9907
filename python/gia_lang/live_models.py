"""Models that live in this Python, made into something that `gia` can run.

A PyTorch module is exported into a temporary folder, and the file compared with the module on eight sequences. Where that fails, and
for every other object, the Python worker serves the object itself: right, but without recomputation of what an edit reaches.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import sys
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence

from . import export
from .declaration import Declaration, Output
from .errors import RunError, ScriptError


@dataclass
class Model:
    """A live model with what has to be declared of it.

    `module` is a PyTorch module, a Keras model or any callable from a batch of one-hot sequences to outputs. `length` is that of its
    input in bp; without it, it is that of the script's backgrounds. `tasks` names the entries of its only output, `outputs` those of
    several; `unit` is their scale, such as "logit". `constants` are further inputs, the same for every sequence. With `export=False`
    the module is always served from this Python.
    """

    module: Any
    length: Optional[int] = None
    tasks: Sequence[str] = ()
    unit: Optional[str] = None
    alphabet: str = "ACGT"
    unknown: Optional[str] = None
    before: Optional[str] = None
    outputs: Sequence[Output] = ()
    constants: Sequence[Any] = ()
    source: Optional[str] = None
    licence: Optional[str] = None
    export: bool = True


@dataclass
class Prepared:
    """What a command of `gia` needs so that a script finds its models."""

    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    #: How live models are run, for the user.
    notes: list[str] = field(default_factory=list)


@contextlib.contextmanager
def prepared(models: Mapping[str, Any], script: str, folder: Optional[Path] = None, device: str = "auto") -> Iterator[Prepared]:
    """Makes models available to a script for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        found = Prepared()
        served: dict[str, Any] = {}
        reasons: dict[str, str] = {}
        for name, given in models.items():
            if not name.isidentifier():
                raise ScriptError(f"`{name}` is not the name of a model in a script")
            if isinstance(given, (str, os.PathLike)):
                found.arguments += ["--model", f"{name}={os.fspath(given)}"]
                continue
            model = given if isinstance(given, Model) else Model(given)
            length = model.length or length_in(script, name)
            reason = "export=False" if not model.export else "only PyTorch modules are exported"
            if model.export and _is_torch_module(model.module):
                try:
                    found.arguments += ["--model", f"{name}={_exported(model, length, found.notes, name, device)}"]
                    continue
                except export.NotExported as refused:
                    reason = str(refused)
            if folder is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gia_")))
            path = folder / f"{name}.toml"
            path.write_text(_served_declaration(name, model, length).to_toml(), encoding="utf-8")
            found.arguments += ["--model", f"{name}={path}"]
            served[name] = model.module
            reasons[name] = reason
            found.notes.append(f"`{name}` runs in this Python, where every sequence takes a full pass: {reason}")
        if served:
            # It is code of the caller.
            found.arguments.append("--allow-python")
            found.environment.update(stack.enter_context(_serving(served, reasons)))
            found.environment["PYTHONPATH"] = _python_path()
        yield found


def _serving(models: Mapping[str, Any], reasons: Mapping[str, str]) -> Any:
    try:
        from .worker import relay
    except ImportError as error:
        why = "; ".join(f"`{name}` was not exported: {reason}" for name, reason in reasons.items())
        raise RunError(f"{why}; and this installation cannot serve models from Python ({error})") from error
    return relay.serving(dict(models))


def _python_path() -> str:
    """The variable with which another Python finds this package, which may not be installed."""
    given = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(Path(__file__).resolve().parents[1]), *([given] if given else [])])


def _is_torch_module(module: Any) -> bool:
    """Whether it is a PyTorch module; imports nothing, since a module's PyTorch is imported already."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(module, torch.nn.Module)


_LENGTH = re.compile(r"\b(?:length|width)\s*:\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*(bp|kb|Mb)")
_BASES = {"bp": 1, "kb": 1_000, "Mb": 1_000_000}


def length_in(script: str, name: str) -> int:
    """The length of the script's backgrounds, if all that it states are equal. `gia` compares it with each experiment's."""
    code = "\n".join(line.partition("#")[0] for line in script.splitlines())
    found = {round(float(number.replace("_", "")) * _BASES[unit]) for number, unit in _LENGTH.findall(code)}
    if len(found) == 1:
        return found.pop()
    known = "no length" if not found else f"several lengths ({', '.join(f'{length} bp' for length in sorted(found))})"
    raise ScriptError(f"the input length of `{name}` is not known, since the script states {known}: pass gia.Model(module, length=...)")


#: The folder of exported modules, for as long as this Python runs.
_folder: Optional["tempfile.TemporaryDirectory[str]"] = None
#: The exports of each module, by the weights and settings that they were made with.
_exports: "weakref.WeakKeyDictionary[Any, dict[str, _Export]]" = weakref.WeakKeyDictionary()


@dataclass
class _Export:
    """An exported file that equals its module, what it predicts for the sequences of the comparison, and a note for the user."""

    path: Path
    predictions: Any
    note: Optional[str]


def _exported(model: Model, length: int, notes: list[str], name: str, device: str) -> Path:
    """The `.pt2` file of a module, exported unless it was with these weights. The file is compared with the module each time: code
    that the module calls may have changed."""
    global _folder
    module = model.module
    inputs = export.find_form(module, length, model.alphabet, model.constants)
    key = _fingerprint(module, f"{dataclasses.replace(model, module=None)!r} {length} {inputs.form}")
    known = _exports.setdefault(module, {}).get(key)
    if known is None:
        if _folder is None:
            _folder = tempfile.TemporaryDirectory(prefix="gia_exported_")
        path = Path(tempfile.mkdtemp(dir=_folder.name), f"{_file_name(module)}.pt2")
        note = export.export(module, inputs, length, path)
        declaration_of(model, length, inputs).write_beside(path)
        known = _Export(path, export.compare(path, module, inputs, length, device), note)
        _exports[module][key] = known
    else:
        export.check_equal(known.predictions, export.expected_of(module, inputs, length))
    if known.note:
        notes.append(f"`{name}` is {known.note}")
    return known.path


def declaration_of(model: Model, length: int, inputs: export.Inputs) -> Declaration:
    """The declaration of an exported module."""
    constants = [{"kind": "constant", "values": _flat(value)} for value in model.constants]
    return Declaration(
        length=length,
        alphabet=model.alphabet,
        layout=inputs.layout,
        unknown=model.unknown,
        tasks=model.tasks,
        unit=model.unit,
        before=model.before,
        source=model.source,
        licence=model.licence,
        inputs=[{}, *constants] if constants else [],
        outputs=model.outputs,
    )


def _served_declaration(name: str, model: Model, length: int) -> Declaration:
    """The declaration of an object that stays in Python. Its outputs are found by calling it."""
    if _is_torch_module(model.module):
        try:
            inputs = export.find_form(model.module, length, model.alphabet, model.constants)
        except export.NotExported as refused:
            raise ScriptError(f"`{name}` cannot be run: {refused}") from refused
        shapes = [list(output.shape[1:]) for output in export.outputs_of(model.module, _example(model, inputs, length))]
    else:
        inputs, shapes = _call(name, model, length)
    declared = declaration_of(model, length, inputs)
    declared.kind, declared.entry = "python", name
    given = list(model.outputs) or [Output(tasks=model.tasks, unit=model.unit) if len(shapes) == 1 else Output(unit=model.unit) for _ in shapes]
    if len(given) != len(shapes):
        raise ScriptError(f"{len(given)} outputs are declared, but `{name}` has {len(shapes)}")
    declared.tasks, declared.unit = (), None
    declared.outputs = [Output(**{**vars(output), "shape": shape}) for output, shape in zip(given, shapes)]
    return declared


def _example(model: Model, inputs: export.Inputs, length: int) -> tuple[Any, ...]:
    return inputs.of(export.random_sequences(length, 2), export.first_tensor(model.module))


def _call(name: str, model: Model, length: int) -> tuple[export.Inputs, list[list[int]]]:
    """The form of sequences that a callable takes, and the shapes of its outputs after the batch."""
    import numpy as np

    if not callable(model.module):
        raise ScriptError(f"`{name}` is neither a path, a PyTorch module nor callable, but {type(model.module).__name__}")
    texts = export.random_sequences(length, 2)
    refused: Optional[Exception] = None
    # What is no PyTorch module reads channels last, as Keras and JAX do, or says so by refusing it.
    for form in ("nlb", "nbl"):
        inputs = export.Inputs(form, model.alphabet)
        try:
            made = model.module(export.shaped(export.one_hot(texts, model.alphabet), form), *map(np.asarray, model.constants))
        except Exception as error:
            refused = refused or error
            continue
        shapes = [list(np.shape(output)) for output in _leaves(made)]
        if shapes and all(shape and shape[0] == len(texts) for shape in shapes):
            return inputs, [shape[1:] for shape in shapes]
    raise ScriptError(f"`{name}` cannot be called with one-hot sequences of {length} bp: {export.first_line(refused)}")


def _leaves(made: Any) -> list[Any]:
    """The arrays in nested lists, tuples and dictionaries."""
    if isinstance(made, Mapping):
        return [leaf for value in made.values() for leaf in _leaves(value)]
    if isinstance(made, (list, tuple)):
        return [leaf for value in made for leaf in _leaves(value)]
    return [made]


def _flat(value: Any) -> list[float]:
    import numpy as np

    return np.asarray(value, dtype=np.float32).reshape(-1).tolist()


def _file_name(module: Any) -> str:
    return re.sub(r"\W", "_", type(module).__name__).lower() or "module"


def _fingerprint(module: Any, settings: str) -> str:
    """A hash of the weights of a module and of the settings of its export."""
    digest = hashlib.sha256(settings.encode())
    for name, tensor in module.state_dict().items():
        if not hasattr(tensor, "detach"):
            digest.update(f"{name} {tensor!r}".encode())
            continue
        stored = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {stored.dtype} {tuple(stored.shape)}".encode())
        digest.update(memoryview(stored.reshape(-1).view(_bytes_type()).numpy()))
    return digest.hexdigest()


def _bytes_type() -> Any:
    import torch

    return torch.uint8

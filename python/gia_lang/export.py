"""Exports a PyTorch module as `.pt2`, and compares the file with the module."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence

from . import process
from .errors import GiaError
from .sequences import one_hot, random_sequences, write_fasta

if TYPE_CHECKING:
    import numpy as np

#: Largest difference between an output of the file and of the module, relative to the largest output.
TOLERANCE = 1e-4
#: Batch size of a graph whose batch cannot be left free.
FIXED_BATCH = 8
#: Forms in which networks read one-hot sequences: the axes after the batch, from (base, position).
FORMS = ("nbl", "nlb", "nb1l", "n1bl", "nl1b", "nlb1", "nbl1", "n1lb")


class NotExported(Exception):
    """PyTorch cannot export the module, gia cannot read the file, or the two disagree."""


@dataclass
class Inputs:
    """The input tensors of a module for some sequences: one-hot in a form of `FORMS`, then the same constants for every sequence."""

    form: str = "nbl"
    alphabet: str = "ACGT"
    constants: Sequence[Any] = ()

    def of(self, texts: Sequence[str], like: Optional[Any] = None) -> tuple[Any, ...]:
        """The tensors, on the device of the tensor `like` and of its type if it is of floating point."""
        import torch

        encoded = torch.from_numpy(shaped(one_hot(texts, self.alphabet), self.form))
        tensors = [encoded, *(torch.as_tensor(value).expand(len(texts), *torch.as_tensor(value).shape) for value in self.constants)]
        if like is None:
            return tuple(tensors)
        kind = like.dtype if like.is_floating_point() else torch.float32
        return tuple(tensor.to(like.device, kind if tensor.is_floating_point() else None) for tensor in tensors)

    @property
    def layout(self) -> str:
        return "channels_first" if self.form.index("b") < self.form.index("l") else "channels_last"


def shaped(encoded: "np.ndarray", form: str) -> "np.ndarray":
    """One-hot sequences (sequence, base, position) in another form."""
    import numpy as np

    kept = [axis for axis in form if axis != "1"]
    moved = np.transpose(encoded, ["nbl".index(axis) for axis in kept])
    return np.ascontiguousarray(np.expand_dims(moved, [i for i, axis in enumerate(form) if axis == "1"]))


def first_tensor(module: Any) -> Optional[Any]:
    """A parameter or buffer of floating point, which tells the device and the type of the module."""
    tensors = [*module.parameters(), *module.buffers()]
    return next((tensor for tensor in tensors if tensor.is_floating_point()), None)


@contextlib.contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """The module in evaluation mode without gradients; afterwards each part is in its own mode again."""
    import torch

    training = [part for part in module.modules() if part.training]
    set_evaluating(module)
    try:
        with torch.no_grad():
            yield
    finally:
        for part in training:
            part.training = True


def set_evaluating(module: Any) -> None:
    """Evaluation mode, but for the module of an exported program, which has been in its mode since it was exported."""
    with contextlib.suppress(NotImplementedError):
        module.eval()


def outputs_of(module: Any, inputs: tuple[Any, ...]) -> list[Any]:
    """The output tensors of a module, in the order in which it holds them."""
    from torch.utils import _pytree

    with evaluating(module):
        made = module(*inputs)
    leaves, _ = _pytree.tree_flatten(made)
    return [leaf for leaf in leaves if hasattr(leaf, "shape")]


def flat_outputs(outputs: Sequence[Any]) -> "np.ndarray":
    """All outputs of each sequence, in one row."""
    import numpy as np

    return np.concatenate([output.detach().float().cpu().reshape(len(output), -1).numpy() for output in outputs], axis=1)


def find_form(module: Any, length: int, alphabet: str = "ACGT", constants: Sequence[Any] = ()) -> Inputs:
    """The form of one-hot sequences that the module takes, found by calling it. Raises `NotExported` if it takes none."""
    texts, like = random_sequences(length, 2), first_tensor(module)
    refused = None
    for form in FORMS:
        inputs = Inputs(form, alphabet, constants)
        try:
            outputs = outputs_of(module, inputs.of(texts, like))
        except Exception as error:
            refused = refused or error
            continue
        if outputs and all(len(output.shape) > 0 and output.shape[0] == len(texts) for output in outputs):
            return inputs
    raise NotExported(f"it takes no one-hot sequences of {length} bp: {first_line(refused)}" if refused else "its outputs do not begin with the batch")


def export(module: Any, inputs: Inputs, length: int, path: Path) -> Optional[str]:
    """Writes a copy of the module on the CPU, in evaluation mode, in float32. Returns a note if the batch could not be left free.

    Raises `NotExported` if PyTorch cannot export it.
    """
    import torch

    with _quiet():
        try:
            copied = copy.deepcopy(module).cpu().float()
            set_evaluating(copied)
        except Exception as error:
            raise NotExported(f"it cannot be copied: {first_line(error)}") from error
        for parameter in copied.parameters():
            parameter.requires_grad_(False)
        example = inputs.of(random_sequences(length, FIXED_BATCH))
        note = None
        batch = torch.export.Dim("batch")
        try:
            program = torch.export.export(copied, example, dynamic_shapes=tuple({0: batch} for _ in example))
        except Exception as first:
            try:
                program = torch.export.export(copied, example)
            except Exception:
                raise NotExported(first_line(first)) from first
            note = f"exported for batches of {FIXED_BATCH}, because its batch cannot be left free: {first_line(first)}"
        try:
            torch.export.save(program, path)
        except Exception:
            try:
                torch.export.save(program.run_decompositions({}), path)
            except Exception as error:
                raise NotExported(first_line(error)) from error
        return note


def compare(path: Path, module: Any, inputs: Inputs, length: int, device: str = "auto") -> "np.ndarray":
    """Compares the file, as gia runs it, with the module on random sequences; returns the predictions of the file.

    Raises `NotExported` if gia refuses the file or a difference is above `TOLERANCE`.
    """
    found = predictions(path, random_sequences(length), device)
    check_equal(found, expected_of(module, inputs, length))
    return found


def expected_of(module: Any, inputs: Inputs, length: int) -> "np.ndarray":
    """The outputs of the module for the sequences of a comparison, one row for each."""
    return flat_outputs(outputs_of(module, inputs.of(random_sequences(length), first_tensor(module))))


def check_equal(found: "np.ndarray", expected: "np.ndarray") -> float:
    """The largest difference, relative to the largest output. Raises `NotExported` if it is above `TOLERANCE`."""
    import numpy as np

    if found.shape != expected.shape:
        raise NotExported(f"the file gives {found.shape[1]} numbers for a sequence, the original {expected.shape[1]}")
    if not np.isfinite(expected).all():
        raise NotExported("the original gives numbers that are not finite")
    difference = float(np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1e-30))
    if not difference <= TOLERANCE:
        raise NotExported(f"the file gives other numbers than the original: {difference:.1e} of the largest output")
    return difference


def predictions(path: Path, texts: Sequence[str], device: str = "auto") -> "np.ndarray":
    """What gia predicts for sequences, one row for each. Raises `NotExported` if it refuses the file."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        fasta, found = Path(folder, "random.fa"), Path(folder, "predictions.json")
        write_fasta(fasta, texts)
        command = ["predict", str(path), str(fasta), "--json", str(found), "--device", device, "--error-format", "json"]
        try:
            process.run_or_raise(command)
        except GiaError as error:
            first = next((diagnostic for diagnostic in error.diagnostics if diagnostic.is_error), None)
            raise NotExported(f"{first.message} ({first.code})" if first else error.message) from error
        read = json.loads(found.read_text(encoding="utf-8"))["predictions"]
    return np.array([prediction["values"] for prediction in read], dtype=np.float64)


def first_line(error: Optional[BaseException]) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what PyTorch logs, warns and prints while it exports; failures are exceptions."""
    previous = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
                yield
    finally:
        logging.disable(previous)

"""What the package does with a script: run it, check it, plan it."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from . import live_models, process
from .diagnostics import Diagnostic
from .errors import GiaWarning
from .progress import Progress, bar_of
from .study import STANDARD_INPUT, PathLike, Study
from .values import best_format


#: Code of the warning that a network runs in Python.
RUNS_IN_PYTHON = "W0517"


class _Script:
    """A script file or text, as an argument of the program."""

    def __init__(self, path: Optional[PathLike], text: Optional[str]) -> None:
        if (path is None) == (text is None):
            raise TypeError("give either a script file or text=")
        if path is not None and not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"a script is a path, not {type(path).__name__}")
        if isinstance(path, str) and "\n" in path:
            raise ValueError("this is the text of a script, not the name of a file: run(text=...)")
        self.path, self.text = path, text

    @property
    def argument(self) -> str:
        return "-" if self.path is None else os.fspath(self.path)

    @property
    def sources(self) -> dict[str, str]:
        return {} if self.text is None else {STANDARD_INPUT: self.text}

    def read(self) -> str:
        """The text, for a look at it; empty if it cannot be read, which the program will say better."""
        if self.text is not None:
            return self.text
        try:
            return Path(self.argument).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""


def run(
    script: Optional[PathLike] = None,
    *,
    text: Optional[str] = None,
    models: Optional[Mapping[str, Any]] = None,
    device: Union[str, Sequence[str]] = "auto",
    dtype: str = "float32",
    exact: bool = False,
    batch: Optional[int] = None,
    threads: Optional[int] = None,
    seeds: int = 1,
    values: Union[bool, PathLike] = True,
    registered: Optional[PathLike] = None,
    progress: Progress = None,
) -> Study:
    """Runs a script and returns its study, whatever the verdicts on its claims are.

    `script` is a file, or `text` a text whose relative paths start from the current folder. `models` gives the models that the script
    calls by these names: a path, a PyTorch module, a `Model` with what has to be declared, or any callable. They take the place of
    `model NAME = load(...)`. Numbers of single backgrounds are kept for `study.values`; `values=False` does without, a path keeps the
    file. The other options are those of `gia run`.

    Raises `ScriptError` if the script is wrong and `RunError` if the run breaks. After Ctrl-C, the study holds the experiments that
    were finished, and `study.interrupted` says what it lacks; if none was, KeyboardInterrupt is raised.
    """
    given = _Script(script, text)
    folder = tempfile.TemporaryDirectory(prefix="gia_")
    json_path = Path(folder.name, "study.json")
    arguments = ["run", given.argument, "--quiet", "--error-format", "json", "--json", str(json_path), "--dtype", dtype]
    devices = device if isinstance(device, str) else ",".join(device)
    arguments += ["--device", devices]
    arguments += ["--exact"] if exact else []
    for name, value in (("batch", batch), ("threads", threads), ("seeds", seeds if seeds != 1 else None), ("registered", registered)):
        if value is not None:
            arguments += [f"--{name}", str(value)]
    values_path = None
    if values is not False:
        values_path = Path(folder.name, f"values.{best_format()}") if values is True else Path(os.fspath(values)).resolve()
        arguments += ["--values", str(values_path)]
    bar = bar_of(progress)
    if bar is not None:
        arguments += ["--progress", "json"]
    try:
        with live_models.prepared(models or {}, given.read(), Path(folder.name), devices.partition(",")[0]) as prepared:
            for note in prepared.notes:
                warnings.warn(note, GiaWarning, stacklevel=2)
            finished = process.run(
                [*arguments, *prepared.arguments],
                text=given.text,
                environment=prepared.environment,
                on_progress=bar.update if bar is not None else None,
            )
    finally:
        if bar is not None:
            bar.close()
    if not json_path.is_file():
        if finished.was_interrupted or finished.status == process.INTERRUPTED:
            raise KeyboardInterrupt
        raise process.error_of(finished, given.sources)
    for diagnostic in finished.diagnostics:
        if diagnostic.code == RUNS_IN_PYTHON and prepared.environment:
            # The note on the model says so, and why.
            continue
        warnings.warn(str(diagnostic), GiaWarning, stacklevel=2)
    return Study(
        json_path.read_text(encoding="utf-8"),
        values=values_path if values_path is not None and values_path.is_file() else None,
        diagnostics=finished.diagnostics,
        notes=prepared.notes,
        folder=folder,
    )


def check(
    script: Optional[PathLike] = None, *, text: Optional[str] = None, models: Optional[Mapping[str, Any]] = None
) -> list[Diagnostic]:
    """Checks a script without running it; returns its errors and warnings. An empty list means that it is right."""
    given = _Script(script, text)
    with live_models.prepared(models or {}, given.read()) as prepared:
        # A plan checks the script, too, and takes models.
        command = ["plan", *prepared.arguments] if models else ["check"]
        finished = process.run([*command, given.argument, "--error-format", "json"], text=given.text, environment=prepared.environment)
    if finished.status != 0 and not finished.diagnostics:
        raise process.error_of(finished, given.sources)
    return finished.diagnostics


class Plan(str):
    """The text of `gia plan`, which a prompt shows as it is."""

    def __repr__(self) -> str:
        return str(self)


def plan(
    script: Optional[PathLike] = None,
    *,
    text: Optional[str] = None,
    models: Optional[Mapping[str, Any]] = None,
    power: Union[bool, str] = False,
    pilot: Optional[int] = None,
) -> Plan:
    """What a script would predict, how often, and how much memory that takes. With `power`, such as "80%", a pilot is run, and the
    answer says how many backgrounds each claim needs. Raises `ScriptError` if the script is wrong."""
    given = _Script(script, text)
    arguments = ["plan", given.argument, "--error-format", "json"]
    if power:
        arguments += ["--power"] if power is True else [f"--power={power}"]
        arguments += ["--pilot", str(pilot)] if pilot is not None else []
    with live_models.prepared(models or {}, given.read()) as prepared:
        finished = process.run([*arguments, *prepared.arguments], text=given.text, environment=prepared.environment)
    if finished.was_interrupted or finished.status == process.INTERRUPTED:
        raise KeyboardInterrupt
    if finished.status != 0:
        raise process.error_of(finished, given.sources)
    return Plan(finished.output)

"""`%%gia` for notebooks: the cell is a script.

    %load_ext gia_lang

    %%gia --model net=module -o study
    experiment importance { ... }

The study is shown as the output of the cell, and `-o NAME` also binds it.
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any, Optional

from . import commands, diagnostics
from .errors import GiaError
from .study import STANDARD_INPUT


class _Parser(argparse.ArgumentParser):
    """Refuses a line as magics do, instead of ending the kernel."""

    def error(self, message: str) -> Any:
        from IPython.core.error import UsageError

        raise UsageError(f"%%gia: {message}")


def _parser() -> _Parser:
    parser = _Parser(prog="%%gia", description="Runs the cell as a script of gia.")
    parser.add_argument("-m", "--model", action="append", default=[], metavar="NAME=EXPRESSION", help="a model that the script calls NAME; an expression of Python, such as a variable")
    parser.add_argument("-o", "--output", metavar="NAME", help="bind the study to this variable")
    parser.add_argument("--check", action="store_true", help="only check the script")
    parser.add_argument("--plan", action="store_true", help="only show what would be predicted")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--exact", action="store_true", help="run every sequence through the whole network")
    parser.add_argument("--no-values", action="store_true", help="do not keep the numbers of single backgrounds")
    return parser


def register(shell: Any) -> None:
    """Adds the magic to a shell of IPython."""
    shell.register_magic_function(lambda line, cell: run_cell(shell, line, cell), "cell", "gia")


def run_cell(shell: Any, line: str, cell: str) -> Any:
    """Runs a cell; returns what it shows. A wrong script is shown with the places underlined, and the cell fails."""
    try:
        given = _parser().parse_args(shlex.split(line))
    except SystemExit:
        # Help was asked for, and is printed.
        return None
    models = {name: value for name, value in (_evaluated(shell, text) for text in given.model)}
    if given.output is not None and not given.output.isidentifier():
        _parser().error(f"`{given.output}` is not a name")
    try:
        result = _result(given, cell, models)
    except GiaError as error:
        if error.diagnostics:
            _show(error)
        raise
    if given.output is not None:
        shell.user_ns[given.output] = result
    return result


def _result(given: argparse.Namespace, cell: str, models: dict[str, Any]) -> Any:
    if given.check:
        return CheckResult(commands.check(text=cell, models=models), cell)
    if given.plan:
        return commands.plan(text=cell, models=models)
    return commands.run(
        text=cell,
        models=models,
        device=given.device,
        dtype=given.dtype,
        exact=given.exact,
        batch=given.batch,
        threads=given.threads,
        seeds=given.seeds,
        values=not given.no_values,
    )


def _evaluated(shell: Any, text: str) -> tuple[str, Any]:
    """The name of a model and the object that its expression means."""
    name, equals, expression = text.partition("=")
    if not equals or not name.strip().isidentifier():
        _parser().error(f"`--model {text}` is not NAME=EXPRESSION")
    return name.strip(), shell.ev(expression)


def _show(error: GiaError) -> None:
    from IPython.display import HTML, display

    display(_Shown(HTML(diagnostics.html(error.diagnostics, error.sources)), str(error)))
    error.is_displayed = True


class _Shown:
    """HTML with a text for those who do not show it."""

    def __init__(self, html: Any, text: str) -> None:
        self._html, self._text = html, text

    def _repr_html_(self) -> str:
        return self._html.data

    def __repr__(self) -> str:
        return self._text


class CheckResult(list):  # type: ignore[type-arg]
    """The errors and warnings of a script, as a notebook shows them."""

    def __init__(self, found: list[diagnostics.Diagnostic], text: Optional[str] = None) -> None:
        super().__init__(found)
        self._sources = {STANDARD_INPUT: text} if text is not None else {}

    def _repr_html_(self) -> str:
        return diagnostics.html(self, self._sources) if self else "<div>✓ the script checks</div>"

    def __repr__(self) -> str:
        return "\n".join(diagnostics.render(found, self._sources) for found in self) or "the script checks"

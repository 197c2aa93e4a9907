"""How far a run is: a bar in a notebook or on a terminal, or a function of the caller."""

from __future__ import annotations

import sys
from html import escape
from typing import Any, Optional, Protocol, Union

from .process import ProgressCallback

#: What a caller may ask for: `True` shows a bar, `False` nothing, `None` a bar where somebody can see it; or a function of the phase,
#: the passes done, and the passes in total.
Progress = Union[bool, None, ProgressCallback]


class Bar(Protocol):
    """A bar that is updated and at last removed."""

    def update(self, phase: str, done: int, total: int) -> None: ...

    def close(self) -> None: ...


def bar_of(progress: Progress) -> Optional[Bar]:
    """The bar to show."""
    if progress is False:
        return None
    if callable(progress):
        return _Callback(progress)
    if _in_notebook():
        return NotebookBar()
    if progress or sys.stderr.isatty():
        return TerminalBar()
    return None


def _in_notebook() -> bool:
    """Whether this Python is the kernel of a notebook; imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


class _Callback:
    def __init__(self, function: ProgressCallback) -> None:
        self.update = function

    def close(self) -> None:
        pass


class NotebookBar:
    """A bar in the output of a cell, replaced in place."""

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self._html = HTML
        self._handle: Any = display(HTML(""), display_id=True)

    def update(self, phase: str, done: int, total: int) -> None:
        extent = f'max="{total}" value="{done}"' if total else ""
        count = f"{done:,} of {total:,} passes" if total else ""
        self._handle.update(self._html(f"<div>{escape(phase)} <progress {extent}></progress> {count}</div>"))

    def close(self) -> None:
        self._handle.update(self._html(""))


class TerminalBar:
    """A line on standard error."""

    WIDTH = 24

    def update(self, phase: str, done: int, total: int) -> None:
        filled = self.WIDTH * done // total if total else 0
        bar = "#" * filled + "-" * (self.WIDTH - filled)
        count = f"{done:,} of {total:,} passes" if total else ""
        sys.stderr.write(f"\r\x1b[K{phase}  {bar}  {count}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

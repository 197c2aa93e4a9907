"""Exceptions and warnings of the package."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

from .diagnostics import Diagnostic, render


class GiaError(Exception):
    """`gia` refused a script or could not finish; `diagnostics` says what was wrong, `code` to `help` are those of the first error."""

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = (), sources: Optional[Mapping[str, str]] = None) -> None:
        super().__init__(message)
        self.message = message
        self.diagnostics = list(diagnostics)
        self.sources = dict(sources or {})
        #: Set once a notebook shows the diagnostics as HTML, so that they are not printed again.
        self.is_displayed = False

    @property
    def _first(self) -> Optional[Diagnostic]:
        errors = [diagnostic for diagnostic in self.diagnostics if diagnostic.is_error]
        return errors[0] if errors else None

    @property
    def code(self) -> Optional[str]:
        """The code of the error, such as E0103; `gia explain E0103` explains it."""
        return self._first.code if self._first else None

    @property
    def file(self) -> Optional[str]:
        return self._first.file if self._first else None

    @property
    def line(self) -> Optional[int]:
        """Line of the error, from 1."""
        return self._first.line if self._first else None

    @property
    def column(self) -> Optional[int]:
        """Column of the error in characters, from 1."""
        return self._first.column if self._first else None

    @property
    def help(self) -> Optional[str]:
        """How to correct the error."""
        return self._first.help if self._first else None

    def __str__(self) -> str:
        if not self.diagnostics:
            return self.message
        return "\n".join(render(diagnostic, self.sources) for diagnostic in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """What IPython prints: the script is at fault, and the frames of this package help nobody."""
        if self.is_displayed:
            return [f"{type(self).__name__}: {self.message}"]
        return [f"{type(self).__name__}: {self}"]


class ScriptError(GiaError):
    """The script or a request is wrong."""


class RunError(GiaError):
    """The run broke: a model, a data file, the device or the disk."""


class BinaryNotFound(GiaError, FileNotFoundError):
    """There is no program `gia`."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.remedy = remedy

    @property
    def help(self) -> Optional[str]:
        return self.remedy


class MissingPackage(ImportError):
    """An optional package is needed for what was asked."""


class GiaWarning(UserWarning):
    """A warning of `gia`, or a note on how a study was made."""

"""Diagnostics of `gia`: what is wrong with a script, where, and how to correct it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence


@dataclass(frozen=True)
class Label:
    """A place in a script with a remark. Lines and columns count from 1; the end column is the first one after the place."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True)
class Suggestion:
    """A correction that can be applied to the text of the script."""

    text: str
    replacements: tuple[Label, ...]

    def apply(self, script: str) -> str:
        """The script with all replacements made."""
        lines = script.splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        at = lambda line, column: starts[min(line, len(starts)) - 1] + column - 1
        # From the last to the first, so that earlier positions stay valid.
        for place in sorted(self.replacements, key=lambda place: (place.line, place.column), reverse=True):
            script = script[: at(place.line, place.column)] + place.text + script[at(place.end_line, place.end_column) :]
        return script


@dataclass(frozen=True)
class Diagnostic:
    """An error or a warning. The place is `None` where it is about no line of a script."""

    code: str
    severity: str
    message: str
    file: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    end_line: Optional[int] = None
    end_column: Optional[int] = None
    labels: tuple[Label, ...] = ()
    help: Optional[str] = None
    suggestions: tuple[Suggestion, ...] = field(default=(), repr=False)

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        remedy = f" (help: {self.help})" if self.help else ""
        return f"{place}{self.severity}[{self.code}]: {self.message}{remedy}"


def parse(line: str) -> Optional[Diagnostic]:
    """The diagnostic of a line of `--error-format json`; `None` for any other line."""
    if not line.startswith("{"):
        return None
    try:
        read = json.loads(line)
    except ValueError:
        return None
    if not isinstance(read, dict) or not {"code", "severity", "message"} <= read.keys():
        return None
    known = {key: read.get(key) for key in ("code", "severity", "message", "file", "line", "column", "end_line", "end_column", "help")}
    suggestions = tuple(
        Suggestion(given["text"], tuple(_label(place) for place in given["replacements"])) for given in read.get("suggestions") or ()
    )
    return Diagnostic(**known, labels=tuple(_label(place) for place in read.get("labels") or ()), suggestions=suggestions)


def _label(read: Mapping[str, Any]) -> Label:
    return Label(*(read[key] for key in ("file", "line", "column", "end_line", "end_column", "text")))


def source_line(file: str, line: int, sources: Mapping[str, str]) -> Optional[str]:
    """A line of a script, from its text or else from its file."""
    text = sources.get(file)
    if text is None:
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
    lines = text.splitlines()
    return lines[line - 1] if 0 < line <= len(lines) else None


def _marked(diagnostic: Diagnostic, sources: Mapping[str, str]) -> list[tuple[Label, str, int]]:
    """The labels on a line that can be read, with the line and the width of the mark below it."""
    marked = []
    for label in diagnostic.labels:
        text = source_line(label.file, label.line, sources)
        if text is not None:
            end = label.end_column if label.end_line == label.line else len(text) + 1
            marked.append((label, text, max(1, end - label.column)))
    return marked


def render(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    """The diagnostic as text, with the lines that it is about and the places underlined."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    marked = _marked(diagnostic, sources)
    gutter = max((len(str(label.line)) for label, _, _ in marked), default=0)
    place = None
    for label, text, width in marked:
        if place != (label.file, label.line):
            place = (label.file, label.line)
            lines.append(f"{' ' * gutter}--> {label.file}:{label.line}:{label.column}")
            lines.append(f"{label.line:>{gutter}} | {text}")
        lines.append(f"{' ' * gutter} | {_blank(text[: label.column - 1])}{'^' * width} {label.text}".rstrip())
    if not marked and diagnostic.file:
        lines.append(f"--> {diagnostic.file}:{diagnostic.line}:{diagnostic.column}")
    if diagnostic.help:
        lines.append(f"help: {diagnostic.help}")
    return "\n".join(lines)


def _blank(text: str) -> str:
    """Blanks as wide as the text; a tab stays one."""
    return "".join("\t" if letter == "\t" else " " for letter in text)


_COLOURS = {"error": "#b3141f", "warning": "#7a5200"}


def html(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """The diagnostics as HTML, with the places underlined."""
    return "".join(_html(diagnostic, sources) for diagnostic in diagnostics)


def _html(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    colour = _COLOURS.get(diagnostic.severity, _COLOURS["error"])
    rows = []
    for label, text, width in _marked(diagnostic, sources):
        start = label.column - 1
        wavy = f"text-decoration: underline wavy {colour}; text-underline-offset: .25em"
        marked = f'{escape(text[:start])}<span style="{wavy}">{escape(text[start : start + width])}</span>{escape(text[start + width :])}'
        remark = f'   <span style="color: {colour}">{escape(label.text)}</span>' if label.text else ""
        rows.append(f'<span style="color: #57606a">{label.line:>4} </span>{marked}{remark}')
    code = f'<pre style="margin: .4em 0; background: #f5f7f9; color: #1b1f24; padding: .5em">{chr(10).join(rows)}</pre>' if rows else ""
    remedy = f'<div style="color: #57606a">help: {escape(diagnostic.help)}</div>' if diagnostic.help else ""
    return (
        f'<div class="gia-diagnostic" style="border-left: 5px solid {colour}; background: #ffffff; color: #1b1f24; padding: .5em .75em; margin: .4em 0">'
        f'<strong style="color: {colour}">{escape(diagnostic.severity)}[{escape(diagnostic.code)}]</strong> {escape(diagnostic.message)}'
        f"{code}{remedy}</div>"
    )

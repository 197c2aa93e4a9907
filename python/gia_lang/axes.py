"""Axes of an experiment, and the columns of tables that hold their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence


@dataclass(frozen=True)
class Axis:
    """An axis of the grid: its `name`, the `values` in order, `unit` (`bp` or `None`), and its `column` in tables."""

    name: str
    unit: Any
    values: tuple[Any, ...]
    column: str

    def position(self) -> dict[Any, int]:
        """The index of each value, also as the text that a column of mixed types holds."""
        found: dict[Any, int] = {}
        for i, value in enumerate(self.values):
            found[value] = i
            found.setdefault(as_text(value), i)
        return found


def as_text(value: Any) -> str:
    """A value of an axis as CSV spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def axes_of(experiments: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Axis, ...]]:
    """The axes of each experiment of a study. Where two would share a column, the one with a unit keeps it (docs/tables.md)."""
    identities = [(axis["name"], axis["unit"]) for experiment in experiments for axis in experiment["axes"]]
    columns: dict[tuple[str, Any], str] = {}
    for name, unit in sorted(dict.fromkeys(identities), key=lambda identity: identity[1] is None):
        column = f"at_{name}" + (f"_{unit}" if unit else "")
        columns[name, unit] = f"{column}_2" if column in columns.values() else column
    return {
        experiment["name"]: tuple(
            Axis(axis["name"], axis["unit"], tuple(axis["values"]), columns[axis["name"], axis["unit"]]) for axis in experiment["axes"]
        )
        for experiment in experiments
    }

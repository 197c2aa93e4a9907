"""Studies: what a run found, as data, tables, figures and a page."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence, Union

from . import display, figures, process, tables
from .axes import Axis, axes_of
from .claims import Claims, claims_of
from .diagnostics import Diagnostic
from .figures import Figure
from .tables import Table
from .values import Values

#: What the program calls a script on standard input.
STANDARD_INPUT = "standard input"

PathLike = Union[str, "os.PathLike[str]"]

_EFFECT_KEYS = ("contrast", "outcome")
_ARM_COLUMNS = ("arm", "outcome", "unit", "n", "mean", "sd")


class Study:
    """The results of a run. `study["NAME"]` is an experiment, `study.claims` are the claims with their verdicts, `study.effects` the
    table of all effects; `study.data` is everything as `gia run --json` writes it (docs/json.md). A notebook shows the report."""

    def __init__(
        self,
        text: str,
        *,
        values: Optional[Path] = None,
        diagnostics: Sequence[Diagnostic] = (),
        notes: Sequence[str] = (),
        folder: Optional["tempfile.TemporaryDirectory[str]"] = None,
    ) -> None:
        self._text = text
        self.data: dict[str, Any] = json.loads(text)
        schema = self.data.get("schema")
        if schema != "gia-study/1":
            raise ValueError(f"not a study: its schema is `{schema}`, not `gia-study/1`")
        self._values = values
        # Holds the table of values for as long as the study lives.
        self._folder = folder
        #: Warnings of the run.
        self.diagnostics = list(diagnostics)
        #: How live models were run.
        self.notes = list(notes)
        self._axes = axes_of(self.data["experiments"])

    @cached_property
    def experiments(self) -> dict[str, "Experiment"]:
        """The experiments by name, in the order of the script."""
        return {found["name"]: Experiment(self, found, self._axes[found["name"]]) for found in self.data["experiments"]}

    def __getitem__(self, name: str) -> "Experiment":
        try:
            return self.experiments[name]
        except KeyError:
            raise KeyError(f"no experiment `{name}`; there are {', '.join(self.experiments)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.experiments)

    def __len__(self) -> int:
        return len(self.experiments)

    def __contains__(self, name: object) -> bool:
        return name in self.experiments

    @cached_property
    def claims(self) -> Claims:
        """All claims: those of each experiment, then those about several."""
        found = [claim for experiment in self.experiments.values() for claim in experiment.claims]
        return Claims([*found, *claims_of(self.data.get("claims", []), None)])

    @cached_property
    def effects(self) -> Table:
        """A row for each grid point, contrast and outcome of all experiments: the table of `gia run --csv` (docs/tables.md)."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "effects.csv")
            self._report("--csv", str(path))
            with open(path, encoding="utf-8", newline="") as file:
                return Table(tables.read_csv(file, self._all_axes))

    @property
    def _all_axes(self) -> list[Axis]:
        return [axis for axes in self._axes.values() for axis in axes]

    @property
    def values(self) -> Values:
        """The number of every background under each arm and in each contrast."""
        return Values(self._values_path, self._all_axes)

    @property
    def _values_path(self) -> Path:
        if self._values is None:
            raise LookupError("the values of single backgrounds were not kept: run with values=True")
        if not self._values.is_file():
            raise FileNotFoundError(f"the values of this study were in `{self._values}`, which is gone")
        return self._values

    @property
    def seed(self) -> int:
        return self.data["seed"]

    @property
    def interrupted(self) -> Optional[Mapping[str, Any]]:
        """What was left out if the run was stopped or broke before its end; everything in the study is complete."""
        return self.data.get("interrupted")

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """The figures by name, such as `importance_estimates`."""
        with tempfile.TemporaryDirectory() as folder:
            self._report("--figures", folder)
            return figures.read_folder(Path(folder))

    def report(self, path: PathLike) -> None:
        """Writes the report: a page for a browser, which needs no other file."""
        self._report("--report", os.fspath(path))

    def methods(self) -> str:
        """What was done, in sentences for a methods section, as Markdown."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "methods.md")
            self._report("--methods", str(path))
            return path.read_text(encoding="utf-8")

    def save(self, path: PathLike, values: bool = True) -> None:
        """Writes the study as JSON, for `load`, `gia report` and `gia diff`; and, unless `values` is false, the values of single
        backgrounds beside it."""
        path = Path(path)
        if not values or self._values is None:
            path.write_text(self._text, encoding="utf-8")
            return
        beside = path.with_suffix(f".values{self._values.suffix}")
        if not (beside.exists() and beside.samefile(self._values_path)):
            shutil.copyfile(self._values_path, beside)
        data = {**self.data, "values": {**self.data["values"], "path": beside.name}}
        path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def _report(self, *arguments: str) -> str:
        """What `gia report` prints for this study."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "study.json")
            path.write_text(self._text, encoding="utf-8")
            return process.run_or_raise(["report", str(path), "--error-format", "json", *arguments]).output

    @cached_property
    def _page(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "report.html")
            self.report(path)
            return path.read_text(encoding="utf-8")

    def __str__(self) -> str:
        """The table that `gia run` prints."""
        return self._report()

    def __repr__(self) -> str:
        counts = {verdict: sum(claim.verdict == verdict for claim in self.claims) for verdict in ("supported", "refuted", "undecided")}
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) or "no claim"
        stopped = "; interrupted" if self.interrupted else ""
        return f"<study {self.data['script']['path']}: {', '.join(self)}; {verdicts}{stopped}>"

    def _repr_html_(self) -> str:
        return display.notes(self.notes) + display.fragment(self._page, is_titled=self.data["script"]["path"] != STANDARD_INPUT)


class Experiment:
    """One experiment of a study."""

    def __init__(self, study: Study, data: Mapping[str, Any], axes: tuple[Axis, ...]) -> None:
        self._study = study
        #: Everything that the study says about it (docs/json.md).
        self.data = data
        #: The axes of its grid.
        self.axes = axes

    @property
    def name(self) -> str:
        return self.data["name"]

    @property
    def doc(self) -> Optional[str]:
        """The `##` comment above it in the script."""
        return self.data["doc"]

    @cached_property
    def claims(self) -> Claims:
        """Its claims with their verdicts."""
        return Claims(claims_of(self.data["claims"], self.name))

    @cached_property
    def effects(self) -> Table:
        """A row for each grid point, contrast and outcome: `effect` with its interval `low` to `high`, `p`, `q` and more."""
        own = self._own_rows
        return self._table(own[_missing(own, "place")])

    @cached_property
    def tracks(self) -> Table:
        """A row for each place of each contrast of a track."""
        own = self._own_rows
        return self._table(own[~_missing(own, "place")])

    @property
    def _own_rows(self) -> Table:
        everything = self._study.effects
        return everything[everything["experiment"] == self.name]

    def _table(self, rows: Table) -> Table:
        own = {axis.column for axis in self.axes}
        kept = rows.without_empty_columns()
        columns = [name for name in kept.columns if name != "experiment" and (not name.startswith("at_") or name in own)]
        made = {name: kept[name] for name in columns}
        for axis in self.axes:
            # In the table of all experiments, rows without the axis made it a column of floats.
            if all(type(value) is int for value in axis.values):
                made[axis.column] = made[axis.column].astype(int)
        return Table(made, self.axes, _EFFECT_KEYS)

    @cached_property
    def arms(self) -> Table:
        """A row for each grid point, arm and outcome, before any comparison."""
        return Table(tables.of_records(self.data["arms"], _ARM_COLUMNS, self.axes), self.axes, ("arm", "outcome"))

    @property
    def values(self) -> Values:
        """The number of every background under each arm and in each contrast."""
        return Values(self._study._values_path, self.axes, self.name)

    @property
    def warnings(self) -> list[str]:
        return [warning["message"] for warning in self.data.get("warnings", [])]

    @property
    def figures(self) -> dict[str, Figure]:
        """Its figures by name, such as `estimates`."""
        return figures.of_experiment(self._study.figures, self.name, list(self._study))

    @property
    def figure(self) -> Figure:
        """The figure of its estimates: along an axis of numbers the sweep. Of several outcomes or contrasts, the first."""
        found = self.figures
        drawn = [name for name in found if not name.startswith(("design", "motifs"))]
        for name in [name for name in drawn if name.endswith(("sweep", "estimates"))] or drawn:
            return found[name]
        raise LookupError(f"`{self.name}` has no figure of estimates; it has {', '.join(found) or 'none'}")

    def __repr__(self) -> str:
        lines = [f"<experiment {self.name}{': ' + self.doc if self.doc else ''}>"]
        return "\n".join([*lines, *map(str, self.claims)])

    def _repr_html_(self) -> str:
        return display.fragment(self._study._page, list(self._study).index(self.name))


def _missing(table: Table, column: str) -> Any:
    """Which rows have no value in a column, which need not exist."""
    import numpy as np

    if column not in table.columns:
        return np.ones(len(table), dtype=bool)
    return np.isnan(table[column].astype(float))


def load(path: PathLike) -> Study:
    """Reads a study that `study.save` or `gia run --json` wrote."""
    path = Path(path)
    study = Study(path.read_text(encoding="utf-8"))
    record = study.data.get("values")
    if record:
        # As `gia diff` looks for it: beside the study, then where it was written.
        candidates = [path.with_name(Path(record["path"]).name), Path(record["path"])]
        study._values = next((candidate for candidate in candidates if candidate.is_file()), candidates[-1])
    return study

"""The numbers of single backgrounds: a table of every background under each arm and in each contrast (docs/tables.md)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Sequence

from .axes import Axis
from .optional import is_installed, needed
from .tables import codes, read_csv

if TYPE_CHECKING:
    import numpy as np
    import pandas
    import polars
    import xarray


def best_format() -> str:
    """The format that can be read here: Parquet, if a package for it is installed, else CSV."""
    return "parquet" if is_installed("pyarrow") or is_installed("polars") else "csv"


class Values:
    """The values of one experiment, or of all experiments of a study. They stay in their file until they are asked for."""

    def __init__(self, path: Path, axes: Sequence[Axis], experiment: Optional[str] = None, outcome_units: Optional[dict[str, Any]] = None) -> None:
        self.path = path
        self.experiment = experiment
        self._axes = tuple(axes)
        self._units = outcome_units or {}

    def __repr__(self) -> str:
        of = f"experiment {self.experiment}" if self.experiment else "all experiments"
        return f"<values of single backgrounds, {of}: to_pandas(), to_polars(), to_xarray(), to_numpy(NAME); {self.path}>"

    def columns(self) -> dict[str, "np.ndarray"]:
        """The columns of the table as NumPy arrays."""
        if self.path.suffix == ".csv":
            with open(self.path, encoding="utf-8", newline="") as file:
                read = read_csv(file, self._axes)
            return self._of_experiment(read)
        if is_installed("pyarrow"):
            table = self._arrow()
            return {name: table.column(name).to_numpy() for name in table.column_names}
        return {series.name: series.to_numpy() for series in self._polars()}

    def _of_experiment(self, columns: dict[str, "np.ndarray"]) -> dict[str, "np.ndarray"]:
        if self.experiment is None:
            return columns
        kept = columns["experiment"] == self.experiment
        return {name: column[kept] for name, column in columns.items()}

    def _arrow(self) -> Any:
        parquet = needed("pyarrow.parquet", "reading values")
        filters = None if self.experiment is None else [("experiment", "=", self.experiment)]
        return parquet.read_table(self.path, filters=filters)

    def _polars(self) -> Any:
        polars = needed("polars", "reading values")
        lazy = polars.scan_parquet(self.path)
        return (lazy if self.experiment is None else lazy.filter(polars.col("experiment") == self.experiment)).collect()

    def to_pandas(self) -> "pandas.DataFrame":
        """A row for each background, grid point, outcome, and arm or contrast."""
        pandas = needed("pandas", "to_pandas()")
        if self.path.suffix == ".parquet" and is_installed("pyarrow"):
            return self._arrow().to_pandas()
        return pandas.DataFrame(self.columns())

    def to_polars(self) -> "polars.DataFrame":
        """A row for each background, grid point, outcome, and arm or contrast."""
        polars = needed("polars", "to_polars()")
        if self.path.suffix == ".parquet":
            return self._polars()
        return polars.DataFrame({name: column.tolist() for name, column in self.columns().items()}, infer_schema_length=None, nan_to_null=True)

    def to_numpy(self, name: str, outcome: Optional[str] = None) -> "np.ndarray":
        """The values of an arm or a contrast, by the axes of the experiment and the background: `values.to_numpy("effect")`. An
        experiment with several outcomes needs `outcome`. Where a grid point has fewer backgrounds than others, NaN fills the row."""
        dataset = _Grid(self)
        outcomes = dataset.outcomes
        if outcome is None and len(outcomes) > 1:
            raise ValueError(f"give the outcome: one of {', '.join(outcomes)}")
        chosen = outcomes[0] if outcome is None else outcome
        if chosen not in outcomes:
            raise KeyError(f"no outcome `{chosen}`; there are {', '.join(outcomes)}")
        for kind in ("arm", "contrast"):
            if name in dataset.names(kind):
                filled = dataset.filled(kind)
                return filled[..., dataset.names(kind).index(name), outcomes.index(chosen), :]
        raise KeyError(f"no arm or contrast `{name}`; there are {', '.join(dataset.names('arm') + dataset.names('contrast'))}")

    def to_xarray(self) -> "xarray.Dataset":
        """A dataset with `arms` and `contrasts`, each by the axes of the experiment, its name, outcome and background. Tracks are
        variables of their own, `arms of TRACK` and `contrasts of TRACK`, with a dimension for their places."""
        xarray = needed("xarray", "to_xarray()")
        if self.experiment is None:
            raise ValueError('experiments have different axes: take one, as in study["NAME"].values.to_xarray()')
        return _Grid(self).to_xarray(xarray)


class _Grid:
    """The values of an experiment, arranged by its axes."""

    def __init__(self, values: Values) -> None:
        import numpy as np

        if values.experiment is None:
            raise ValueError('experiments have different axes: take one, as in study["NAME"].values')
        self.axes = values._axes
        self.units = values._units
        columns = values.columns()
        place = columns.get("place")
        is_track = np.zeros(len(columns["value"]), dtype=bool) if place is None else ~np.isnan(place.astype(float))
        self.single = {name: column[~is_track] for name, column in columns.items()}
        self.track = {name: column[is_track] for name, column in columns.items()}
        self.outcomes = _distinct(self.single["outcome"])

    def names(self, kind: str, of: Optional[dict[str, "np.ndarray"]] = None) -> list[str]:
        """The arms or contrasts, in their order."""
        return _distinct((self.single if of is None else of)[kind])

    def _point(self, of: dict[str, "np.ndarray"]) -> list["np.ndarray"]:
        return [codes(of[axis.column], axis.position()) for axis in self.axes]

    def _rows(self, kind: str, of: dict[str, "np.ndarray"]) -> dict[str, "np.ndarray"]:
        import numpy as np

        kept = np.array([name is not None and name != "" for name in of[kind].tolist()], dtype=bool)
        return {name: column[kept] for name, column in of.items()}

    def _size(self, of: dict[str, "np.ndarray"]) -> int:
        return int(of["index"].max()) + 1 if len(of["index"]) else 0

    def filled(self, kind: str) -> "np.ndarray":
        """Values by axes, name, outcome and background."""
        import numpy as np

        rows, names = self._rows(kind, self.single), self.names(kind)
        shape = [*(len(axis.values) for axis in self.axes), len(names), len(self.outcomes), self._size(self.single)]
        filled = np.full(shape, np.nan)
        index = [*self._point(rows), _codes_of(rows[kind], names), _codes_of(rows["outcome"], self.outcomes), rows["index"].astype(np.intp)]
        filled[tuple(index)] = rows["value"]
        return filled

    def _filled_track(self, kind: str, of: dict[str, "np.ndarray"], places: list[int]) -> "np.ndarray":
        import numpy as np

        rows, names = self._rows(kind, of), self.names(kind, of)
        shape = [*(len(axis.values) for axis in self.axes), len(names), len(places), self._size(of)]
        filled = np.full(shape, np.nan)
        at = codes(rows["place"].astype(np.int64).astype(object), {place: i for i, place in enumerate(places)})
        filled[tuple([*self._point(rows), _codes_of(rows[kind], names), at, rows["index"].astype(np.intp)])] = rows["value"]
        return filled

    def to_xarray(self, xarray: Any) -> Any:
        import numpy as np

        dims = [axis.name for axis in self.axes]
        coordinates: dict[str, Any] = {axis.name: list(axis.values) for axis in self.axes}
        variables: dict[str, Any] = {}
        if self.outcomes:
            coordinates["outcome"] = self.outcomes
            coordinates["background"] = np.arange(self._size(self.single))
            for kind in ("arm", "contrast"):
                coordinates[kind] = self.names(kind)
                variables[f"{kind}s"] = ([*dims, kind, "outcome", "background"], self.filled(kind))
        for outcome in _distinct(self.track["outcome"]):
            of = {name: column[self.track["outcome"] == outcome] for name, column in self.track.items()}
            places = sorted({int(place) for place in of["place"].tolist()})
            coordinates["background"] = np.arange(max(self._size(of), len(coordinates.get("background", ()))))
            coordinates[f"place of {outcome}"] = places
            for kind in ("arm", "contrast"):
                coordinates[kind] = self.names(kind, of)
                filled = self._filled_track(kind, of, places)
                variables[f"{kind}s of {outcome}"] = ([*dims, kind, f"place of {outcome}", "background"], filled)
        dataset = xarray.Dataset(variables, coords=coordinates)
        for axis in self.axes:
            if axis.unit:
                dataset[axis.name].attrs["units"] = axis.unit
        self._name_backgrounds(dataset)
        return dataset

    def _name_backgrounds(self, dataset: Any) -> None:
        """Adds the names of the backgrounds, if each index has the same name at every grid point."""
        of = self.single if len(self.single["index"]) else self.track
        names: dict[int, str] = {}
        for index, name in zip(of["index"].tolist(), of["name"].tolist()):
            if names.setdefault(int(index), name) != name:
                return
        if len(names) == dataset.sizes.get("background"):
            dataset.coords["name"] = ("background", [names[i] for i in range(len(names))])


def _distinct(column: "np.ndarray") -> list[Any]:
    return [value for value in dict.fromkeys(column.tolist()) if value is not None and value != ""]


def _codes_of(column: "np.ndarray", names: list[str]) -> "np.ndarray":
    return codes(column, {name: i for i, name in enumerate(names)})

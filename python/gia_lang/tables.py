"""Tables of a study: columns as NumPy arrays, without a data frame library until one is asked for."""

from __future__ import annotations

import csv
import io
from html import escape
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, Sequence, Union, overload

from .axes import Axis, as_text
from .optional import needed

if TYPE_CHECKING:
    import numpy as np
    import pandas
    import polars
    import xarray

#: Columns of text; all others but those of axes hold numbers or truth values (docs/tables.md).
TEXT_COLUMNS = frozenset(
    "experiment contrast arm outcome unit model method correction strongest_driver name chromosome strand id reference alternate sequence".split()
)
WHOLE_COLUMNS = frozenset("n family_size sources place models_agreeing index source start end position".split())
TRUTH_COLUMNS = frozenset(["significant"])

#: Rows that a table shows by itself.
SHOWN_ROWS = 20


class Table:
    """Rows with named columns. `table["effect"]` is a column as a NumPy array, `len(table)` the number of rows, and iteration gives
    each row as a dictionary. A missing number is NaN, any other missing value `None`."""

    def __init__(self, columns: Mapping[str, "np.ndarray"], axes: Sequence[Axis] = (), keys: Sequence[str] = ()) -> None:
        self._columns = dict(columns)
        self._axes = tuple(axes)
        # Text columns that, with the axes, identify a row.
        self._keys = tuple(keys)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()))) if self._columns else 0

    @overload
    def __getitem__(self, key: str) -> "np.ndarray": ...
    @overload
    def __getitem__(self, key: Any) -> "Table": ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            try:
                return self._columns[key]
            except KeyError:
                raise KeyError(f"no column `{key}`; there are {', '.join(self._columns)}") from None
        return self._with({name: column[key] for name, column in self._columns.items()})

    def __iter__(self) -> Iterator[dict[str, Any]]:
        columns = [column.tolist() for column in self._columns.values()]
        for row in zip(*columns):
            yield dict(zip(self._columns, row))

    def _with(self, columns: Mapping[str, "np.ndarray"]) -> "Table":
        return Table(columns, self._axes, self._keys)

    def where(self, **values: Any) -> "Table":
        """The rows whose columns have these values: `effects.where(contrast="synergy", at_gap_bp=10)`."""
        import numpy as np

        kept = np.ones(len(self), dtype=bool)
        for name, value in values.items():
            kept &= self[name] == value
        return self[kept]

    def without_empty_columns(self) -> "Table":
        """The table without columns in which every value is missing."""
        return self._with({name: column for name, column in self._columns.items() if not _is_empty(column)})

    def to_pandas(self) -> "pandas.DataFrame":
        """The table as a pandas data frame."""
        return needed("pandas", "to_pandas()").DataFrame(self._columns)

    def to_polars(self) -> "polars.DataFrame":
        """The table as a polars data frame; missing values are null."""
        polars = needed("polars", "to_polars()")
        columns = {}
        for name, column in self._columns.items():
            is_text = column.dtype == object and not any(isinstance(value, bool) for value in column)
            kind = polars.String if is_text else None
            columns[name] = polars.Series(name, column.tolist() if column.dtype == object else column, dtype=kind, nan_to_null=True)
        return polars.DataFrame(columns)

    def to_xarray(self) -> "xarray.Dataset":
        """The numbers as an xarray dataset over the axes of the experiment, contrasts (or arms), and outcomes. Only of the table of
        one experiment: `study["NAME"].effects.to_xarray()`."""
        import numpy as np

        xarray = needed("xarray", "to_xarray()")
        if not self._keys:
            raise ValueError('experiments have different axes: take one, as in study["NAME"].effects.to_xarray()')
        names = {key: list(dict.fromkeys(self[key].tolist())) for key in self._keys}
        dims = {**{axis.name: list(axis.values) for axis in self._axes}, **names}
        index = tuple(
            [codes(self[axis.column], axis.position()) for axis in self._axes]
            + [codes(self[key], {name: i for i, name in enumerate(names[key])}) for key in self._keys]
        )
        shape = tuple(len(values) for values in dims.values())
        variables = {}
        for name, column in self._columns.items():
            if column.dtype == object or name in TEXT_COLUMNS or name.startswith("at_"):
                continue
            filled = np.full(shape, np.nan)
            filled[index] = column
            variables[name] = (tuple(dims), filled)
        dataset = xarray.Dataset(variables, coords=dims)
        for axis in self._axes:
            if axis.unit:
                dataset[axis.name].attrs["units"] = axis.unit
        units = sorted({unit for unit in self._columns.get("unit", np.array([])).tolist() if unit})
        if len(units) == 1:
            for name in variables:
                if name in ("effect", "mean", "low", "high", "sd", "se", "band_low", "band_high"):
                    dataset[name].attrs["units"] = units[0]
        return dataset

    def __repr__(self) -> str:
        shown, hidden = self._shown()
        if not self._columns:
            return "(no rows)"
        widths = {name: max(len(name), *(len(row[name]) for row in shown)) if shown else len(name) for name in self._columns}
        line = lambda row: "  ".join(f"{row[name]:>{width}}" for name, width in widths.items()).rstrip()
        lines = [line({name: name for name in widths}), *map(line, shown)]
        if hidden:
            lines.append(f"... {hidden:,} more rows")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown, hidden = self._shown()
        head = "".join(f"<th>{escape(name)}</th>" for name in self._columns)
        body = "".join(f"<tr>{''.join(f'<td>{escape(row[name])}</td>' for name in self._columns)}</tr>" for row in shown)
        more = f"<p>{hidden:,} more rows</p>" if hidden else ""
        # Long names of methods would make every row high.
        return f"<div style='overflow-x: auto'><table style='white-space: nowrap'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}</div>"

    def _shown(self) -> tuple[list[dict[str, str]], int]:
        """The first rows as text, and the number of the others."""
        some = self if len(self) <= SHOWN_ROWS else self[: SHOWN_ROWS]
        return [{name: _text(value) for name, value in row.items()} for row in some], len(self) - len(some)


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _is_empty(column: "np.ndarray") -> bool:
    import numpy as np

    if column.dtype == object:
        return all(value is None for value in column)
    return column.dtype.kind == "f" and bool(np.isnan(column).all())


def codes(column: "np.ndarray", position: Mapping[Any, int]) -> "np.ndarray":
    """The index of each value of a column."""
    import numpy as np

    values, inverse = np.unique(column.astype(object), return_inverse=True) if column.dtype != object else _unique(column)
    return np.array([_index(value, position) for value in values], dtype=np.intp)[inverse]


def _unique(column: "np.ndarray") -> tuple[list[Any], "np.ndarray"]:
    """Distinct values of any types, which cannot be sorted."""
    import numpy as np

    seen: dict[Any, int] = {}
    inverse = np.fromiter((seen.setdefault(value, len(seen)) for value in column), dtype=np.intp, count=len(column))
    return list(seen), inverse


def _index(value: Any, position: Mapping[Any, int]) -> int:
    """The position of a value, also where a column of mixed types holds it as text or a whole number as a float."""
    if value in position:
        return position[value]
    return position[as_text(value)]


def read_csv(text: Union[str, io.TextIOBase], axes: Sequence[Axis] = ()) -> dict[str, "np.ndarray"]:
    """The columns of a table that `gia` wrote as CSV. Columns of axes have the type of the axis."""
    rows = csv.reader(io.StringIO(text) if isinstance(text, str) else text)
    header = next(rows, [])
    cells: list[list[str]] = [list(column) for column in zip(*rows)] or [[] for _ in header]
    of_axes: dict[str, list[Any]] = {}
    for axis in axes:
        of_axes.setdefault(axis.column, []).extend(axis.values)
    return {name: _column(name, column, of_axes.get(name)) for name, column in zip(header, cells)}


def _column(name: str, cells: list[str], axis_values: Optional[list[Any]]) -> "np.ndarray":
    import numpy as np

    if axis_values is not None:
        return _axis_column(cells, {type(value) for value in axis_values})
    if name in TRUTH_COLUMNS:
        values = [{"": None, "true": True, "false": False}[cell.lower()] for cell in cells]
        return np.array(values, dtype=bool) if None not in values else _objects(values)
    if name in TEXT_COLUMNS or name.startswith("at_"):
        return _objects([cell if cell else None for cell in cells])
    if name in WHOLE_COLUMNS and all(cells):
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)


def _axis_column(cells: list[str], kinds: set[type]) -> "np.ndarray":
    """The values of an axis. A column of several types is text, and so is one of names."""
    import numpy as np

    if kinds <= {int, float}:
        whole = kinds == {int} and all(cells)
        return np.array([int(cell) for cell in cells]) if whole else np.array([float(cell) if cell else np.nan for cell in cells])
    if kinds == {bool}:
        return _objects([{"": None, "true": True, "false": False}[cell] for cell in cells])
    return _objects([cell if cell else None for cell in cells])


def _objects(values: Sequence[Any]) -> "np.ndarray":
    import numpy as np

    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def of_records(records: Sequence[Mapping[str, Any]], names: Sequence[str], axes: Sequence[Axis]) -> dict[str, "np.ndarray"]:
    """The columns of records of the JSON: the axes of their grid points, then the values of these names."""
    import numpy as np

    columns = {axis.column: [record["at"].get(axis.name) for record in records] for axis in axes}
    columns.update({name: [record.get(name) for record in records] for name in names})
    made = {}
    for name, values in columns.items():
        numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) or value is None for value in values)
        if name in TEXT_COLUMNS or not numbers or all(value is None for value in values) and name.startswith("at_"):
            made[name] = _objects(values)
        elif None in values:
            made[name] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        else:
            made[name] = np.array(values)
    return made

"""Opens the tables of a study in pandas and polars, and holds them against its JSON. Usage: check_tables.py FOLDER"""

import json
import sys
from pathlib import Path

import pandas as pd
import polars as pl

folder = Path(sys.argv[1])
study = json.loads((folder / "study.json").read_text())
rows = [(e["name"], row) for e in study["experiments"] for row in e["rows"]]

for name, table in [
    ("pandas, Parquet", pd.read_parquet(folder / "study.parquet")),
    ("pandas, CSV", pd.read_csv(folder / "study.csv", float_precision="round_trip")),
    ("polars, Parquet", pl.read_parquet(folder / "study.parquet").to_pandas()),
    ("polars, CSV", pl.read_csv(folder / "study.csv", infer_schema_length=None).to_pandas()),
]:
    assert len(table) == len(rows), (name, len(table), len(rows))
    for i, (experiment, row) in enumerate(rows):
        cells = table.iloc[i]
        assert cells["experiment"] == experiment and cells["contrast"] == row["contrast"], (name, i)
        for column, key in [("effect", "mean"), ("low", "low"), ("high", "high"), ("se", "se"), ("q", "q")]:
            assert cells[column] == row[key], (name, i, column, cells[column], row[key])
        if "gap" in row["at"]:
            assert cells["at_gap_bp"] == row["at"]["gap"], (name, i)
    assert table["n"].dtype.kind == "i" and table["effect"].dtype.kind == "f", table.dtypes
    assert table["significant"].dtype == bool, table.dtypes
    print(f"{name}: {len(table)} rows, {len(table.columns)} columns, as in the JSON")

#!/usr/bin/env bash
# Makes the demo's tables and opens them in pandas, polars and, where it is installed, R.
# Usage: check_tables.sh GIA PYTHON
set -euo pipefail
gia=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
tools=${GIA_TABLE_TOOLS:-$HOME/.cache/gia/table-tools}
cmp -s "$here/requirements.txt" "$tools/requirements.txt" || {
    test -x "$tools/bin/python" || "$2" -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$tools/requirements.txt"
}
cd "$here/../.."
"$gia" run experiments/ctcf_pu1/ctcf_pu1.gia --quiet \
    --json "$folder/study.json" --csv "$folder/study.csv" --parquet "$folder/study.parquet"
"$tools/bin/python" "$here/check_tables.py" "$folder"
if command -v Rscript >/dev/null; then
    Rscript --vanilla "$here/check_tables.R" "$folder"
else
    echo "R: not installed, not looked at"
fi

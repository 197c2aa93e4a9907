#!/usr/bin/env bash
# Makes the demo's page, and opens it in Chromium: axe-core looks at it in light and dark, wide and narrow, and it is printed.
# Usage: check_page.sh GIA [FOLDER]; the page, pictures and the PDF are kept where a folder is given.
set -euo pipefail
gia=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
folder=${2:-$(mktemp -d)}
mkdir -p "$folder"
tools=${GIA_PAGE_TOOLS:-$HOME/.cache/gia/page-tools}
browser=$(command -v "${CHROMIUM:-chromium}" || command -v google-chrome) ||
    { echo "check_page: there is no chromium; set CHROMIUM to a browser" >&2; exit 1; }
mkdir -p "$tools"
cmp -s "$here/package.json" "$tools/package.json" ||
    { cp "$here/package.json" "$tools/package.json"; npm install --prefix "$tools" --no-audit --no-fund; }
cp "$here/check_page.mjs" "$tools/"
cd "$here/../.."
"$gia" run experiments/ctcf_pu1/ctcf_pu1.gia --quiet --report "$folder/demo.html"
node "$tools/check_page.mjs" "$browser" "$folder/demo.html" "$folder"

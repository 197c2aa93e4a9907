#!/usr/bin/env bash
# Only gia-worker may depend on libtorch, and nothing but the program that links it may depend on gia-worker.
set -euo pipefail

# Workspace members that depend on a package, without the package itself.
users() {
    cargo tree --locked --workspace --edges normal,build,dev --invert "$1" --depth 1 --prefix none --format '{p}' |
        awk 'NR > 1 { print $1 }' | sort -u | tr '\n' ' '
}

for package in tch torch-sys; do
    found="$(users "$package")"
    expected="gia-worker "
    [[ "$package" == torch-sys ]] && expected="gia-worker tch "
    if [[ "$found" != "$expected" ]]; then
        echo "check_layers: $package is used by ${found}instead of ${expected% } alone; see docs/architecture.md" >&2
        exit 1
    fi
done
found="$(users gia-worker)"
if [[ "$found" != "gia-lang " ]]; then
    echo "check_layers: gia-worker is used by ${found}instead of gia-lang alone; see docs/architecture.md" >&2
    exit 1
fi

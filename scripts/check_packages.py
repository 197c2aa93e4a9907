"""Checks what `cargo package --workspace` has packed, one package for each crate of the workspace.

    python3 scripts/check_packages.py target/package

Each package has to hold the readme and both licences as they are here, and nothing but regular files: a link would point outside of
the package. No package may be larger than the registry of Cargo accepts.
"""

import json
import pathlib
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXTS = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"]
MAX_BYTES = 10 << 20


def crates():
    """Names and versions of the workspace's crates."""
    command = ["cargo", "metadata", "--locked", "--no-deps", "--format-version=1"]
    packages = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    return sorted(f'{package["name"]}-{package["version"]}' for package in packages)


def problems(name, path):
    if not path.exists():
        yield "was not packed"
        return
    if path.stat().st_size > MAX_BYTES:
        yield f"has {path.stat().st_size:,} bytes of at most {MAX_BYTES:,}"
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.isreg():
                yield f"{member.name} is no regular file"
        for text in TEXTS:
            try:
                packed = archive.extractfile(f"{name}/{text}").read()
            except KeyError:
                yield f"has no {text}"
                continue
            if packed != (ROOT / text).read_bytes():
                yield f"has another {text} than the workspace"


def main():
    folder = pathlib.Path(sys.argv[1])
    names = crates()
    found = [f"{name}: {problem}" for name in names for problem in problems(name, folder / f"{name}.crate")]
    for line in found:
        print(f"check_packages: {line}", file=sys.stderr)
    if found:
        sys.exit(1)
    print(f"check_packages: {len(names)} packages are complete")


if __name__ == "__main__":
    main()

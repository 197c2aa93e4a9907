#!/usr/bin/env python3
"""Builds the wheel and the archive of gia for Linux x86-64, and is the build backend of `pip install .`.

    python3 scripts/package.py [--out DIR] [--portable]

The wheel has the program `gia`, the package `gia_lang`, and the workers that run networks, each for a range of versions of PyTorch. No
libtorch is in it: `gia` finds that of the Python beside it (docs/install.md). The archive has the same without the package.

A build for this machine alone (`pip install .`) links as Rust does, with the profile `release`. With `--portable`, the programs are linked for
glibc 2.28 by the linker of zig, so that they start on systems of 2018 and later, and built with the profile `wheel`, which makes them small; this
needs the Python packages `maturin` and `ziglang`.

Needs Rust, a C++ compiler, and libtorch: LIBTORCH, or what `scripts/fetch_libtorch.py` fetches, which is called if it is not there. The worker for
PyTorch 2.13 is built if LIBTORCH_2_13 names a libtorch of that version, or `scripts/fetch_libtorch.py --torch 2.13` has fetched it.
"""

import argparse
import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
#: Where the wheel takes workers from.
WORKERS = ROOT / "python" / "gia_lang" / "workers"


class Worker(NamedTuple):
    """A build of the worker for a range of versions of PyTorch, which `gia` knows."""

    #: Its folder: the version of PyTorch that it is built with.
    name: str
    #: The Cargo package, from the top of the tree.
    manifest: str
    #: The variable that names the libtorch that it is built with.
    variable: str
    #: The libtorch that `scripts/fetch_libtorch.py` fetches.
    fetched: str


BUILT = (
    Worker("torch-2.11", "Cargo.toml", "LIBTORCH", ".libtorch/torch"),
    Worker("torch-2.13", "src/worker/torch-2.13/Cargo.toml", "LIBTORCH_2_13", ".libtorch-2.13/torch"),
)
#: The oldest glibc that the portable programs start with, that of RHEL 8.
GLIBC = "2.28"
#: Symbols of libstdc++ that compilers since have called and that libstdc++ of GCC 8 lacks.
SHIM = ROOT / "scripts" / "libstdcxx_shim.cpp"


#: Links by zig, which would take its own C++ library for GCC's, with which libtorch is built. libtorch brings the OpenMP that it uses.
LINKER = """#!/bin/sh
shim=
for word; do
    shift
    case "$word" in
        -lgomp) ;;
        -lstdc++) set -- "$@" "{libstdcxx}"; shim="{shim}" ;;
        -lgcc_s) set -- "$@" "{libgcc}" ;;
        *) set -- "$@" "$word" ;;
    esac
done
exec "{python}" -m ziglang cc -target x86_64-linux-gnu.{glibc} "$@" $shim -Wl,--allow-shlib-undefined
"""


def runtime_libraries():
    """GCC's libraries that the programs need when they run."""
    compiler = os.environ.get("CXX", "c++")
    path = lambda name: subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
    return {"libstdcxx": path("libstdc++.so.6"), "libgcc": path("libgcc_s.so.1")}


def libtorch(worker):
    """The folder of the libtorch that a worker is built with; none if it is not there. That of the first is fetched."""
    named, fetched = os.environ.get(worker.variable), ROOT / worker.fetched
    if named:
        return named
    if worker == BUILT[0]:
        subprocess.run([sys.executable, ROOT / "scripts" / "fetch_libtorch.py"], check=True)
    return str(fetched) if fetched.is_dir() else None


def environment(folder):
    """The variables of a build with a libtorch."""
    return {**os.environ, "LIBTORCH": folder, "GIA_RELOCATABLE": "1", "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))}


@contextlib.contextmanager
def linker(portable):
    """What rustc has to be told to link programs for old systems; nothing if they are for this one."""
    if not portable:
        yield []
        return
    with tempfile.TemporaryDirectory() as folder:
        shim = Path(folder) / "shim.o"
        subprocess.run([os.environ.get("CXX", "c++"), "-O2", "-c", SHIM, "-o", shim], check=True)
        script = Path(folder) / "cc"
        script.write_text(LINKER.format(python=sys.executable, glibc=GLIBC, shim=shim, **runtime_libraries()))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        yield ["-C", f"linker={script}"]


def profile(portable):
    return "wheel" if portable else "release"


def build(worker, portable):
    """Builds a worker, stripped, and returns its path. The first is built with the features of `gia`, so that each crate of both is built once."""
    command = ["cargo", "rustc", "--profile", profile(portable), "--locked", "--manifest-path", worker.manifest, "--bin", "gia-worker"]
    command += ["--message-format=json-render-diagnostics"]
    with linker(portable) as options:
        made = subprocess.run(
            [*command, "--", *options, "-C", "strip=symbols"], cwd=ROOT, env=environment(libtorch(worker)), check=True, stdout=subprocess.PIPE
        )
    messages = (json.loads(line) for line in made.stdout.splitlines())
    found = [message["executable"] for message in messages if message.get("executable") and message["target"]["name"] == "gia-worker"]
    return Path(found[-1])


def build_workers(portable):
    """Builds each worker whose libtorch is there, and puts it where the wheel takes it from."""
    shutil.rmtree(WORKERS, ignore_errors=True)
    for worker in BUILT:
        if libtorch(worker) is None:
            print(f"package: no worker for {worker.name}: {worker.variable} is not set, and {worker.fetched} not there", file=sys.stderr)
            continue
        (WORKERS / worker.name).mkdir(parents=True)
        shutil.copy2(build(worker, portable), WORKERS / worker.name / "gia-worker")


def maturin_options(portable):
    system = f"manylinux_{GLIBC.replace('.', '_')}" if portable else "linux"
    return ["--profile", profile(portable), "--compatibility", system, "--compression-level", "9"]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Called by pip."""
    import maturin

    build_workers(portable=False)
    os.environ.update(environment(libtorch(BUILT[0])))
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    """Called by pip."""
    import maturin

    return maturin.build_sdist(sdist_directory, config_settings)


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    import maturin

    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def wheel(out, portable):
    """The wheel, by maturin."""
    build_workers(portable)
    with linker(portable) as options:
        command = [sys.executable, "-m", "maturin", "build", "--locked", "--out", out, *maturin_options(portable)]
        subprocess.run([*command, "--", *options], cwd=ROOT, env=environment(libtorch(BUILT[0])), check=True)
    return max(Path(out).glob("*.whl"), key=lambda path: path.stat().st_mtime)


def archive(out, wheel, version):
    """`bin/gia` with `lib/gia/workers`, to unpack anywhere: the programs of the wheel."""
    name = f"gia-{version}-x86_64-linux"
    path = Path(out) / f"{name}.tar.xz"
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as packed:
        gia = Path(packed.extract(f"gia_lang-{version}.data/scripts/gia", folder))
        gia.chmod(0o755)
        with tarfile.open(path, "w:xz", preset=9) as archived:
            archived.add(gia, f"{name}/bin/gia")
            archived.add(WORKERS, f"{name}/lib/gia/workers")
            for licence in ("LICENSE-MIT", "LICENSE-APACHE", "README.md"):
                archived.add(ROOT / licence, f"{name}/{licence}")
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--portable", action="store_true", help=f"for glibc {GLIBC} and later")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    made = wheel(arguments.out, arguments.portable)
    version = made.name.split("-")[1]
    for path in (made, archive(arguments.out, made, version)):
        print(f"{path} {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

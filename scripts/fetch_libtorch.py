#!/usr/bin/env python3
"""Puts libtorch 2.11 for the CPU, about 500 MB, where the build looks for it.

    python3 scripts/fetch_libtorch.py [--into DIR] [--torch 2.13]

Downloads three wheels with pip, checks their SHA-256, keeps the headers and the six libraries that a CPU needs, and
forgets the wheels. A second call finds the work done and returns at once. With LIBTORCH set it does nothing: that
libtorch is used instead. `--torch 2.13` fetches that version, for the worker that scripts/package.py builds with it. Needs Python 3.8 or newer with pip 20 or newer, on Linux x86-64 with glibc.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple, Tuple

ROOT = Path(__file__).resolve().parent.parent
#: The version that the build takes.
DEFAULT_VERSION = "2.11"
#: Where each version goes.
DESTINATIONS = {"2.11": ROOT / ".libtorch", "2.13": ROOT / ".libtorch-2.13"}
STAMP = "wheels.sha256"
#: The torch wheel twice, since pip copies what it has downloaded; what is extracted afterwards takes no more than one.
DISK_NEEDED = 1200 * 10**6


class Wheel(NamedTuple):
    requirement: str
    platform: str
    sha256: str
    #: What is extracted: folders end in a slash.
    keep: Tuple[str, ...]
    #: Where the licences go, below the folder of libtorch.
    licences: str


def torch_wheel(version: str, sha256: str) -> Wheel:
    libraries = ("libc10.so", "libgomp.so.1", "libtorch.so", "libtorch_cpu.so")
    keep = ("torch/include/", *(f"torch/lib/{name}" for name in libraries))
    return Wheel(f"torch=={version}", "manylinux_2_28_x86_64", sha256, keep, "torch/licenses")


TORCH = {
    "2.11": torch_wheel("2.11.0", "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"),
    "2.13": torch_wheel("2.13.0", "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7"),
}
#: What every version links beside it.
CUDA = (
    Wheel(
        "nvidia-cuda-runtime==13.0.96",
        "manylinux2014_x86_64",
        "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
        ("nvidia/cu13/lib/libcudart.so.13",),
        "nvidia/licenses/cuda-runtime",
    ),
    Wheel(
        "nvidia-cuda-cupti==13.0.85",
        "manylinux_2_25_x86_64",
        "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
        ("nvidia/cu13/lib/libcupti.so.13",),
        "nvidia/licenses/cuda-cupti",
    ),
)
FOLDERS = ("torch", "nvidia")


class Failure(Exception):
    """What went wrong and what to do, for a person to read."""


def wheels(version):
    return (TORCH[version], *CUDA)


def stamp(version):
    return "".join(f"{wheel.sha256}  {wheel.requirement}\n" for wheel in wheels(version))


def libraries(version):
    return [name for wheel in wheels(version) for name in wheel.keep if not name.endswith("/")]


def complete(folder, version):
    with contextlib.suppress(OSError):
        written = (folder / STAMP).read_text()
        return written == stamp(version) and all((folder / name).is_file() for name in libraries(version))
    return False


def check_own_libtorch(libtorch):
    """LIBTORCH is set: the build will use it, so say now if it cannot."""
    if not libtorch:
        raise Failure("LIBTORCH is set but empty; unset it to have libtorch downloaded")
    if not os.path.isabs(libtorch):
        raise Failure(f"LIBTORCH={libtorch} is a relative path, and the build needs an absolute one")
    folder = Path(os.environ.get("LIBTORCH_LIB") or libtorch)
    if not (folder / "lib" / "libtorch_cpu.so").is_file():
        raise Failure(
            f"LIBTORCH is set to {libtorch}, but {folder}/lib/libtorch_cpu.so does not exist\n"
            "set it to the folder of a libtorch 2.11 that has lib/ and include/, or unset it to have one downloaded"
        )
    print(f"libtorch: using LIBTORCH={libtorch}; nothing to fetch")


def check_machine(version):
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        raise Failure(
            f"the libtorch fetched here is for Linux x86-64, and this is {platform.system()} {platform.machine()}\n"
            f"set LIBTORCH to the folder of a libtorch {version} for this machine"
        )
    libc, found = platform.libc_ver()
    numbers = tuple(int(part) for part in re.findall(r"\d+", found)[:2])
    if libc != "glibc" or numbers < (2, 28):
        raise Failure(
            f"libtorch {version} needs glibc 2.28 or newer, and this system has {(libc + ' ' + found).strip() or 'another C library'}"
        )


def find_pip():
    """The command for pip 20 or newer, of this Python or else the first on the path."""
    seen = []
    candidates = [[sys.executable, "-m", "pip"]]
    candidates += [[path] for path in (shutil.which("pip3"), shutil.which("pip")) if path]
    for command in candidates:
        with contextlib.suppress(OSError):
            answer = subprocess.run(
                [*command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True
            )
            version = re.match(r"pip (\d+)\S*", answer.stdout)
            if answer.returncode == 0 and version:
                if int(version.group(1)) >= 20:
                    return command
                seen.append(f"{' '.join(command)} is {version.group(0)}")
    if seen:
        raise Failure("pip 20 or newer is needed, but " + " and ".join(seen))
    raise Failure(
        f"{sys.executable} has no pip\ninstall it (Debian and Ubuntu: apt-get install python3-pip) and run this again"
    )


def check_disk(folder):
    free = shutil.disk_usage(folder).free
    if free < DISK_NEEDED:
        raise Failure(
            f"{folder} has {free // 10**6} MB free, and fetching libtorch needs {DISK_NEEDED // 10**6} MB "
            "(500 MB when it is done)"
        )


def download(pip, wheel, staging):
    """Downloads one wheel; pip takes no other file than the one with the hash."""
    folder = staging / "wheel"
    folder.mkdir()
    requirements = staging / "requirements.txt"
    requirements.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n")
    environment = dict(os.environ, TMPDIR=str(staging), PIP_REQUIRE_VIRTUALENV="0")
    environment.setdefault("PIP_DEFAULT_TIMEOUT", "60")
    command = [*pip, "download", "--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--only-binary=:all:"]
    command += ["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"]
    command += ["--platform", wheel.platform, "--dest", str(folder), "--requirement", str(requirements)]
    print(f"libtorch: downloading {wheel.requirement}", flush=True)
    status = subprocess.call(command, env=environment, stdout=sys.stderr)
    found = list(folder.glob("*.whl"))
    if status != 0 or len(found) != 1:
        free = shutil.disk_usage(staging).free // 10**6
        raise Failure(
            f"pip could not download {wheel.requirement}; its own words are above\n"
            f"is there a network or a proxy in the way? ({free} MB are free on the disk)\n"
            "a libtorch that is on this machine already can be used instead: set LIBTORCH to its folder"
        )
    return found[0]


def check_hash(path, wheel):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    if digest.hexdigest() != wheel.sha256:
        raise Failure(f"{path.name} has SHA-256\n  {digest.hexdigest()}, but should have\n  {wheel.sha256}")


def destination(name, wheel):
    """Where a member of the wheel goes, or None when it is not wanted."""
    if any(name == kept or (kept.endswith("/") and name.startswith(kept)) for kept in wheel.keep):
        return Path(name)
    licence = re.match(r"[^/]+\.dist-info/licenses/(.+)", name)
    return Path(wheel.licences) / licence.group(1) if licence else None


def extract(path, wheel, into):
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            target = None if member.is_dir() else destination(member.filename, wheel)
            if target is None:
                continue
            if target.is_absolute() or ".." in target.parts:
                raise Failure(f"{path.name} holds a path that leads outside: {member.filename}")
            (into / target).parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, (into / target).open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)


def move_into_place(ready, staging, folder, version):
    """The stamp goes first and comes last, so that a stop half-way is seen and done again."""
    with contextlib.suppress(FileNotFoundError):
        (folder / STAMP).unlink()
    for name in FOLDERS:
        if (folder / name).exists():
            (folder / name).rename(staging / f"old-{name}")
        (ready / name).rename(folder / name)
    (staging / STAMP).write_text(stamp(version))
    (staging / STAMP).rename(folder / STAMP)


def fetch(folder, version):
    check_machine(version)
    pip = find_pip()
    check_disk(folder)
    for left in folder.glob(".fetch-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as name:
        staging = Path(name)
        ready = staging / "ready"
        for wheel in wheels(version):
            path = download(pip, wheel, staging)
            check_hash(path, wheel)
            extract(path, wheel, ready)
            shutil.rmtree(path.parent)
        missing = [name for name in libraries(version) if not (ready / name).is_file()]
        if missing:
            raise Failure("the wheels lack " + ", ".join(missing))
        move_into_place(ready, staging, folder, version)


@contextlib.contextmanager
def locked(folder):
    """One fetch at a time; the others wait and then find it done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(into, version):
    libtorch = os.environ.get("LIBTORCH")
    if libtorch is not None and into is None and version == DEFAULT_VERSION:
        return check_own_libtorch(libtorch)
    folder = Path(os.path.abspath(into or DESTINATIONS[version]))
    if complete(folder, version):
        return print(f"libtorch: {folder} is complete")
    if folder.is_symlink() and all((folder / name).is_file() for name in libraries(version)):
        return print(f"libtorch: {folder} leads to {folder.resolve()}; left as it is")
    with locked(folder):
        if not complete(folder, version):
            fetch(folder, version)
    print(f"libtorch: {folder} is complete")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n", 1)[0], epilog="LIBTORCH=DIR in the environment: use that libtorch, fetch nothing."
    )
    parser.add_argument("--into", metavar="DIR", help=f"the folder to fill (default: {DESTINATIONS[DEFAULT_VERSION]})")
    parser.add_argument("--torch", metavar="VERSION", choices=sorted(TORCH), default=DEFAULT_VERSION, help=f"the version (default: {DEFAULT_VERSION})")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        run(arguments.into, arguments.torch)
    except Failure as failure:
        sys.exit(f"libtorch: {failure}")
    except OSError as error:
        sys.exit(f"libtorch: {error}")
    except zipfile.BadZipFile as error:
        sys.exit(f"libtorch: a wheel cannot be read: {error}")
    except KeyboardInterrupt:
        print("libtorch: stopped; nothing was left behind", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()

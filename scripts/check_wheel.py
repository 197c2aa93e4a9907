#!/usr/bin/env python3
"""Installs a wheel into bare environments, each with another PyTorch, and runs the demo there.

    python3 scripts/check_wheel.py WHEEL [--torch 2.10.0 2.11.0 ... none] [--packages FOLDER ...] [--folder FOLDER]

For each version a virtual environment is made, the wheel and that PyTorch are installed, and `gia demo` has to end with 26 supported claims.
For `none`, and for versions that no worker serves, `gia demo` has to name what is missing and the line that installs it, and everything that
runs no network has to work. Each environment is moved once and tried again. PyTorch is that for the CPU alone where pip is configured so;
gigabytes each otherwise.

Where `gia-worker` runs networks, the demo is also run without leave to run Python, and all numbers of its study have to be those of the first
such environment.

`--packages` takes folders that have a `torch` package, such as the `site-packages` of an environment, in the place of installing one.

The programs may need no symbol later than GLIBC 2.28, GLIBCXX 3.4.22 and CXXABI 1.3.11, which `objdump` tells.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

VERSIONS = ("2.10.0", "2.11.0", "2.12.1", "2.13.0", "2.15.0", "none")
LIMITS = {"GLIBC": (2, 28), "GLIBCXX": (3, 4, 22), "CXXABI": (1, 3, 11)}
CLAIMS = "26 claims: 26 supported"


def symbols(wheel, folder):
    """The latest version of each library's symbols that the programs of the wheel need."""
    latest = {name: (0,) for name in LIMITS}
    with zipfile.ZipFile(wheel) as packed:
        programs = [name for name in packed.namelist() if name.endswith(("/gia", "/gia-worker"))]
        for name in programs:
            program = packed.extract(name, folder)
            said = subprocess.run(["objdump", "-T", program], capture_output=True, text=True, check=True).stdout
            for library, version in re.findall(r"\b(GLIBC|GLIBCXX|CXXABI)_([0-9.]+)", said):
                latest[library] = max(latest[library], tuple(map(int, version.split("."))))
    return latest, programs


def environment(folder, wheel, torch):
    """A bare environment with the wheel, and with a version of PyTorch; its `gia`."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    wanted = [wheel] + ([] if torch == "none" else [f"torch=={torch}"])
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
    return folder / "bin/gia"


def linked_environment(folder, wheel, packages):
    """A bare environment with the wheel, and with links to the PyTorch of another one."""
    gia = environment(folder, wheel, "none")
    own = next((folder / "lib").glob("python*/site-packages"))
    for name in ("torch", "torchgen", "functorch"):
        if (packages / name).exists():
            (own / name).symlink_to(packages / name)
    return gia


def run(gia, *words, into):
    """What a program says, without the variables of this environment that name a libtorch."""
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(into), "NO_COLOR": "1", "LANG": "C.UTF-8"}
    done = subprocess.run([gia, *words], cwd=into, env=variables, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def tried(gia, into, is_served):
    """Nothing if an environment is as it should be, otherwise what is not."""
    shutil.rmtree(into / "demo", ignore_errors=True)
    for words in (["demo", "--no-run", "demo"], ["check", "demo/ctcf_pu1.gia"], ["plan", "demo/ctcf_pu1.gia"]):
        status, said = run(gia, *words, into=into)
        if status:
            return f"`gia {' '.join(words)}` ended with {status}: {said}"
    status, said = run(gia, "demo", "demo", into=into)
    if is_served:
        return None if status == 0 and CLAIMS in said else f"`gia demo` ended with {status}: {said[-2000:]}"
    line = re.search(r"pip install 'torch", said)
    return None if status == 3 and "E0623" in said and line else f"`gia demo` ended with {status}: {said[-2000:]}"


def study(gia, into):
    """The experiments of the demo's study as `gia-worker` computes them; none if no such worker serves the PyTorch that is there."""
    _, said = run(gia, "doctor", into=into)
    if "networks: run by torch" not in said:
        return None
    status, said = run(gia, "run", "demo/ctcf_pu1.gia", "--json", "study.json", into=into)
    if status:
        sys.exit(f"check_wheel: `gia run` ended with {status}: {said[-2000:]}")
    return json.loads((into / "study.json").read_text())["experiments"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--torch", nargs="*", default=list(VERSIONS))
    parser.add_argument("--packages", nargs="*", type=Path, default=[])
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    wheel = arguments.wheel.resolve()
    folder = arguments.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    faults = []

    latest, programs = symbols(wheel, folder / "programs")
    shown = ", ".join(f"{name}_{'.'.join(map(str, version))}" for name, version in latest.items())
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {len(programs)} programs, needs {shown}", flush=True)
    faults += [f"{name} {latest[name]}" for name, limit in LIMITS.items() if latest[name] > limit]

    kinds = [(version, lambda into, version=version: environment(into, wheel, version)) for version in arguments.torch]
    kinds += [(str(packages), lambda into, packages=packages: linked_environment(into, wheel, packages.resolve())) for packages in arguments.packages]
    first = None
    for number, (name, make) in enumerate(kinds):
        place, moved = folder / f"{number}", folder / f"{number}-moved"
        gia = make(place)
        status, _ = run(gia, "doctor", into=place)
        is_served = status == 0
        wrong = tried(gia, place, is_served)
        # Nothing in the programs names the place of the environment.
        place.rename(moved)
        wrong = wrong or tried(moved / "bin/gia", moved, is_served)
        outcome = wrong or (CLAIMS if is_served else "no network runs, and the message says how to get PyTorch")
        found = study(moved / "bin/gia", moved) if is_served and not wrong else None
        if found is not None:
            outcome += ", by gia-worker"
            if first is None:
                first = (name, found)
            else:
                wrong = found != first[1]
                outcome += f"; numbers {'other than' if wrong else 'equal to'} those with torch {first[0]}"
        print(f"torch {name}: {outcome}", flush=True)
        if wrong or (name in VERSIONS and is_served != (name != "none")):
            faults.append(f"torch {name}")
        if not arguments.folder:
            shutil.rmtree(moved)
    if faults:
        sys.exit("check_wheel: " + "; ".join(faults))


if __name__ == "__main__":
    main()

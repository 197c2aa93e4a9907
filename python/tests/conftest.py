"""Tests of the Python package. They run the program that GIA names, else the newest one that was built here."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

DEMO = ROOT / "experiments" / "ctcf_pu1"

# An analytic model needs no libtorch: the effect of a GATA site is 4, plus what the letters around it make or break.
FORMULA = """\
model sums = additive({"GATA": 4.0, "AA": 0.25})

## Does a GATA site add its weight?
experiment site {
    background uniform(length: 50bp)
    sample 200
    embed "GATA" at center
    measure sums
    expect effect > 3
    expect effect > 5
}

experiment sweep {
    vary gap in [0bp, 5bp, 10bp]
    vary part in ["GATA", "AAAA"]
    background uniform(length: 50bp)
    sample 100
    embed part at 10bp + gap
    measure total = sums
}
"""


def pytest_configure(config):
    if "GIA" in os.environ:
        # Tests change the folder.
        os.environ["GIA"] = os.path.abspath(os.environ["GIA"])
        return
    built = [ROOT / "target" / profile / "gia" for profile in ("release", "debug")]
    built = [path for path in built if path.is_file()]
    if not built:
        raise pytest.UsageError("no program `gia`: build it with `cargo build`, or set GIA to its path")
    os.environ["GIA"] = str(max(built, key=lambda path: path.stat().st_mtime))


@pytest.fixture(scope="session")
def gia():
    import gia_lang

    return gia_lang


@pytest.fixture(scope="session")
def study(gia):
    return gia.run(text=FORMULA)

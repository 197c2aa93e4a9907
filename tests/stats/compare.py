"""Writes compare.json: intervals for the difference of two means, by SciPy, from samples drawn here.

Run with Python 3 and SciPy:

    python compare.py

Each pair of samples has its numbers, as a study would hold them, and Welch's interval of the difference at some levels.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20_261_126)
LEVELS = [0.95, 1 - 0.05 / 3, 0.99]


def summary(values):
    n = len(values)
    sd = float(np.std(values, ddof=1))
    return {"n": n, "mean": float(np.mean(values)), "sd": sd, "se": sd / n**0.5}


def case(name, before, after):
    test = stats.ttest_ind(after, before, equal_var=False)
    intervals = []
    for level in LEVELS:
        low, high = test.confidence_interval(level)
        intervals.append([level, float(low), float(high)])
    return {"name": name, "before": summary(before), "after": summary(after), "intervals": intervals}


cases = [
    case("alike", rng.normal(1.0, 0.5, 200), rng.normal(1.0, 0.5, 200)),
    case("moved", rng.normal(1.0, 0.5, 200), rng.normal(1.4, 0.5, 200)),
    case("few and many", rng.normal(-2.0, 3.0, 12), rng.normal(-2.0, 0.1, 5000)),
    case("skewed", rng.lognormal(0.0, 1.0, 80), rng.lognormal(0.3, 1.0, 120)),
    case("two and three", rng.normal(0.0, 1.0, 2), rng.normal(0.0, 1.0, 3)),
]
out = {"scipy": scipy.__version__, "cases": cases}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, indent=1) + "\n")

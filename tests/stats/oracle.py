"""Writes oracle.json: what SciPy and statsmodels make of samples that are hard to summarise.

Run with Python 3 and scipy, statsmodels and mpmath:

    python oracle.py

Student tails and quantiles are mpmath's at 60 digits, since SciPy's tail is 0 beyond t = 1e155. The script prints where SciPy
differs from them by more than 1e-12, and the largest difference.
"""

import json
import pathlib
import warnings

import mpmath
import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")
mpmath.mp.dps = 60
rng = np.random.default_rng(20_240_501)


def number(x):
    return None if not np.isfinite(x) else float(x)


def sample(name, values, levels=(0.95, 0.99, 0.5)):
    """Mean, sd, se, t intervals and p of one sample."""
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    constant = bool(np.all(x == x[0]))
    exact = [mpmath.mpf(float(v)) for v in x]
    mean = mpmath.fsum(exact) / n
    record = {"name": name, "values": [float(v) for v in x], "n": n, "mean": float(mean)}
    record.update(sd=None, se=None, p=None, intervals=[])
    if n == 1:
        return record
    sd = mpmath.sqrt(mpmath.fsum((v - mean) ** 2 for v in exact) / (n - 1))
    # The exact values stand in for NumPy's where an offset costs it digits; elsewhere they must agree.
    if abs(mean) < 1e3 * sd:
        assert abs(np.mean(x) - float(mean)) <= 1e-12 * (abs(float(mean)) + float(sd))
        assert abs(np.std(x, ddof=1) / float(sd) - 1) < 1e-12
    record["sd"] = float(sd)
    record["se"] = float(sd / mpmath.sqrt(n))
    if constant:
        record["sd"] = record["se"] = 0.0
        record["intervals"] = [[level, float(x[0]), float(x[0])] for level in levels]
        return record
    for level in levels:
        low, high = stats.t.interval(level, n - 1, loc=float(mean), scale=record["se"])
        record["intervals"].append([level, float(low), float(high)])
    t = mean / (sd / mpmath.sqrt(n))
    record["p"] = float(exact_p(t, n - 1))
    if abs(mean) < 1e3 * sd:
        test = stats.ttest_1samp(x, 0.0)
        assert abs(test.pvalue / record["p"] - 1) < 1e-10, (name, test.pvalue, record["p"])
    return record


def paired(name, treated, control):
    """The same through ttest_rel, from two columns that a float32 holds exactly."""
    a = np.asarray(treated, dtype=np.float32).astype(np.float64)
    b = np.asarray(control, dtype=np.float32).astype(np.float64)
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(0.95)
    d = a - b
    return {
        "name": name,
        "treated": a.tolist(),
        "control": b.tolist(),
        "n": len(a),
        "mean": float(np.mean(d)),
        "sd": float(np.std(d, ddof=1)),
        "se": float(stats.sem(d)),
        "low": float(interval.low),
        "high": float(interval.high),
        "p": float(test.pvalue),
    }


def exact_p(t, df):
    t, df = mpmath.mpf(t), mpmath.mpf(df)
    x = df / (df + t * t)
    if x > mpmath.mpf("0.9999999"):
        return 1 - mpmath.betainc(mpmath.mpf("0.5"), df / 2, 0, 1 - x, regularized=True)
    return mpmath.betainc(df / 2, mpmath.mpf("0.5"), 0, x, regularized=True)


def tails():
    out, worst = [], 0.0
    for df in [1, 2, 3, 4, 5, 9, 10, 29, 99, 999, 9_999, 1e6]:
        ts = [1e-12, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.2, 1.5, 1.7, 1.8, 2.0, 2.5, 3.0, 5.0, 8.0, 15.0, 37.0]
        if df <= 29:
            ts += [1e3, 1e6, 1e10]
        if df <= 3:
            ts += [1e100]
        if df == 1:
            ts += [1e155, 1e299]
        for t in ts:
            p = exact_p(t, df)
            if p < mpmath.mpf("1e-305"):
                continue
            scipy_p = 2 * stats.t.sf(t, df)
            difference = abs(scipy_p / float(p) - 1)
            if difference > 1e-12:
                print(f"  scipy.stats.t.sf({t}, {df}): {scipy_p / 2}, off by {difference:.1e}")
            worst = max(worst, difference)
            out.append([float(t), float(df), float(p)])
    print("largest relative difference of scipy.stats.t.sf from mpmath:", worst)
    return out


def quantiles():
    out, worst = [], 0.0
    for df in [1, 2, 3, 4, 5, 9, 19, 99, 999, 9_999, 1e6]:
        for alpha in [0.9, 0.5, 0.2, 0.1, 0.05, 0.01, 0.05 / 31, 1e-6, 1e-12, 1e-30, 1e-100, 1e-300]:
            guess = stats.t.isf(alpha / 2, df)
            if not np.isfinite(guess) or guess > 1e140:
                guess = None
            if guess is None:
                if df != 1:
                    continue
                t = 1 / mpmath.tan(mpmath.pi * mpmath.mpf(alpha) / 2)
            else:
                t, height = mpmath.mpf(guess), None
                for _ in range(4):
                    p = exact_p(t, df)
                    log_density = (
                        mpmath.loggamma((mpmath.mpf(df) + 1) / 2)
                        - mpmath.loggamma(mpmath.mpf(df) / 2)
                        - mpmath.log(df * mpmath.pi) / 2
                        - (mpmath.mpf(df) + 1) / 2 * mpmath.log1p(t * t / df)
                    )
                    slope = -2 * mpmath.exp(log_density)
                    t -= p * mpmath.log(p / mpmath.mpf(alpha)) / slope
                worst = max(worst, abs(guess / float(t) - 1))
            out.append([float(alpha), float(df), float(t)])
    print("largest relative difference of scipy.stats.t.isf from mpmath:", worst)
    return out


def families():
    sets = {
        "one": [0.03],
        "two": [0.04, 0.01],
        "ties": [0.02, 0.01, 0.02, 0.5, 0.5, 0.01, 1.0, 1.0],
        "all equal": [0.3] * 7,
        "zeros": [0.0, 0.0, 1e-300, 1e-20, 0.7],
        "uniform": rng.uniform(size=200).tolist(),
        "some effects": (rng.uniform(size=60) ** 6).tolist(),
    }
    out = []
    for name, p in sets.items():
        q = stats.false_discovery_control(p, method="bh")
        assert np.allclose(q, multipletests(p, method="fdr_bh")[1], rtol=1e-13, atol=0)
        others = {key: multipletests(p, method=method)[1].tolist() for key, method in [("by", "fdr_by"), ("holm", "holm")]}
        out.append({"name": name, "p": p, "q": q.tolist(), **others})
    return out


def main():
    normal = rng.normal(size=20)
    heavy = rng.standard_t(1.5, size=200)
    samples = [
        sample("one", [2.5]),
        sample("two", [1.0, 4.0]),
        sample("two, symmetric about zero", [-1.0, 1.0]),
        sample("three", [0.1, 0.2, 0.4]),
        sample("zeros", [0.0] * 5),
        sample("constant", [0.1] * 700),
        sample("constant, negative", [-7.3] * 3),
        sample("ties", [1, 1, 2, 2, 2, 3, 3, 0, 0, -1]),
        sample("zeros but one", [0.0] * 30 + [1.0]),
        sample("normal", normal),
        sample("normal, shifted by 1e6", normal + 1e6),
        sample("normal, shifted by -1e9", rng.normal(size=600) - 1e9),
        sample("tiny", normal * 1e-150),
        sample("huge", normal * 1e150),
        sample("heavy tails", heavy),
        sample("skewed", np.exp(rng.normal(size=600) * 2)),
        sample("far from zero", rng.normal(size=700) * 0.01 + 0.006),
        sample("farther from zero", rng.normal(size=300) + 2),
    ]
    control = rng.normal(size=600)
    pairs = [
        paired("two", [1.0, 3.0], [0.5, 0.25]),
        paired("three", [1.0, 3.0, 2.0], [0.5, 0.25, 4.0]),
        paired("small effect", control + rng.normal(size=600) * 0.5 + 0.02, control),
        paired("large effect", control * 0.9 + 1, control),
        paired("offset of 1e4", 1e4 + control + rng.normal(size=600), 1e4 + control),
        paired("ties", rng.integers(0, 3, size=40), rng.integers(0, 3, size=40)),
    ]
    record = {
        "made_with": {"scipy": scipy.__version__, "numpy": np.__version__, "statsmodels": statsmodels.__version__},
        "samples": samples,
        "pairs": pairs,
        "tails": tails(),
        "quantiles": quantiles(),
        "families": families(),
    }
    path = pathlib.Path(__file__).with_name("oracle.json")
    path.write_text(json.dumps(record, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
    print(path.name, path.stat().st_size, "bytes")


main()

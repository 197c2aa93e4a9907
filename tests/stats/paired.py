"""Oracle of effects that two runs have on the same backgrounds: writes paired.json.

    ~/.cache/gia/peers/bin/python tests/stats/paired.py

Each case has the values of both runs and the source of each background. Of the differences, CR2 and its degrees of freedom are computed as
their definition says (`cr2` of clusters.py, by eigenvalues; for independent backgrounds SciPy's paired t test, which is checked to be the
same), Hall's interval by inverting his transformation numerically, and p as the error rate at which the hull of both ends at zero, found by
root finding rather than from the transformation of t. Levels are those of one, two and five effects at once.
"""

import json
import pathlib

import numpy as np
import scipy.optimize
import scipy.stats
import statsmodels.api as sm

from clusters import cluster_sums, cr2

LEVELS = [0.95, 1 - 0.05 / 2, 1 - 0.05 / 5]


def hull(mean, se, freedom, skewness, n, alpha):
    """The hull of Student's and Hall's interval of a mean of n numbers or sources, at an error rate."""
    critical = scipy.stats.t.isf(alpha / 2, freedom)
    transform = lambda t: t + skewness * t**2 / (3 * np.sqrt(n)) + skewness**2 * t**3 / (27 * n) + skewness / (6 * np.sqrt(n))
    ends = [scipy.optimize.brentq(lambda t: transform(t) - q, -1e20, 1e20, xtol=1e-14, rtol=1e-15, maxiter=1000) for q in (critical, -critical)]
    low, high = mean - se * ends[0], mean - se * ends[1]
    return min(low, mean - critical * se), max(high, mean + critical * se)


def p_of_hull(mean, se, freedom, skewness, n):
    """The error rate at which the end of the hull that lies nearer to zero is zero."""
    end = 0 if mean > 0 else 1
    beyond = lambda log_alpha: hull(mean, se, freedom, skewness, n, np.exp(log_alpha))[end]
    least, most = np.log(1e-12), np.log(1 - 1e-12)
    if beyond(least) * beyond(most) > 0:
        return None
    return float(np.exp(scipy.optimize.brentq(beyond, least, most, xtol=1e-13, rtol=1e-13)))


def case(name, before, after, sources):
    before, after = np.round(before, 6), np.round(after, 6)
    differences = after - before
    n, mean = len(differences), differences.mean()
    independent = len(set(sources)) == n
    se, freedom = cr2(differences, sources)
    units = differences if independent else cluster_sums(differences, sources)
    if independent:
        test = scipy.stats.ttest_rel(after, before)
        assert abs(test.df - freedom) < 1e-9 * freedom and abs(mean / se - test.statistic) < 1e-9 * abs(test.statistic)
    elif len(set(np.bincount(sources))) == 1:
        fit = sm.OLS(differences, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": sources})
        assert abs(fit.bse[0] - se) < 1e-12 * se
    skewness = float(scipy.stats.skew(units))
    return {
        "name": name, "before": before.tolist(), "after": after.tolist(), "sources": sources.tolist(),
        "difference": mean, "sd": differences.std(ddof=1), "se": se, "freedom": freedom,
        "p": p_of_hull(mean, se, freedom, skewness, len(units)),
        "intervals": [[level, *hull(mean, se, freedom, skewness, len(units), 1 - level)] for level in LEVELS],
    }


def main():
    rng = np.random.default_rng(20261130)
    cases = []
    for name, n, noise, shift in [("alike", 200, 0.1, 0.0), ("moved", 200, 0.1, 0.3), ("few", 6, 0.5, 0.4), ("other", 50, 3.0, 1.0)]:
        before = rng.normal(1.0, 1.0, n)
        cases.append(case(name, before, before + shift + rng.normal(0, noise, n), np.arange(n)))
    before = rng.normal(1.0, 1.0, 80)
    cases.append(case("skewed", before, before + rng.lognormal(-2, 1, 80), np.arange(80)))
    for name, sizes in [("of one size", [4] * 12), ("of all sizes", [1, 2, 3, 4, 5, 30, 7, 7]), ("of two", [3, 7])]:
        sources = np.repeat(np.arange(len(sizes)), sizes)
        of_source = rng.normal(0, 0.3, len(sizes))[sources]
        before = rng.normal(1.0, 1.0, len(sources))
        cases.append(case(f"sources {name}", before, before + 0.2 + of_source + rng.normal(0, 0.1, len(sources)), sources))
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"scipy": scipy.__version__, "cases": cases}, default=float) + "\n")


if __name__ == "__main__":
    main()

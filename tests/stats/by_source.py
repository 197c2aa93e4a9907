"""Writes by_source.json: summaries and evaluations of numbers that come in clusters, by NumPy, SciPy and statsmodels.

    ~/.cache/gia/peers/bin/python tests/stats/by_source.py

Everything is computed here as its definition says: standard errors by the CR2 of clusters.py, Wilson's interval as the roots of its
quadratic, quantiles by counting, the acceleration of the bootstrap by leaving out each cluster, sign tests over all patterns, and
the area under the ROC curve with the variance of Obuchowski (1997) over all pairs. The logistic regression is that of statsmodels.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import statsmodels.api as sm
from scipy import optimize, special, stats

from clusters import cluster_sums, clustered, cr2

LEVELS = [0.95, 0.8]


def listed(x):
    return [float(v) for v in np.ravel(x)]


def error(y, ids):
    """Standard error and degrees of freedom; those of a single cluster do not exist."""
    return cr2(np.asarray(y, float), ids) if len(set(ids)) > 1 else (None, None)


def wilson(center, holds, ids, level):
    se, freedom = error(holds, ids)
    if se is None:
        return None
    p = np.mean(holds)
    n = min(p * (1 - p) / se**2, len(ids)) if se > 0 and 0 < p < 1 else len(set(ids))
    t2 = stats.t.ppf(0.5 + level / 2, freedom) ** 2
    # (center - x)^2 = t^2 x (1 - x) / n
    roots = np.sort(np.roots([1 + t2 / n, -2 * center - t2 / n, center**2]).real)
    return [max(roots[0], 0.0), min(roots[1], 1.0)]


def quantile(x, ids, share, level):
    estimate = np.quantile(x, share)
    ends = wilson(share, (x <= estimate).astype(float), ids, level)
    if ends is None:
        return None
    ordered, n = np.sort(x), len(x)
    below = [k for k in range(1, n + 1) if k <= n * ends[0]]
    above = [k for k in range(1, n + 1) if k - 1 >= n * ends[1]]
    return [ordered[below[-1] - 1], ordered[above[0] - 1]] if below and above else None


def size(x, ids, level):
    n = len(x)
    of = lambda y: y.mean() / y.std(ddof=1)
    j = math.exp(special.gammaln((n - 1) / 2) - special.gammaln((n - 2) / 2)) / math.sqrt((n - 1) / 2)
    without = [np.delete(x, i) for i in range(n)]
    if any(np.ptp(y) == 0 for y in without) or len(set(ids)) < 2:
        return j * of(x), None
    pseudo = n * of(x) - (n - 1) * np.array([of(y) for y in without])
    se, freedom = error(pseudo, ids)
    g, count = stats.skew(cluster_sums(pseudo, ids)), len(set(ids))
    h = lambda t: t + g * t**2 / (3 * np.sqrt(count)) + g**2 * t**3 / (27 * count) + g / (6 * np.sqrt(count))
    t = stats.t.ppf(0.5 + level / 2, freedom)
    ends = [optimize.brentq(lambda x: h(x) - q, -1e5, 1e5, xtol=1e-13, rtol=1e-15, maxiter=1000) for q in (t, -t)]
    return j * of(x), [pseudo.mean() - se * max(t, ends[0]), pseudo.mean() + se * max(t, -ends[1])]


def sums(x, ids):
    return np.array([x[ids == g].sum() for g in np.unique(ids)])


def flips(totals):
    """The share of all patterns of signs with a sum at least as far from 0."""
    far = [abs(np.dot(signs, totals)) >= abs(totals.sum()) - 1e-9 for signs in itertools.product((1, -1), repeat=len(totals))]
    return float(np.mean(far))


def signed_ranks(x, ids):
    nonzero = x != 0
    ranks = np.zeros(len(x))
    ranks[nonzero] = stats.rankdata(abs(x[nonzero])) * np.sign(x[nonzero])
    totals = sums(ranks, ids)
    totals = totals[totals != 0]
    if not nonzero.any():
        return None
    if len(totals) <= 16:
        return flips(totals)
    return float(2 * stats.norm.sf(abs(totals.sum()) / math.sqrt((totals**2).sum())))


def bca(x, ids, means, level):
    groups = np.unique(ids)
    # Means of all clusters in another order are equal but for rounding.
    rounding = 1e-13 * abs(x).max()
    below = np.mean(means < x.mean() - rounding) / 2 + np.mean(means <= x.mean() + rounding) / 2
    bias = stats.norm.ppf(below)
    without = np.array([x[ids != g].mean() for g in groups])
    distance = without.mean() - without
    acceleration = (distance**3).sum() / (6 * (distance**2).sum() ** 1.5)
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = bias + stats.norm.ppf(tail)
        ends.append(float(np.quantile(means, stats.norm.cdf(bias + z / (1 - acceleration * z)))))
    return ends


def samples(rng):
    designs = {
        "six of four": [4] * 6, "clusters of one and more": [1, 1, 2, 3, 5, 8, 13], "one large": [1, 2, 3, 4, 5, 30],
        "twenty of five": [5] * 20, "many": list(rng.integers(1, 8, 40)), "one cluster": [9], "two": [1, 4],
    }
    for name, sizes in designs.items():
        for of in ("normal", "skewed", "ties"):
            x, ids = clustered(rng, sizes, {"normal": 0.0, "skewed": 1.0, "ties": 0.4}[of])
            if of == "ties":
                x = np.round(x)
            out = dict(name=f"{name}, {of}", values=listed(x), ids=[int(i) for i in ids])
            share = (x > 0).astype(float)
            out["share"] = dict(value=share.mean(), intervals=[[l, wilson(share.mean(), share, ids, l)] for l in LEVELS])
            for key, p in [("median", 0.5), ("lower_quartile", 0.25), ("upper_quartile", 0.75)]:
                out[key] = dict(value=np.quantile(x, p), intervals=[[l, quantile(x, ids, p, l)] for l in LEVELS])
            if x.std() > 0:
                out["size"] = dict(value=size(x, ids, 0.95)[0], intervals=[[l, size(x, ids, l)[1]] for l in LEVELS])
            out["wilcoxon"] = signed_ranks(x, ids)
            totals = sums(x, ids)
            out["permutation"] = flips(totals) if len(totals) <= 16 else None
            if len(sizes) >= 6 and x.std() > 0:
                drawn = rng.integers(0, len(sizes), (499, len(sizes)))
                counts = np.bincount(ids)
                means = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
                out["bootstrap"] = dict(means=listed(means), intervals=[[l, bca(x, ids, means, l)] for l in LEVELS])
            yield out


def area(a, b, of_a, of_b, level):
    above = (a[:, None] > b).astype(float) + 0.5 * (a[:, None] == b)
    theta, m, n = above.mean(), len(a), len(b)
    groups = sorted(set(of_a) | set(of_b))
    x = np.array([(above.mean(axis=1)[of_a == g] - theta).sum() for g in groups])
    y = np.array([(above.mean(axis=0)[of_b == g] - theta).sum() for g in groups])
    first, second, both = len(set(of_a)), len(set(of_b)), len(groups)
    if min(first, second) < 2:
        return theta, None
    s10 = first / ((first - 1) * m) * (x**2).sum()
    s01 = second / ((second - 1) * n) * (y**2).sum()
    s11 = both / (both - 1) * (x * y).sum()
    variance = s10 / m + s01 / n + 2 * s11 / (m * n)
    half = stats.t.ppf(0.5 + level / 2, min(first, second) - 1) * math.sqrt(max(variance, 0))
    return theta, [max(theta - half, 0.0), min(theta + half, 1.0)] if half > 0 else None


def classes(rng):
    for name, groups, of_each, shared in [("shared", 20, 3, True), ("apart", 15, 4, False), ("single", 25, 1, True), ("one positive", 8, 2, None)]:
        between = rng.normal(size=2 * groups)
        of_a = np.repeat(np.arange(groups), of_each)
        of_b = of_a.copy() if shared else of_a + groups
        if shared is None:
            of_a, of_b = np.zeros(5, int), np.repeat(np.arange(1, groups), of_each)
        a = np.round(1 + between[of_a] + rng.normal(size=len(of_a)), 1)
        b = np.round(between[of_b] + rng.normal(size=len(of_b)), 1)
        ids = np.r_[of_a, of_b]
        known = {}
        ids = np.array([known.setdefault(g, len(known)) for g in ids])
        theta, ends = area(a, b, ids[:len(a)], ids[len(a):], 0.95)
        y, x = np.r_[np.ones(len(a)), np.zeros(len(b))], np.r_[a, b]
        fit = sm.Logit(y, sm.add_constant(x)).fit(disp=0, tol=1e-14, maxiter=200, cov_type="cluster", cov_kwds={"groups": ids})
        t = stats.t.ppf(0.975, len(set(ids)) - 1)
        calibration = [[b, b - t * e, b + t * e] for b, e in zip(fit.params, fit.bse)]
        yield dict(name=name, positives=listed(a), negatives=listed(b), ids=[int(i) for i in ids], auroc=theta, ends=ends, calibration=calibration)


def main():
    rng = np.random.default_rng(20_261_130)
    found = dict(samples=list(samples(rng)), classes=list(classes(rng)))
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(found, default=float, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size, "bytes")


main()

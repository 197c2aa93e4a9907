"""Oracle of claims about shares, quantiles and several experiments, and of families: writes claim_kinds.json.

    ~/.cache/gia/peers/bin/python tests/stats/claim_kinds.py

A weighted sum of means is a regression with a constant for each sample. CR2 and its degrees of freedom are computed as their definition
says (Pustejovsky and Tipton 2018, equations 7 and 9 to 11), with dense matrices and a working model with the variance of each sample;
Welch's and the paired t of SciPy are checked to be special cases. Exact shares and Holm's correction are those of statsmodels. The
effective number of Korn and Graubard is written out here.
"""

import json
import pathlib

import numpy as np
import scipy.stats
import statsmodels.stats.multitest
import statsmodels.stats.proportion

from clusters import cr2


def weighted(samples, weights):
    """Mean, standard error, degrees of freedom and skewness of a weighted sum of means; samples are (values, ids)."""
    y = np.concatenate([values for values, _ in samples])
    ids = np.concatenate([ids for _, ids in samples])
    of = np.concatenate([np.full(len(values), k) for k, (values, _) in enumerate(samples)])
    n, k = len(y), len(samples)
    x = np.zeros((n, k))
    x[np.arange(n), of] = 1.0
    bread = np.linalg.inv(x.T @ x)
    annihilator = np.eye(n) - x @ bread @ x.T
    residuals = annihilator @ y
    variances = np.array([np.var(values, ddof=1) for values, _ in samples])[of]
    contrast = np.array(weights)
    added, vectors = [], []
    for g in np.unique(ids):
        rows = np.flatnonzero(ids == g)
        # The working variances differ by sample, and the hat matrix of a cluster has a block for each, so the adjustment does not
        # depend on them: the inverse root of D^(1/2) (I - H)_g D^(1/2), between D^(1/2), block by block.
        inner = annihilator[np.ix_(rows, rows)]
        values, basis = np.linalg.eigh(inner)
        root = basis @ np.diag([1 / np.sqrt(v) if v > 1e-12 else 0.0 for v in values]) @ basis.T
        line = contrast @ bread @ x[rows].T @ root
        added.append(line @ residuals[rows])
        vectors.append(annihilator[rows].T @ line)
    added, vectors = np.array(added), np.array(vectors)
    products = vectors @ np.diag(variances) @ vectors.T
    variance = (added**2).sum()
    return {
        "mean": float(sum(w * values.mean() for w, (values, _) in zip(weights, samples))),
        "se": float(np.sqrt(variance)),
        "freedom": float(np.trace(products) ** 2 / (products**2).sum()),
        "skewness": float((added**3).sum() / variance**1.5 * np.sqrt(len(added))),
    }


def number(*samples):
    """Clusters of several samples, numbered from 0 over all of them."""
    known = {g: i for i, g in enumerate(np.unique(np.concatenate(samples)))}
    return [np.array([known[g] for g in ids]) for ids in samples]


def sums_of_means(rng):
    cases = []

    def add(name, values, ids, weights):
        ids = number(*ids)
        values = [np.round(v, 6) for v in values]
        found = weighted(list(zip(values, ids)), weights)
        cases.append({"of": name, "values": [v.tolist() for v in values], "ids": [i.tolist() for i in ids], "weights": weights, **found})
        return values, found

    a, b = rng.standard_normal(30), 3 * rng.standard_normal(12) + 1
    (a, b), found = add("Welch", [a, b], [np.arange(30), 100 + np.arange(12)], [1.0, -1.0])
    welch = scipy.stats.ttest_ind(a, b, equal_var=False)
    assert abs(welch.statistic - found["mean"] / found["se"]) < 1e-10 and abs(welch.df - found["freedom"]) < 1e-8

    a = rng.standard_normal(25)
    b = a + 0.3 * rng.exponential(size=25)
    (a, b), found = add("paired", [a, b], [np.arange(25), np.arange(25)], [1.0, -1.0])
    paired = scipy.stats.ttest_rel(a, b)
    assert abs(paired.statistic - found["mean"] / found["se"]) < 1e-9 and abs(24 - found["freedom"]) < 1e-9

    a = rng.exponential(size=24)
    ids = np.repeat(np.arange(6), 4)
    (a,), found = add("one clustered sample", [a], [ids], [2.0])
    se, freedom = cr2(a, ids)
    assert abs(2 * se - found["se"]) < 1e-12 and abs(freedom - found["freedom"]) < 1e-9

    add("partly the same", [rng.standard_normal(20), rng.exponential(size=35)], [np.arange(20), np.arange(35)], [1.0, -1.0])
    add("clusters in common", [rng.standard_normal(40), rng.exponential(size=10)], [np.repeat(np.arange(10), 4), np.arange(10)], [1.0, -1.0])
    uneven = rng.integers(0, 7, 50)
    uneven[:7] = np.arange(7)
    add("uneven clusters in common", [rng.standard_normal(50), rng.standard_normal(21) * 4], [uneven, np.repeat(np.arange(3, 10), 3)], [1.0, -0.5])
    add("three", [rng.standard_normal(9), rng.exponential(size=14), rng.standard_normal(14)], [np.arange(9), 50 + np.arange(14), 50 + np.arange(14)], [1.0, -2.0, 0.5])
    add("two each", [np.array([1.0, 3.0]), np.array([2.0, 7.0])], [np.array([0, 1]), np.array([2, 3])], [1.0, -1.0])
    return cases


def shares(rng):
    cases = []
    for n in (1, 2, 5, 17, 50, 1000):
        for count in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            for alpha in (0.05, 0.0013, 1e-6):
                low, high = statsmodels.stats.proportion.proportion_confint(count, n, alpha, method="beta")
                low = 0.0 if np.isnan(low) or count == 0 else low
                high = 1.0 if np.isnan(high) or count == n else high
                cases.append({"holds": [i < count for i in range(n)], "ids": None, "alpha": alpha, "low": low, "high": high})
    for sizes, share in [([4] * 12, 0.5), ([1, 2, 3, 4, 5, 30], 0.7), ([20] * 5, 0.9), ([6] * 8, 1.0), ([6] * 8, 0.0)]:
        ids = np.repeat(np.arange(len(sizes)), sizes)
        by_cluster = np.clip(rng.normal(share, 0.2, len(sizes)), 0, 1)
        holds = rng.random(len(ids)) < by_cluster[ids]
        if share in (0.0, 1.0):
            holds[:] = share == 1.0
        y, n = holds.astype(float), len(ids)
        found = y.mean()
        se, freedom = cr2(y, ids)
        for alpha in (0.05, 0.001):
            if 0 < found < 1 and se > 0:
                ratio = scipy.stats.t.ppf(1 - alpha / 2, n - 1) / scipy.stats.t.ppf(1 - alpha / 2, freedom)
                effective = min(found * (1 - found) / se**2 * ratio**2, n)
            else:
                effective = len(sizes)
            x = found * effective
            low = scipy.stats.beta.ppf(alpha / 2, x, effective - x + 1) if x > 0 else 0.0
            high = scipy.stats.beta.ppf(1 - alpha / 2, x + 1, effective - x) if x < effective else 1.0
            cases.append({"holds": holds.tolist(), "ids": ids.tolist(), "alpha": alpha, "low": low, "high": high})
    return cases


def families(rng):
    cases = []
    for p in [[0.01], [0.01, 0.04, 0.03], list(np.round(rng.random(40) ** 3, 6)), [0.02, 0.02, 0.02], [1e-12, 0.5, 1e-12]]:
        adjusted = statsmodels.stats.multitest.multipletests(p, method="holm")[1]
        cases.append({"p": p, "adjusted": adjusted.tolist()})
    return cases


def main():
    rng = np.random.default_rng(20261130)
    text = json.dumps({"sums": sums_of_means(rng), "shares": shares(rng), "holm": families(rng)}, default=float)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()

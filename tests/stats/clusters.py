"""Oracle of clustered errors and of Hall's interval: writes clusters.json.

    ~/.cache/gia/peers/bin/python tests/stats/clusters.py

CR2 and its Satterthwaite degrees of freedom are computed here as their definition says, with the hat matrix of a regression on a
constant and inverse square roots of I - H_gg by eigenvalues (Pustejovsky and Tipton 2018, equations 7 and 9 to 11), not by the closed
forms of `gia`. Where clusters have one size, CR2 equals the CR1 of statsmodels, which is checked. Hall's interval is found by
inverting his transformation numerically.
"""

import json
import pathlib

import numpy as np
import scipy.optimize
import scipy.stats
import statsmodels.api as sm


def cr2(y, ids):
    n = len(y)
    x = np.ones((n, 1))
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    residuals = y - hat @ y
    annihilator = np.eye(n) - hat
    meat = 0.0
    vectors = []
    for g in np.unique(ids):
        rows = np.flatnonzero(ids == g)
        inner = annihilator[np.ix_(rows, rows)]
        values, basis = np.linalg.eigh(inner)
        root = basis @ np.diag([1 / np.sqrt(v) if v > 1e-12 else 0.0 for v in values]) @ basis.T
        weights = (bread @ x[rows].T @ root).ravel()
        meat += (weights @ residuals[rows]) ** 2
        vectors.append(annihilator[rows].T @ weights)
    vectors = np.array(vectors)
    products = vectors @ vectors.T
    return float(np.sqrt(meat)), float(np.trace(products) ** 2 / (products**2).sum())


def cluster_sums(y, ids):
    deviations = y - y.mean()
    return np.array([deviations[ids == g].sum() for g in np.unique(ids)])


def clustered(rng, sizes, spread):
    ids = np.repeat(np.arange(len(sizes)), sizes)
    rng.shuffle(ids)
    # Numbered by their first number.
    _, first = np.unique(ids, return_index=True)
    order = {g: i for i, g in enumerate(ids[np.sort(first)])}
    ids = np.array([order[g] for g in ids])
    y = rng.standard_normal(len(ids)) + spread * rng.exponential(size=len(sizes))[ids]
    return np.round(y, 6), ids


def hall(y, level):
    n, mean = len(y), y.mean()
    se = y.std(ddof=1) / np.sqrt(n)
    g = scipy.stats.skew(y)
    h = lambda t: t + g * t**2 / (3 * np.sqrt(n)) + g**2 * t**3 / (27 * n) + g / (6 * np.sqrt(n))
    c = scipy.stats.t.ppf(0.5 + level / 2, n - 1)
    ends = [scipy.optimize.brentq(lambda t: h(t) - q, -1e4, 1e4, xtol=1e-14, rtol=1e-15) for q in (c, -c)]
    student = (mean - c * se, mean + c * se)
    found = (mean - se * ends[0], mean - se * ends[1])
    t = mean / se
    tests = [t, h(t)]
    same = tests[0] > 0 and tests[1] > 0 or tests[0] < 0 and tests[1] < 0
    p = 2 * scipy.stats.t.sf(min(map(abs, tests)), n - 1) if same else 1.0
    return {"skewness": g, "hall": found, "hull": [min(student[0], found[0]), max(student[1], found[1])], "p": p}


def main():
    rng = np.random.default_rng(20261129)
    cases = []
    designs = [[4] * 6, [1] * 9, [1, 2, 3, 4, 5, 30], [20] * 3, [1, 1], [50, 1, 1, 1], [3, 7], list(rng.integers(1, 40, 25))]
    for sizes in designs:
        for spread in (0.0, 1.0, 5.0):
            y, ids = clustered(rng, sizes, spread)
            se, freedom = cr2(y, ids)
            if len(set(sizes)) == 1:
                fit = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": ids})
                assert abs(fit.bse[0] - se) < 1e-12 * se, (fit.bse[0], se)
            low, high = (y.mean() + s * se * scipy.stats.t.ppf(0.975, freedom) for s in (-1, 1))
            cases.append({
                "values": y.tolist(), "ids": ids.tolist(), "se": se, "freedom": freedom, "student": [low, high],
                "skewness": float(scipy.stats.skew(cluster_sums(y, ids))),
            })
    skewed = []
    for n in (2, 3, 5, 20, 300):
        for name, draw in [("normal", rng.standard_normal), ("exponential", rng.exponential), ("lognormal", lambda size: rng.lognormal(size=size))]:
            for shift in (0.0, -1.0):
                y = np.round(draw(size=n) + shift, 6)
                skewed.append({"values": y.tolist(), "level": 0.95, "of": name, **hall(y, 0.95)})
    text = json.dumps({"clusters": cases, "hall": skewed}, default=float)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()

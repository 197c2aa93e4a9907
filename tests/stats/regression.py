"""Oracle of the regression on features of backgrounds: writes regression.json.

    ~/.cache/gia/peers/bin/python tests/stats/regression.py

Everything is computed from its definition with dense matrices: coefficients and HC3 with statsmodels, CR2 and Satterthwaite degrees of
freedom with the n x n hat matrix and inverse square roots of its blocks (Pustejovsky and Tipton 2018, equations 7 and 9 to 11),
unique shares of variance by fits without each feature, and cross-validation by fits without each fold.
"""

import json
import pathlib

import numpy as np
import scipy.stats
import statsmodels.api as sm


def standardised(features):
    return (features - features.mean(axis=0)) / features.std(axis=0, ddof=1)


def r2(y, features):
    x = sm.add_constant(features, has_constant="add")
    return sm.OLS(y, x).fit().rsquared


def cr2(y, features, ids):
    x = np.column_stack([np.ones(len(y)), features])
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    residuals = y - hat @ y
    annihilator = np.eye(len(y)) - hat
    meat = np.zeros((x.shape[1], x.shape[1]))
    vectors = []
    for g in np.unique(ids):
        rows = np.flatnonzero(ids == g)
        values, basis = np.linalg.eigh(annihilator[np.ix_(rows, rows)])
        root = basis @ np.diag([1 / np.sqrt(v) if v > 1e-9 else 0.0 for v in values]) @ basis.T
        weights = bread @ x[rows].T @ root
        score = weights @ residuals[rows]
        meat += np.outer(score, score)
        vectors.append(annihilator[:, rows] @ weights.T)
    freedom = []
    for j in range(1, x.shape[1]):
        products = np.array([v[:, j] for v in vectors])
        products = products @ products.T
        freedom.append(float(np.trace(products) ** 2 / (products**2).sum()))
    return np.sqrt(np.diag(meat))[1:].tolist(), freedom


def cross_validated(y, features, folds):
    x = np.column_stack([np.ones(len(y)), features])
    error = total = 0.0
    for fold in np.unique(folds):
        out = folds == fold
        b = np.linalg.lstsq(x[~out], y[~out], rcond=None)[0]
        error += ((y[out] - x[out] @ b) ** 2).sum()
        total += ((y[out] - y[~out].mean()) ** 2).sum()
    return 1 - error / total


def tenths(feature, y):
    n = len(y)
    ranks = scipy.stats.rankdata(feature)  # middle ranks, from 1
    groups = np.minimum((10 * (2 * ranks - 1) / (2 * n)).astype(int), 9)
    found = []
    for g in np.unique(groups):
        rows = groups == g
        mean, ends = y[rows].mean(), []
        if rows.sum() > 1:
            half = scipy.stats.sem(y[rows]) * scipy.stats.t.ppf(0.975, rows.sum() - 1)
            ends = [mean - half, mean + half]
        found.append([int(rows.sum()), feature[rows].min(), feature[rows].max(), mean, *ends])
    return found


def case(rng, n, p, ids=None, offset=0.0, kind="normal", by_source=False):
    """A response with unequal variances, on features of very different size and offset."""
    base = rng.standard_normal((n, p))
    if ids is not None:
        base += 2 * rng.standard_normal((ids.max() + 1, p))[ids]
    if by_source:
        base[:, 0] = rng.standard_normal(ids.max() + 1)[ids]
    if p > 2:
        base[:, 2] += 0.9 * base[:, 0]
    features = base * 10.0 ** rng.uniform(-3, 3, p) + offset * rng.standard_normal(p)
    if kind == "counts":
        features[:, -1] = rng.poisson(0.7, n)
    noise = rng.standard_normal(n) * (0.5 + np.abs(base[:, 0]))
    if ids is not None:
        noise += rng.standard_normal(ids.max() + 1)[ids]
    y = 7 + offset + base @ rng.uniform(-1, 1, p) + noise
    features, y = np.round(features, 9), np.round(y, 9)
    z = standardised(features)
    fit = sm.OLS(y, sm.add_constant(z)).fit(cov_type="HC3", use_t=True)
    plain = sm.OLS(y, sm.add_constant(z)).fit()
    if ids is None:
        se, freedom = fit.bse[1:].tolist(), [float(n - p - 1)] * p
        p_values = fit.pvalues[1:].tolist()
        folds = rng.permutation(n) % 10
    else:
        se, freedom = cr2(y, z, ids)
        p_values = (2 * scipy.stats.t.sf(np.abs(plain.params[1:]) / se, freedom)).tolist()
        folds = (rng.permutation(ids.max() + 1) % min(10, ids.max() + 1))[ids]
    whole = plain.rsquared
    return {
        "features": features.T.tolist(), "y": y.tolist(), "ids": None if ids is None else ids.tolist(), "folds": folds.tolist(),
        "per_sd": plain.params[1:].tolist(), "per_unit": (plain.params[1:] / features.std(axis=0, ddof=1)).tolist(),
        "r2": whole, "adjusted": plain.rsquared_adj,
        "unique": [whole - (r2(y, np.delete(z, j, axis=1)) if p > 1 else 0.0) for j in range(p)],
        "se": se, "freedom": freedom, "p": p_values, "cross_validated": cross_validated(y, z, folds),
        "tenths": [tenths(features[:, j], y) for j in range(p)] if ids is None else None,
    }


def numbered(ids):
    _, first = np.unique(ids, return_index=True)
    order = {g: i for i, g in enumerate(ids[np.sort(first)])}
    return np.array([order[g] for g in ids])


def main():
    rng = np.random.default_rng(20261129)
    independent = [case(rng, n, p, offset=offset, kind=kind)
                   for n, p in [(40, 1), (60, 3), (200, 5)] for offset in (0.0, 1e4) for kind in ("normal", "counts")]
    clustered = []
    for sizes in ([4] * 30, list(rng.integers(1, 12, 40)), [1] * 35 + [30, 2, 2], [9] * 12, [60, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5]):
        for p in (1, 3):
            ids = numbered(rng.permutation(np.repeat(np.arange(len(sizes)), sizes)))
            clustered.append(case(rng, len(ids), p, ids))
            clustered.append(case(rng, len(ids), p, ids, by_source=True))
    text = json.dumps({"independent": independent, "clustered": clustered}, default=float)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()

"""Oracle of effects over several null models: writes pooled.json.

    ~/.cache/gia/peers/bin/python tests/stats/pooled.py

Independent null models of one standard error are those of statsmodels' meta-analysis: Paule and Mandel's variance between groups, and the
interval of Hartung, Knapp, Sidik and Jonkman, which then has equal weights; it is made no narrower than that of a fixed effect. Null models that each have one background of every source are a
two-way analysis of variance by statsmodels. For any others the variance of the mean and of what lies between null models is computed from
the matrix of covariances of the means, element by element, with CR2 by its definition (`cr2` of clusters.py) on the diagonal.
"""

import json
import pathlib

import numpy as np
import pandas as pd
import scipy.stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.meta_analysis import combine_effects

from clusters import cr2


def case(name, values, sources, se, freedom, between, low, high):
    means = [v.mean() for v in values]
    return {
        "name": name, "values": [v.tolist() for v in values], "sources": [s.tolist() for s in sources], "mean": np.mean(means),
        "sd": np.std(means, ddof=1), "se": se, "freedom": freedom, "between": between, "low": low, "high": high,
    }


def independent(rng, k, n, tau):
    """Null models of one variance: the residuals of the first are used for all."""
    residuals = rng.normal(size=n)
    residuals -= residuals.mean()
    values = [np.round(1.0 + rng.normal(0, tau) + rng.permutation(residuals), 9) for _ in range(k)]
    variances = [v.var(ddof=1) / n for v in values]
    found = combine_effects(np.array([v.mean() for v in values]), np.array([np.mean(variances)] * k), method_re="iterated", use_t=True)
    frame = found.summary_frame()
    # "random effect wls" is the HKSJ interval.
    low, high = found.conf_int(alpha=0.05)[3]
    se = found.sd_eff_w_re_hksj
    assert abs(se - np.std([v.mean() for v in values], ddof=1) / np.sqrt(k)) < 1e-9, frame
    # No smaller than the error of the fixed effect (the modification of Knapp and Hartung).
    least = np.sqrt(np.mean(variances) / k)
    if se < least:
        middle, half = (low + high) / 2, (high - low) / 2 * least / se
        se, low, high = least, middle - half, middle + half
    sources = [np.arange(i * n, (i + 1) * n) for i in range(k)]
    return case(f"independent {k} {n} {tau}", values, sources, se, k - 1, np.sqrt(max(found.tau2, 0)), low, high)


def crossed(rng, k, n, tau, of_source):
    effects = rng.normal(0, of_source, n)
    values = [np.round(0.5 + rng.normal(0, tau) + effects + rng.normal(0, 0.5, n), 9) for _ in range(k)]
    order = [rng.permutation(n) for _ in range(k)]
    frame = pd.DataFrame([(i, j, values[i][j]) for i in range(k) for j in range(n)], columns=["null", "source", "y"])
    table = anova_lm(ols("y ~ C(null) + C(source)", frame).fit())
    nulls, backgrounds, rest = (table["mean_sq"][row] for row in ("C(null)", "C(source)", "Residual"))
    among = max(nulls, rest)
    variance = among + max(backgrounds - rest, 0)
    spread = among**2 / (k - 1)
    if backgrounds > rest:
        spread += backgrounds**2 / (n - 1) + rest**2 / ((k - 1) * (n - 1))
    freedom = variance**2 / spread
    se = np.sqrt(variance / (n * k))
    half = scipy.stats.t.ppf(0.975, freedom) * se
    mean = np.mean(values)
    between = np.sqrt(max(0, (nulls - rest) / n))
    # The backgrounds of each null model in an order of their own.
    shuffled = [v[o] for v, o in zip(values, order)]
    return case(f"crossed {k} {n} {tau} {of_source}", shuffled, order, se, freedom, between, mean - half, mean + half)


def general(rng, tau):
    """Three null models: two of one set of sources, of which they have 1 to 4 backgrounds each, and an independent one."""
    count = 12
    effects = rng.normal(0, 0.6, count)
    sources, values = [], []
    for i in range(2):
        ids = np.repeat(np.arange(count), rng.integers(1, 5, count))
        sources.append(ids)
        values.append(np.round(0.4 + rng.normal(0, tau) + effects[ids] + rng.normal(0, 0.3, len(ids)), 9))
    n = 30
    sources.append(np.arange(count, count + n))
    values.append(np.round(0.4 + rng.normal(0, tau) + rng.normal(0, 0.5, n), 9))
    k, total = 3, count + n
    matrix = np.zeros((k, k))
    for i in range(k):
        _, ids = np.unique(sources[i], return_inverse=True)
        matrix[i, i] = cr2(values[i], ids)[0] ** 2
        for j in range(k):
            shared = np.intersect1d(sources[i], sources[j])
            if i != j and len(shared) > 1:
                sums = [[(values[m] - values[m].mean())[sources[m] == g].sum() / len(values[m]) for g in shared] for m in (i, j)]
                matrix[i, j] = np.dot(*sums) * len(shared) / (len(shared) - 1)
    means = np.array([v.mean() for v in values])
    squared = means.var(ddof=1)
    own, off = np.trace(matrix) / k, (matrix.sum() - np.trace(matrix)) / (k * (k - 1))
    of_mean = matrix.sum() / k**2
    rest = max(0.0, own - off) / k
    variance = max(squared / k, rest)
    spread = variance**2 / (k - 1)
    if of_mean > rest:
        variance += of_mean - rest
        spread += of_mean**2 / (total - 1) + rest**2 / ((total - 1) * (k - 1))
    freedom = variance**2 / spread
    half = scipy.stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    between = np.sqrt(max(0, squared - own + off))
    return case(f"general {tau}", values, sources, np.sqrt(variance), freedom, between, means.mean() - half, means.mean() + half)


def coverage(rng, k, n, tau, of_source, crossing, times=4000):
    """How often the interval holds the mean of the null models' distribution."""
    held = 0
    for _ in range(times):
        effects = rng.normal(0, of_source, n)
        values = np.array([
            rng.normal(0, tau) + (effects if crossing else rng.normal(0, of_source, n)) + rng.normal(0, 0.5, n) for _ in range(k)
        ])
        means = values.mean(axis=1)
        centred = values - means[:, None]
        matrix = centred @ centred.T / (n * (n - 1))
        if not crossing:
            matrix = np.diag(np.diag(matrix))
        own, off = np.trace(matrix) / k, (matrix.sum() - np.trace(matrix)) / (k * (k - 1))
        of_mean, rest = matrix.sum() / k**2, max(0, own - off) / k
        variance = max(means.var(ddof=1) / k, rest)
        spread = variance**2 / (k - 1)
        if crossing:
            if of_mean > rest:
                variance += of_mean - rest
                spread += of_mean**2 / (n - 1) + rest**2 / ((n - 1) * (k - 1))
        freedom = variance**2 / spread
        held += abs(means.mean()) <= scipy.stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    return held / times


def main():
    rng = np.random.default_rng(20261201)
    cases = [independent(rng, k, n, tau) for k, n, tau in [(2, 50, 1.0), (3, 200, 0.5), (5, 30, 0.3), (4, 100, 2.0)]]
    cases += [crossed(rng, *of) for of in [(2, 30, 0.3, 1.0), (3, 60, 0.0, 0.5), (4, 25, 1.0, 0.0), (3, 40, 0.2, 2.0)]]
    cases += [general(rng, tau) for tau in (0.0, 0.3, 1.0)]
    for k, n, tau, of_source, crossing in [(3, 100, 0.2, 1.0, False), (3, 100, 0.2, 1.0, True), (5, 50, 0.0, 1.0, True), (4, 50, 0.5, 0.5, True)]:
        print(k, n, tau, of_source, crossing, coverage(rng, k, n, tau, of_source, crossing))
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"cases": cases}, default=float) + "\n")


if __name__ == "__main__":
    main()

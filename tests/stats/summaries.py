"""Writes summaries.json: medians, shares, standardised effects, signed ranks, sign flips and bootstrap intervals by SciPy and
statsmodels, and by definition where neither has one.

    python summaries.py

The Hodges-Lehmann centre and its interval are taken from all means of two numbers, listed and sorted, at ranks from the
distribution of the signed-rank sum: enumerated over all patterns of signs where SciPy's exact test applies, Hollander and
Wolfe's normal ones elsewhere. For the bootstrap SciPy's own resampled means are stored with its interval.
"""

import itertools
import json
import math
import pathlib
import warnings

import numpy as np
import scipy
import statsmodels
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from clusters import hall

warnings.simplefilter("ignore")
rng = np.random.default_rng(20_261_123)
LEVELS = [0.95, 0.99, 0.8]


def finite(x):
    return None if x is None or not np.isfinite(x) else float(x)


def pair(low, high):
    return None if finite(low) is None or finite(high) is None else [float(low), float(high)]


def median(x, level, p=0.5):
    found = stats.quantile_test(x, q=0, p=p).confidence_interval(level)
    return pair(found.low, found.high)


def rank_sums(n):
    """How many patterns of signs give each sum of ranks, by adding one rank after another as polynomials."""
    counts = np.array([1], dtype=object)
    for rank in range(1, n + 1):
        wider = np.zeros(len(counts) + rank, dtype=object)
        wider[:len(counts)] += counts
        wider[rank:] += counts
        counts = wider
    return counts


def centre(x, level, exact):
    n = len(x)
    walsh = np.sort([(x[i] + x[j]) / 2 for i in range(n) for j in range(i, n)])
    pairs = len(walsh)
    if exact:
        cumulative = np.cumsum(rank_sums(n))
        start = next(k for k, c in enumerate(cumulative) if int(c) >= (1 - level) / 2 * 2 ** n * (1 - 1e-14))
    else:
        z = stats.norm.isf((1 - level) / 2)
        start = max(math.floor(n * (n + 1) / 4 - z * math.sqrt(n * (n + 1) * (2 * n + 1) / 24)), 0)
    interval = None if start < 1 else [float(walsh[start - 1]), float(walsh[pairs - start])]
    return float(np.median(walsh)), interval


def jackknifed(x, level):
    """The hull of Student's and Hall's interval of the pseudo-values of mean over sd, each from a sample without one number."""
    n = len(x)
    without = [np.delete(x, i) for i in range(n)]
    if any(np.ptp(y) == 0 for y in without):
        return None
    size = lambda y: y.mean() / y.std(ddof=1)
    found = hall(n * size(x) - (n - 1) * np.array([size(y) for y in without]), level)
    return [float(end) for end in found["hull"]]


def sample(name, values):
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    nonzero = x[x != 0]
    ties = len(set(np.abs(nonzero))) < len(nonzero) or len(nonzero) < n
    exact = n <= 50 and not ties
    record = {"name": name, "values": x.tolist(), "exact": exact}
    record["median"] = {"value": float(np.median(x)), "intervals": [[level, median(x, level)] for level in LEVELS]}
    for key, p in [("lower_quartile", 0.25), ("upper_quartile", 0.75)]:
        record[key] = {"value": float(np.quantile(x, p)), "intervals": [[level, median(x, level, p)] for level in LEVELS]}
    positive = int(np.sum(x > 0))
    record["share"] = {
        "value": positive / n,
        "intervals": [[level, pair(*proportion_confint(positive, n, 1 - level, method="wilson"))] for level in LEVELS],
    }
    record["wilcoxon"] = {
        "value": centre(x, 0.95, exact)[0],
        "intervals": [[level, centre(x, level, exact)[1]] for level in LEVELS],
        "p": finite(stats.wilcoxon(x, method="exact" if exact else "asymptotic").pvalue) if len(nonzero) else None,
    }
    if n > 2 and np.std(x) > 0:
        d = np.mean(x) / np.std(x, ddof=1)
        j = math.exp(special.gammaln((n - 1) / 2) - special.gammaln((n - 2) / 2)) / math.sqrt((n - 1) / 2)
        record["size"] = {"value": j * d, "intervals": [[level, jackknifed(x, level)] for level in LEVELS]}
    if 2 <= n <= 12:
        record["permutation"] = float(stats.permutation_test(
            (x,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided").pvalue)
    elif 12 < n <= 200:
        # Within four standard errors of drawing, and of ours.
        draws = 200_000
        signs = rng.integers(0, 2, (draws, n), dtype=np.int8) * 2 - 1
        far = np.abs(signs @ x) >= abs(np.sum(x)) * (1 - 1e-12)
        record["drawn"] = float((1 + far.sum()) / (1 + draws))
    # With fewer numbers most resamples are reorderings of others, and rounding decides which means are equal.
    if n >= 8 and np.std(x) > 0:
        found = [stats.bootstrap((x,), np.mean, n_resamples=499, method="BCa", confidence_level=level,
                                 rng=np.random.default_rng(7)) for level in LEVELS]
        record["bootstrap"] = {
            "means": found[0].bootstrap_distribution.tolist(),
            "intervals": [[level, pair(*f.confidence_interval)] for level, f in zip(LEVELS, found)],
        }
    return record


def main():
    normal = rng.normal(size=30)
    samples = [
        sample("one", [2.5]),
        sample("two", [1.0, 4.0]),
        sample("three", [0.1, -0.25, 0.4]),
        sample("zeros", [0.0] * 6),
        sample("constant", [0.5] * 12),
        sample("ties", [1, 1, 2, 2, 2, 3, 3, 0, 0, -1]),
        sample("signs", [1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0]),
        sample("few", rng.normal(size=7) + 0.5),
        sample("a dozen", rng.normal(size=12)),
        sample("normal", normal),
        sample("fifty", rng.normal(size=50) + 0.3),
        sample("fifty-one", rng.normal(size=51) - 0.3),
        sample("skewed", np.exp(rng.normal(size=120)) - 1.5),
        sample("heavy tails", rng.standard_t(1.5, size=200)),
        sample("many ties", rng.integers(-3, 5, size=150)),
        sample("tiny", normal * 1e-12),
    ]
    record = {
        "made_with": {"scipy": scipy.__version__, "numpy": np.__version__, "statsmodels": statsmodels.__version__},
        "samples": samples,
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(record, indent=None, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size, "bytes")


main()

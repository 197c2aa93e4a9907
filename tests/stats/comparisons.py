"""Writes comparisons.json: distances between samples, members of an ensemble, ratios of means, confidence sequences and curves
along an axis, by SciPy, statsmodels, NumPy and mpmath.

    python comparisons.py
"""

import json
import pathlib
import warnings

import mpmath
import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import optimize, special, stats
from scipy.spatial.distance import jensenshannon
from statsmodels.formula.api import ols

warnings.simplefilter("ignore")
rng = np.random.default_rng(20_261_123)


def listed(x):
    return [float(v) for v in np.ravel(x)]


def distances():
    cases = [
        ([1.0], [2.0]), ([1.0], [1.0]), ([1, 2, 3], [2, 2, 2]), ([0, 0, 1], [0, 1, 1, 1]),
        (rng.normal(size=50), rng.normal(0.5, 2, size=80)),
        (np.round(rng.normal(size=200), 1), np.round(rng.normal(size=130), 1)),
        (rng.exponential(size=300), rng.exponential(size=301)),
        (rng.normal(size=40), rng.normal(size=40) + 100),
    ]
    for a, b in cases:
        a, b = np.asarray(a, float), np.asarray(b, float)
        d = stats.ks_2samp(a, b, method="asymp").statistic
        n = len(a) * len(b) / (len(a) + len(b))
        yield dict(a=listed(a), b=listed(b), ks=d, p=float(special.kolmogorov(d * np.sqrt(n))),
                   wasserstein=stats.wasserstein_distance(a, b))


def compositions():
    """Counts of k-mers by slicing the text; N is no base."""
    letters = np.array(list("ACGT"))
    draw = lambda n, p: "".join(rng.choice(letters, size=n, p=p))
    sets = [
        [draw(200, [.25] * 4) for _ in range(20)], [draw(200, [.4, .1, .1, .4]) for _ in range(15)],
        ["ACGTNNACGT", "N" * 10, "AC"], ["AAAA"], [draw(1000, [.3, .2, .2, .3]) for _ in range(100)],
    ]
    for a, b in [(0, 1), (1, 0), (2, 3), (0, 4), (4, 4)]:
        def shares(texts, k):
            words = ["".join(w) for w in np.array(np.meshgrid(*[letters] * k, indexing="ij")).reshape(k, -1).T]
            counts = dict.fromkeys(words, 0)
            for text in texts:
                for i in range(len(text) - k + 1):
                    if "N" not in text[i:i + k]:
                        counts[text[i:i + k]] += 1
            return np.array([counts[w] for w in words], float)
        found = {}
        for k in range(1, 5):
            p, q = shares(sets[a], k), shares(sets[b], k)
            if p.sum() and q.sum():
                found[k] = float(jensenshannon(p, q, base=2) ** 2)
        known = [t.replace("N", "") for t in sets[a]]
        gc = [(t.count("G") + t.count("C")) / len(t) for t in known if t]
        yield dict(a=sets[a], b=sets[b], gc=gc, divergence=found)


def members():
    for m, n, own, common, level in [(3, 40, 0.5, 1.0, .95), (2, 10, 0.0, 2.0, .95), (5, 200, 0.2, 0.1, .99), (8, 25, 3.0, 0.0, .9)]:
        table = 1 + own * rng.normal(size=(m, 1)) + common * rng.normal(size=(1, n)) + 0.3 * rng.normal(size=(m, n))
        frame = pd.DataFrame([(i, j, table[i, j]) for i in range(m) for j in range(n)], columns=["m", "b", "y"])
        anova = sm.stats.anova_lm(ols("y ~ C(m) + C(b)", frame).fit())
        ms = {row: anova.loc[row, "mean_sq"] for row in anova.index}
        models, backgrounds, rest = ms["C(m)"], ms["C(b)"], ms["Residual"]
        variance = models + max(backgrounds - rest, 0)
        spread = models ** 2 / (m - 1)
        if backgrounds > rest:
            spread += backgrounds ** 2 / (n - 1) + rest ** 2 / ((m - 1) * (n - 1))
        freedom = variance ** 2 / spread
        half = stats.t.isf((1 - level) / 2, freedom) * np.sqrt(variance / (n * m))
        mean = table.mean()
        each = [stats.ttest_1samp(row, 0).confidence_interval(level) for row in table]
        yield dict(values=[listed(row) for row in table], level=level, mean=mean, low=mean - half, high=mean + half,
                   sd=table.mean(axis=1).std(ddof=1), between=np.sqrt(max((models - rest) / n, 0)),
                   within=np.sqrt(table.var(axis=1, ddof=1).mean()),
                   agree=int((np.sign(table.mean(axis=1)) == np.sign(mean)).sum()),
                   each=[[float(c.low), float(c.high)] for c in each])


FORMULAE = {
    "ratio": lambda a, b: a / b,
    "log2 of the ratio": lambda a, b: mpmath.log(a / b, 2),
    "difference of logs": lambda a, b: mpmath.log(a) - mpmath.log(b),
    "log10": lambda a, b: mpmath.log10(a + b),
    "log1p": lambda a, b: mpmath.log1p(a) * b,
    "sqrt": lambda a, b: mpmath.sqrt(a * b),
    "power": lambda a, b: a ** b,
    "square": lambda a, b: a ** 2 - b,
    "logit": lambda a, b: mpmath.log((a / 10) / (1 - a / 10)) - b,
    "sigmoid": lambda a, b: 1 / (1 + mpmath.exp(-a)) - b,
    "softplus": lambda a, b: mpmath.log1p(mpmath.exp(a)) - b,
    "exp": lambda a, b: mpmath.exp(-a) * b,
    "abs": lambda a, b: abs(b - a),
    "largest": lambda a, b: max(a, b) - min(a, b) / 2,
}


def of_means():
    mpmath.mp.dps = 40
    a = rng.gamma(4, 0.6, size=37)
    b = 0.4 * a + rng.gamma(2, 0.5, size=37)
    means = [mpmath.mpf(float(x)) for x in (a.mean(), b.mean())]
    found = {}
    for name, g in FORMULAE.items():
        slopes = [float(mpmath.diff(g, means, order)) for order in [(1, 0), (0, 1)]]
        covariance = np.cov(a, b) / len(a)
        found[name] = dict(value=float(g(*means)), se=float(np.sqrt(slopes @ covariance @ slopes)))
    return dict(a=listed(a), b=listed(b), formulae=found)


def sequences():
    mpmath.mp.dps = 40
    for most, level in [(100_000, .95), (1000, .95), (100, .99), (10_000_000, .8)]:
        middle = mpmath.sqrt(mpmath.mpf(100) * most)
        alpha = 1 - mpmath.mpf(str(level))
        r = (-2 * mpmath.log(alpha) + mpmath.log(-2 * mpmath.log(alpha) + 1)) / middle
        for n in [100, 110, 5000, most]:
            for share in [mpmath.mpf("0.05"), mpmath.mpf("0.001")]:
                # The paper's formula, over the standard error.
                c = mpmath.sqrt(2 * (n * r + 1) / (mpmath.mpf(n) ** 2 * r) * mpmath.log(mpmath.sqrt(n * r + 1) / share)) * mpmath.sqrt(n)
                yield dict(most=most, level=level, n=n, alpha=float(share), critical=float(c))


def lines():
    cases = []
    x = np.arange(0, 61, 2.0)
    cases.append(("wave", x, 0.3 * np.cos(2 * np.pi * (x - 3) / 10.3) + 0.01 * x, 0.5))
    x = np.array([1, 2, 3, 5, 8, 13, 21, 34, 55, 60.0])
    cases.append(("decay", x, 0.2 + 1.5 * 2 ** (-(x - 1) / 9), 0.2))
    x = np.arange(1, 9.0)
    cases.append(("copies", x, 3 * (1 - 2 ** (-x / 2.5)), 0.3))
    x = np.linspace(-7, 13, 17)
    cases.append(("noise", x, 0 * x, 1.0))
    for name, x, y, noise in cases:
        n = 60
        values = y[:, None] + noise * rng.normal(size=(len(x), n)) + rng.normal(size=n)
        mean = values.mean(axis=1)
        slopes = np.polyfit(x, values, 1)[0]
        bends = np.polyfit(x, values, 2)[0]
        interval = lambda v: stats.ttest_1samp(v, 0).confidence_interval(.95)
        out = dict(name=name, x=listed(x), values=[listed(v) for v in values],
                   slope=[slopes.mean(), *map(float, interval(slopes))], bend=[bends.mean(), *map(float, interval(bends))])
        if len(x) >= 8:
            span, spacing = x[-1] - x[0], np.diff(x).min()
            low, high = 2 / span, 0.5 / spacing
            count = int(np.clip(np.ceil((high - low) * span * 5) + 1, 2, 500))
            trend = np.vander((x - x.mean()) / span, 3)
            left = lambda design: mean - design @ np.linalg.lstsq(design, mean, rcond=None)[0]
            before = (left(trend) ** 2).sum()
            frequencies = np.linspace(low, high, count)
            design = lambda f: np.column_stack([trend, np.cos(2 * np.pi * f * (x - x[0])), np.sin(2 * np.pi * f * (x - x[0]))])
            explained = np.array([before - (left(design(f)) ** 2).sum() for f in frequencies])
            at = int(explained.argmax())
            f = frequencies[at]
            if 0 < at < count - 1:
                # The vertex of the parabola through the best frequency and its neighbours.
                second, first, _ = np.polyfit([-1, 0, 1], explained[at - 1:at + 2], 2)
                f += (frequencies[1] - frequencies[0]) * -first / (2 * second)
            c, s = np.linalg.lstsq(design(f), mean, rcond=None)[0][3:]
            power = 1 - (left(design(f)) ** 2).sum() / before
            out["period"] = dict(power=power, period=1 / f, amplitude=np.hypot(c, s), at_end=at in (0, count - 1),
                                 crest=x[0] + (np.arctan2(s, c) % (2 * np.pi)) / (2 * np.pi * f))
        if name in ("decay", "copies"):
            curve = lambda x, plateau, change, half: plateau + change * 2 ** (-(x - out["x"][0]) / half)
            start = (mean[-1], mean[0] - mean[-1], 5)
            (plateau, change, half), _ = optimize.curve_fit(curve, x, mean, p0=start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
            out["approach"] = dict(half=half, plateau=plateau, start=plateau + change)
        yield out


found = dict(
    versions=dict(numpy=np.__version__, scipy=scipy.__version__, statsmodels=statsmodels.__version__, mpmath=mpmath.__version__),
    distances=list(distances()), compositions=list(compositions()), members=list(members()), of_means=of_means(),
    sequences=list(sequences()), lines=list(lines()),
)
path = pathlib.Path(__file__).with_name("comparisons.json")
path.write_text(json.dumps(found, indent=None, separators=(",", ":")) + "\n")

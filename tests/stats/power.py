"""Reference numbers for tests/stats/power.rs: SciPy's noncentral t and chi-square, and statsmodels' power of a t test.

    python power.py > power.json
"""

import json

from scipy.optimize import brentq
from scipy.stats import chi2, nct, t
from statsmodels.stats.power import TTestPower

tails = [
    {"critical": c, "freedom": v, "noncentrality": d, "tail": float(nct.sf(c, v, d))}
    for v in [1, 1.5, 2, 3, 5, 9.3, 19, 59, 99, 499, 4999, 100000]
    for c in [0.5, 1.96, 3.2, 6.0]
    for d in [-2.0, 0.0, 0.7, 2.5, 4.0, 8.0]
]

needed = []
for effect in [0.1, 0.25, 0.5, 1.0, 2.0]:
    for alpha in [0.05, 0.01, 0.05 / 12]:
        for power in [0.8, 0.9, 0.99]:
            # A claim is supported on one side of a two-sided interval.
            n = TTestPower().solve_power(
                effect_size=effect, alpha=alpha / 2, power=power, alternative="larger"
            )
            needed.append({"effect": effect, "alpha": alpha, "power": power, "n": float(n)})

powers = [
    {
        "effect": effect,
        "alpha": alpha,
        "n": n,
        "power": float(nct.sf(t.isf(alpha / 2, n - 1), n - 1, effect * n**0.5)),
    }
    for effect in [0.1, 0.3, 0.8]
    for alpha in [0.05, 0.001]
    for n in [5, 20, 100, 1000]
]

detectable = []
for n in [5, 20, 100, 1000]:
    for power in [0.8, 0.95]:
        # statsmodels solves this to five digits only.
        def excess(effect):
            return nct.sf(t.isf(0.025, n - 1), n - 1, effect * n**0.5) - power

        effect = brentq(excess, 0, 10, xtol=1e-13)
        detectable.append({"n": n, "power": power, "effect": float(effect)})

sds = [
    {
        "freedom": v,
        "level": level,
        "low": float((v / chi2.isf((1 - level) / 2, v)) ** 0.5),
        "high": float((v / chi2.ppf((1 - level) / 2, v)) ** 0.5),
    }
    for v in [2, 9, 49.5, 99, 999]
    for level in [0.9, 0.95, 0.999]
]

print(json.dumps({"tails": tails, "needed": needed, "powers": powers, "detectable": detectable, "sds": sds}))

"""Writes evaluations.json: areas under curves, calibration and correlations by SciPy, scikit-learn and statsmodels, and DeLong's
variance by its definition over all pairs.

    python evaluations.py
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy import stats
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

warnings.simplefilter("ignore")
rng = np.random.default_rng(20_261_124)


def listed(x):
    return [float(v) for v in np.ravel(x)]


def classes():
    cases = [
        (rng.normal(1, 1, 40), rng.normal(0, 1, 60)), (np.round(rng.normal(1, 1, 80)), np.round(rng.normal(0, 1, 30))),
        (rng.normal(2, 2, 300), rng.normal(-1, 1, 150)), ([1.0, 2.0], [0.0, 1.0]), ([3.0, 4.0], [1.0, 2.0]),
        ([1.0, 1.0], [1.0, 1.0, 1.0]), (rng.normal(0, 1, 25), rng.normal(3, 1, 25)),
    ]
    for positives, negatives in cases:
        a, b = np.asarray(positives, float), np.asarray(negatives, float)
        y, s = np.r_[np.ones(len(a)), np.zeros(len(b))], np.r_[a, b]
        above = (a[:, None] > b).astype(float) + 0.5 * (a[:, None] == b)
        variance = above.mean(axis=1).var(ddof=1) / len(a) + above.mean(axis=0).var(ddof=1) / len(b)
        auc = roc_auc_score(y, s)
        half = stats.norm.isf(0.025) * np.sqrt(variance)
        case = dict(positives=listed(a), negatives=listed(b), auroc=auc, average_precision=average_precision_score(y, s),
                    ends=None if variance == 0 else [max(auc - half, 0), min(auc + half, 1)])
        try:
            fit = sm.Logit(y, sm.add_constant(s)).fit(disp=0, tol=1e-14, maxiter=200)
            if np.all(np.isfinite(fit.bse)) and np.all(fit.bse < 100):
                case["calibration"] = [[fit.params[i], *map(float, fit.conf_int()[i])] for i in range(2)]
        except Exception as error:
            case["refused"] = type(error).__name__
        yield case


def correlations():
    for n, own in [(4, 1.0), (30, 0.5), (200, 2.0), (60, 0.0)]:
        a = rng.normal(size=n)
        b = np.round(a + own * rng.normal(size=n), 2)
        r = stats.pearsonr(a, b)
        ends = r.confidence_interval(0.95)
        rho = stats.spearmanr(a, b).statistic
        half = stats.norm.isf(0.025) * np.sqrt((1 + rho ** 2 / 2) / (n - 3))
        yield dict(predicted=listed(a), measured=listed(b), pearson=[r.statistic, float(ends.low), float(ends.high)],
                   spearman=[rho, np.tanh(np.arctanh(rho) - half), np.tanh(np.arctanh(rho) + half)], r_squared=r2_score(b, a))


found = dict(versions=dict(numpy=np.__version__, scipy=scipy.__version__, sklearn=sklearn.__version__, statsmodels=statsmodels.__version__),
             classes=list(classes()), correlations=list(correlations()))
path = pathlib.Path(__file__).with_name("evaluations.json")
path.write_text(json.dumps(found, separators=(",", ":")) + "\n")

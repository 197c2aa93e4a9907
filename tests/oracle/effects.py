"""The numbers of effects.gia by another way: PyTorch for the network, SciPy for the statistics.

    python effects.py            writes backgrounds.fa and effects.json beside this file

The experiments are written out again here, with every position worked out by hand or by the rules of placement, and
share no code with gia. Summaries: mean, sample standard deviation (n - 1), standard error, Student's 95 % interval and
two-sided p of the per-background values. Network in float32, everything after it in float64.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy import stats

HERE = Path(__file__).parent
MODEL = HERE / "../../experiments/ctcf_pu1/ctcf_pu1.pt2"
LENGTH, N, SEED = 100, 60, 20240917
BASES = "ACGT"
CTCF, PU1, SPACED = "CCACCAGGGGGCGC", "AAAGAGGAAGTG", "CCNNCAGNNGGCGC"


def write_backgrounds(path):
    """Uniform random sequences, seeded; returns their base codes."""
    codes = np.random.default_rng(SEED).integers(0, 4, (N, LENGTH))
    lines = [f">background_{i}\n{''.join(BASES[base] for base in row)}\n" for i, row in enumerate(codes)]
    path.write_text("".join(lines))
    return codes


def embed(codes, *placed):
    """Writes (start, letters) pairs; N keeps the background."""
    codes = codes.copy()
    for start, letters in placed:
        for offset, letter in enumerate(letters):
            if letter != "N":
                codes[:, start + offset] = BASES.index(letter)
    return codes


def reverse_complement(letters):
    return letters[::-1].translate(str.maketrans("ACGT", "TGCA"))


def centre(width, shift=0):
    return LENGTH // 2 - width // 2 + shift


def describe(values):
    mean, n = values.mean(), len(values)
    return {"n": n, "mean": mean, "sd": values.std(ddof=1)}


def infer(values):
    """Summary of a contrast: what a paired t-test of its mean against zero says."""
    row = describe(values)
    test = stats.ttest_1samp(values, 0.0)
    interval = test.confidence_interval(0.95)
    row |= {"se": stats.sem(values), "low": interval.low, "high": interval.high, "p": test.pvalue}
    return row


class Oracle:
    def __init__(self, model, backgrounds):
        self.model, self.backgrounds, self.results = model, backgrounds, {}

    @torch.no_grad()
    def outputs(self, codes):
        x = torch.nn.functional.one_hot(torch.as_tensor(codes), 4).transpose(1, 2).float()
        return self.model(x).double().numpy()

    def experiment(self, name, points, outcomes, contrasts=None, first=N):
        """`points`: (at, {arm: placed}) pairs. `outcomes`: {name: function of the two logits}. `contrasts`: {name:
        function of a dictionary of arms}; without them every arm less control, called `effect` for `treated`."""
        rows = []
        for at, arms in points:
            predicted = {arm: self.outputs(embed(self.backgrounds[:first], *placed))
                         for arm, placed in ({"control": []} | arms).items()}
            compared = contrasts or {
                "effect" if arm == "treated" else arm: lambda a, arm=arm: a[arm] - a["control"] for arm in arms}
            for outcome, of in outcomes.items():
                values = {arm: of(y[:, 0], y[:, 1]) for arm, y in predicted.items()}
                rows += [{"at": at, "arm": arm, "outcome": outcome} | describe(v) for arm, v in values.items()]
                rows += [{"at": at, "contrast": contrast, "outcome": outcome} | infer(formula(values))
                         for contrast, formula in compared.items()]
        self.results[name] = rows

    def treated(self, name, placed, outcomes, **options):
        self.experiment(name, [({}, {"treated": placed})], outcomes, **options)


def main():
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.export.load(MODEL).module()
    oracle = Oracle(model, write_backgrounds(HERE / "backgrounds.fa"))
    ctcf = {"ctcf": lambda ctcf, pu1: ctcf}
    pu1 = {"pu1": lambda ctcf, pu1: pu1}
    both = ctcf | pu1

    oracle.treated("fixed", [(43, CTCF)], both)
    oracle.treated("part", [(43, CTCF)], {'net["CTCF"]': lambda ctcf, pu1: ctcf}, first=20)
    oracle.treated("centred", [(centre(12), PU1)], both)
    oracle.treated("right_of_centre", [(centre(12, 10), PU1)], pu1)
    oracle.treated("at_end", [(LENGTH - 5 - 12, PU1)], pu1)
    oracle.treated("at_start", [(5, PU1)], pu1)
    oracle.treated("reversed", [(43, reverse_complement(CTCF))], ctcf)
    oracle.treated("spaced", [(43, SPACED)], ctcf)

    at = centre(14 + 6 + 12)
    oracle.experiment("constructs", [({}, {
        "mixed": [(at, CTCF), (at + 20, reverse_complement(PU1))],
        "twice": [(30, PU1), (45, PU1)],
    })], both)

    def pair(gap):
        first, second = (20, CTCF), (34 + gap, PU1)
        return {"gap": gap}, {"ctcf_site": [first], "pu1_site": [second], "both": [first, second]}

    oracle.experiment("pair", [pair(gap) for gap in (0, 2, 5, 10)], both, {
        "ctcf_effect": lambda a: a["ctcf_site"] - a["control"],
        "pu1_effect": lambda a: a["pu1_site"] - a["control"],
        "joint": lambda a: a["both"] - a["control"],
        "synergy": lambda a: a["both"] - a["ctcf_site"] - a["pu1_site"] + a["control"],
        "mean_effect": lambda a: (a["ctcf_site"] + a["pu1_site"]) / 2 - a["control"],
    })

    oracle.experiment("grid", [
        ({"place": place, "gap": gap}, {"treated": [(place, PU1), (place + 12 + gap, PU1)]})
        for place in (10, 40) for gap in (0, 5, 10)], pu1)

    oracle.treated("arithmetic", [(43, CTCF)], {
        "preference": lambda ctcf, pu1: ctcf - pu1,
        "average": lambda ctcf, pu1: (ctcf + pu1) / 2,
        "probability": lambda ctcf, pu1: 1 / (1 + np.exp(-ctcf)),
    })

    lines = [f"  {json.dumps(name)}: [\n    " + ",\n    ".join(map(json.dumps, rows)) + "\n  ]"
             for name, rows in oracle.results.items()]
    (HERE / "effects.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    rows = [row for rows in oracle.results.values() for row in rows]
    smallest = min(abs(row["mean"]) for row in rows)
    print(f"{len(oracle.results)} experiments, {len(rows)} rows; the mean nearest to zero is {smallest:.3g}")


if __name__ == "__main__":
    main()

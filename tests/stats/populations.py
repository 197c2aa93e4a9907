"""Writes populations.bin and populations.json: the distribution of effects over random backgrounds, for the simulations of
`make calibrate`.

    GIA_SHARED=path/to/shared python populations.py

Each population holds the effects of one edit on one outcome over 10,000 to 100,000 uniform random sequences, predicted by the
networks in `$GIA_SHARED/models` with onnxruntime. Logits give effects close to normal; probabilities and odds of the same
outcomes give skewed and heavy-tailed ones; replacing motif occurrences where they happen to occur gives effects that are exactly
zero for most backgrounds. Only effects are stored, no weights.

A population is stored as a histogram of float32 values with uint32 counts, at most 2,000 pairs in ascending order. Values closer
than `spacing` standard deviations that together are at most 1/500 of the population become one pair at their mean; exact zeros
stay zeros, and isolated values of the tails stay as they are. The mean is kept up to rounding, the standard deviation, skewness
and kurtosis to 0.2 %, which is asserted. To sample, draw an index below the sum of the counts and find it in their running sum.

The sweep holds effects of 20 placements on the same background, 6,000 rows of float32, row-major: neighbours are correlated, and
the distribution is skewed at each placement.

populations.bin, little-endian: for each population of populations.json, in order, `pairs` float32 values, then `pairs` uint32
counts; behind the last population the sweep. populations.json states names, sizes and moments.
"""

import json
import os
import pathlib

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import onnxruntime

MODELS = pathlib.Path(os.environ.get("GIA_SHARED", "../../../shared")) / "models"
HERE = pathlib.Path(__file__).parent
MAX_PAIRS = 2000
SWEEP_ROWS = 6000

CTCF, PU1, AP1 = "CCACCAGGGGGCGC", "AAAGAGGAAGTG", "GATGAGTCATC"
SPI1, IRF = "AAAGAGGAAGTG", "GGAAACTGAAACT"


class Network:
    def __init__(self, name):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(MODELS / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def __call__(self, bases, batch=512):
        """Outputs, shape (sequences, outputs), of bases 0 to 3, shape (sequences, length)."""
        outputs = []
        for start in range(0, len(bases), batch):
            one_hot = bases[start : start + batch, None, :] == np.arange(4, dtype=np.uint8)[None, :, None]
            outputs.append(self.session.run(None, {self.input: one_hot.astype(np.float32)})[0])
        return np.concatenate(outputs).astype(float)


def encode(motif):
    return np.array(["ACGT".index(base) for base in motif], dtype=np.uint8)


def embed(bases, motif, start):
    edited = bases.copy()
    edited[:, start : start + len(motif)] = encode(motif)
    return edited


def replace_occurrences(bases, motif, replacement):
    edited, motif, replacement = bases.copy(), encode(motif), encode(replacement)
    for start in range(bases.shape[1] - len(motif) + 1):
        hits = (bases[:, start : start + len(motif)] == motif).all(1)
        edited[hits, start : start + len(motif)] = replacement
    return edited


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def backgrounds(rng, count, length):
    return rng.integers(0, 4, (count, length)).astype(np.uint8)


def ctcf_pu1(rng, populations):
    """Returns the effects of the PU.1 motif at 20 placements on the CTCF probability, shape (backgrounds, placements)."""
    network = Network("ctcf_pu1")
    bases = backgrounds(rng, 100_000, 100)
    control = network(bases)
    motifs = [("CTCF", CTCF), ("PU1", PU1), ("AP1", AP1), ("half CTCF", CTCF[:7]), ("CTCF core", "CAGGGGGC")]
    for name, motif in motifs:
        treated = network(embed(bases, motif, 50 - len(motif) // 2))
        for column, outcome in enumerate(["CTCF", "PU1"]):
            populations[f"ctcf_pu1, embed {name}, {outcome} logit"] = (treated - control)[:, column]
            populations[f"ctcf_pu1, embed {name}, {outcome} probability"] = (sigmoid(treated) - sigmoid(control))[:, column]
        populations[f"ctcf_pu1, embed {name}, CTCF odds"] = (np.exp(treated) - np.exp(control))[:, 0]
    mutated = bases.copy()
    mutated[:, 50] = (bases[:, 50] + 1) % 4
    treated = network(mutated)
    populations["ctcf_pu1, mutate one base, CTCF logit"] = (treated - control)[:, 0]
    populations["ctcf_pu1, mutate one base, CTCF probability"] = (sigmoid(treated) - sigmoid(control))[:, 0]
    for motif in ["AGGAAG", "CAGGGG", "GGAAGT"]:
        treated = network(replace_occurrences(bases, motif, "TATATA"))
        name = f"ctcf_pu1, replace {motif} where it occurs"
        populations[f"{name}, CTCF logit"] = (treated - control)[:, 0]
        populations[f"{name}, PU1 logit"] = (treated - control)[:, 1]
        populations[f"{name}, PU1 probability"] = (sigmoid(treated) - sigmoid(control))[:, 1]
    bases, control = bases[:SWEEP_ROWS], control[:SWEEP_ROWS]
    effects = []
    for gap in range(0, 60, 3):
        treated = network(embed(bases, PU1, 5 + len(CTCF) + gap))
        effects.append((sigmoid(treated) - sigmoid(control))[:, 0])
    return np.array(effects, dtype=np.float32).T


def lac_promoter(rng, populations):
    network = Network("lac_promoter")
    bases = backgrounds(rng, 100_000, 75)

    def expected_bin(logits):
        weights = np.exp(logits - logits.max(1, keepdims=True))
        return weights @ np.arange(10) / weights.sum(1)

    control = network(bases)
    treated = {}
    for name, motif, start in [("-10", "TATAAT", 63), ("-35", "TTTACA", 39), ("CRP", "TGTGA", 6)]:
        treated[name] = network(embed(bases, motif, start))
        populations[f"lac_promoter, embed {name}, expected bin"] = expected_bin(treated[name]) - expected_bin(control)
        populations[f"lac_promoter, embed {name}, last logit"] = (treated[name] - control)[:, 9]
    both = expected_bin(network(embed(embed(bases, "TATAAT", 63), "TTTACA", 39)))
    populations["lac_promoter, interaction of -10 and -35, expected bin"] = (
        both - expected_bin(treated["-10"]) - expected_bin(treated["-35"]) + expected_bin(control)
    )


def mmsplice_donor(rng, populations):
    network = Network("mmsplice_donor")
    bases = backgrounds(rng, 100_000, 18)
    control = network(bases)[:, 0]
    mutated = bases.copy()
    mutated[:, 9] = 3
    for name, edited in [("embed GT", embed(bases, "GT", 5)), ("T at 9", mutated)]:
        treated = network(edited)[:, 0]
        populations[f"mmsplice_donor, {name}, logit"] = treated - control
        populations[f"mmsplice_donor, {name}, probability"] = sigmoid(treated) - sigmoid(control)


def spi1_irf(rng, populations):
    network = Network("spi1_irf")
    bases = backgrounds(rng, 15_000, 500)
    control, spi1, irf, both = (
        network(edited)[:, 0]
        for edited in [bases, embed(bases, SPI1, 230), embed(bases, IRF, 246), embed(embed(bases, SPI1, 230), IRF, 246)]
    )
    for name, treated in [("SPI1", spi1), ("IRF", irf), ("both", both)]:
        populations[f"spi1_irf, embed {name}, logit"] = treated - control
        populations[f"spi1_irf, embed {name}, probability"] = sigmoid(treated) - sigmoid(control)
    populations["spi1_irf, interaction, logit"] = both - spi1 - irf + control
    populations["spi1_irf, interaction, probability"] = sigmoid(both) - sigmoid(spi1) - sigmoid(irf) + sigmoid(control)


def explainn(rng, populations):
    network = Network("explainn")
    bases = backgrounds(rng, 10_000, 200)
    control = network(bases)
    for name, motif in [("MAX", "GCCACGTGGC"), ("FOXA1", "TGTTTACTTTG"), ("AP1", AP1)]:
        treated = network(embed(bases, motif, 100 - len(motif) // 2))
        for column, outcome in enumerate(["MAX", "FOXA1", "JUND"]):
            populations[f"explainn, embed {name}, {outcome} logit"] = (treated - control)[:, column]
            populations[f"explainn, embed {name}, {outcome} probability"] = (sigmoid(treated) - sigmoid(control))[:, column]


def merge(values, counts, spacing):
    """Merges neighbours of a sorted histogram; `spacing` is the widest distance within a pair, in units of the values."""
    cumulative = np.cumsum(counts)
    largest = cumulative[-1] / 500
    # A pair ends before the first value that is too far or one too many, and never spans zero.
    too_far = np.searchsorted(values, values + spacing, side="right")
    too_many = np.searchsorted(cumulative, cumulative - counts + largest, side="right")
    zero = np.searchsorted(values, 0.0), np.searchsorted(values, 0.0, side="right")
    starts, start = [], 0
    while start < len(values):
        starts.append(start)
        end = min(too_far[start], too_many[start], *(edge for edge in zero if edge > start))
        start = max(start + 1, end)
    total = np.add.reduceat(counts, starts)
    return np.add.reduceat(values * counts, starts) / total, total


def moments(values, counts):
    n = counts.sum()
    mean = values @ counts / n
    deviations = values - mean
    central = [deviations**power @ counts / n for power in (2, 3, 4)]
    return mean, central[0] ** 0.5, central[1] / central[0] ** 1.5, central[2] / central[0] ** 2


def histogram(population):
    values, counts = np.unique(population, return_counts=True)
    sd = population.std()
    low, high = 1e-5 * sd, sd
    for _ in range(20):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if len(merge(values, counts, middle)[0]) <= MAX_PAIRS else (middle, high)
    merged, total = merge(values, counts, high)
    stored = merged.astype(np.float32)
    before, after = moments(values, counts), moments(stored.astype(float), total)
    assert len(stored) <= MAX_PAIRS
    assert abs(after[0] - before[0]) < 1e-5 * sd, (before, after)
    assert abs(after[1] / before[1] - 1) < 0.002, (before, after)
    assert abs(after[2] - before[2]) < 0.002 * max(1, abs(before[2])), (before, after)
    assert abs(after[3] / before[3] - 1) < 0.002, (before, after)
    assert (total[merged == 0].sum()) == (population == 0).sum()
    return stored, total.astype(np.uint32)


def main():
    rng = np.random.default_rng(20_261_128)
    populations = {}
    sweep = ctcf_pu1(rng, populations)
    for simulate in [lac_promoter, mmsplice_donor, spi1_irf, explainn]:
        simulate(rng, populations)
    listed = []
    with open(HERE / "populations.bin", "wb") as file:
        for name, population in populations.items():
            values, counts = histogram(population)
            file.write(values.astype("<f4").tobytes() + counts.astype("<u4").tobytes())
            mean, sd, skewness, kurtosis = moments(values.astype(float), counts)
            listed.append({
                "name": name, "pairs": len(values), "size": int(counts.sum()), "mean": mean, "sd": sd, "skewness": skewness,
                "kurtosis": kurtosis, "zeros": int(counts[values == 0].sum()),
            })
        file.write(sweep.astype("<f4").tobytes())
    rows, placements = sweep.shape
    text = ",\n".join(json.dumps(population) for population in listed)
    written = (
        f'{{"numpy": "{np.__version__}", "onnxruntime": "{onnxruntime.__version__}",\n"populations": [\n{text}],\n'
        f'"sweep": {{"name": "ctcf_pu1, embed PU1 at 19 to 76 by 3, CTCF probability", "rows": {rows}, "placements": {placements}}}}}\n'
    )
    (HERE / "populations.json").write_text(written)


if __name__ == "__main__":
    main()

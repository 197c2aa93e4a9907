"""What tangermeme makes of the experiments of docs/coming_from.md: every public function of seven of its modules.

    python make.py         writes sites.fa, random.fa and numbers.json beside this file

Sequences: the central 100 bp of the first twenty sequences of experiments/ctcf_pu1/gm12878_ctcf.fa (sites.fa), thirty
uniform random ones (random.fa) and, for functions that draw, the central 100 bp of all 500 of gm12878_ctcf.fa. An
experiment of the page has the name that it has here. Summaries are over sequences: mean and sample standard deviation
(n - 1). Functions that draw are compared in what no draw changes, and in means over many draws with their standard
error. Network in float32, everything after it in float64.
"""

import inspect
import json
import sys
import warnings
from importlib import import_module, metadata
from pathlib import Path

import numpy as np
import torch
from tangermeme.ablate import ablate, ablate_annotations
from tangermeme.ersatz import (delete, dinucleotide_shuffle, insert, local_dinucleotide_shuffle, multisubstitute,
                               randomize, shuffle, substitute)
from tangermeme.marginalize import marginalize, marginalize_annotations
from tangermeme.predict import predict
from tangermeme.product import apply_pairwise, apply_product
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from tangermeme.space import space
from tangermeme.utils import one_hot_encode
from tangermeme.variant_effect import deletion_effect, insertion_effect, substitution_effect

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "benches"))
from networks import own  # noqa: E402

MODULES = ["ersatz", "marginalize", "ablate", "space", "saturation_mutagenesis", "variant_effect", "product"]
LENGTH, SEED, DRAWS = 100, 20240917, 20
BASES, TASKS = "ACGT", ["ctcf", "pu1"]
CTCF, PU1, SPACED = "CCACCAGGGGGCGC", "AAAGAGGAAGTG", "CCACCNNNNGGCGC"
REGION = (40, 60)
MOVES_IN = "GATTACAGATTA"


def public_functions():
    """Functions that a module defines itself and does not hide behind an underscore."""
    found = {}
    for name in MODULES:
        module = import_module(f"tangermeme.{name}")
        found[name] = sorted(f for f, value in inspect.getmembers(module, inspect.isfunction)
                             if value.__module__ == module.__name__ and not f.startswith("_"))
    return found


def read_peaks():
    """Names and the central 100 of the 200 bases."""
    lines = (ROOT / "experiments/ctcf_pu1/gm12878_ctcf.fa").read_text().split()
    return [line[1:] for line in lines[::2]], [line.upper()[50:150] for line in lines[1::2]]


def write_fasta(name, names, rows):
    (HERE / name).write_text("".join(f">{n}\n{row}\n" for n, row in zip(names, rows)))


def encode(rows):
    return torch.stack([one_hot_encode(row) for row in rows])


def letters(x):
    assert (x.sum(dim=-2) == 1).all()
    return ["".join(BASES[i] for i in row) for row in x.argmax(dim=-2).tolist()]


def kmers(row, k):
    counts = {}
    for i in range(len(row) - k + 1):
        counts[row[i:i + k]] = counts.get(row[i:i + k], 0) + 1
    return counts


def describe(values):
    values = values.double().numpy()
    return {"n": len(values), "mean": float(values.mean()), "sd": float(values.std(ddof=1))}


def standard_error(y):
    """Of the mean of (sequences, draws), what comes from the draws."""
    return float(y.mean(axis=0).std(ddof=1)) / y.shape[1] ** 0.5


class Oracle:
    def __init__(self):
        self.experiments, self.sequences, self.draws = {}, {}, {}

    def arm(self, name, at, arm, y, outcomes=TASKS):
        rows = self.experiments.setdefault(name, [])
        rows += [{"at": at, "arm": arm, "outcome": task} | describe(y[:, i]) for i, task in enumerate(outcomes)]

    def contrast(self, name, at, contrast, y, outcomes=TASKS):
        rows = self.experiments.setdefault(name, [])
        rows += [{"at": at, "contrast": contrast, "outcome": task} | describe(y[:, i])
                 for i, task in enumerate(outcomes)]

    def pair(self, name, at, before, after, outcomes=TASKS, arm="treated"):
        """Predictions before and after, shape (sequences, outcomes): as `control`, as an arm, and their difference."""
        self.arm(name, at, "control", before, outcomes)
        self.arm(name, at, arm, after, outcomes)
        self.contrast(name, at, "effect" if arm == "treated" else arm, after - before, outcomes)

    def drawn(self, name, values, at=None, contrast="effect", regions=(), k=0, uniform=None):
        """Shape (sequences, draws, tasks): of a contrast, or of the arm `control` where it is None. One draw for each
        sequence has a mean with the expectation `mean` and the standard error sd_of_draws / sqrt(n); `se` is what is
        left of chance in `mean` itself, draws being alike for all sequences or not. In `regions` the counts of k-mers
        are kept, and all is kept around them. `uniform`: the same of shuffles that are drawn uniformly."""
        for i, task in enumerate(TASKS):
            y = values[:, :, i].double().numpy()
            what = {"contrast": contrast} if contrast else {"arm": "control"}
            self.draws.setdefault(name, []).append({"at": at or {}} | what | {
                "outcome": task, "n": y.shape[0], "draws": y.shape[1], "mean": float(y.mean()),
                "sd_of_draws": float(y.var(axis=1, ddof=1).mean()) ** 0.5,
                "se": standard_error(y), "regions": list(regions), "k": k})
            if uniform is not None:
                y = uniform[:, :, i].double().numpy()
                self.draws[name][-1]["uniform"] = {"mean": float(y.mean()), "se": standard_error(y)}


class Scaled(torch.nn.Module):
    """A network of three inputs, for `product`: its first output scaled and shifted."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x, scale, shift):
        return self.model(x)[:, :1] * scale + shift


def shuffles_of(row):
    """Every sequence that starts as `row` does and has its dinucleotide counts, by trying all continuations."""
    counts, found = kmers(row, 2), set()

    def extend(text):
        if len(text) == len(row):
            found.add(text)
            return
        for base in BASES:
            if counts.get(text[-1] + base, 0) > 0:
                counts[text[-1] + base] -= 1
                extend(text + base)
                counts[text[-1] + base] += 1

    extend(row[0])
    return found


def uniform_shuffle(row, chance):
    """After Altschul and Erickson (1985): the last exits of the letters are drawn until they lead to the end, and the
    other exits follow in random order. Every shuffle with the dinucleotide counts is equally likely."""
    exits = {}
    for letter, following in zip(row, row[1:]):
        exits.setdefault(letter, []).append(following)

    def leads_to_end(letter, order):
        for _ in BASES:
            if letter == row[-1]:
                return True
            letter = order[letter][-1]
        return letter == row[-1]

    while True:
        order = {letter: list(chance.permutation(to)) for letter, to in exits.items()}
        if all(leads_to_end(letter, order) for letter in order):
            break
    walk = {letter: iter(to) for letter, to in order.items()}
    shuffled = [row[0]]
    while len(shuffled) < len(row):
        shuffled.append(next(walk[shuffled[-1]]))
    return "".join(shuffled)


def uniform_shuffles(x, regions):
    """Shape (sequences, draws, 4, length): stretches shuffled, the rest kept."""
    chance = np.random.default_rng(SEED)

    def one(row):
        for start, end in regions:
            row = row[:start] + uniform_shuffle(row[start:end], chance) + row[end:]
        return row

    drawn = torch.stack([encode([one(row) for _ in range(DRAWS)]) for row in letters(x)])
    kept(x, drawn, regions, 2)
    return drawn


def last_exits(row):
    """What follows the last occurrence of each letter, the end of the sequence aside."""
    return {base: row[row.rindex(base, 0, len(row) - 1) + 1] for base in set(row[:-1])}


def frozen_exits(row="ACCCACGATGATA", n=100_000):
    """Which shuffles of a short sequence are reached, and that all of them share the last exits of the given one."""
    possible = shuffles_of(row)
    reached = set(letters(dinucleotide_shuffle(encode([row]), n=n, random_state=SEED)[0]))
    assert reached == {text for text in possible if last_exits(text) == last_exits(row)}
    chance = np.random.default_rng(SEED)
    assert {uniform_shuffle(row, chance) for _ in range(5000)} == possible
    return {"sequence": row, "draws": n, "possible": len(possible), "reached": sorted(reached)}


def kept(x, drawn, regions, k):
    """Asserts that draws keep the k-mer counts of regions and all that is around them."""
    for before, rows in zip(letters(x), drawn):
        for after in letters(rows):
            at = 0
            for start, end in regions:
                assert after[at:start] == before[at:start]
                assert kmers(after[start:end], k) == kmers(before[start:end], k)
                at = end
            assert after[at:] == before[at:]


def ersatz(oracle, model, sites, peaks):
    edited = {
        "substitute": substitute(sites, SPACED, start=43),
        "substitute_center": substitute(sites, CTCF),
        "multisubstitute": multisubstitute(sites, [CTCF, PU1, CTCF], [5, 3], start=20),
        "multisubstitute_center": multisubstitute(sites, [CTCF, PU1], 6),
        "insert": insert(sites, PU1, start=40),
        "insert_left": insert(sites, PU1, start=40),
        "insert_center": insert(sites, PU1),
        "delete": delete(sites, start=40, end=52),
        "delete_left": delete(sites, start=40, end=52),
    }
    oracle.sequences = {name: letters(x) for name, x in edited.items()}

    def outcomes(drawn):
        return predict(model, drawn.reshape(-1, 4, LENGTH)).reshape(*drawn.shape[:2], -1)

    before = predict(model, peaks)[:, None]
    twice = shuffle(sites[:1].repeat(2, 1, 1), n=DRAWS, random_state=SEED)
    assert torch.equal(twice[0], twice[1]), "one rearrangement serves all sequences"
    for name, function, k in (("shuffle", shuffle, 1), ("dinucleotide_shuffle", dinucleotide_shuffle, 2)):
        whole = function(peaks, n=DRAWS, random_state=SEED)
        kept(peaks, whole, [(0, LENGTH)], k)
        uniform = [outcomes(uniform_shuffles(peaks, [region])) if k == 2 else None for region in ((0, LENGTH), REGION)]
        oracle.drawn(name, outcomes(whole), contrast=None, regions=[(0, LENGTH)], k=k, uniform=uniform[0])
        part = function(peaks, *REGION, n=DRAWS, random_state=SEED)
        kept(peaks, part, [REGION], k)
        oracle.drawn(f"{name}_region", outcomes(part) - before, regions=[REGION], k=k,
                     uniform=None if uniform[1] is None else uniform[1] - before)
    # With a smallest bin of half the sequence the bins are the two halves.
    bins = [(0, 50), (50, LENGTH)]
    local = local_dinucleotide_shuffle(peaks, n=DRAWS, bin_size=50, min_bin_size=50, random_state=SEED)
    kept(peaks, local, bins, 2)
    oracle.drawn("local_dinucleotide_shuffle", outcomes(local) - before, regions=bins, k=2,
                 uniform=outcomes(uniform_shuffles(peaks, bins)) - before)
    even = randomize(peaks, *REGION, n=DRAWS, random_state=SEED)
    oracle.drawn("randomize", outcomes(even) - before, regions=[REGION])
    rich = randomize(peaks, *REGION, probs=[[0.1, 0.4, 0.4, 0.1]], n=DRAWS, random_state=SEED)
    oracle.drawn("randomize_probs", outcomes(rich) - before, regions=[REGION])


def marginalization(oracle, model, sites, random):
    oracle.pair("marginalize", {}, *marginalize(model, random, CTCF))
    oracle.pair("marginalize_start", {}, *marginalize(model, random, PU1, start=10))
    annotations = torch.tensor([[0, 40, 60], [3, 42, 58], [7, 30, 60]])
    befores, afters = marginalize_annotations(model, sites, random, annotations)
    for (row, start, end), before, after in zip(annotations.tolist(), befores, afters):
        oracle.pair("marginalize_annotations", {"piece": letters(sites)[row][start:end]}, before, after)


def ablation(oracle, model, peaks):
    before, after = ablate(model, peaks, *REGION, n=DRAWS, random_state=SEED)
    oracle.drawn("ablate", after - before[:, None], regions=[REGION], k=1)
    for place in (10, 40, 70):
        region = (place, place + 20)
        rows = torch.tensor([[i, *region] for i in range(len(peaks))])
        befores, afters = ablate_annotations(model, peaks, rows, n=DRAWS, random_state=SEED)
        effect = (afters - befores[:, :, None])[:, 0]
        oracle.drawn("ablate_annotations", effect, {"place": place}, regions=[region], k=1)


def spacing(oracle, model, random):
    gaps = [0, 3, 6, 10, 21]
    for name, start in (("space", 20), ("space_center", None)):
        before, afters = space(model, random, [CTCF, PU1], [[gap] for gap in gaps], start=start)
        for i, gap in enumerate(gaps):
            oracle.pair(name, {"gap": gap}, before, afters[:, i])


def mutagenesis(oracle, model, sites):
    start, end = 45, 55
    y0, y = saturation_mutagenesis(model, sites, start=start, end=end, raw_outputs=True)
    attribution = saturation_mutagenesis(model, sites, start=start, end=end, target=0, hypothetical=True)
    for i in range(end - start):
        at = {"place": start + i}
        oracle.arm("saturation_mutagenesis", at, "control", y0[:, :1], ["ctcf"])
        for j, base in enumerate(BASES):
            oracle.arm("saturation_mutagenesis", at, base, y[:, j, i, :1], ["ctcf"])
            oracle.pair("saturation_mutagenesis_raw", at | {"base": base}, y0[:, :1], y[:, j, i, :1], ["ctcf"])
            oracle.contrast("saturation_mutagenesis", at, f"to_{base}", attribution[:, j, i, None], ["ctcf"])


def variants(oracle, model, sites, peaks):
    def rows(x, *columns):
        return torch.tensor([[i, *column] for i in range(len(x)) for column in columns])

    oracle.pair("substitution_effect", {}, *substitution_effect(model, sites, rows(sites, (48, 0), (52, 3))))
    # Rows at one position are inserted last first.
    inserted = rows(sites, *[(40, BASES.index(base)) for base in reversed(PU1)])
    for name, left in (("insertion_effect", False), ("insertion_effect_left", True)):
        oracle.pair(name, {}, *insertion_effect(model, sites, inserted, left=left))

    # What moves in at the end stands behind the sequences: given bases, and bases drawn from those that are left.
    removed = [(i,) for i in range(40, 52)]
    behind = encode([MOVES_IN]).repeat(len(sites), 1, 1)
    longer = torch.cat([sites, behind], dim=2)
    oracle.pair("deletion_effect", {}, *deletion_effect(model, longer, rows(sites, *removed)))
    chance = np.random.default_rng(SEED)
    effects = []
    for _ in range(DRAWS):
        remain = ["".join(row[:40] + row[52:]) for row in letters(peaks)]
        moves_in = encode(["".join(chance.choice(list(row), len(removed))) for row in remain])
        before, after = deletion_effect(model, torch.cat([peaks, moves_in], dim=2), rows(peaks, *removed))
        effects.append(after - before)
    oracle.drawn("deletion_effect_drawn", torch.stack(effects, dim=1))


def products(oracle, model, sites):
    scaled = Scaled(model).eval()
    scales, shifts = torch.tensor([[0.5], [2.0], [1.0]]), torch.tensor([[1.0], [-3.0]])
    options = {"additional_func_kwargs": {"motif": CTCF}}
    before, after = apply_product(marginalize, scaled, sites, (scales, shifts), **options)
    for i, scale in enumerate(scales[:, 0].tolist()):
        for j, shift in enumerate(shifts[:, 0].tolist()):
            oracle.pair("apply_product", {"scale": scale, "shift": shift}, before[:, i, j], after[:, i, j], ["y"])
    before, after = apply_pairwise(marginalize, scaled, sites, (scales[:2], shifts), **options)
    for i in range(2):
        oracle.pair("apply_pairwise", {"i": i}, before[:, i], after[:, i], ["y"])


@torch.no_grad()
def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    model = own().eval()
    names, rows = read_peaks()
    write_fasta("sites.fa", names[:20], rows[:20])
    codes = np.random.default_rng(SEED).integers(0, 4, (30, LENGTH))
    random = ["".join(BASES[base] for base in row) for row in codes]
    write_fasta("random.fa", [f"random_{i}" for i in range(len(random))], random)
    sites, peaks, random = encode(rows[:20]), encode(rows), encode(random)

    oracle = Oracle()
    ersatz(oracle, model, sites, peaks)
    marginalization(oracle, model, sites, random)
    ablation(oracle, model, peaks)
    spacing(oracle, model, random)
    mutagenesis(oracle, model, sites)
    variants(oracle, model, sites, peaks)
    products(oracle, model, sites)

    parts = {
        "versions": {name: metadata.version(name) for name in ("tangermeme", "torch", "numpy")},
        "functions": public_functions(),
        "frozen_exits": frozen_exits(),
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in parts.items()]
    for key, group in (("sequences", oracle.sequences), ("experiments", oracle.experiments), ("draws", oracle.draws)):
        entries = [f"    {json.dumps(name)}: [\n      " + ",\n      ".join(map(json.dumps, entry)) + "\n    ]"
                   for name, entry in group.items()]
        lines.append(f"  {json.dumps(key)}: {{\n" + ",\n".join(entries) + "\n  }")
    (HERE / "numbers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    functions = sum(map(len, parts["functions"].values()))
    frozen = parts["frozen_exits"]
    print(f"{functions} functions; {len(frozen['reached'])} of {frozen['possible']} shuffles of {frozen['sequence']}")


if __name__ == "__main__":
    main()

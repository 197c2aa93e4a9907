"""Trains the network of this folder: does a 100 bp sequence hold a CTCF or a PU.1 binding site?

    python train.py --data DIR

DIR holds `ctcf.fa.gz` and `pu1.fa.gz` (ChIP-seq sites, 100 bp, `chrom:start-end` headers). Needs torch, numpy,
scipy and scikit-learn; takes a few minutes on one CPU thread. Writes `ctcf_pu1.pt2` and `ctcf_pu1.toml` beside this file.

Each site is a positive for its own factor and a negative for the other one; a dinucleotide shuffle of each site
is a negative for both. Chromosome 8 picks the epoch, chromosome 9 is looked at once, at the end.
"""

import argparse
import copy
import gzip
import hashlib
import random
import time
from pathlib import Path

import numpy as np
import torch
from scipy.stats import norm, rankdata
from sklearn.metrics import average_precision_score
from torch import nn

LENGTH = 100
TASKS = ["CTCF", "PU.1"]
FILES = ["ctcf.fa.gz", "pu1.fa.gz"]
VALIDATION, TEST = "chr8", "chr9"
#: Sites of the two factors closer than this (midpoint to midpoint, bp) may be one co-bound element: left out.
AMBIGUOUS = 500
BASES = "ACGT"
CODE = np.full(256, 255, dtype=np.uint8)
for index, base in enumerate(BASES):
    CODE[ord(base)] = CODE[ord(base.lower())] = index


# Data -----------------------------------------------------------------------------------------------------------

def read_sites(path):
    """Chromosomes, midpoints and base codes (n, 100) of a gzipped FASTA of sites."""
    chromosomes, midpoints, codes = [], [], []
    with gzip.open(path, "rt") as handle:
        lines = [line.strip() for line in handle]
    for header, letters in zip(lines[::2], lines[1::2], strict=True):
        chromosome, span = header.removeprefix(">").split(":")
        start, end = map(int, span.split("-"))
        bases = CODE[np.frombuffer(letters.encode(), dtype=np.uint8)]
        if len(bases) != LENGTH or (bases > 3).any():
            raise SystemExit(f"{path}: {header} is not {LENGTH} bp of A, C, G and T")
        chromosomes.append(chromosome)
        midpoints.append((start + end) // 2)
        codes.append(bases)
    return np.array(chromosomes), np.array(midpoints), np.stack(codes)


def near(chromosomes, midpoints, other_chromosomes, other_midpoints):
    """Which sites have a site of the other set closer than AMBIGUOUS."""
    close = np.zeros(len(midpoints), dtype=bool)
    for chromosome in np.unique(chromosomes):
        others = np.sort(other_midpoints[other_chromosomes == chromosome])
        if len(others) == 0:
            continue
        mine = chromosomes == chromosome
        at = np.searchsorted(others, midpoints[mine])
        left = np.abs(midpoints[mine] - others[np.maximum(at - 1, 0)])
        right = np.abs(others[np.minimum(at, len(others) - 1)] - midpoints[mine])
        close[mine] = np.minimum(left, right) < AMBIGUOUS
    return close


def dinucleotide_shuffle(codes, rng):
    """A sequence drawn uniformly from all with the same first base, last base and dinucleotide counts.

    Altschul and Erickson (1985): an Eulerian walk is fixed by the last edge out of each base, which must form a tree
    into the final base, and by the order of all other edges. Last edges are drawn until they form such a tree.
    """
    final = codes[-1]
    edges = [[] for _ in BASES]
    for a, b in zip(codes[:-1], codes[1:]):
        edges[a].append(b)
    leaving = [a for a in range(4) if edges[a] and a != final]
    while True:
        last = {a: rng.randrange(len(edges[a])) for a in leaving}
        if all(leads_to(final, a, edges, last) for a in leaving):
            break
    for a in range(4):
        tail = [edges[a].pop(last[a])] if a in last else []
        rng.shuffle(edges[a])
        edges[a] = (edges[a] + tail)[::-1]
    walk = [codes[0]]
    while edges[walk[-1]]:
        walk.append(edges[walk[-1]].pop())
    return walk


def leads_to(final, start, edges, last):
    at, steps = start, 0
    while at != final and steps < 4:
        at = edges[at][last[at]]
        steps += 1
    return at == final


def shuffles(codes, seed):
    rng = random.Random(seed)
    shuffled = np.array([dinucleotide_shuffle(row, rng) for row in codes.tolist()], dtype=np.uint8)
    before, after = (row_counts(rows) for rows in (codes, shuffled))
    assert (before == after).all(), "a shuffle changed the dinucleotide counts"
    return shuffled


def row_counts(codes):
    pairs = codes[:, :-1] * 4 + codes[:, 1:]
    return np.stack([(pairs == pair).sum(axis=1) for pair in range(16)], axis=1)


def one_hot(codes):
    """(n, 4, length), channels A, C, G, T."""
    codes = torch.as_tensor(codes, dtype=torch.long)
    return torch.nn.functional.one_hot(codes, 4).transpose(1, 2).float().contiguous()


class Split:
    """The sites of some chromosomes with their shuffles. `kind` 0 and 1: a site of that factor; 2 and 3: its shuffle."""

    def __init__(self, sites, chromosomes, seed):
        codes, kinds = [], []
        for factor, (where, what) in enumerate(sites):
            rows = what[np.isin(where, chromosomes)]
            codes += [rows, shuffles(rows, f"{seed} {factor} {' '.join(chromosomes)}")]
            kinds += [np.full(len(rows), factor), np.full(len(rows), factor + 2)]
        self.codes = np.concatenate(codes)
        self.kind = np.concatenate(kinds)
        self.labels = torch.tensor(np.stack([self.kind == 0, self.kind == 1], axis=1), dtype=torch.float32)


# Network --------------------------------------------------------------------------------------------------------

def network():
    """Two convolutions, the strongest place of each second-layer filter, one linear layer on top."""
    return nn.Sequential(
        nn.Conv1d(4, 32, 19, padding=9),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(32, 48, 7, padding=3),
        nn.BatchNorm1d(48),
        nn.ReLU(),
        nn.AdaptiveMaxPool1d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(48, len(TASKS)),
    )


@torch.no_grad()
def logits(model, codes, batch=512):
    model.eval()
    return torch.cat([model(one_hot(part)) for part in np.array_split(codes, max(1, len(codes) // batch))])


def train(model, training, validation, epochs, generator):
    """Leaves the weights of the epoch with the lowest validation loss in the model."""
    loss_of = nn.BCEWithLogitsLoss()
    batch = 256
    steps = epochs * (len(training.codes) // batch)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=4e-3, total_steps=steps)
    codes = torch.as_tensor(training.codes)
    best, kept = float("inf"), None
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        model.train()
        order = torch.randperm(len(codes), generator=generator)
        total = 0.0
        for step in range(len(codes) // batch):
            rows = order[step * batch:(step + 1) * batch]
            x = one_hot(codes[rows])
            # Both strands of a site are bound alike: half of each batch is read from the other one.
            other_strand = torch.rand(batch, generator=generator) < 0.5
            x[other_strand] = x[other_strand].flip(1, 2)
            optimiser.zero_grad()
            loss = loss_of(model(x), training.labels[rows])
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        held_out = loss_of(logits(model, validation.codes), validation.labels).item()
        print(f"epoch {epoch}: training loss {total / (step + 1):.4f}, {VALIDATION} loss {held_out:.4f}, "
              f"{time.perf_counter() - started:.0f} s", flush=True)
        if held_out < best:
            best, kept, best_epoch = held_out, copy.deepcopy(model.state_dict()), epoch
    model.load_state_dict(kept)
    model.eval()
    return best_epoch


# Evaluation -----------------------------------------------------------------------------------------------------

def auroc(positive, negative):
    """Area under the ROC curve with DeLong's 95 % interval."""
    m, n = len(positive), len(negative)
    ranks = rankdata(np.concatenate([positive, negative]))
    above = (ranks[:m] - rankdata(positive)) / n
    below = 1 - (ranks[m:] - rankdata(negative)) / m
    area = above.mean()
    margin = norm.ppf(0.975) * np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    return area, area - margin, min(1.0, area + margin)


def performance(scores, split):
    """For each task and kind of negatives: AUROC, average precision, n, and the AUROC of GC content alone."""
    gc = np.isin(split.codes, (1, 2)).mean(axis=1)
    rows = {}
    for task, name in enumerate(TASKS):
        positives = split.kind == task
        kinds = {
            f"sites of {TASKS[1 - task]}": split.kind == 1 - task,
            "shuffles of the positives": split.kind == task + 2,
            "all negatives": split.kind != task,
        }
        for kind, negatives in kinds.items():
            chosen = positives | negatives
            area, low, high = auroc(scores[positives, task], scores[negatives, task])
            by_gc, _, _ = auroc(gc[positives], gc[negatives])
            rows[name, kind] = {
                "auroc": area,
                "low": low,
                "high": high,
                "average_precision": average_precision_score(positives[chosen], scores[chosen, task]),
                "prevalence": positives.sum() / chosen.sum(),
                "positives": int(positives.sum()),
                "negatives": int(negatives.sum()),
                "auroc_gc_content": max(by_gc, 1 - by_gc),
            }
    return rows


def responses(model, generator, n=2000):
    """Mean change of both logits when a motif is written into uniform random sequences, with its standard error."""
    background = torch.randint(0, 4, (n, LENGTH), generator=generator).numpy().astype(np.uint8)
    control = logits(model, background)
    print(f"\nMean change of the logits over {n} uniform random sequences (standard error), motif at 43:")
    for label, motif in [("CTCF site", "CCACCAGGGGGCGC"), ("its reverse complement", "GCGCCCCCTGGTGG"),
                         ("PU.1 site", "AAAGAGGAAGTG"), ("its reverse complement", "CACTTCCTCTTT"),
                         ("AP-1 site", "GATGAGTCATC"), ("CTCF site, scrambled", "GCGCGACCGAGCGC")]:
        treated = background.copy()
        treated[:, 43:43 + len(motif)] = CODE[np.frombuffer(motif.encode(), dtype=np.uint8)]
        change = (logits(model, treated) - control).double()
        error = change.std(0) / n ** 0.5
        text = ", ".join(f"{task} {m:+.2f} ({e:.2f})" for task, m, e in zip(TASKS, change.mean(0), error))
        print(f"  {label:24}{motif:16}{text}")


# Files ----------------------------------------------------------------------------------------------------------

def export(model, path):
    """Saves with torch.export and checks that what was saved answers alike."""
    x = one_hot(np.random.default_rng(0).integers(0, 4, (2, LENGTH)))
    program = torch.export.export(model, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    for node in program.graph.nodes:
        # Where the trainer's Python lies is nobody's business, and would make the file differ between machines.
        node.meta.pop("stack_trace", None)
    torch.export.save(program, path)
    x = one_hot(np.random.default_rng(1).integers(0, 4, (64, LENGTH)))
    again = torch.export.load(path).module()
    with torch.no_grad():
        assert torch.equal(again(x), model(x)), "the saved network answers differently"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def declaration(path, rows, training):
    """The text of the .toml beside the model."""
    def table(values):
        return [f"{key} = {value:.4f}" if isinstance(value, float) else f'{key} = "{value}"' if isinstance(value, str)
                else f"{key} = {value}" for key, value in values.items()]
    lines = [
        f"length = {LENGTH}",
        f'alphabet = "{BASES}"',
        'layout = "channels_first"',
        'unknown = "zeros"',
        "tasks = [" + ", ".join(f'"{task}"' for task in TASKS) + "]",
        'unit = "logit"',
        f'sha256 = "{sha256(path)}"',
        'source = "trained by train.py beside this file"',
        'licence = "MIT OR Apache-2.0; trained on data under the MIT licence, copyright 2017 const-ae"',
        "",
        f"# On {TEST}, which took no part in training. Intervals: DeLong, 95 %.",
        "[performance]",
        f'test = "{TEST}"',
        f'validation = "{VALIDATION}"',
    ]
    for (task, kind), values in rows.items():
        values = {key: float(v) if isinstance(v, np.floating) else v for key, v in values.items()}
        lines += ["", "[[performance.auroc]]", f'task = "{task}"', f'negatives_are = "{kind}"'] + table(values)
    return "\n".join(lines + ["", "[training]"] + table(training)) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with ctcf.fa.gz and pu1.fa.gz")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write into")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=14)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)

    read = [read_sites(options.data / name) for name in FILES]
    sites = []
    for mine, other in (read, read[::-1]):
        keep = ~near(mine[0], mine[1], other[0], other[1])
        sites.append((mine[0][keep], mine[2][keep]))
    for task, before, after in zip(TASKS, read, sites):
        print(f"{task}: {len(before[0])} sites, {len(before[0]) - len(after[0])} left out within {AMBIGUOUS} bp of the "
              "other factor")
    held_out = [VALIDATION, TEST]
    others = sorted(set(np.concatenate([where for where, _ in sites])) - set(held_out))
    training, validation, test = (Split(sites, names, options.seed) for names in (others, [VALIDATION], [TEST]))
    seen = {row.tobytes() for row in training.codes}
    repeated = sum(row.tobytes() in seen for row in test.codes)
    print(f"sequences: {len(training.codes)} for training, {len(validation.codes)} on {VALIDATION}, {len(test.codes)} on "
          f"{TEST}, of which {repeated} occur in training")

    model = network()
    epoch = train(model, training, validation, options.epochs, generator)
    rows = performance(logits(model, test.codes).numpy(), test)
    print(f"\nHeld out, {TEST}, weights of epoch {epoch}:")
    for (task, kind), r in rows.items():
        print(f"  {task} against {kind}: AUROC {r['auroc']:.4f} ({r['low']:.4f} to {r['high']:.4f}), average precision "
              f"{r['average_precision']:.4f} at prevalence {r['prevalence']:.3f}, n = {r['positives']} + {r['negatives']}; "
              f"GC content alone {r['auroc_gc_content']:.3f}")
    responses(model, generator)

    path = options.out / "ctcf_pu1.pt2"
    export(model, path)
    record = {"sequences": len(training.codes), "epochs": options.epochs, "best_epoch": epoch, "seed": options.seed,
              "torch": torch.__version__.split("+")[0]}
    record |= {f"{name.split('.')[0]}_fa_gz_sha256": sha256(options.data / name) for name in FILES}
    path.with_suffix(".toml").write_text(declaration(path, rows, record))
    print(f"\nwrote {path.name} ({path.stat().st_size / 1000:.0f} kB) and its declaration")


if __name__ == "__main__":
    main()

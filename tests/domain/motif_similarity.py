"""Information and similarity of motifs, by numpy: writes motif_similarity.json beside it.

Information: sum of 2 - entropy over positions (Schneider & Stephens 1990, doi 10.1093/nar/18.20.6097).
Similarity: the normalised correlation of RSAT compare-matrices, Ncor = cor * w / W, for the best alignment of either strand
(Castro-Mondragon et al. 2017, doi 10.1093/nar/gkx314): cor by numpy.corrcoef over the cells of the w aligned columns, W the width of
the whole alignment.

    python tests/domain/motif_similarity.py
"""

import gzip
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# Families with members that are alike, and motifs that stand alone.
MATRICES = ["MA0139.2", "MA1929.2", "MA1102.3", "MA0080.7", "MA0035.5", "MA0036.4", "MA0099.4", "MA1126.2", "MA0488.2", "MA0108.3", "MA0074.1"]


def matrices():
    text = gzip.open(ROOT / "src/domain/data/jaspar2026_core.meme.gz", "rt").read()
    for block in text.split("\nMOTIF ")[1:]:
        heading, *lines = block.split("\n")
        rows = []
        for line in lines[1:]:
            numbers = line.split()
            if len(numbers) != 4:
                break
            rows.append([float(number) for number in numbers])
        columns = np.array(rows)
        yield heading.split()[0], columns / columns.sum(axis=1, keepdims=True)


def information(columns):
    logs = np.log2(columns, where=columns > 0, out=np.zeros_like(columns))
    return float((2 + (columns * logs).sum(axis=1)).sum())


def similarity(a, b):
    best = -1.0
    for other in (b, b[::-1, ::-1]):
        for shift in range(1 - len(other), len(a)):
            start, end = max(shift, 0), min(len(a), shift + len(other))
            x, y = a[start:end].ravel(), other[start - shift : end - shift].ravel()
            if x.std() == 0 or y.std() == 0:
                continue
            whole = len(a) + len(other) - (end - start)
            best = max(best, np.corrcoef(x, y)[0, 1] * (end - start) / whole)
    return float(best)


known = {name: columns for name, columns in matrices() if name in MATRICES}
found = [name for name in MATRICES if name in known]
with open(HERE / "motif_similarity.json", "w") as file:
    json.dump(
        {
            "information": {name: information(known[name]) for name in found},
            "similarity": [[a, b, similarity(known[a], known[b])] for i, a in enumerate(found) for b in found[i:]],
        },
        file,
        indent=1,
    )

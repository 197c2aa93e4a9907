"""What tangermeme makes of a motif file: `marginalize` with the consensus of each motif that `read_meme` finds.

    python motif_file.py         writes vertebrates.meme and motif_file.json beside this file

vertebrates.meme holds every fortieth vertebrate matrix of the bundled JASPAR 2026 CORE. The sequences are those of random.fa, which make.py
wrote. Means over sequences of the prediction with the motif less the prediction without it; the network in float32, the rest in float64.
"""

import gzip
import json
from importlib import metadata
from pathlib import Path

import torch
from tangermeme.io import read_meme
from tangermeme.marginalize import marginalize
from tangermeme.utils import one_hot_encode

from make import HERE, ROOT, TASKS, own

DATA = ROOT / "src/domain/data"
EVERY = 40

taxa = dict(line.split("\t")[0:3:2] for line in (DATA / "jaspar2026_core.tsv").read_text().splitlines()[1:])
head, *blocks = gzip.open(DATA / "jaspar2026_core.meme.gz", "rt").read().split("\nMOTIF ")
vertebrates = [block for block in blocks if taxa[block.split()[0]] == "vertebrates"]
path = HERE / "vertebrates.meme"
path.write_text("\nMOTIF ".join([head, *(block.rstrip("\n") for block in vertebrates[::EVERY])]) + "\n")

rows = (HERE / "random.fa").read_text().split()[1::2]
X = torch.stack([one_hot_encode(row) for row in rows])
model = own()
effects = {}
for name, pwm in read_meme(str(path)).items():
    motif = "".join("ACGT"[i] for i in pwm.argmax(dim=0))
    top = pwm.sort(dim=0, descending=True).values
    assert (top[0] > top[1]).all(), f"{name} has two consensus bases at a position"
    before, after = marginalize(model, X, motif, device="cpu")
    effect = (after.double() - before.double()).mean(dim=0)
    effects[name] = dict(zip(TASKS, effect.tolist()))
versions = {name: metadata.version(name) for name in ("tangermeme", "torch")}
(HERE / "motif_file.json").write_text(json.dumps({"versions": versions, "effects": effects}, indent=1) + "\n")

"""What tangermeme makes of saturation mutagenesis and of single variants in single sequences.

    python saturation.py         writes saturation.json beside this file

Sequences are the first two of sites.fa, which make.py wrote. `predictions` are those of every single mutant less that of the sequence, by
position and base (A, C, G, T), for each task; `attributions` are tangermeme's own for one task. The network in float32, the rest in float64.
"""

import json
from importlib import metadata

import torch
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from tangermeme.utils import one_hot_encode

from make import HERE, TASKS, own

names, rows = zip(*(record.split() for record in (HERE / "sites.fa").read_text().split(">")[1:3]))
X = torch.stack([one_hot_encode(row) for row in rows])
model = own()
y0, y_hat = saturation_mutagenesis(model, X, raw_outputs=True, device="cpu")
found = {}
for i, name in enumerate(names):
    of = {}
    for t, task in enumerate(TASKS):
        changes = y_hat[i, ..., t].double() - y0[i, t].double()
        attributions = saturation_mutagenesis(model, X[i : i + 1], target=t, device="cpu")[0]
        of[task] = {
            "changes": changes.T.tolist(),
            "attributions": attributions.sum(dim=0).double().tolist(),
        }
    found[name] = of
versions = {name: metadata.version(name) for name in ("tangermeme", "torch")}
text = json.dumps({"versions": versions, "sequences": found}, indent=None)
(HERE / "saturation.json").write_text(text + "\n")

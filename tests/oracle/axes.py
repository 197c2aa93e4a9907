"""A network whose outputs have several named dimensions, and its numbers for the sequences of tracks.fa.

    python axes.py               writes axes.pt2, axes.toml and axes.json beside this file

Outputs after the batch: a signal of shape (cell, assay, bin) in bins of 2 bp, levels of shape (cell, assay), and cuts of shape
(cell, bin) without a place in the sequence. Numbers are PyTorch's.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
LENGTH, CELLS, ASSAYS, BINS, CUTS = 48, 2, 3, 20, 7

DECLARATION = """\
length = 48
source = "tests/oracle/axes.py"

[[output]]
name = "signal"
bin  = 2

[[output.axis]]
name    = "cell"
entries = ["K562", "HepG2"]

[[output.axis]]
name    = "assay"
entries = ["DNase", "CTCF", "H3K27ac"]

[[output]]
name = "levels"
unit = "logit"

[[output.axis]]
name    = "cell"
entries = ["K562", "HepG2"]

[[output.axis]]
name = "assay"

[[output]]
name = "cuts"

[[output.axis]]
name    = "cell"
entries = ["K562", "HepG2"]
"""


class Axes(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Conv1d(4, 8, 9)
        self.pool = nn.AvgPool1d(2)
        self.signal = nn.Conv1d(8, CELLS * ASSAYS, 1)
        self.levels = nn.Linear(8, CELLS * ASSAYS)
        self.cuts = nn.Linear(8, CELLS * CUTS)

    def forward(self, x):
        x = torch.tanh(self.body(x))
        mean = x.mean(2)
        return (self.signal(self.pool(x)).reshape(-1, CELLS, ASSAYS, BINS), self.levels(mean).reshape(-1, CELLS, ASSAYS),
                self.cuts(mean).reshape(-1, CELLS, CUTS))


def main():
    torch.manual_seed(7)
    network = Axes().eval()
    batch = torch.export.Dim("batch", min=1)
    exported = torch.export.export(network, (torch.zeros(2, 4, LENGTH),), dynamic_shapes=({0: batch},))
    torch.export.save(exported, HERE / "axes.pt2")
    (HERE / "axes.toml").write_text(DECLARATION)
    letters = [line.strip() for line in (HERE / "tracks.fa").open() if not line.startswith(">")]
    codes = np.array([["ACGT".index(base) for base in row] for row in letters])
    x = torch.nn.functional.one_hot(torch.tensor(codes), 4).float().transpose(1, 2)
    with torch.no_grad():
        signal, levels, cuts = [part.double().numpy() for part in network(x)]
    # The bins are centred: the first starts at 4, and 24..28 holds the middles of bins 10 and 11.
    values = {
        "bin": signal[:, 1, 2, 10],
        "part": signal[:, 0, 1, 10:12].sum(1),
        "summit": 4 + 2 * signal[:, 1, 0].argmax(1) + 1,
        "level": levels[:, 1, 2],
        "of_cell": levels[:, 0].max(1),
        "cuts": cuts[:, 1, 2:5].sum(1),
    }
    text = json.dumps({name: [float(x) for x in row] for name, row in values.items()}, indent=1)
    (HERE / "axes.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

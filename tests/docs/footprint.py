"""The network of docs/cookbook/summit.md: a profile whose rules are known, so that a run can be told right from wrong.

    python footprint.py          writes footprint.pt2 beside this file

200 bp in. Every GATAAG, on either strand, raises the logits of the profile 5 to 20 bp away from its middle and lowers them
within 4 bp, as a bound protein protects its site, and adds 0.6 to the logarithm of the counts. A convolution of five bases
with fixed random weights stands for the bias of the enzyme. The profile covers the middle 120 bp.
"""

from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent
LENGTH, COVERED = 200, 120
BASES = "ACGT"


class Footprint(nn.Module):
    def __init__(self):
        super().__init__()
        site = torch.zeros(2, 4, 6)
        for strand, letters in enumerate(["GATAAG", "CTTATC"]):
            for position, letter in enumerate(letters):
                site[strand, BASES.index(letter), position] = 1.0
        self.site = nn.Conv1d(4, 2, 6, padding=3)
        self.site.weight.data = site
        # Six matches of six give 1, five give 0.
        self.site.bias.data = torch.full((2,), -5.0)
        offsets = torch.arange(-20, 21).float()
        shape = torch.where(offsets.abs() <= 4, -1.5, 1.2 * torch.exp(-((offsets.abs() - 5) / 8) ** 2))
        self.shape = nn.Conv1d(2, 1, 41, padding=20, bias=False)
        self.shape.weight.data = shape.repeat(1, 2, 1)
        self.bias = nn.Conv1d(4, 1, 5, padding=2, bias=False)
        self.bias.weight.data = 0.25 * torch.randn(1, 4, 5, generator=torch.Generator().manual_seed(11))

    def forward(self, x):
        # An even width leaves one place more than the sequence has.
        sites = torch.relu(self.site(x))[:, :, 0:LENGTH]
        logits = self.shape(sites) + self.bias(x)
        first = (LENGTH - COVERED) // 2
        counts = 5.0 + 0.6 * sites.sum(dim=(1, 2)).unsqueeze(1)
        return logits[:, :, first:first + COVERED], counts


DECLARATION = """\
length  = 200
layout  = "channels_first"
unknown = "zeros"
source  = "tests/docs/footprint.py"

[[output]]
name = "profile"
unit = "logits"
bin  = 1

[[output]]
name = "counts"
unit = "log counts"
"""


def main():
    network = Footprint().eval()
    example = torch.zeros(2, 4, LENGTH)
    example[:, 0] = 1.0
    batch = torch.export.Dim("batch", min=1)
    exported = torch.export.export(network, (example,), dynamic_shapes=({0: batch},))
    torch.export.save(exported, HERE / "footprint.pt2")
    (HERE / "footprint.toml").write_text(DECLARATION)


if __name__ == "__main__":
    main()

"""Writes logarithm.pt2: a network whose only output is the logarithm of the number of A, so minus infinity without any.

    python tests/predict/logarithm.py
"""

from pathlib import Path

import torch
from torch import nn


class Logarithm(nn.Module):
    def forward(self, x):
        return torch.log(x[:, :1].sum(2))


if __name__ == "__main__":
    program = torch.export.export(Logarithm(), (torch.ones(2, 4, 12),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, Path(__file__).with_suffix(".pt2"))

"""Small networks for `make.py`: numbers that are scattered and reduced where they meet, and functions of matrices."""

import torch
from torch.nn import functional as F

from along_dimensions import LENGTH, Base


class Scattered(Base):
    """Numbers that meet at the same place, with and without what was there; windows with a divisor; rows that are searched; a grid."""

    def __init__(self):
        super().__init__(8 * 14)

    def forward(self, x):
        y = self.body(x)
        start = torch.full((y.shape[0], 8, 7), 0.3)
        places = torch.arange(LENGTH) % 5
        kinds = ("sum", "prod", "mean", "amax", "amin")
        scattered = [start.scatter_reduce(2, places.expand_as(y), y, kind, include_self=False) for kind in kinds]
        indexed = [start.index_reduce(2, places, y, kind, include_self=kind == "mean") for kind in kinds[1:]]
        theta = torch.tensor([[0.9, 0.1, 0.0], [0.0, 0.8, 0.1]]).expand(y.shape[0], 2, 3)
        grids = [F.affine_grid(theta, (y.shape[0], 1, 8, LENGTH), align_corners=aligned) for aligned in (False, True)]
        parts = [
            *scattered,
            *indexed,
            F.avg_pool2d(y.unsqueeze(1), (1, 3), divisor_override=5).squeeze(1),
            F.avg_pool2d(y.unsqueeze(1), (1, 4), padding=(0, 2), divisor_override=3).squeeze(1),
            y + torch.searchsorted(y.sort(-1).values.contiguous(), y.roll(1, 2).contiguous(), right=True).to(y.dtype) / 24,
            *(F.grid_sample(y.unsqueeze(1), grid, align_corners=True).squeeze(1) for grid in grids),
        ]
        return self.last(torch.cat([part.mean(-1) for part in parts], 1))


class Matrices(Base):
    """Solutions for vectors and from the right, determinants, eigenvalues and singular values."""

    def __init__(self):
        super().__init__(4 * 8 + 3)

    def forward(self, x):
        y = self.body(x)
        gram = y @ y.mT / LENGTH + torch.eye(8)
        sign, size = torch.linalg.slogdet(y[:, :, :8] - torch.eye(8))
        parts = [
            torch.linalg.solve(gram, y.mean(-1)),
            torch.linalg.solve(gram, y[:, :3, :8].contiguous(), left=False).sum(1),
            torch.linalg.eigvalsh(gram),
            torch.linalg.svdvals(y[:, :, :10]),
            torch.stack([sign, size, torch.logdet(gram)], 1),
        ]
        return self.last(torch.cat(parts, 1))


ALL = {"scattered": Scattered, "matrices": Matrices}

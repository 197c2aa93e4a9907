"""Convolutional and recurrent networks without a package of their own, written after the descriptions of their publications."""

import numpy
import torch
from scipy.interpolate import BSpline
from torch import nn
from torch.nn import functional as F

from structure import Structure, one_hot


class BothStrands(nn.Module):
    """The mean of the predictions of a sequence and of its reverse complement."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return (self.network(x) + self.network(x.flip(1).flip(2))) / 2


def spline_basis(positions, degrees_of_freedom, degree=3):
    """Cubic B-splines with equally spaced knots, one in each column, at all positions."""
    inner = degrees_of_freedom - degree - 1
    knots = numpy.concatenate([numpy.zeros(degree + 1), numpy.linspace(0, 1, inner + 2)[1:-1], numpy.ones(degree + 1)])
    places = numpy.linspace(0, 1, positions)
    columns = [BSpline(knots, numpy.eye(degrees_of_freedom)[i], degree)(places) for i in range(degrees_of_freedom)]
    return torch.tensor(numpy.stack(columns, 1), dtype=torch.float32)


class Sei(nn.Module):
    """Linear and nonlinear paths side by side, dilated convolutions that are added up, and a basis of B-splines along the sequence
    in front of the classifier (Chen et al. 2022)."""

    def __init__(self, length, channels=(12, 16, 24), profiles=10, splines=8):
        super().__init__()
        first, second, third = channels
        widths = [(4, first), (first, second), (second, third)]
        conv = lambda before, after: nn.Conv1d(before, after, 9, padding=4)
        self.linear = nn.ModuleList(
            nn.Sequential(*([nn.MaxPool1d(4), nn.Dropout(0.2)] if i else []), conv(before, after), conv(after, after))
            for i, (before, after) in enumerate(widths)
        )
        self.curved = nn.ModuleList(
            nn.Sequential(nn.Dropout(0.2), conv(after, after), nn.ReLU(), conv(after, after), nn.ReLU()) for _, after in widths
        )
        self.dilated = nn.ModuleList(
            nn.Sequential(nn.Dropout(0.1), nn.Conv1d(third, third, 5, dilation=d, padding=2 * d), nn.ReLU()) for d in (2, 4, 8, 16)
        )
        self.register_buffer("basis", spline_basis(length // 16, splines))
        self.classifier = nn.Sequential(nn.Linear(third * splines, profiles), nn.ReLU(), nn.Linear(profiles, profiles), nn.Sigmoid())

    def forward(self, x):
        for linear, curved in zip(self.linear, self.curved):
            straight = linear(x)
            x = curved(straight) + straight
        for dilated in self.dilated:
            x = x + dilated(x)
        return self.classifier((x @ self.basis).flatten(1))


class GroupedLinear(nn.Module):
    """A dense layer for each group of features, as one batched product."""

    def __init__(self, groups, before, after):
        super().__init__()
        self.groups, self.after = groups, after
        self.weight = nn.Parameter(torch.randn(groups, before, after) / before**0.5)
        self.bias = nn.Parameter(torch.zeros(groups, 1, after))

    def forward(self, x):
        x = x.permute(1, 0).reshape(self.groups, x.shape[1] // self.groups, -1).permute(0, 2, 1)
        x = torch.baddbmm(self.bias, x, self.weight)
        return x.permute(0, 2, 1).reshape(self.groups * self.after, -1).permute(1, 0)


class Malinois(nn.Module):
    """Basset's convolutions and a branch of dense layers for each cell type, on inserts with the flanks of the reporter
    (Gosai et al. 2024)."""

    def __init__(self, length, cells=3):
        super().__init__()
        block = lambda before, after, width, pool, pad: nn.Sequential(
            nn.Conv1d(before, after, width, padding=pad), nn.BatchNorm1d(after), nn.ReLU(), nn.MaxPool1d(pool, ceil_mode=False)
        )
        self.body = nn.Sequential(
            block(4, 20, 19, 3, 9), block(20, 16, 11, 4, 5), nn.ConstantPad1d((1, 1), 0.0), block(16, 12, 7, 4, 3)
        )
        places = ((length // 3) // 4 + 2) // 4
        self.first = nn.Sequential(nn.Linear(12 * places, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Dropout(0.1))
        self.cells = cells
        self.branches = nn.ModuleList([GroupedLinear(cells, 24, 14), GroupedLinear(cells, 14, 14)])
        self.last = GroupedLinear(cells, 14, 1)

    def forward(self, x):
        x = self.first(self.body(x).flatten(1)).repeat(1, self.cells)
        for branch in self.branches:
            x = F.relu(branch(x))
        return self.last(x)


class Saluki(nn.Module):
    """Six channels: bases, the first positions of codons, splice sites. Convolutions with layer norms over channels, and a GRU that reads
    from the end; without the random shift of training (Agarwal and Kelley 2022)."""

    def __init__(self, channels=16, layers=4):
        super().__init__()
        self.first = nn.Conv1d(6, channels, 5, bias=False)
        self.norms = nn.ModuleList(nn.LayerNorm(channels, eps=0.007) for _ in range(layers + 1))
        self.convolutions = nn.ModuleList(nn.Conv1d(channels, channels, 5) for _ in range(layers))
        self.recurrent = nn.GRU(channels, channels, batch_first=True)
        self.norm, self.dense = nn.BatchNorm1d(channels, eps=1e-3), nn.Linear(channels, channels)
        self.last_norm, self.last = nn.BatchNorm1d(channels, eps=1e-3), nn.Linear(channels, 1)
        self.drop = nn.Dropout(0.3)

    def forward(self, x):
        x = self.first(x)
        for norm, convolution in zip(self.norms, self.convolutions):
            x = F.relu(norm(x.transpose(1, 2)).transpose(1, 2))
            x = F.max_pool1d(self.drop(convolution(x)), 2)
        x = F.relu(self.norms[-1](x.transpose(1, 2)))
        x = self.recurrent(x.flip(1))[1][-1]
        x = self.drop(self.dense(F.relu(self.norm(x))))
        return self.last(F.relu(self.last_norm(x)))


class ByFourier(nn.Module):
    """A convolution that keeps the length, by a product of spectra."""

    def __init__(self, before, after, width):
        super().__init__()
        self.width = width
        self.weight, self.bias = nn.Parameter(torch.randn(after, before, width) / (before * width) ** 0.5), nn.Parameter(torch.zeros(after))

    def forward(self, x):
        length = x.shape[2]
        size = length + self.width - 1
        # The correlation that layers compute is a product with the conjugate.
        signal = torch.fft.rfft(F.pad(x, (self.width // 2, self.width // 2)), n=size)
        kernel = torch.conj(torch.fft.rfft(self.weight, n=size))
        product = torch.einsum("bil,oil->bol", signal, kernel)
        return torch.fft.irfft(product, n=size)[:, :, :length] + self.bias[:, None]


class Puffin(nn.Module):
    """Motifs on both strands and initiators whose effects by distance are wide convolutions, computed by Fourier transforms
    (Dudnyk et al. 2024)."""

    def __init__(self, tracks=5, width=61):
        super().__init__()
        self.motifs, self.initiators = nn.Conv1d(4, 10, 51, padding=25), nn.Conv1d(4, 10, 15, padding=7)
        self.trinucleotides = nn.Conv1d(4, 32, 3, padding=1)
        self.effects, self.starts = ByFourier(20, tracks * 2, width), nn.ConvTranspose1d(20, tracks * 2, 15, padding=7)
        self.local = ByFourier(64, tracks * 2, width)

    def both(self, layer, x):
        return torch.cat([layer(x), layer(x.flip(1, 2)).flip(2)], 1)

    def forward(self, x):
        motifs = F.softplus(self.both(self.motifs, x))
        starts = F.softplus(self.both(self.initiators, x))
        local = F.softplus(self.both(self.trinucleotides, x)) * torch.sigmoid(self.both(self.trinucleotides, x))
        return F.softplus(self.effects(motifs) + self.starts(starts) + self.local(local))[:, :, 16:-16]


FRAME = [float(i % 3 == 0 and 24 <= i < 84) for i in range(120)]
SPLICES = [float(i in (40, 71, 100)) for i in range(120)]


def saluki_inputs(texts):
    fixed = torch.tensor([FRAME, SPLICES])
    return (torch.cat([one_hot(texts), fixed.expand(len(texts), 2, len(texts[0]))], 1),)


CHANNELS = '[[input]]\nchannels = ["A", "C", "G", "T", { file = "frame.txt" }, { file = "splices.txt" }]\n'
FILES = {name: "".join(f"{value}\n" for value in values) for name, values in (("frame.txt", FRAME), ("splices.txt", SPLICES))}

STRUCTURES = {
    "sei": Structure(lambda: BothStrands(Sei(256)), 256),
    "malinois": Structure(lambda: Malinois(200), 200),
    "malinois_static": Structure(lambda: Malinois(200), 200, static=True),
    "saluki": Structure(Saluki, 120, saluki_inputs, tables=CHANNELS, files=FILES),
    "puffin": Structure(Puffin, 150),
}

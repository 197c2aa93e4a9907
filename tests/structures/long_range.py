"""Long convolutions and state spaces, written after the descriptions of their publications."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from structure import Structure


class Sine(nn.Module):
    """A sine of a trained frequency for each feature."""

    def __init__(self, features, frequency):
        super().__init__()
        self.frequency = nn.Parameter(frequency * torch.ones(1, features))

    def forward(self, x):
        return torch.sin(self.frequency * x)


class ImplicitFilter(nn.Module):
    """A filter as long as the sequence, which a small dense network computes from the position; it decays with the distance."""

    def __init__(self, channels, length, features=5, width=16):
        super().__init__()
        time, bands = torch.linspace(0, 1, length)[None, :, None], (features - 1) // 2
        angles = 2 * math.pi * torch.arange(length)[None, :, None] / length * torch.linspace(1e-4, bands - 1, bands)
        waves = torch.exp(torch.complex(torch.zeros_like(angles), -angles))
        self.positions = nn.Parameter(torch.cat([time, waves.real, waves.imag], -1))
        self.register_buffer("time", time)
        self.body = nn.Sequential(
            nn.Linear(features, width), Sine(width, 10), nn.Linear(width, width), Sine(width, 10), nn.Linear(width, channels, bias=False)
        )
        rates = torch.linspace(math.log(1e-2) / 1.5, math.log(1e-2) / 0.3, channels)[None, None, :]
        self.rates = nn.Parameter(rates.abs())
        self.bias = nn.Parameter(torch.randn(channels))

    def forward(self, length):
        filters = self.body(self.positions[:, :length]) * (torch.exp(-self.time[:, :length] * self.rates) + 0.05)
        return filters.transpose(1, 2)


def causal(signal, filters, skip):
    """A causal convolution over the whole sequence by Fourier transforms of twice its length."""
    size = 2 * signal.shape[-1]
    spectrum = torch.fft.rfft(signal, n=size) * (torch.fft.rfft(filters, n=size) / size)
    return torch.fft.irfft(spectrum, n=size, norm="forward")[..., : signal.shape[-1]] + signal * skip[:, None]


class Hyena(nn.Module):
    """Projections that gate a long convolution, with a short one in front."""

    def __init__(self, channels, length):
        super().__init__()
        self.channels = channels
        self.inward, self.outward = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.short = nn.Conv1d(3 * channels, 3 * channels, 3, padding=2, groups=3 * channels)
        self.filter = ImplicitFilter(channels, length)

    def forward(self, x):
        length = x.shape[1]
        x = self.short(self.inward(x).transpose(1, 2))[..., :length]
        gate, second, value = x.split(self.channels, 1)
        value = causal(value * second, self.filter(length), self.filter.bias)
        return self.outward((value * gate).transpose(1, 2))


class HyenaDNA(nn.Module):
    """Tokens of single bases, blocks of the Hyena operator and dense layers, the mean over positions (Nguyen et al. 2023)."""

    def __init__(self, length, channels=16, blocks=2, tracks=3):
        super().__init__()
        self.table = nn.Embedding(16, channels)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2 * blocks + 1))
        self.mixers = nn.ModuleList(Hyena(channels, length) for _ in range(blocks))
        self.dense = nn.ModuleList(
            nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(approximate="tanh"), nn.Linear(4 * channels, channels))
            for _ in range(blocks)
        )
        self.head = nn.Linear(channels, tracks)

    def forward(self, tokens):
        x = self.table(tokens)
        for i, (mixer, dense) in enumerate(zip(self.mixers, self.dense)):
            x = x + mixer(self.norms[2 * i](x))
            x = x + dense(self.norms[2 * i + 1](x))
        return self.head(self.norms[-1](x).mean(1))


class Selective(nn.Module):
    """Mamba's block: a gated state space whose steps depend on the input, computed step by step (Gu and Dao 2023)."""

    def __init__(self, channels, state=4, rank=2, expand=2):
        super().__init__()
        self.inner, self.state, self.rank = expand * channels, state, rank
        self.inward, self.outward = nn.Linear(channels, 2 * self.inner, bias=False), nn.Linear(self.inner, channels, bias=False)
        self.short = nn.Conv1d(self.inner, self.inner, 4, padding=3, groups=self.inner)
        self.selection, self.rate = nn.Linear(self.inner, rank + 2 * state, bias=False), nn.Linear(rank, self.inner)
        self.decay = nn.Parameter(torch.log(torch.arange(1, state + 1).float()).repeat(self.inner, 1))
        self.skip = nn.Parameter(torch.ones(self.inner))

    def forward(self, x):
        length = x.shape[1]
        x, gate = self.inward(x).chunk(2, -1)
        x = F.silu(self.short(x.transpose(1, 2))[..., :length]).transpose(1, 2)
        rate, write, read = self.selection(x).split([self.rank, self.state, self.state], -1)
        rate = F.softplus(self.rate(rate))
        kept = torch.exp(rate[..., None] * -torch.exp(self.decay))
        added = rate[..., None] * write[:, :, None] * x[..., None]
        state, outputs = torch.zeros_like(added[:, 0]), []
        for i in range(length):
            state = kept[:, i] * state + added[:, i]
            outputs.append((state * read[:, i, None]).sum(-1))
        return self.outward((torch.stack(outputs, 1) + x * self.skip) * F.silu(gate))


class BothWays(nn.Module):
    """One block for both directions; the sum of what it makes of them."""

    def __init__(self, channels):
        super().__init__()
        self.block = Selective(channels)

    def forward(self, x):
        return self.block(x) + self.block(x.flip(1)).flip(1)


class Caduceus(nn.Module):
    """Half of the channels hold a sequence and half its reverse complement; both go through the same blocks, so that the
    network is equivariant (Schiff et al. 2024)."""

    def __init__(self, channels=8, blocks=2, tracks=2):
        super().__init__()
        self.table = nn.Linear(4, channels, bias=False)
        self.norms = nn.ModuleList(nn.RMSNorm(channels, eps=1e-5) for _ in range(blocks + 1))
        self.blocks = nn.ModuleList(BothWays(channels) for _ in range(blocks))
        self.head = nn.Linear(channels, tracks)

    def forward(self, x):
        x = x.transpose(1, 2)
        x = torch.cat([self.table(x), self.table(x.flip(1, 2)).flip(1, 2)], -1)
        for norm, block in zip(self.norms, self.blocks):
            forward, backward = x.chunk(2, -1)
            backward = backward.flip(1, 2)
            mixed = torch.cat([block(norm(forward)), block(norm(backward)).flip(1, 2)], -1)
            x = x + mixed
        forward, backward = x.chunk(2, -1)
        both = self.head(self.norms[-1](forward)) + self.head(self.norms[-1](backward.flip(1, 2)).flip(1))
        return both.mean(1) / 2


BASES = {"A": 7, "C": 8, "G": 9, "T": 10, "N": 11}


def base_tokens(texts):
    return (torch.tensor([[*(BASES[base] for base in text), 1] for text in texts]),)


STRUCTURES = {
    "hyenadna": Structure(
        lambda: HyenaDNA(129), 128, base_tokens,
        tables="[[input]]\ntokens = { A = 7, C = 8, G = 9, T = 10, N = 11 }\nend_tokens = [1]\n",
    ),
    "hyena_of_bases": Structure(lambda: nn.Sequential(Transposed(), nn.Linear(4, 12), Hyena(12, 160), nn.Linear(12, 2)), 160),
    "caduceus": Structure(lambda: Caduceus(blocks=1), 16),
}


class Transposed(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)

"""Small networks for `make.py` that use the operators along some dimensions: reductions, sorting, Fourier transforms, scattering,
windows, interpolation, matrix functions, and writing in place."""

import math

import torch
from torch import nn
from torch.nn import functional as F

LENGTH = 24


class Base(nn.Module):
    """Eight channels along the sequence, and a dense layer after what a network makes of them."""

    def __init__(self, features):
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 5, padding=2)
        self.last = nn.Linear(features, 3)

    def body(self, x):
        return torch.tanh(self.conv(x))


class Reductions(Base):
    """One element of each slice, its position, spread, norms, running functions."""

    def __init__(self):
        super().__init__(8 * 14)

    def forward(self, x):
        y = self.body(x)
        values, places = y.max(-1)
        parts = [
            values,
            places.float() / 24,
            y.min(dim=-1).values,
            y.median(-1).values,
            y.kthvalue(3, -1).values,
            y.std(-1),
            y.var(-1, unbiased=False),
            torch.var_mean(y, -1, correction=2)[0],
            y.norm(dim=-1),
            torch.linalg.vector_norm(y, 1.0, -1),
            y.cumprod(-1)[..., 5],
            y.cummax(-1).values.mean(-1),
            torch.logcumsumexp(y, -1)[..., 7],
            (y > 0.1).any(-1).float() + y.argmin(-1) / 24 + (y > -2).all(-1) + y.prod(-1),
        ]
        return self.last(torch.cat(parts, 1))


class Sorting(Base):
    """Sorted numbers, the largest and their positions, along the sequence and over the channels."""

    def __init__(self):
        super().__init__(8 * 3 + 24 * 2)

    def forward(self, x):
        y = self.body(x)
        large, places = y.topk(4, -1)
        order = y.argsort(-1, descending=True)[..., :2].float() / 24
        parts = [
            y.sort(-1, descending=True).values[..., 3],
            large.mean(-1) + places.float().mean(-1) / 24,
            order.mean(-1),
            y.sort(1).values[:, 2],
            y.topk(2, 1, largest=False).values[:, 1],
        ]
        return self.last(torch.cat(parts, 1))


class Spectral(Base):
    """A long convolution by Fourier transforms, complex numbers, a rotation by complex weights."""

    def __init__(self):
        super().__init__(8)
        self.filter = nn.Parameter(torch.randn(8, LENGTH) / 5)
        angle = torch.outer(torch.arange(LENGTH).float(), 1 / 10 ** (torch.arange(4) / 4))
        self.register_buffer("turn", torch.polar(torch.ones_like(angle), angle))

    def forward(self, x):
        y = self.body(x)
        n = 2 * LENGTH
        long = torch.fft.irfft(torch.fft.rfft(y, n=n) * torch.fft.rfft(self.filter, n=n), n=n)[..., :LENGTH]
        spectrum = torch.fft.fft(y, norm="ortho")
        power = spectrum.abs().mean(-1) + spectrum.real.amax(-1) + torch.view_as_real(torch.fft.ifft(spectrum))[..., 0].mean(-1)
        pairs = y.transpose(1, 2).contiguous().reshape(y.shape[0], LENGTH, 4, 2)
        turned = torch.view_as_real(torch.view_as_complex(pairs) * self.turn).flatten(2).mean(1)
        return self.last(torch.tanh(long).mean(-1) + power / 3 + turned)


class Scattering(Base):
    """Writing at indices, taking at indices, and masks of positions."""

    def __init__(self):
        super().__init__(4 + 8 + 8 + 8 + 8)
        self.register_buffer("into", torch.arange(LENGTH) % 8)
        self.register_buffer("rows", torch.arange(8))
        self.register_buffer("columns", torch.arange(8) * 2)

    def forward(self, x):
        y = self.body(x)
        sums = torch.zeros(x.shape[0], 4).scatter_add(1, x.argmax(1), y.amax(1))
        added = torch.zeros(x.shape[0], 8).index_add(1, self.into, y.mean(1), alpha=0.5)
        picked = y[:, self.rows, self.columns]
        every = torch.arange(LENGTH) % 3 == 0
        rows, columns = torch.triu_indices(8, 8, 2)
        pairs = (y.mean(-1)[:, :, None] * y.amax(-1)[:, None])[:, rows, columns]
        largest = y.abs().argmax(-1)
        each = y[torch.arange(x.shape[0])[:, None], torch.arange(8), largest]
        parts = [sums, added, picked, y[:, :, every].mean(-1) + pairs.mean(-1, keepdim=True), each]
        return self.last(torch.cat(parts, 1))


class Windows(Base):
    """Windows as a dimension or as columns, interpolation, pooling that is undone, a convolution in three dimensions."""

    def __init__(self):
        super().__init__(8 * 5)
        self.within = nn.Linear(8 * 6, 8)
        self.columns = nn.Linear(4 * 6, 8)
        self.cube = nn.Conv3d(1, 8, (1, 4, 5))

    def forward(self, x):
        y = self.body(x)
        windows = y.unfold(2, 6, 3).permute(0, 2, 1, 3).flatten(2)
        columns = F.unfold(x[:, None], (4, 6), stride=(1, 3)).transpose(1, 2)
        up = F.interpolate(y[..., ::2], scale_factor=2, mode="linear") + F.interpolate(y[..., :16], size=24)
        image = F.interpolate(y[:, None, :, :10], size=(12, 15), mode="bicubic").mean((1, 2))
        pooled, places = F.max_pool1d(y, 4, return_indices=True)
        back = F.max_unpool1d(pooled, places, 4)
        parts = [
            self.within(windows).amax(1),
            self.columns(columns).amax(1),
            torch.tanh(up).mean(-1) + image[:, :8],
            back.mean(-1) + torch.cumsum(back, -1)[..., 9],
            self.cube(x[:, None, None]).amax((2, 3, 4)),
        ]
        return self.last(torch.cat(parts, 1) / 2)


class Algebra(Base):
    """Vectors and matrices, distances, weights that are computed, and functions of matrices."""

    def __init__(self):
        super().__init__(8 + 3 + 8 + 8)
        self.points = nn.Parameter(torch.randn(3, 8))
        self.vector = nn.Parameter(torch.randn(8))
        self.normed = nn.utils.parametrizations.weight_norm(nn.Conv1d(8, 8, 3, padding=1))
        self.straight = nn.utils.parametrizations.orthogonal(nn.Linear(8, 8))
        self.pair = nn.Bilinear(8, 8, 8)

    def forward(self, x):
        y = self.body(x)
        m = self.normed(y).mean(-1)
        apart = torch.cdist(m, self.points, compute_mode="donot_use_mm_for_euclid_dist") + F.cosine_similarity(m[:, None], self.points[None], dim=-1)
        turned = self.straight(m) + torch.addmv(self.vector, torch.outer(self.vector, self.vector), self.vector, alpha=0.1)
        covariance = torch.einsum("...cl,...dl->...cd", y, y) / LENGTH + torch.eye(8)
        solved = torch.linalg.solve(covariance, m.unsqueeze(-1)).squeeze(-1)
        mixed = self.pair(m, y.amax(-1)) + solved + torch.linalg.inv(covariance).diagonal(dim1=1, dim2=2)
        attended = F.multi_head_attention_forward(
            y.permute(2, 0, 1), y.permute(2, 0, 1), y.permute(2, 0, 1), 8, 2, torch.eye(8).repeat(3, 1), None,
            self.points[:1, None], self.points[1:2, None], True, 0.0, torch.eye(8), None, training=False, need_weights=False,
        )[0].mean(0)
        return self.last(torch.cat([turned, apart, mixed, attended], 1))


class Written(Base):
    """Writes to views of a tensor and reads the tensor, its other views and copies of it afterwards."""

    def __init__(self):
        super().__init__(8 * 4)
        self.cls = nn.Parameter(torch.randn(1, 1, 8))

    def forward(self, x):
        y = self.body(x)
        z = y.clone()
        z += 1
        view = z[:, :4]
        z[:, :, 0] = 0
        z[:, 1].mul_(2)
        view[..., 3:9] = y[:, 4:, 3:9]
        shifted = torch.zeros_like(y)
        shifted[:, :, 4:] = y[:, :, :-4]
        shifted[:, ::2, 1::3].fill_(0.5)
        turned = torch.empty_like(y).copy_(y).transpose(1, 2)
        turned[:, 0].clamp_(min=0.1)
        turned.masked_fill_(turned < -0.5, -0.5)
        state = torch.zeros(x.shape[0], 8)
        for step in range(5):
            state = 0.5 * state + z[..., step]
        tokens = torch.cat([self.cls.repeat(x.shape[0], 1, 1), y.transpose(1, 2)], 1)
        parts = [z.mean(-1) + view.sum((1, 2), keepdim=True)[..., 0], shifted.amax(-1), turned.std(1) + state, tokens.mean(1)]
        return self.last(torch.cat(parts, 1))


class LastStates(Base):
    """Last states of recurrent layers, one with a projection, and layers that run step by step."""

    def __init__(self):
        super().__init__(3 + 5)
        self.both = nn.LSTM(8, 6, batch_first=True, bidirectional=True, num_layers=2)
        self.cells = nn.LSTM(8, 6)
        self.gru = nn.GRU(8, 6, batch_first=True)
        self.projected = nn.LSTM(8, 6, batch_first=True, proj_size=3)
        self.step = nn.LSTMCell(8, 5)
        self.ends = nn.Linear(12, 3)
        self.memory = nn.Linear(6, 3)
        self.state = nn.Linear(6, 3)

    def forward(self, x):
        y = self.body(x).transpose(1, 2)
        _, (ends, _) = self.both(y)
        _, (_, memory) = self.cells(y.transpose(0, 1))
        _, state = self.gru(y)
        h, c = torch.zeros(x.shape[0], 5), torch.zeros(x.shape[0], 5)
        for i in range(4):
            h, c = self.step(y[:, i], (h, c))
        # PyTorch records these states with wrong shapes, with which they cannot be joined to other tensors.
        of_ends = self.ends(torch.cat([ends[-2], ends[-1]], -1))
        steps = self.last(torch.cat([self.projected(y)[0].mean(1), h * c], 1))
        return of_ends + self.memory(memory[-1]) + self.state(state[-1]) + steps


class Functions(Base):
    """Functions of single numbers and of pairs of numbers that networks use seldom."""

    def __init__(self):
        super().__init__(8)

    def forward(self, x):
        y = self.body(x)
        z = 0.9 * y
        total = torch.tan(z) + torch.asin(z) + torch.acos(z) + torch.atan(y) + torch.sinh(y) + torch.cosh(y)
        total = total + torch.asinh(y) + torch.acosh(y + 2.5) + torch.atanh(z) + torch.log2(y + 2) + torch.log10(y + 2)
        total = total + torch.exp2(y) + torch.erfc(y) + torch.erfinv(z) + torch.lgamma(y + 2) + torch.special.digamma(y + 2)
        total = total + torch.atan2(y, y + 2) + torch.remainder(3 * y, 0.7) + torch.fmod(3 * y, 0.7) + torch.hypot(y, z)
        total = total + torch.logaddexp(y, z) + torch.xlogy(y, y + 2) + 2**y + torch.nan_to_num(torch.log(y), nan=0.1, neginf=0.2)
        total = total + F.celu(y, 0.7) + F.hardshrink(y, 0.2) + F.softshrink(y, 0.2) + F.threshold(y, 0.1, 0.3) + F.logsigmoid(y)
        total = total + F.glu(torch.cat([y, z], 1), 1) + torch.lerp(y, z, 0.3) + torch.addcmul(y, z, z, value=0.5)
        total = total + y.clamp(max=z.mean(-1, keepdim=True)) + torch.trunc(3 * y) + torch.frac(3 * y) + y.to(torch.int64)
        total = total + (3 * y).detach().floor_divide(0.8) + torch.div(3 * y, 0.8, rounding_mode="trunc") + y.double().to(y.dtype)
        total = total + ((5 * y).long() & 3) + (~(y > 0)) + torch.logical_or(y > 0, z < -0.3) + torch.heaviside(y.detach(), torch.tensor(0.5))
        total = total + F.one_hot((x.argmax(1) * 2).long(), 8).permute(0, 2, 1) + y.type_as(x).repeat_interleave(2, -1)[..., ::2]
        return self.last(total.mean(-1) / 10 + math.e)


ALL = {
    "reductions": Reductions,
    "sorting": Sorting,
    "spectral": Spectral,
    "scattering": Scattering,
    "windows": Windows,
    "algebra": Algebra,
    "written": Written,
    "last_states": LastStates,
    "functions": Functions,
}

"""Small networks for `make.py` that use functions which PyTorch makes of other operators, and which `torch.export` keeps whole: joining
and splitting, turning, differences, losses as scores, products, windows; and integers, whose division truncates."""

import torch
from torch import nn
from torch.nn import functional as F

from along_dimensions import LENGTH, Base


class Joined(Base):
    """Tensors that are stacked, split, broadcast and turned."""

    def __init__(self):
        super().__init__(8 * 14)

    def forward(self, x):
        y = self.body(x)
        m = y.mean(-1)
        a, b, c = y.tensor_split(3, -1)
        d, e = y.tensor_split([5], 2)
        f, g = y.dsplit(2)
        h, i = m.hsplit([3])
        rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(24.0), indexing="ij")
        turned, _ = torch.meshgrid(torch.arange(24.0), torch.arange(8.0), indexing="xy")
        wide, narrow = torch.broadcast_tensors(y, m[..., None])
        parts = [
            torch.hstack([h, i]),
            torch.dstack([m, y[..., 0]]).sum(-1),
            torch.column_stack([m[:, :3], m[:, 3:]]),
            a.mean(-1) + b.amax(-1) * c.mean(-1),
            d.mean(-1) * e.mean(-1),
            (f - g).mean(-1),
            (y * (rows + 2 * columns) / 50).mean(-1) + turned.mean() / 100,
            (wide * narrow).mean(-1),
            torch.broadcast_to(torch.linspace(0, 1, LENGTH), y.shape).mean(-1) * m,
            torch.fliplr(y)[..., 2] + y.swapaxes(1, 2)[:, 3],
            torch.rot90(y, 1, (1, 2))[:, 4],
            torch.rot90(y, 3, (1, 2))[:, 5] + torch.rot90(y, 2, (1, 2))[..., 6],
            torch.fft.fftshift(y, dim=-1)[..., 0] - torch.fft.ifftshift(y[..., :7], dim=-1)[..., 0],
            torch.atleast_3d(m)[..., 0] + torch.concatenate([y, y], -1)[..., 30],
        ]
        return self.last(torch.cat(parts, 1))


class Differences(Base):
    """Differences of neighbours, areas, special functions, products of vectors and matrices, means without missing numbers."""

    def __init__(self):
        super().__init__(8 * 13)

    def forward(self, x):
        y = self.body(x)
        m = y.mean(-1)
        square = y @ y.mT / 24
        cross = torch.linalg.cross(y[:, :3], y[:, 3:6], dim=1).mean(-1)
        parts = [
            torch.diff(y, dim=-1).abs().mean(-1),
            torch.diff(y, n=2, dim=-1, prepend=y[..., :1]).square().mean(-1),
            torch.trapezoid(y, dim=-1),
            torch.trapezoid(y, torch.linspace(0, 1, LENGTH) ** 2, dim=-1),
            torch.cumulative_trapezoid(y, dx=0.5, dim=-1)[..., 11],
            torch.nanmean(torch.where(y > 0, y, float("nan")), -1),
            torch.special.entr(y.softmax(-1)).sum(-1),
            torch.sinc(y).mean(-1) + torch.special.ndtr(y).mean(-1),
            torch.logaddexp2(y, -y).mean(-1) + torch.deg2rad(y * 90).amax(-1),
            torch.linalg.matrix_power(square, 3).mean(-1),
            F.pad(cross, (2, 3)) + F.rrelu(m),
            m @ torch.kron(self.last.weight[:2, :2], self.conv.weight[:4, :4, 0]),
            torch.searchsorted(torch.tensor([-0.3, 0.1, 0.4]), y.contiguous(), right=True).float().mean(-1)
            + (y * torch.hann_window(LENGTH)).sum(-1)
            + torch.ldexp(m, torch.tensor(2)),
        ]
        return self.last(torch.cat(parts, 1))


class Scores(Base):
    """Losses of a network's prediction of its own input."""

    def __init__(self):
        super().__init__(4 * 6 + 3)
        self.predicts = nn.Conv1d(4, 4, 5, padding=2)

    def forward(self, x):
        y = self.predicts(x)
        codes = x.argmax(1)
        scores = [
            F.cross_entropy(y, codes, reduction="none"),
            F.nll_loss(F.log_softmax(y, 1), codes, reduction="none"),
            F.kl_div(F.log_softmax(y, 1), 0.9 * x + 0.025, reduction="none").sum(1),
        ]
        losses = [
            F.mse_loss(y, x, reduction="none"),
            F.l1_loss(y, x, reduction="none"),
            F.smooth_l1_loss(y, x, reduction="none", beta=0.5),
            F.huber_loss(y, x, reduction="none", delta=0.3),
            F.binary_cross_entropy_with_logits(y, x, reduction="none", pos_weight=torch.tensor([2.0])),
            F.poisson_nll_loss(y, x, reduction="none") + F.binary_cross_entropy(y.sigmoid(), x, reduction="none"),
        ]
        means = [score.mean(-1, keepdim=True) for score in scores] + [loss.mean(-1) for loss in losses]
        return self.last(torch.cat(means, 1))


class Integers(nn.Module):
    """Places in a table that are computed by dividing integers, as an exporter writes a search by halving."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(20, 6)
        self.conv = nn.Conv1d(4, 6, 5, padding=2)
        self.last = nn.Linear(6, 3)
        self.register_buffer("bounds", torch.tensor([-0.2, 0.0, 0.3]))

    def forward(self, x):
        y = self.conv(x)
        codes = x.argmax(1) * 5 + 1
        places = torch.div(codes, 3, rounding_mode="trunc") + codes // 4
        found = torch.bucketize(y, self.bounds).float().mean(-1)
        return self.last(self.table(places).mean(1) + found + y.mean(-1))


class StateSpace(Base):
    """A long convolution whose kernel is a sum of complex exponentials, as of S4D (Gu et al. 2022)."""

    def __init__(self):
        super().__init__(8)
        self.step = nn.Parameter(torch.rand(8) - 3)
        self.weights = nn.Parameter(torch.randn(8, 3, 2))
        self.decay = nn.Parameter(torch.rand(8, 3))
        self.turn = nn.Parameter(torch.arange(3).repeat(8, 1) * torch.pi)

    def forward(self, x):
        y = self.body(x)
        poles = (1j * self.turn - self.decay.exp()) * self.step.exp()[:, None]
        weights = torch.view_as_complex(self.weights) * (poles.exp() - 1) / (poles + (0.5 - 0.25j))
        kernel = 2 * torch.einsum("hn,hnl->hl", weights, (poles[..., None] * torch.arange(LENGTH)).exp()).real
        size = 2 * LENGTH
        turned = torch.fft.irfft(torch.fft.rfft(y, n=size) * torch.fft.rfft(kernel, n=size), n=size)[..., :LENGTH]
        return self.last(F.gelu(turned).mean(-1))


class AtZero(Base):
    """Functions of exact zeros, at which the gradient of the formula is no number."""

    def __init__(self):
        super().__init__(8 * 4)

    def forward(self, x):
        y = F.relu(self.body(x))
        gone = F.relu(y - 10)
        parts = [
            torch.sinc(y).mean(-1),
            torch.linalg.vector_norm(torch.stack([gone, gone + y]), dim=0).mean(-1),
            gone.norm(dim=-1) + y.mean(-1),
            F.normalize(gone, dim=1).mean(-1) - y.amax(-1),
        ]
        return self.last(torch.cat(parts, 1))


class AtKinks(Base):
    """Functions at their kinks, where PyTorch's gradient is one of those on either side."""

    def __init__(self):
        super().__init__(8 * 12)
        self.prelu = nn.PReLU(8, init=0.3)

    def forward(self, x):
        y = self.body(x)
        zero = y - y.detach()
        low, high = torch.zeros(8, 1), torch.ones(8, 1)
        parts = [
            F.relu6(zero), F.relu6(6 + zero), F.hardtanh(zero, 0, 1), F.hardtanh(2 + zero, -1, 2),
            F.hardsigmoid(3 + zero), F.hardsigmoid(zero - 3), F.hardswish(3 + zero), F.hardswish(zero - 3),
            self.prelu(zero), torch.clamp(zero, low, high), torch.clamp(zero + 1, low, high),
            torch.fmax(zero, 2 * zero) + torch.fmin(zero, 3 * zero),
        ]
        return self.last(torch.cat([part.mean(-1) for part in parts], 1)) + y.mean((1, 2))[:, None]


class Stacked(Base):
    """Tensors that are joined along dimensions that they lack, and the likelihood of the input, which ONNX has operators for."""

    def __init__(self):
        super().__init__(8 * 4 + 1)
        self.predicts = nn.Conv1d(4, 4, 5, padding=2)

    def forward(self, x):
        y = self.body(x)
        m, largest = y.mean(-1), y.amax(-1)
        score = F.cross_entropy(self.predicts(x), x.argmax(1), reduction="none")
        parts = [
            torch.hstack([m, largest]),
            torch.dstack([m, largest, y[..., 3]]).prod(-1),
            torch.column_stack([largest[:, :2], m[:, 2:]]),
            score.mean(-1, keepdim=True),
        ]
        return self.last(torch.cat(parts, 1))


class Selected(Base):
    """Positions that a buffer of truth values selects, or one of integers by a comparison; and functions of other shapes and values."""

    def __init__(self):
        super().__init__(8 * 9 + 24)
        self.register_buffer("mask", torch.arange(LENGTH) % 5 < 2)
        self.register_buffer("positions", torch.arange(LENGTH))

    def forward(self, x):
        y = self.body(x)
        turned = y.clone()
        turned.transpose_(1, 2)
        turned.unsqueeze_(1)
        turned.squeeze_(1)
        turned.mul_(2)
        named = torch.isin(x.argmax(1), torch.tensor([1, 3])).float()
        others = torch.isin(x.argmax(1), torch.tensor([0, 1, 2]), invert=True).float()
        parts = [
            y[:, :, self.mask].mean(-1),
            y[..., ~self.mask].amax(-1),
            y[:, :, self.positions < 7].flatten(1)[:, :24],
            (y * self.mask).sum_to_size(y.shape[0], 8, 1).squeeze(-1),
            torch.round(y[..., 3] * 10, decimals=1) + y[..., 2],
            torch.round(y[..., 4] * 1000, decimals=-2) / 1000 + y[..., 2],
            turned[:, 3],
            turned.amax(1) * named.mean(-1, keepdim=True),
            (y * others[:, None]).mean(-1),
            y.mean(-1),
        ]
        return self.last(torch.cat(parts, 1))


class Sampled(Base):
    """Images that are sampled at the places of a grid, and sums of windows of them."""

    def __init__(self):
        super().__init__(3 * 2 * 4 * 6 + 2 * 3 * 10)
        grid = torch.stack(torch.meshgrid(torch.linspace(-1.1, 1.1, 4), torch.linspace(-0.9, 0.8, 6), indexing="ij"), -1)
        self.register_buffer("grid", grid[None].flip(-1) * 0.93)

    def forward(self, x):
        image = self.body(x).unflatten(1, (2, 4))
        grid = self.grid.expand(x.shape[0], -1, -1, -1)
        parts = [
            F.grid_sample(image, grid, align_corners=False),
            F.grid_sample(image, grid, padding_mode="border", align_corners=True),
            F.grid_sample(image, grid, mode="bicubic", padding_mode="reflection", align_corners=False),
            F.fold(self.body(x), (3, 10), (2, 2), padding=(1, 1), stride=(1, 2)),
        ]
        return self.last(torch.cat([part.flatten(1) for part in parts], 1))


class Bags(Base):
    """Sums, means and maxima of the vectors of several indices, some of which only fill up a bag."""

    def __init__(self):
        super().__init__(5 * 6)
        self.sums = nn.EmbeddingBag(8, 6, mode="sum")
        self.padded_sums = nn.EmbeddingBag(4, 6, mode="sum", padding_idx=3)
        self.means = nn.EmbeddingBag(4, 6, mode="mean", padding_idx=2)
        self.maxima = nn.EmbeddingBag(4, 6, mode="max", padding_idx=1)
        self.offsets = nn.EmbeddingBag(4, 6, mode="max")

    def forward(self, x):
        weights, channels = self.body(x).max(1)
        codes = x.argmax(1)
        few, count, length = codes[:, :3], *codes.shape
        parts = [
            self.sums(channels, per_sample_weights=weights),
            self.padded_sums(few),
            self.means(few),
            self.maxima(few),
            self.offsets(codes.reshape(-1), torch.arange(0, count * length, length)),
        ]
        return self.last(torch.cat(parts, 1))


class ShortTime(Base):
    """Spectra of the windows of a signal."""

    def __init__(self):
        super().__init__(9 + 16)
        self.signal = nn.Conv1d(8, 1, 1)
        self.register_buffer("window", torch.hann_window(16))

    def forward(self, x):
        signal = self.signal(self.body(x)).squeeze(1)
        centered = torch.stft(signal, 16, hop_length=4, window=self.window, return_complex=True)
        options = dict(hop_length=5, win_length=11, center=False, normalized=True, onesided=False, return_complex=True)
        whole = torch.view_as_real(torch.stft(signal, 16, **options))
        parts = [centered.real**2 + centered.imag**2, (whole**2).sum(-1)]
        return self.last(torch.cat([part.mean(-1) for part in parts], 1))


class StrandBatches(Base):
    """Both strands and shifted copies, computed as one batch and taken apart again."""

    def __init__(self):
        super().__init__(8)

    def forward(self, x):
        count = x.shape[0]
        copies = [x, x.flip(1, 2), x.roll(1, -1), x.roll(-2, -1)]
        y = self.last(F.relu(self.body(torch.cat(copies))).mean(-1))
        half = y.shape[0] // 2
        strands = torch.maximum(y[:count], y[count:half])
        return strands + y[-count:] - 2 * y.narrow(0, 2 * count, count) + y[half:][:count] * y[count : 3 * count][count:]


class Special(Base):
    """Special functions, and complex numbers made of real ones."""

    def __init__(self):
        super().__init__(16)

    def forward(self, x):
        y = self.body(x)
        small = torch.sigmoid(y)
        bessel = torch.special.i0(small) + torch.special.i1(y / 2) + torch.special.i0e(y) * torch.special.i1e(y)
        errors = torch.special.erfcx(small) + torch.special.log_ndtr(y) + torch.special.xlog1py(small, small)
        turned = y.to(torch.complex64) * torch.exp(1j * torch.arange(24) / 7)
        return self.last(torch.cat([(bessel + errors).mean(-1), (turned.real * turned.imag).mean(-1)], 1))


class VectorAttention(Base):
    """Pooling by attention, whose scores are products with a vector on the right and on the left."""

    def __init__(self):
        super().__init__(16)
        self.vector = nn.Parameter(torch.randn(8))

    def forward(self, x):
        y = torch.tanh(self.body(x))
        by_column = (y.transpose(1, 2) @ self.vector).softmax(1).unsqueeze(-1)
        by_row = torch.matmul(self.vector, y).softmax(1)
        return self.last(torch.cat([(y.transpose(1, 2) * by_column).sum(1), (y * by_row[:, None]).amax(-1)], 1))


class Doubles(Base):
    """A sum of exponentials that is computed in float64."""

    def __init__(self):
        super().__init__(8)

    def forward(self, x):
        return self.last(torch.log(self.body(x).double().exp().sum(-1)).float())


class TwiceNamed(nn.Module):
    """A part that is an attribute of the network and of another part, as in enformer-pytorch: each of its weights has two names."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(4, 6, 5, padding=2), nn.BatchNorm1d(6), nn.ReLU())
        self.trunk = nn.Sequential(self.stem, nn.Conv1d(6, 4, 1), nn.AdaptiveAvgPool1d(1), nn.Flatten())
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.trunk(x))


ALL = {
    "joined": Joined,
    "differences": Differences,
    "scores": Scores,
    "state_space": StateSpace,
    "at_zero": AtZero,
    "at_kinks": AtKinks,
    "stacked": Stacked,
    "selected": Selected,
    "sampled": Sampled,
    "bags": Bags,
    "short_time": ShortTime,
    "strand_batches": StrandBatches,
    "doubles": Doubles,
    "special": Special,
    "vector_attention": VectorAttention,
    "twice_named": TwiceNamed,
}

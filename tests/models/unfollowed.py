"""Networks for `make.py` that gia refuses, or stops, rather than answer otherwise than PyTorch: writes in place through views that it
does not follow, and integers that float32 does not hold."""

import torch
from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(20, 2)


class WrittenDiagonal(Small):
    """Attention in which no position attends to itself."""

    def forward(self, x):
        scores = x.transpose(1, 2) @ x
        scores.diagonal(dim1=1, dim2=2).fill_(float("-inf"))
        return self.last(scores.softmax(-1).amax(1))


class WrittenWindows(Small):
    def forward(self, x):
        y = x * 2
        y.unfold(2, 5, 5)[..., 0] = 0.0
        return self.last(y.sum(1))


class WrittenSpectrum(Small):
    def forward(self, x):
        spectrum = torch.fft.rfft(x)
        spectrum.real[..., 0] = 0.0
        return self.last(torch.fft.irfft(spectrum, n=20).amax(1))


class StaleWindows(Small):
    """Windows that are read after the tensor behind them was written to."""

    def forward(self, x):
        y = x * 2
        windows = y.unfold(2, 1, 1)
        y[:, :, :9] = 5.0
        return self.last(windows.amax(-1).sum(1))


class TurnedView(Small):
    """A view of all elements that is turned in place, which leaves the tensor behind it as it was."""

    def forward(self, x):
        y = x[..., :4] * 2
        turned = y[:, :]
        turned.transpose_(1, 2)
        return self.last(torch.cat([y, turned, y, turned, y], -1).sum(1))


class WrittenStrand(Small):
    """Both strands as one batch, of which one is written to."""

    def forward(self, x):
        y = torch.cat([x, x.flip(1, 2)])
        y[: x.shape[0]].mul_(2.0)
        return self.last(y[: x.shape[0]].amax(1) + y[x.shape[0] :].amax(1))


class RunningScale(Small):
    """A norm by a running mean that each prediction moves."""

    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.ones(1))

    def forward(self, x):
        y = x * 2
        self.scale.lerp_(y.mean().reshape(1).detach(), 0.1)
        return self.last(y.amax(1) / self.scale)


class HalfPrecision(nn.Module):
    """A convolution in bfloat16, between layers in float32."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Conv1d(4, 4, 3), nn.Conv1d(4, 4, 3).bfloat16(), nn.Linear(4, 2)

    def forward(self, x):
        y = self.second(self.first(x).bfloat16())
        return self.last(y.float().mean(-1))


class HalfBags(Small):
    """Two bags for each sequence, by offsets."""

    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(4, 10, mode="sum")

    def forward(self, x):
        codes = x.argmax(1)
        count, length = codes.shape
        halves = self.bag(codes.reshape(-1), torch.arange(0, count * length, length // 2))
        return self.last(halves.reshape(count, 20))


class AttendingBatch(Small):
    """Attention of a layer that takes the batch for the length."""

    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(4, 2)

    def forward(self, x):
        y = x.transpose(1, 2)
        return self.last(self.attend(y, y, y)[0].sum(2))


class BatchMean(Small):
    """A mean over positions that divides by the wrong size."""

    def forward(self, x):
        return self.last(x.sum(1) / x.shape[0])


class LongWords(nn.Module):
    """The rest of a word of 13 bases, of which float32 does not hold all."""

    def __init__(self):
        super().__init__()
        self.register_buffer("powers", 4 ** torch.arange(13))

    def forward(self, x):
        words = (x.argmax(1).unfold(1, 13, 1) * self.powers).sum(-1) % 1009
        return words.float().mean(-1, keepdim=True)


class Bytes(nn.Module):
    """Differences of bytes, which wrap."""

    def forward(self, x):
        codes = x.argmax(1).to(torch.uint8)
        return (codes[:, 1:] - codes[:, :-1]).float().mean(-1, keepdim=True)


class LongTable(Small):
    """Integers of a buffer that float32 does not hold."""

    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.tensor([3, 2**24 + 1, 5, 7]))

    def forward(self, x):
        return self.last((self.table[x.argmax(1)] % 4).float())


ALL = {
    "written_diagonal": WrittenDiagonal,
    "written_windows": WrittenWindows,
    "written_spectrum": WrittenSpectrum,
    "stale_windows": StaleWindows,
    "turned_view": TurnedView,
    "written_strand": WrittenStrand,
    "running_scale": RunningScale,
    "half_precision": HalfPrecision,
    "half_bags": HalfBags,
    "batch_mean": BatchMean,
    "attending_batch": AttendingBatch,
    "long_words": LongWords,
    "long_table": LongTable,
    "bytes": Bytes,
}

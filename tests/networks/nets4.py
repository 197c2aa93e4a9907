"""Uses of operators that the first readers of the documentation tried, beyond nets.py to nets3.py."""

import torch
import torch.nn.functional as F
from torch import nn

from nets import Conv

N4 = {}


def module(kind):
    N4[kind.__name__] = kind
    return kind


def features(function):
    """A network whose first layer's activations, of shape (batch, 6, 60), go through a function to numbers, which a dense layer reads."""

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.o = nn.Conv1d(4, 6, 5), nn.LazyLinear(2)

        def forward(self, x):
            return self.o(function(self.c(x)).flatten(1))

    Network.__name__ = function.__name__
    return module(Network)


def gram(h):
    """Positive definite matrices."""
    return h @ h.mT / 60 + torch.eye(6)


class Strands(nn.Module):
    """Both strands as one batch of twice the size."""

    def __init__(self):
        super().__init__()
        self.n = Conv()

    def both(self, x):
        return self.n(torch.cat([x, x.flip(1, 2)], 0))


@module
class StrandSlices(Strands):
    def forward(self, x):
        y = self.both(x)
        return (y[: x.shape[0]] + y[x.shape[0] :]) / 2


@module
class StrandHalves(Strands):
    def forward(self, x):
        y = self.both(x)
        half = y.shape[0] // 2
        return torch.maximum(y[:half], y[half:])


@module
class StrandSplit(Strands):
    def forward(self, x):
        one, other = self.both(x).split(x.shape[0])
        return (one + other) / 2


@module
class StrandChunks(Strands):
    def forward(self, x):
        one, other = self.both(x).chunk(2)
        return (one + other) / 2


@module
class StrandViews(Strands):
    def forward(self, x):
        return self.both(x).view(2, x.shape[0], -1).mean(0)


@module
class StrandLast(Strands):
    """A slice counted from the end."""

    def forward(self, x):
        return self.both(x)[-x.shape[0] :]


@module
class Shifts(nn.Module):
    """Four shifted copies as one batch, of which the middle two are averaged."""

    def __init__(self):
        super().__init__()
        self.n = Conv()

    def forward(self, x):
        n = x.shape[0]
        y = self.n(torch.cat([x.roll(k, -1) for k in (-3, -1, 1, 3)]))
        return (y[n : 2 * n] + y[2 * n : 3 * n]) / 2


@module
class FreePower(nn.Module):
    """A power of a length that is left free."""

    dynL = True

    def __init__(self):
        super().__init__()
        self.c, self.o = nn.Conv1d(4, 6, 5), nn.Linear(6, 2)

    def forward(self, x):
        h = self.c(x)
        return self.o(h.sum(-1) * h.shape[-1] ** -0.5 / h.shape[-1] ** 2)


@features
def autocorrelation(h):
    return torch.fft.irfft(torch.fft.rfft(h).abs().square())


@features
def spectrum_of_magnitudes(h):
    return torch.fft.irfft(torch.fft.rfft(h).abs()).narrow(-1, 1, 8)


@features
def pool_with_divisor(h):
    return F.avg_pool2d(h.unsqueeze(1), (2, 3), divisor_override=5)


@features
def pool_padded_with_divisor(h):
    return F.avg_pool2d(h.unsqueeze(1), (2, 4), padding=(1, 2), divisor_override=3)


def bins(h):
    return (torch.arange(60) % 5).expand_as(h)


@features
def scattered_maxima(h):
    return torch.full((h.shape[0], 6, 7), 0.3).scatter_reduce(2, bins(h), h, "amax", include_self=False)


@features
def scattered_minima(h):
    return torch.full((h.shape[0], 6, 7), 0.3).scatter_reduce(2, bins(h), h, "amin", include_self=False)


@features
def scattered_means(h):
    return torch.full((h.shape[0], 6, 7), 0.3).scatter_reduce(2, bins(h), h, "mean", include_self=False)


@features
def scattered_sums(h):
    return torch.full((h.shape[0], 6, 7), 0.3).scatter_reduce(2, bins(h), h, "sum", include_self=False)


@features
def scattered_products(h):
    return torch.full((h.shape[0], 6, 7), 0.3).scatter_reduce(2, bins(h), h, "prod", include_self=False)


@features
def reduced_at_indices(h):
    return torch.full((h.shape[0], 6, 7), 0.3).index_reduce(2, torch.arange(60) % 5, h, "amax", include_self=False)


@features
def reduced_at_indices_with_self(h):
    return torch.full((h.shape[0], 6, 7), 0.3).index_reduce(2, torch.arange(60) % 5, h, "mean")


@features
def searched_rows(h):
    return h + torch.searchsorted(h.sort(-1).values.contiguous(), h.roll(1, 2).contiguous()).to(h.dtype) / 60


@features
def solved_vector(h):
    return torch.linalg.solve(gram(h), h.mean(-1))


@features
def solved_from_the_right(h):
    return torch.linalg.solve(gram(h), h[:, :3, :6].contiguous(), left=False)


@features
def log_determinant(h):
    return torch.logdet(gram(h)).unsqueeze(1)


@features
def signed_log_determinant(h):
    sign, magnitude = torch.linalg.slogdet(h[:, :, :6] + 0.3 * torch.eye(6))
    return torch.stack([sign, magnitude], 1)


@features
def determinant(h):
    return torch.linalg.det(gram(h)).unsqueeze(1)


@features
def eigenvalues(h):
    return torch.linalg.eigvalsh(gram(h))


@features
def singular_values(h):
    return torch.linalg.svdvals(h[:, :, :6])


@features
def moved_grid(h):
    theta = torch.tensor([[0.9, 0.1, 0], [0, 0.8, 0.1]]).expand(h.shape[0], 2, 3)
    return F.grid_sample(h.unsqueeze(1), F.affine_grid(theta, (h.shape[0], 1, 6, 60), align_corners=False), align_corners=False)


@features
def antialiased(h):
    return F.interpolate(h.unsqueeze(1), size=(4, 17), mode="bilinear", antialias=True)


@features
def scaled_by_powers_of_two(h):
    return torch.ldexp(h, torch.tensor([1.0, -1.0, 2.0, 0.0, 1.0, 3.0]).unsqueeze(-1))



@features
def special_functions(h):
    small = torch.sigmoid(h)
    bessel = torch.special.i0(small) + torch.special.i1(h / 2) + torch.special.i0e(h) * torch.special.i1e(h)
    return bessel + torch.special.erfcx(small) + torch.special.log_ndtr(h) + torch.special.xlog1py(small, small)


@features
def complex_from_real(h):
    z = h.to(torch.complex64) * torch.exp(1j * torch.arange(60) / 7)
    return torch.cat([z.real, z.imag], 1)


@module
class VectorAttention(nn.Module):
    """Attention pooling by a vector, and the same by a vector on the left."""

    def __init__(self):
        super().__init__()
        self.c, self.o, self.v = nn.Conv1d(4, 6, 5), nn.Linear(12, 2), nn.Parameter(torch.randn(6))

    def forward(self, x):
        h = torch.tanh(self.c(x))
        by_column = (h.transpose(1, 2) @ self.v).softmax(1).unsqueeze(-1)
        by_row = torch.matmul(self.v, h).softmax(1)
        return self.o(torch.cat([(h.transpose(1, 2) * by_column).sum(1), (h * by_row[:, None]).amax(-1)], 1))

"""Further small modules in everyday PyTorch, of kinds that neither nets.py nor nets2.py has."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from nets import Conv, L

N3 = {}


def body(function, width=16):
    """A network whose convolution's activations go through a function to numbers, which a dense layer reads."""
    def register(kind):
        N3[function.__name__] = kind
        return kind

    class Network(Conv):
        def __init__(self):
            super().__init__()
            self.o = nn.LazyLinear(2)

        def forward(self, x):
            return self.o(function(self, self.body(x), x))

    Network.__name__ = function.__name__
    N3[function.__name__] = Network
    return Network


def module(kind):
    N3[kind.__name__] = kind
    return kind


# Reductions
@body
def MeanStdCat(self, y, x): return torch.cat([y.mean(-1), y.std(-1, unbiased=False)], 1)
@body
def StdMeanCall(self, y, x): s, m = torch.std_mean(y, dim=-1); return s + m
@body
def VarMeanCall(self, y, x): s, m = torch.var_mean(y, dim=(1, 2), keepdim=True); return ((y - m) / (s + 1e-5).sqrt()).mean(-1)
@body
def AmaxAmin(self, y, x): return y.amax(-1) - y.amin(-1)
@body
def AMinMax(self, y, x): a, b = torch.aminmax(y, dim=-1); return b - a
@body
def MinDim(self, y, x): v, i = y.min(-1); return v + i.float() / 64
@body
def KthValue(self, y, x): return y.kthvalue(5, -1).values
@body
def Quantile(self, y, x): return torch.quantile(y, torch.tensor([0.1, 0.5, 0.9]), dim=-1).permute(1, 2, 0).flatten(1)
@body
def NanMean(self, y, x): return torch.nanmean(torch.where(y > 0, y, float("nan")), -1)
@body
def CountNonzero(self, y, x): return torch.count_nonzero(y, dim=-1).float() / 64
@body
def AnyAll(self, y, x): return (y > 1).any(-1).float() + (y >= 0).all(-1).float()
@body
def Prod(self, y, x): return (1 + y / 100).prod(-1)
@body
def NormP1(self, y, x): return y.norm(p=1, dim=-1)
@body
def NormInf(self, y, x): return torch.linalg.vector_norm(y, float("inf"), dim=-1)
@body
def Normalize(self, y, x): return F.normalize(y, dim=1).mean(-1)
@body
def Histogram(self, y, x): return torch.stack([(y * (y > k)).sum(-1) for k in range(3)], -1).flatten(1)
@body
def LogSumExpTwo(self, y, x): return torch.logsumexp(y, (1, 2))[:, None]
@body
def Trapezoid(self, y, x): return torch.trapezoid(y, dim=-1)
@body
def Diff(self, y, x): return torch.diff(y, dim=-1).abs().mean(-1)
@body
def Cov(self, y, x): z = y - y.mean(-1, keepdim=True); return (z @ z.mT / (L - 1)).diagonal(dim1=1, dim2=2)
@body
def SoftArgmax(self, y, x): return (y.softmax(-1) * torch.arange(L)).sum(-1) / L
@body
def GumbelFreeGate(self, y, x): return (y * y.sigmoid().round()).mean(-1)
@body
def Entropy(self, y, x): p = y.softmax(-1); return -(p * torch.log(p.clamp_min(1e-8))).sum(-1)
@body
def XLogY(self, y, x): p = y.softmax(-1); return -torch.special.xlogy(p, p).sum(-1)
@body
def Entr(self, y, x): return torch.special.entr(y.softmax(-1)).sum(-1)

# Shapes
@body
def MovedimSwap(self, y, x): return y.movedim(1, -1).swapaxes(1, 2).mean(-1)
@body
def TensorSplit(self, y, x): a, b, c = y.tensor_split(3, -1); return a.mean(-1) + b.amax(-1) * c.mean(-1)
@body
def HSplitStack(self, y, x): return torch.hstack([y[..., 0], y[..., -1]])
@body
def DStack(self, y, x): return torch.dstack([y.mean(-1), y.amax(-1)]).flatten(1)
@body
def Tile(self, y, x): return torch.tile(y.mean(-1), (1, 2))
@body
def Meshgrid(self, y, x): a, b = torch.meshgrid(torch.arange(16.0), torch.arange(64.0), indexing="ij"); return (y * (a + b) / 80).mean(-1)
@body
def Unbind(self, y, x): return sum(part * k for k, part in enumerate(y[..., :4].unbind(-1)))
@body
def Ellipsis(self, y, x): return y[:, ::2, None, 5:-5:3].flatten(2).mean(-1)
@body
def NegativeIndex(self, y, x): return y[..., -3]
@body
def FlipNegative(self, y, x): return torch.fliplr(y)[..., 0] + y.flip(-1)[..., 1]
@body
def Rot90(self, y, x): return torch.rot90(y, 1, (1, 2)).mean(1)
@body
def BlockReshape(self, y, x): return y.reshape(-1, 4, 4, 8, 8).permute(0, 1, 3, 2, 4).reshape(x.size(0), 32, -1).amax(-1)
@body
def ExpandAs(self, y, x): return (y * y.mean(-1, keepdim=True).expand_as(y)).mean(-1)
@body
def BroadcastTo(self, y, x): return (y + torch.broadcast_to(torch.linspace(0, 1, L), y.shape)).amax(-1)
@body
def NewZeros(self, y, x): z = y.new_zeros(y.shape[0], 16, 3); return torch.cat([y, z + 1], -1).mean(-1)
@body
def PadReflect(self, y, x): return F.avg_pool1d(F.pad(y, (3, 3), mode="reflect"), 7, 1).amax(-1)
@body
def PadReplicate(self, y, x): return F.max_pool1d(F.pad(y, (2, 5), mode="replicate"), 4).mean(-1)
@body
def PadConstant(self, y, x): return F.pad(y, (0, 3, 1, 0), value=-2.0).mean(-1)
@body
def DiagEmbed(self, y, x): return torch.diag_embed(y.mean(-1)).sum(1)
@body
def CumsumReverse(self, y, x): return y.flip(-1).cumsum(-1).flip(-1)[..., ::8].flatten(1)
@body
def Cumprod(self, y, x): return torch.cumprod(1 - y.sigmoid() / 50, -1)[..., -1]
@body
def RepeatInterleave(self, y, x): return y.mean(-1).repeat_interleave(3, 1)
@body
def TakeAlongDim(self, y, x): return torch.take_along_dim(y, y.argmax(-1, keepdim=True), -1).squeeze(-1)
@body
def GatherTop(self, y, x): i = y.mean(1).topk(3).indices; return y.gather(2, i[:, None].expand(-1, 16, -1)).flatten(1)
@body
def ArgsortGather(self, y, x): return y.gather(-1, y.argsort(-1))[..., -4:].flatten(1)
@body
def MaskedMean(self, y, x): m = (x[:, :1] + x[:, 3:]) > 0; return (y * m).sum(-1) / m.sum(-1).clamp(min=1)
@body
def IndexPut(self, y, x): z = y.clone(); z[:, [1, 3], :] = 0.5; return z.mean(-1)
@body
def IndexCopy(self, y, x): return y.index_copy(1, torch.tensor([0, 2]), y[:, [5, 6]] * 2).mean(-1)
@body
def IndexFill(self, y, x): return y.index_fill(2, torch.arange(0, L, 5), 0.0).mean(-1)
@body
def SelectScatter(self, y, x): return torch.select_scatter(y, y.mean(-1), 2, 4).amax(-1)
@body
def SliceScatter(self, y, x): return torch.slice_scatter(y, torch.zeros_like(y[..., :10]), 2, 5, 15).mean(-1)
@body
def WhereIndex(self, y, x): return torch.where(torch.arange(L) % 2 == 0, y, -y).mean(-1)
@body
def Bucketize(self, y, x): return torch.bucketize(y, torch.tensor([0.1, 0.5, 1.0])).float().mean(-1)
@body
def Searchsorted(self, y, x): return torch.searchsorted(torch.tensor([0.1, 0.5, 1.0]), y.contiguous()).float().mean(-1)
@body
def ScatterReduce(self, y, x):
    return torch.full((x.shape[0], 4), -1.0).scatter_reduce(1, x.argmax(1), y.amax(1), "amax")
@body
def SegmentMean(self, y, x): return y.reshape(x.shape[0], 16, 8, 8).mean(-1).amax(-1)

# Arithmetic
@body
def Activations(self, y, x):
    fs = (F.hardswish, F.hardsigmoid, F.hardtanh, F.logsigmoid, F.mish, F.tanhshrink, F.softshrink, F.hardshrink, F.relu6, F.celu)
    return sum(f(y - 0.3) for f in fs).mean(-1)
@body
def PowScalars(self, y, x): return (2.0**-y + y**2 + y**0.5 + (1 + y) ** -1.5).mean(-1)
@body
def Lerp(self, y, x): return torch.lerp(y, y.flip(-1), 0.25).mean(-1)
@body
def AddCMul(self, y, x): return torch.addcmul(y, y, y.sigmoid(), value=0.5).mean(-1) + torch.addcdiv(y, y, 1 + y).amax(-1)
@body
def Addmm(self, y, x): return torch.addmm(torch.ones(3), y.mean(-1), torch.ones(16, 3), beta=0.5, alpha=2.0)
@body
def Baddbmm(self, y, x): return torch.baddbmm(torch.zeros(x.shape[0], 16, 16), y, y.mT, alpha=0.1).mean(-1)
@body
def Einsums(self, y, x): return torch.einsum("bcl,bdl->bcd", y, y).diagonal(dim1=-2, dim2=-1) + torch.einsum("...cl->...c", y)
@body
def Tensordot(self, y, x): return torch.tensordot(y, torch.linspace(-1, 1, L), dims=([2], [0]))
@body
def Kron(self, y, x): return torch.kron(y.mean(-1), torch.tensor([[1.0, -1.0]]))
@body
def Remainders(self, y, x): return (y.fmod(0.3) + torch.remainder(-y, 0.2) + torch.floor_divide(y, 0.5) + torch.div(y, 0.3, rounding_mode="trunc")).mean(-1)
@body
def FracTrunc(self, y, x): return (y.frac() + y.trunc() + y.ceil() - y.floor()).mean(-1)
@body
def SignAbs(self, y, x): return (torch.sign(y - 0.5) * (y - 0.5).abs().sqrt() + torch.copysign(y, y - 0.2)).mean(-1)
@body
def Specials(self, y, x): return (torch.special.expit(y) + torch.special.erfc(y) + torch.special.log1p(y) + torch.expm1(-y) + torch.erfinv(y.tanh() * 0.9) + torch.digamma(y + 1) + torch.lgamma(y + 1)).mean(-1)
@body
def Logit(self, y, x): return torch.logit(y.sigmoid(), eps=1e-6).mean(-1)
@body
def LogAddExp(self, y, x): return torch.logaddexp(y, y.flip(-1)).mean(-1) + torch.logaddexp2(y, -y).mean(-1)
@body
def Hypot(self, y, x): return (torch.hypot(y, y.flip(-1)) + torch.atan2(y, 1 + y.flip(-1))).mean(-1)
@body
def Clamps(self, y, x): return (y.clamp(min=0.1) + y.clamp(max=0.4) + torch.clip(y, 0.2, 0.6) + torch.clamp(y, max=y.mean(-1, keepdim=True))).mean(-1)
@body
def Heaviside(self, y, x): return (torch.heaviside(y - 0.3, torch.tensor(0.5)) * y).mean(-1)
@body
def BitLogic(self, y, x): a, b = y > 0.2, y > 0.6; return ((a & ~b).float() + (a ^ b).float() * 2 + (a | b).float()).mean(-1)
@body
def IsFinite(self, y, x): z = torch.log(y * (y > 0.1)); return torch.where(torch.isfinite(z), z, torch.zeros_like(z)).mean(-1) + torch.isinf(z).float().mean(-1)
@body
def PairwiseSq(self, y, x): z = y.mean(-1); return (z.unsqueeze(1) - z.unsqueeze(2)).square().flatten(1)
@body
def Cross(self, y, x): return torch.linalg.cross(y[:, :3], y[:, 3:6], dim=1).mean(-1)
@body
def CumLogistic(self, y, x): return torch.sigmoid(torch.cumsum(y - 0.3, -1)).mean(-1)
@body
def NumberTypes(self, y, x): y = 3 * y.tanh(); return (y.double().float() + y.to(torch.int32).float() + y.long() / 3).mean(-1)

# Layers
@module
class SeparableConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.d, self.p, self.o = nn.Conv1d(4, 16, 9, padding=4, groups=4, bias=False), nn.Conv1d(16, 8, 1), nn.Linear(8, 2)
    def forward(self, x): return self.o(F.gelu(self.p(self.d(x))).mean(-1))
@module
class ConvTransposeOdd(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.t = nn.Conv1d(4, 8, 5, stride=3), nn.ConvTranspose1d(8, 2, 6, stride=3, padding=1, output_padding=2, dilation=2)
    def forward(self, x): return torch.tanh(self.t(F.relu(self.c(x)))).mean(-1)
@module
class ImageConv(nn.Module):
    """A sequence as an image of one channel, as DeepBind's ports have it."""
    def __init__(self):
        super().__init__()
        self.c, self.o = nn.Conv2d(1, 8, (4, 9)), nn.Linear(8, 2)
    def forward(self, x): return self.o(F.max_pool2d(F.relu(self.c(x.unsqueeze(1))), (1, 4)).amax((2, 3)))
@module
class MaxPoolDilated(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.p, self.o = nn.Conv1d(4, 8, 5), nn.MaxPool1d(3, 2, padding=1, dilation=2), nn.Linear(8, 2)
    def forward(self, x): return self.o(self.p(self.c(x)).mean(-1))
@module
class FractionalFree(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.o = nn.Conv1d(4, 8, 5, padding_mode="circular", padding=2), nn.Linear(8, 2)
    def forward(self, x): return self.o(F.adaptive_max_pool1d(self.c(x), 1)[..., 0])
@module
class PReluBn(nn.Module):
    def __init__(self):
        super().__init__()
        self.m = nn.Sequential(nn.Conv1d(4, 8, 5), nn.BatchNorm1d(8, affine=False), nn.PReLU(8), nn.AvgPool1d(3), nn.Conv1d(8, 8, 3),
                               nn.BatchNorm1d(8, eps=1e-3), nn.Softplus(), nn.Flatten(), nn.LazyLinear(2))
    def forward(self, x): return self.m(x)
@module
class RmsNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.n, self.o = nn.Conv1d(4, 8, 5), nn.RMSNorm(8), nn.Linear(8, 2)
    def forward(self, x): return self.o(self.n(self.c(x).transpose(1, 2)).mean(1))
@module
class LocalResponse(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.n, self.o = nn.Conv1d(4, 8, 5), nn.LocalResponseNorm(3), nn.Linear(8, 2)
    def forward(self, x): return self.o(self.n(self.c(x)).mean(-1))
@module
class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.a, self.b, self.o = nn.Conv1d(4, 8, 5), nn.Linear(8, 2), nn.Linear(2, 8), nn.Linear(8, 2)
    def forward(self, x):
        y = self.c(x)
        return self.o((y * self.b(F.silu(self.a(y.mean(-1)))).sigmoid()[..., None]).amax(-1))
@module
class LstmCellLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.l, self.o = nn.LSTMCell(4, 6), nn.Linear(6, 2)
    def forward(self, x):
        h = c = torch.zeros(x.shape[0], 6)
        for k in range(0, 24, 2): h, c = self.l(x[..., k], (h, c))
        return self.o(h)
@module
class GruCellLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.l, self.o = nn.GRUCell(4, 6), nn.Linear(6, 2)
    def forward(self, x):
        h = None
        for k in range(12): h = self.l(x[..., k], h)
        return self.o(h)
@module
class ConvLstmAttention(nn.Module):
    """Weights over positions after a recurrent layer, as in many published models."""
    def __init__(self):
        super().__init__()
        self.c, self.l, self.a, self.o = nn.Conv1d(4, 8, 7), nn.LSTM(8, 8, bidirectional=True, batch_first=True), nn.Linear(16, 1), nn.Linear(16, 2)
    def forward(self, x):
        y, _ = self.l(F.max_pool1d(F.relu(self.c(x)), 3).transpose(1, 2))
        return self.o(torch.sum(torch.softmax(self.a(torch.tanh(y)), dim=1) * y, dim=1))
@module
class RelativeAttention(nn.Module):
    """Attention with a learnt bias by distance, T5's buckets."""
    def __init__(self, d=8):
        super().__init__()
        self.e, self.qkv, self.b, self.o = nn.Conv1d(4, d, 4, stride=4), nn.Linear(d, 3 * d), nn.Embedding(16, 2), nn.Linear(d, 2)
    def forward(self, x):
        y = self.e(x).transpose(1, 2)
        n = y.shape[1]
        q, k, v = self.qkv(y).reshape(-1, n, 3, 2, 4).permute(2, 0, 3, 1, 4)
        distance = (torch.arange(n)[:, None] - torch.arange(n)[None]).abs().clamp(max=15)
        bias = self.b(distance).permute(2, 0, 1)
        a = (q @ k.transpose(-1, -2) / 2 + bias).softmax(-1)
        return self.o((a @ v).transpose(1, 2).reshape(-1, n, 8).mean(1))
@module
class Alibi(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.e, self.o = nn.Conv1d(4, d, 4, stride=4), nn.Linear(d, 2)
        self.register_buffer("slopes", torch.tensor([0.5, 0.25]).view(1, 2, 1, 1))
    def forward(self, x):
        y = self.e(x).transpose(1, 2)
        n = y.shape[1]
        h = y.view(-1, n, 2, 4).transpose(1, 2)
        bias = -(torch.arange(n)[None] - torch.arange(n)[:, None]).abs().float() * self.slopes
        z = F.scaled_dot_product_attention(h, h, h, attn_mask=bias.expand(x.shape[0], -1, -1, -1), scale=0.3)
        return self.o(z.transpose(1, 2).flatten(2).mean(1))
@module
class LinearAttention(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.e, self.q, self.k, self.v, self.o = nn.Conv1d(4, d, 1), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, 2)
    def forward(self, x):
        y = self.e(x).transpose(1, 2)
        q, k, v = F.elu(self.q(y)) + 1, F.elu(self.k(y)) + 1, self.v(y)
        kv = torch.einsum("bnd,bne->bde", k, v)
        z = 1 / (torch.einsum("bnd,bd->bn", q, k.sum(1)) + 1e-6)
        return self.o(torch.einsum("bnd,bde,bn->bne", q, kv, z).mean(1))
@module
class LocalAttention(nn.Module):
    """Attention within windows."""
    def __init__(self, d=8):
        super().__init__()
        self.e, self.a, self.o = nn.Conv1d(4, d, 1), nn.MultiheadAttention(d, 2, batch_first=True), nn.Linear(d, 2)
    def forward(self, x):
        y = self.e(x).transpose(1, 2).reshape(-1, 8, 8)
        y, _ = self.a(y, y, y, need_weights=False)
        return self.o(y.reshape(x.shape[0], L, 8).amax(1))
@module
class Perceiver(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.e, self.z, self.a, self.o = nn.Conv1d(4, d, 1), nn.Parameter(torch.randn(3, d)), nn.MultiheadAttention(d, 2, batch_first=True), nn.Linear(3 * d, 2)
    def forward(self, x):
        y = self.e(x).transpose(1, 2)
        z, _ = self.a(self.z.unsqueeze(0).expand(x.size(0), -1, -1), y, y)
        return self.o(z.flatten(1))
@module
class CausalMask(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        layer = nn.TransformerEncoderLayer(d, 2, 16, batch_first=True, activation="gelu")
        self.e, self.t, self.o = nn.Conv1d(4, d, 4, stride=2), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(d, 2)
    def forward(self, x):
        y = self.e(x).transpose(1, 2)
        return self.o(self.t(y, mask=nn.Transformer.generate_square_subsequent_mask(y.size(1)), is_causal=True)[:, -1])
@module
class DecoderQueries(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.e, self.q, self.t, self.o = nn.Conv1d(4, d, 1), nn.Parameter(torch.randn(1, 2, d)), nn.TransformerDecoderLayer(d, 2, 16, batch_first=True), nn.Linear(d, 1)
    def forward(self, x):
        return self.o(self.t(self.q.repeat(x.shape[0], 1, 1), self.e(x).transpose(1, 2))).squeeze(-1)
@module
class SinusoidalPositions(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.e, self.o = nn.Conv1d(4, d, 1), nn.Linear(d, 2)
    def forward(self, x):
        p = torch.arange(L).unsqueeze(1)
        f = torch.exp(torch.arange(0, 8, 2) * (-math.log(10000.0) / 8))
        table = torch.zeros(L, 8)
        table[:, 0::2], table[:, 1::2] = torch.sin(p * f), torch.cos(p * f)
        return self.o(torch.tanh(self.e(x).transpose(1, 2) + table).amax(1))
@module
class ReverseComplementPair(nn.Module):
    """Both strands through one network, the positions of the second turned back."""
    def __init__(self):
        super().__init__()
        self.n = Conv()
    def forward(self, x):
        both = torch.cat([x, torch.flip(x, (1, 2))], 0)
        a, b = self.n.body(both).chunk(2, 0)
        return self.n.o(((a + b.flip(-1)) / 2).amax(-1))
@module
class ReverseComplementStack(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = Conv()
    def forward(self, x):
        both = torch.stack([x, x[:, [3, 2, 1, 0]].flip(-1)], 1)
        y = self.n(both.flatten(0, 1))
        return y.view(-1, 2, 2).mean(1)
@module
class MultiScale(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.o = nn.ModuleList(nn.Conv1d(4, 4, k, padding="same") for k in (3, 6, 11)), nn.LazyLinear(2)
    def forward(self, x):
        y = torch.cat([F.relu(c(x)) for c in self.c], 1)
        return self.o(torch.cat([F.adaptive_avg_pool1d(y, k).flatten(1) for k in (1, 4, 8)], 1))
@module
class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.u, self.o = nn.Conv1d(4, 8, 5, padding=2), nn.Conv1d(8, 16, 5, padding=2), nn.ConvTranspose1d(16, 8, 2, stride=2), nn.Conv1d(16, 1, 1)
    def forward(self, x):
        a = F.relu(self.a(x))
        b = F.relu(self.b(F.max_pool1d(a, 2)))
        return {"profile": self.o(torch.cat([a, self.u(b)], 1)).squeeze(1)}
@module
class KanLikeSpline(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.w, self.o = nn.Conv1d(4, 8, 5), nn.Parameter(torch.randn(8, 5)), nn.Linear(8, 2)
        self.register_buffer("grid", torch.linspace(-1, 1, 5))
    def forward(self, x):
        y = torch.tanh(self.c(x))
        basis = torch.relu(1 - (y.unsqueeze(-1) - self.grid).abs() * 2)
        return self.o((basis * self.w[:, None]).sum(-1).mean(-1))
@module
class MixtureOfExperts(nn.Module):
    def __init__(self):
        super().__init__()
        self.n, self.g, self.e = Conv(), nn.Linear(16, 3), nn.ModuleList(nn.Linear(16, 2) for _ in range(3))
    def forward(self, x):
        y = self.n.body(x).mean(-1)
        w, i = self.g(y).softmax(-1).topk(2)
        all_ = torch.stack([e(y) for e in self.e], 1)
        return (all_.gather(1, i[..., None].expand(-1, -1, 2)) * w[..., None]).sum(1)
@module
class HeadsDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.n, self.h = Conv(), nn.ModuleDict({k: nn.Linear(16, 1) for k in ("K562", "HepG2", "SK-N-SH")})
    def forward(self, x):
        y = self.n.body(x).mean(-1)
        return {k: h(y) for k, h in self.h.items()}
@module
class LookupConv(nn.Module):
    """The channels chosen by letters: a table of rows for the bases."""
    def __init__(self):
        super().__init__()
        self.e, self.c, self.o = nn.Embedding(4, 6), nn.Conv1d(6, 8, 5), nn.Linear(8, 2)
    def forward(self, x): return self.o(F.relu(self.c((x.transpose(1, 2) @ self.e.weight).transpose(1, 2))).mean(-1))
@module
class EmbeddingBag(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.o = nn.EmbeddingBag(4, 6, mode="mean"), nn.Linear(6, 2)
    def forward(self, x): return self.o(self.e(x.argmax(1)))
@module
class EmbeddingBagPadded(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.EmbeddingBag(4, 6, mode="mean", padding_idx=2)
        self.b = nn.EmbeddingBag(4, 6, mode="max", padding_idx=1)
        self.c = nn.EmbeddingBag(4, 6, mode="sum", padding_idx=3)
        self.o = nn.Linear(18, 2)
    def forward(self, x):
        codes = x.argmax(1)[:, :5]
        return self.o(torch.cat([self.a(codes), self.b(codes), self.c(codes)], 1))
@module
class EmbeddingBagWeighted(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(4, 8, 5, padding=2)
        self.a, self.b = nn.EmbeddingBag(8, 6, mode="sum"), nn.EmbeddingBag(4, 6, mode="max")
        self.o = nn.Linear(12, 2)
    def forward(self, x):
        weights, channels = self.c(x).max(1)
        return self.o(torch.cat([self.a(channels, per_sample_weights=weights), self.b(x.argmax(1))], 1))
@module
class ShortTime(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.o = nn.Conv1d(4, 1, 5, padding=2), nn.Linear(9, 2)
        self.register_buffer("window", torch.hann_window(16))
    def forward(self, x):
        spectrum = torch.stft(self.c(x).squeeze(1), 16, hop_length=4, window=self.window, return_complex=True)
        return self.o((spectrum.real**2 + spectrum.imag**2).mean(-1))
@module
class ShortTimeNarrow(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.o = nn.Conv1d(4, 1, 5, padding=2), nn.Linear(16, 2)
    def forward(self, x):
        options = dict(hop_length=5, win_length=12, center=False, normalized=True, onesided=False, return_complex=True)
        return self.o((torch.view_as_real(torch.stft(self.c(x).squeeze(1), 16, **options))**2).sum(-1).mean(-1))
@module
class KmerConvTokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.o = nn.Embedding(256, 6), nn.Linear(6, 2)
    def forward(self, x):
        codes = x.argmax(1).unfold(1, 4, 1)
        return self.o(self.e((codes * torch.tensor([64, 16, 4, 1])).sum(-1)).mean(1))
@module
class Standardised(nn.Module):
    """Input and output scaled by buffers."""
    def __init__(self):
        super().__init__()
        self.n = Conv()
        self.register_buffer("mean", torch.tensor([0.2, -0.1])); self.register_buffer("scale", torch.tensor([2.0, 0.5]))
    def forward(self, x): return (self.n(x - 0.25) * self.scale + self.mean).exp()
@module
class ProfileTimesCounts(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.p, self.n = nn.Conv1d(4, 8, 11, padding=5), nn.Conv1d(8, 1, 15), nn.Linear(8, 1)
    def forward(self, x):
        y = F.relu(self.c(x))
        return F.softmax(self.p(y).squeeze(1), -1) * torch.expm1(self.n(y.mean(-1)))
@module
class BiasSubtracted(nn.Module):
    """ChromBPNet's sum of two networks, one cropped to the other."""
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv1d(4, 1, 21), nn.Conv1d(4, 1, 5)
    def forward(self, x):
        a, b = self.a(x), self.b(x)
        crop = (b.shape[-1] - a.shape[-1]) // 2
        return torch.logsumexp(torch.stack([a, b[..., crop:-crop]]), 0).squeeze(1)
@module
class DataParallelFree(nn.Module):
    def __init__(self):
        super().__init__()
        self.module = nn.DataParallel(Conv())
    def forward(self, x): return self.module.module(x)
@module
class Scripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = Conv()
        self.scale: float = 0.5
    @torch.no_grad()
    def forward(self, x): return self.n(x) * self.scale
@module
class SteppedSpline(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.o = nn.Conv1d(4, 8, 5), nn.Linear(8 * 5, 2)
        self.register_buffer("basis", torch.rand(60, 5))
    def forward(self, x): return self.o(torch.matmul(self.c(x), self.basis).flatten(1))
@module
class StridedView(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = Conv()
    def forward(self, x):
        y = self.n.body(x).contiguous()
        w = y.as_strided((x.shape[0], 16, 8, 8), (16 * L, L, 8, 1))
        return self.n.o(w.amax(-1).mean(-1))
@module
class SpectralMixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.w, self.o = nn.Conv1d(4, 8, 1), nn.Parameter(torch.randn(8, L // 2 + 1, 2)), nn.Linear(8, 2)
    def forward(self, x):
        z = torch.fft.rfft(self.e(x), dim=-1, norm="ortho") * torch.view_as_complex(self.w)
        return self.o(F.gelu(torch.fft.irfft(z, n=L, dim=-1, norm="ortho")).mean(-1))
@module
class S4Kernel(nn.Module):
    """A diagonal state space whose kernel is a sum of complex exponentials."""
    def __init__(self, d=6, n=4):
        super().__init__()
        self.e, self.o = nn.Conv1d(4, d, 1), nn.Linear(d, 2)
        self.log_dt, self.c = nn.Parameter(torch.rand(d) - 3), nn.Parameter(torch.randn(d, n, 2))
        self.log_a, self.im = nn.Parameter(torch.log(0.5 * torch.ones(d, n))), nn.Parameter(math.pi * torch.arange(n).repeat(d, 1).float())
    def forward(self, x):
        u = self.e(x)
        dt, c = self.log_dt.exp(), torch.view_as_complex(self.c)
        a = -self.log_a.exp() + 1j * self.im
        da = a * dt[:, None]
        k = da[..., None] * torch.arange(L)
        c = c * (torch.exp(da) - 1) / a
        kernel = 2 * torch.einsum("hn,hnl->hl", c, torch.exp(k)).real
        y = torch.fft.irfft(torch.fft.rfft(u, n=2 * L) * torch.fft.rfft(kernel, n=2 * L), n=2 * L)[..., :L]
        return self.o(F.gelu(y).mean(-1))
@module
class SelectiveScan(nn.Module):
    """Mamba's scan as a loop in PyTorch."""
    def __init__(self, d=6, n=3):
        super().__init__()
        self.e, self.conv, self.x, self.o = nn.Conv1d(4, d, 4, stride=4), nn.Conv1d(d, d, 4, groups=d, padding=3), nn.Linear(d, 2 * n + 1), nn.Linear(d, 2)
        self.a, self.d, self.n = nn.Parameter(torch.log(torch.arange(1, n + 1).float().repeat(d, 1))), nn.Parameter(torch.ones(d)), n
    def forward(self, x):
        u = F.silu(self.conv(self.e(x))[..., :16]).transpose(1, 2)
        dt, b, c = torch.split(self.x(u), [1, self.n, self.n], dim=-1)
        dt, a = F.softplus(dt), -torch.exp(self.a)
        h, ys = torch.zeros(x.shape[0], u.shape[-1], self.n), []
        for t in range(u.shape[1]):
            h = torch.exp(dt[:, t, :, None] * a) * h + (dt[:, t] * u[:, t])[..., None] * b[:, t, None]
            ys.append((h * c[:, t, None]).sum(-1))
        return self.o((torch.stack(ys, 1) + u * self.d).mean(1))
@module
class TripletDistanceMap(nn.Module):
    """A contact map symmetrised and read as its upper triangle, Akita's head."""
    def __init__(self):
        super().__init__()
        self.c, self.d, self.o = nn.Conv1d(4, 6, 5, stride=4, padding=2), nn.Conv2d(7, 4, 3, padding=2, dilation=2), nn.Conv2d(4, 1, 1)
        i = torch.triu_indices(16, 16, 2)
        self.register_buffer("flat", i[0] * 16 + i[1])
        self.register_buffer("apart", ((torch.arange(16)[:, None] - torch.arange(16)).abs() / 16).float())
    def forward(self, x):
        y = self.c(x)
        m = torch.maximum(y.unsqueeze(-1), y.unsqueeze(-2))
        m = torch.cat([m, self.apart.expand(x.shape[0], 1, -1, -1)], 1)
        z = F.relu(self.d(m))
        z = (z + z.transpose(-1, -2)) / 2
        return self.o(z).flatten(2).index_select(-1, self.flat).squeeze(1)
@module
class GroupedHeads(nn.Module):
    """ExplaiNN: a unit for each filter, in grouped convolutions."""
    def __init__(self, n=5):
        super().__init__()
        self.m = nn.Sequential(nn.Conv1d(4 * n, n, 9, groups=n), nn.BatchNorm1d(n), nn.ELU(), nn.MaxPool1d(7, 7), nn.Flatten(), nn.Unflatten(1, (n * 8, 1)),
                               nn.Conv1d(8 * n, 10 * n, 1, groups=n), nn.ReLU(), nn.Conv1d(10 * n, n, 1, groups=n), nn.Flatten())
        self.o, self.n = nn.Linear(n, 2), n
    def forward(self, x): return self.o(self.m(x.repeat(1, self.n, 1)))
@module
class TestTimeShift(nn.Module):
    """The mean over shifted copies of the input."""
    def __init__(self):
        super().__init__()
        self.n = Conv()
    def forward(self, x): return torch.stack([self.n(F.pad(x, (k, 0))[..., :L] if k >= 0 else F.pad(x, (0, -k))[..., -k:]) for k in (-2, 0, 2)]).mean(0)
@module
class PositionWeighted(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.w = nn.Conv1d(4, 8, 5), nn.Parameter(torch.randn(2, 8, 60))
    def forward(self, x): return torch.einsum("bcl,tcl->bt", F.relu(self.c(x)), self.w) + torch.tensor([0.1, -0.2])
@module
class HighwayGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.n, self.t, self.h, self.o = Conv(), nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 2)
    def forward(self, x):
        y = self.n.body(x).amax(-1)
        g = torch.sigmoid(self.t(y))
        return self.o(g * F.relu(self.h(y)) + (1 - g) * y)
@module
class Capsules(nn.Module):
    """Routing by agreement, two rounds."""
    def __init__(self):
        super().__init__()
        self.c, self.w = nn.Conv1d(4, 8, 9, stride=4), nn.Parameter(torch.randn(1, 28, 2, 4, 4) * 0.3)
    def forward(self, x):
        u = self.c(x).reshape(x.shape[0], -1, 4)
        hat = (self.w @ u[:, :, None, :, None]).squeeze(-1)
        b = torch.zeros(x.shape[0], 28, 2, 1)
        for _ in range(2):
            s = (b.softmax(2) * hat).sum(1, keepdim=True)
            n = (s**2).sum(-1, keepdim=True)
            v = n / (1 + n) * s / torch.sqrt(n + 1e-8)
            b = b + (hat * v).sum(-1, keepdim=True)
        return v.squeeze(1).norm(dim=-1)
@module
class GraphMix(nn.Module):
    """Message passing over a fixed neighbourhood."""
    def __init__(self):
        super().__init__()
        self.c, self.l, self.o = nn.Conv1d(4, 8, 4, stride=4), nn.Linear(8, 8), nn.Linear(8, 2)
        a = torch.eye(16) + torch.diag(torch.ones(15), 1) + torch.diag(torch.ones(15), -1)
        self.register_buffer("a", a / a.sum(1, keepdim=True))
    def forward(self, x): return self.o(F.relu(self.a @ self.l(self.c(x).transpose(1, 2))).mean(1))
@module
class HalfLife(nn.Module):
    """Positions weighted from the end, masks where the sequence is padded."""
    def __init__(self):
        super().__init__()
        self.c, self.g, self.o = nn.Conv1d(4, 8, 5, padding=2), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 2)
    def forward(self, x):
        y = F.leaky_relu(self.c(x), 0.1).flip(-1).transpose(1, 2)
        y = y * (x.sum(1) > 0).flip(-1).unsqueeze(-1)
        return self.o(self.g(y)[0][:, -1])
@module
class Bf16Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = Conv()
    def forward(self, x): return self.n.o(self.n.body(x).mean(-1).to(torch.float64).to(torch.float32))
@module
class CrossEntropyScore(nn.Module):
    """A language model's score of its own input."""
    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(4, 4, 9, padding=4)
    def forward(self, x): return F.cross_entropy(self.c(x), x.argmax(1), reduction="none").mean(-1, keepdim=True)
@module
class KlScore(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(4, 4, 9, padding=4)
    def forward(self, x): return F.kl_div(F.log_softmax(self.c(x), 1), x, reduction="none").sum(1).mean(-1, keepdim=True)

"""Small networks of each kind that the field uses, with seeded random weights.

`make.py` exports them; each has a doc that says after which published network it is built.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


class DeepSea(nn.Module):
    """Convolutions, pooling and dropout, dense layers: DeepSEA (Zhou and Troyanskaya 2015)."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(4, 12, 8), nn.ReLU(), nn.MaxPool1d(4), nn.Dropout(0.2),
            nn.Conv1d(12, 16, 4), nn.ReLU(), nn.MaxPool1d(2), nn.Dropout(0.5), nn.Flatten(),
            nn.Linear(16 * 5, 20), nn.ReLU(), nn.Linear(20, 3), nn.Sigmoid())

    def forward(self, x):
        return self.body(x)


class DanQ(nn.Module):
    """A convolution and an LSTM that reads both ways: DanQ (Quang and Xie 2016)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 10, 7)
        self.lstm = nn.LSTM(10, 6, num_layers=2, bidirectional=True, batch_first=True, dropout=0.3)
        self.last = nn.Linear(12 * 14, 2)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.first(x)), 4).transpose(1, 2)
        x, _ = self.lstm(x)
        return self.last(x.flatten(1))


class Recurrent(nn.Module):
    """The last states of a GRU, an LSTM and a plain recurrent layer, steps first. (PyTorch 2.11 exports no network that uses
    the state which an LSTM gives beside its steps.)"""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 5, bidirectional=True)
        self.lstm = nn.LSTM(4, 3, bias=False)
        self.plain = nn.RNN(4, 3, nonlinearity="relu")
        self.last = nn.Linear(16, 2)

    def forward(self, x):
        x = x.permute(2, 0, 1)
        _, gru = self.gru(x)
        lstm, _ = self.lstm(x)
        plain, _ = self.plain(x)
        return self.last(torch.cat([gru[0], gru[1], lstm[-1], plain[-1]], 1))


class BpNet(nn.Module):
    """Dilated convolutions that are added up, a profile and its counts: BPNet (Avsec et al. 2021)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 8, 7)
        self.dilated = nn.ModuleList(nn.Conv1d(8, 8, 3, dilation=2 ** i) for i in range(1, 4))
        self.profile = nn.Conv1d(8, 1, 9)
        self.counts = nn.Linear(8, 1)

    def forward(self, x):
        x = F.relu(self.first(x))
        for layer in self.dilated:
            y = F.relu(layer(x))
            cut = (x.shape[2] - y.shape[2]) // 2
            x = x[:, :, cut:-cut] + y
        return torch.cat([F.log_softmax(self.profile(x).flatten(1), 1), self.counts(x.mean(2))], 1)


class SpliceAi(nn.Module):
    """Residual blocks of batch norm, ReLU and dilated convolution, cropped, softmax: SpliceAI (Jaganathan et al. 2019)."""

    def __init__(self):
        super().__init__()
        self.first, self.skip = nn.Conv1d(4, 8, 1), nn.Conv1d(8, 8, 1)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, 8, 5, dilation=d, padding="same"),
                          nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, 8, 5, dilation=d, padding="same")) for d in (1, 3))
        self.last = nn.Conv1d(8, 3, 1)

    def forward(self, x):
        x = self.first(x)
        skip = self.skip(x)
        for block in self.blocks:
            x = x + block(x)
            skip = skip + self.skip(x)
        return F.softmax(self.last(F.pad(skip, (-25, -25))), dim=1)


class DenseNet(nn.Module):
    """Each layer sees what all before it made."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv1d(4 + 6 * i, 6, 3, padding=1) for i in range(4))
        self.last = nn.Linear(28, 2)

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, F.elu(layer(x))], 1)
        return self.last(F.adaptive_avg_pool1d(x, 1).squeeze(-1))


class Transformer(nn.Module):
    """Multi-head self-attention and layer norms over pieces of the sequence, with sine positions."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 12, 8, stride=8)
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.before, self.after = nn.LayerNorm(12), nn.LayerNorm(12)
        self.dense = nn.Sequential(nn.Linear(12, 24), nn.GELU(), nn.Linear(24, 12))
        self.last = nn.Linear(12, 2)

    def forward(self, x):
        x = self.first(x).transpose(1, 2)
        place = torch.arange(x.shape[1]).float().unsqueeze(1)
        rate = torch.exp(torch.arange(0, 12, 2).float() * (-math.log(100.0) / 12))
        x = x + torch.cat([torch.sin(place * rate), torch.cos(place * rate)], 1)
        y = self.before(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        x = x + self.dense(self.after(x))
        return self.last(x.mean(1))


class Enformer(nn.Module):
    """Attention pooling, relative positions shifted by a reshape, GELU by a sigmoid: Enformer (Avsec et al. 2021)."""

    def __init__(self, heads=2, size=4):
        super().__init__()
        self.heads, self.size = heads, size
        self.first = nn.Conv1d(4, 8, 7, padding=3)
        self.logits = nn.Conv2d(8, 8, 1, bias=False)
        self.norm = nn.BatchNorm1d(8)
        self.to_q, self.to_k, self.to_v = (nn.Linear(8, heads * size, bias=False) for _ in range(3))
        self.to_relative = nn.Linear(3, heads * size, bias=False)
        self.content, self.position = (nn.Parameter(torch.randn(1, heads, 1, size)) for _ in range(2))
        self.out = nn.Linear(heads * size, 8)
        self.layer = nn.LayerNorm(8)
        self.last = nn.Linear(8, 3)

    def attention(self, x):
        n = x.shape[1]
        split = lambda y: y.unflatten(2, (self.heads, self.size)).transpose(1, 2)
        q, k, v = (split(layer(x)) for layer in (self.to_q, self.to_k, self.to_v))
        q = q * self.size ** -0.5
        distance = torch.arange(-n + 1, n).float()
        features = torch.stack([distance.sign(), torch.exp(-distance.abs() / 3), (distance.abs() < 3).float()], 1)
        relative = self.to_relative(features).unflatten(1, (self.heads, self.size)).transpose(0, 1)
        by_content = torch.einsum("bhid,bhjd->bhij", q + self.content, k)
        by_place = torch.einsum("bhid,hjd->bhij", q + self.position, relative)
        by_place = F.pad(by_place, (1, 0)).reshape(-1, self.heads, 2 * n, n)[:, :, 1:].reshape(-1, self.heads, n, 2 * n - 1)
        weights = F.softmax(by_content + by_place[..., :n], dim=-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))

    def forward(self, x):
        x = self.first(x)
        x = x * torch.sigmoid(1.702 * x)
        pairs = x.unflatten(2, (-1, 2))
        x = (pairs * F.softmax(self.logits(pairs), dim=-1)).sum(-1)
        x = self.norm(x)[:, :, ::4].transpose(1, 2)
        x = x + self.attention(self.layer(x))
        return F.softplus(self.last(x))


class Letters(Enformer):
    """The same attention with equations as packages write them: with spaces between the letters, and `...` for what is not named."""

    def attention(self, x):
        n = x.shape[1]
        split = lambda y: y.unflatten(2, (self.heads, self.size)).transpose(1, 2)
        q, k, v = (split(layer(x)) for layer in (self.to_q, self.to_k, self.to_v))
        distance = torch.arange(-n + 1, n).float()
        features = torch.stack([distance.sign(), torch.exp(-distance.abs() / 3), (distance.abs() < 3).float()], 1)
        relative = self.to_relative(features).unflatten(1, (self.heads, self.size)).transpose(0, 1)
        by_content = torch.einsum("... i d, ... j d -> ... i j", q + self.content, k)
        by_place = torch.einsum("b h i d, h j d -> b h i j", q + self.position, relative)
        _, h, rows, columns = by_place.shape
        by_place = F.pad(by_place, (1, 0)).reshape(-1, h, columns + 1, rows)[:, :, 1:].reshape(-1, h, rows, columns)
        weights = F.softmax((by_content + by_place[..., : (columns + 1) // 2]) * self.size ** -0.5, dim=-1)
        return self.out(torch.einsum("b h i j, b h j d -> b h i d", weights, v).transpose(1, 2).flatten(2))


class SqueezeExcite(nn.Module):
    """Channels weighted by what all positions hold of them, grouped convolutions, SiLU: LegNet (Penzar et al. 2023)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv1d(4, 12, 5, padding="same", bias=False), nn.BatchNorm1d(12), nn.SiLU())
        self.grouped = nn.Sequential(nn.Conv1d(12, 12, 5, groups=4, padding="same", bias=False), nn.BatchNorm1d(12), nn.SiLU())
        self.squeeze = nn.Sequential(nn.Linear(12, 3), nn.SiLU(), nn.Linear(3, 12), nn.Sigmoid())
        self.last = nn.Conv1d(12, 2, 1)

    def forward(self, x):
        x = self.grouped(self.first(x))
        x = x * self.squeeze(x.mean(2)).unsqueeze(2)
        return F.adaptive_avg_pool1d(self.last(x), 1).squeeze(2)


class Explainn(nn.Module):
    """Units that each see the sequence for themselves, exponential first: ExplaiNN (Novakovsky et al. 2023)."""

    def __init__(self, units=5):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(4 * units, units, 9, groups=units), nn.BatchNorm1d(units))
        self.dense = nn.Sequential(
            nn.Conv1d(8 * units, 4 * units, 1, groups=units), nn.BatchNorm1d(4 * units), nn.ReLU(),
            nn.Conv1d(4 * units, units, 1, groups=units), nn.BatchNorm1d(units), nn.ReLU(), nn.Flatten())
        self.units = units
        self.last = nn.Linear(units, 2)

    def forward(self, x):
        x = torch.exp(self.body(x.repeat(1, self.units, 1)) * 0.3)
        x = F.max_pool1d(x, 7)
        return self.last(self.dense(x.flatten(1).unsqueeze(-1)))


class Puffin(nn.Module):
    """Kernels as long as the sequence and transposed convolutions: Puffin (Dudnyk et al. 2024)."""

    def __init__(self):
        super().__init__()
        self.motifs = nn.Conv1d(4, 5, 15, padding=7)
        self.effects = nn.Conv1d(10, 4, 61, padding=30)
        self.spread = nn.ConvTranspose1d(10, 3, 6, stride=2, padding=2)
        self.grouped = nn.ConvTranspose1d(10, 4, 5, stride=3, output_padding=1, groups=2, dilation=2)

    def forward(self, x):
        y = self.motifs(x)
        y = torch.cat([torch.sigmoid(y) * y, F.softplus(y)], 1)
        made = [self.effects(y), self.spread(F.avg_pool1d(y, 2)), self.grouped(F.avg_pool1d(y, 4))]
        return torch.cat([part.mean(2) + part.amax(2) for part in made], 1)


class Strands(nn.Module):
    """One convolution on both strands by `flip`, put side by side and averaged."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 7)
        self.second = nn.Conv1d(12, 4, 3)
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        there, back = F.relu(self.first(x)), F.relu(self.first(x.flip(1, 2))).flip(2)
        x = torch.cat([there, back], 1)
        x, turned = F.relu(self.second(x)), F.relu(self.second(x.flip(1, 2))).flip(2)
        return self.last(torch.maximum(x, turned).amax(2)) + self.last((x + turned).mean(2) / 2)


class Circular(nn.Module):
    """A plasmid has no ends: circular, mirrored and repeated padding, and what is rolled."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 9, padding=4, padding_mode="circular")
        self.mirrored = nn.Conv1d(6, 6, 5, padding=2, padding_mode="reflect")
        self.repeated = nn.Conv1d(6, 2, 5, padding=2, padding_mode="replicate")

    def forward(self, x):
        x = torch.tanh(self.first(x))
        x = x + torch.roll(x, 11, 2)
        x = self.repeated(F.leaky_relu(self.mirrored(x), 0.2))
        return (x * torch.linspace(-1, 1, 64)).sum(2)


class Pieces(nn.Module):
    """What is cut apart and put together again, compared, bounded and chosen."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 12, 5)
        self.norms = nn.ModuleList([nn.GroupNorm(3, 12), nn.GroupNorm(4, 12), nn.PReLU(12), nn.PReLU(), nn.Hardswish(), nn.SELU(),
                                    nn.Mish(), nn.ReLU6(), nn.Hardtanh(-0.4, 0.6), nn.Hardsigmoid()])

    def forward(self, x):
        x = self.first(x)
        a, b, c = x.chunk(3, 1)
        d, e = x.split([5, 7], 1)
        parts = [norm(x).mean(2) for norm in self.norms]
        parts += [torch.where(a > b, a, c).mean(2), torch.where(a <= 0.1, b, 0.5).mean(2), torch.minimum(a, c).mean(2),
                  a.clamp(-0.2, 0.3).mean(2), a.clamp(min=0.1).mean(2), d.mean(2), e.amin(2), torch.logsumexp(x, 2),
                  torch.stack([a, b], 2).mean((2, 3)), a.masked_fill(b >= 0, -1.0).mean(2), torch.rsqrt(x.abs().mean(2) + 0.1),
                  torch.log1p(a.abs()).mean(2), torch.expm1(b).mean(2), x.mean(), F.interpolate(a, scale_factor=3)[:, :, 5:9].mean(2)]
        parts = [part.expand(len(x), 1) if part.dim() == 0 else part for part in parts[:-2]] + parts[-1:]
        return torch.cat(parts, 1)


class Masked(nn.Module):
    """Attention with masks of every kind: of truth and of numbers, made while it runs, for all heads and for each; `nn.Transformer`'s
    layers, norm first and last, batch first and not."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 8, 8, stride=4)
        self.register_buffer("near", (torch.arange(15)[:, None] - torch.arange(15)).abs() < 4)
        self.register_buffer("decay", -(torch.arange(15.)[:, None] - torch.arange(15.)).abs() / 5)
        self.attention = nn.MultiheadAttention(8, 2)
        layer = lambda **more: nn.TransformerEncoderLayer(8, 2, 12, dropout=0.1, batch_first=True, **more)
        self.encoder = nn.TransformerEncoder(layer(), 2, enable_nested_tensor=False)
        self.last_layer = layer(norm_first=True, activation="gelu")
        self.last = nn.Linear(8, 2)

    def forward(self, x):
        x = self.first(x).transpose(1, 2)
        heads = x.unflatten(2, (2, 4)).transpose(1, 2)
        made = F.scaled_dot_product_attention(heads, heads, heads, attn_mask=self.near)
        made = made + F.scaled_dot_product_attention(heads, heads, heads, attn_mask=self.decay, scale=0.3)
        x = x + made.transpose(1, 2).flatten(2)
        y = x.transpose(0, 1)
        y, weights = self.attention(y, y, y, attn_mask=torch.triu(torch.full((15, 15), float("-inf")), 1))
        x = x + y.transpose(0, 1) + weights.mean(2, keepdim=True)
        x = self.encoder(x, mask=torch.tril(torch.ones(15, 15), 3) == 0, is_causal=False)
        return self.last(F.rms_norm(self.last_layer(x), (8,)).mean(1))


class Indexed(nn.Module):
    """Embeddings of places and of distances, channels and positions by their index, running sums, nearest positions again."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 5, padding=2)
        self.places, self.distances = nn.Embedding(16, 6), nn.Embedding(31, 2)
        self.register_buffer("order", torch.tensor([5, 3, 1, 0, 2, 4]))
        self.register_buffer("far", torch.arange(16)[:, None] - torch.arange(16) + 15)
        self.register_buffer("each", torch.randint(0, 16, (1, 6, 9)))
        self.register_buffer("many", torch.randperm(64)[:40])
        self.last = nn.Linear(6, 3)

    def forward(self, x):
        x = self.first(x)
        x = x + x[:, self.order] + x.index_select(1, self.order).flip(2)
        wide = x[:, :, self.many].mean(2)
        x = F.avg_pool1d(x, 4)
        x = x + self.places(torch.arange(x.shape[2])).t() + F.glu(torch.cat([x, x.cumsum(2) / 9], 1), 1)
        bias = self.distances(self.far).permute(2, 0, 1).mean(0)
        x = x @ torch.softmax(bias, -1)
        each = x.gather(2, self.each.expand(x.shape[0], -1, -1)).mean(2)
        plane = F.interpolate(x.unsqueeze(1), scale_factor=(2, 3), mode="nearest")[:, 0, ::2, 5:21]
        half = torch.arange(16) // 2
        x = F.instance_norm(x) + plane + x[:, :, half] + (x > 0.1).to(torch.int64)
        return self.last(x.mean(2) + each + wide + x.to(torch.float64).mean(2).float())


class ResetFirst(nn.Module):
    """A GRU both ways whose reset gate is on the state, before its weights, as Cho et al. (2014) have it; PyTorch's is not so."""

    def __init__(self, hidden=4):
        super().__init__()
        self.hidden = hidden
        self.first = nn.Conv1d(4, 5, 8, stride=8)
        self.of_input, self.of_state = nn.Parameter(torch.randn(2, 3 * hidden, 5) * 0.5), nn.Parameter(torch.randn(2, 3 * hidden, hidden) * 0.5)
        self.input_bias, self.state_bias = nn.Parameter(torch.randn(2, 3 * hidden) * 0.3), nn.Parameter(torch.randn(2, 3 * hidden) * 0.3)

    def forward(self, x):
        x = self.first(x).permute(2, 0, 1)
        ends = []
        for way in range(2):
            state = torch.zeros(x.shape[1], self.hidden)
            for step in range(x.shape[0])[::-1 if way else 1]:
                given = F.linear(x[step], self.of_input[way], self.input_bias[way])
                update, reset, new = given.split(self.hidden, 1)
                update_state, reset_state, new_state = self.of_state[way].split(self.hidden)
                update_bias, reset_bias, new_bias = self.state_bias[way].split(self.hidden)
                update = torch.sigmoid(update + F.linear(state, update_state, update_bias))
                reset = torch.sigmoid(reset + F.linear(state, reset_state, reset_bias))
                new = torch.tanh(new + F.linear(reset * state, new_state, new_bias))
                state = (1 - update) * new + update * state
            ends.append(state)
        return torch.cat(ends, 1)


ALL = {"deepsea": DeepSea, "danq": DanQ, "recurrent": Recurrent, "bpnet": BpNet, "spliceai": SpliceAi, "densenet": DenseNet,
       "transformer": Transformer, "enformer": Enformer, "letters": Letters, "squeeze_excite": SqueezeExcite, "explainn": Explainn, "puffin": Puffin,
       "both_strands": Strands, "circular": Circular, "pieces": Pieces, "masked": Masked, "indexed": Indexed, "reset_first": ResetFirst}
LENGTH = 64

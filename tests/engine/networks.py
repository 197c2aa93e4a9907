"""Makes the small networks of this folder and what PyTorch says of them.

    python tests/engine/networks.py

Each NAME.pt2 has seeded random weights; NAME.json holds sequences and PyTorch's outputs on them, flattened, and what a
declaration has to tell.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
SEQUENCES = 5


def settle(model):
    """Batch norms as after training: statistics that are not 0 and 1."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            nn.init.normal_(layer.running_mean, 0, 0.3)
            nn.init.uniform_(layer.running_var, 0.3, 2)
            nn.init.normal_(layer.weight, 1, 0.2)
            nn.init.normal_(layer.bias, 0, 0.2)
    return model.eval()


class Convolutions(nn.Module):
    """Batch norms after layers with and without bias, grouped, strided, dilated and padded to the same length; pooling of
    both kinds; max pooling after a ReLU."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 8, 5, padding="same", bias=False)
        self.norm = nn.BatchNorm1d(8)
        self.grouped = nn.Conv1d(8, 12, 3, stride=2, groups=4, padding=1)
        self.second = nn.BatchNorm1d(12)
        self.dilated = nn.Conv1d(12, 6, 4, dilation=2, padding="same")
        self.dense = nn.Linear(6 * 4, 10)
        self.third = nn.BatchNorm1d(10)
        self.last = nn.Linear(10, 3)

    def forward(self, x):
        x = F.max_pool1d(torch.relu(self.norm(self.first(x))), 3, stride=2, padding=1)
        x = torch.exp(self.second(self.grouped(x)))
        x = F.avg_pool1d(self.dilated(x), 2, ceil_mode=True)
        x = F.dropout(torch.flatten(x, 1), 0.5, self.training)
        return self.last(F.relu(self.third(self.dense(x))))


class Residual(nn.Module):
    """Values that are used twice, in place and not; two outputs, one of them a profile."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 7, padding=3)
        self.layers = nn.ModuleList(nn.Conv1d(6, 6, 3, padding=2 ** i, dilation=2 ** i) for i in range(3))
        self.profile = nn.Conv1d(6, 2, 5, padding=2)
        self.count = nn.Linear(6, 2)

    def forward(self, x):
        x = self.first(x)
        gate = torch.sigmoid(x)
        x = F.relu(x, inplace=True) * gate
        for layer in self.layers:
            y = layer(x)
            x = x + F.relu(y, inplace=True) - 0.1 * y
        return self.profile(x), self.count(x.mean(2))


class Attention(nn.Module):
    """Keras' layout, a quarter for each base that is not known; layer norm, softmax, other activations; a batch norm
    after a linear layer over positions, which cannot be folded."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, 8)
        self.norm = nn.LayerNorm(8)
        self.query, self.key, self.value = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.over_positions = nn.BatchNorm1d(20)
        self.last = nn.Linear(8, 1)

    def forward(self, x):
        x = self.norm(F.gelu(self.embed(x)))
        weights = torch.softmax(self.query(x) @ self.key(x).transpose(1, 2) / 8 ** 0.5, -1)
        x = self.over_positions(F.linear(weights @ self.value(x), self.last.weight.repeat(8, 1)))
        x = F.silu(x) + F.elu(x, 0.7) - F.leaky_relu(x, 0.2) + F.softplus(x, 2.0, 1.5)
        return self.last(torch.amax(x, 1))


class Fixed(nn.Module):
    """For batches of three alone."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 5, 5)
        self.last = nn.Linear(5 * 16, 2)

    def forward(self, x):
        return self.last(torch.tanh(self.first(x)).reshape(3, -1))


def bases(length, unknown):
    codes = torch.randint(0, 4, (SEQUENCES, length), generator=torch.Generator().manual_seed(3))
    if unknown:
        codes[1, 4:9] = 4
    return codes


def onehot(codes, layout, unknown):
    x = F.one_hot(codes, 5).float()
    x = x[..., :4] + x[..., 4:] * (0.25 if unknown == "quarter" else 0.0)
    return (x.transpose(1, 2) if layout == "channels_first" else x).contiguous()


def make(name, model, length, layout="channels_first", unknown="zeros", batch=None):
    codes = bases(length, unknown=True)
    x = onehot(codes, layout, unknown)
    dynamic = None if batch else ({0: torch.export.Dim("batch")},)
    program = torch.export.export(model, (x[:batch] if batch else x,), dynamic_shapes=dynamic)
    torch.export.save(program, HERE / f"{name}.pt2")
    with torch.inference_mode():
        padded = torch.cat([x, x])[:batch * -(-SEQUENCES // batch)] if batch else x
        parts = [model(part) for part in padded.split(batch or SEQUENCES)]
    parts = [part if isinstance(part, tuple) else (part,) for part in parts]
    outputs = [torch.cat(same)[:SEQUENCES].flatten(1) for same in zip(*parts)]
    (HERE / f"{name}.json").write_text(json.dumps({
        "layout": layout, "unknown": unknown,
        "sequences": ["".join("ACGTN"[code] for code in row) for row in codes.tolist()],
        "outputs": torch.cat(outputs, 1).tolist(),
    }, indent=1) + "\n")


def main():
    torch.manual_seed(5)
    make("convolutions", settle(Convolutions()), 32)
    make("residual", settle(Residual()), 24)
    make("attention", settle(Attention()), 20, "channels_last", "quarter")
    make("fixed", settle(Fixed()), 20, batch=3)


if __name__ == "__main__":
    main()

"""Makes the small networks of this folder and what PyTorch says of them.

    python tests/models/make.py [NAME ...]

Each NAME.pt2 has seeded random or whole-numbered weights; NAME.toml declares it; NAME.expected.json holds sequences and
PyTorch's outputs on them, all outputs flattened side by side; NAME.gradients.json the gradients of a weighted sum of them by the
four channels of each base. Between them the networks use every operator that is read.
`onnx/` holds most of them again as PyTorch's two exporters to ONNX write them: NAME.onnx by the older one, NAME_dynamo.onnx by
the newer, NAME_node.onnx as one node that PyTorch has no layer for. `torchscript/` holds some as `torch.jit.trace` makes them. A network whose file is there is left as it is, so that its hash stays.
"""

import hashlib
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn import functional as F

import architectures
import along_dimensions
import composites
import reductions
import unfollowed

HERE = Path(__file__).parent
SEQUENCES = 5


class Convolutions(nn.Module):
    """Convolutions of one and two dimensions, however they are padded, spread, strided and grouped."""

    def __init__(self):
        super().__init__()
        self.same = nn.Conv1d(4, 8, 6, padding="same")
        self.dilated = nn.Conv1d(8, 8, 4, padding="same", dilation=3, bias=False)
        self.grouped = nn.Conv1d(8, 6, 3, groups=2, stride=2, padding=2)
        self.valid = nn.Conv1d(6, 6, 3, padding="valid", dilation=2)
        self.plane = nn.Conv2d(1, 3, (2, 5), stride=(2, 1), padding=(0, 2))
        self.plane_same = nn.Conv2d(3, 2, (3, 2), padding="same", dilation=(1, 2), bias=False)
        self.last = nn.Linear(6 * 11 + 2 * 3 * 11, 3)

    def forward(self, x):
        x = self.valid(self.grouped(self.dilated(torch.tanh(self.same(x)))))
        y = self.plane_same(torch.sigmoid(self.plane(x.unsqueeze(1))))
        return self.last(torch.cat([x.flatten(1), y.flatten(1)], 1))


class Norms(nn.Module):
    """Batch norms that can be folded into the layer before them, and those that look so and cannot."""

    def __init__(self):
        super().__init__()
        self.before = nn.BatchNorm1d(4)
        self.first = nn.Conv1d(4, 6, 5, bias=False)
        self.after = nn.BatchNorm1d(6, eps=0.01)
        self.plain = nn.BatchNorm1d(6, affine=False)
        self.second = nn.Conv1d(6, 6, 3, padding=1)
        self.used_twice = nn.BatchNorm1d(6)
        self.third = nn.Conv1d(6, 6, 1)
        self.late = nn.BatchNorm1d(6)
        self.over_positions = nn.BatchNorm1d(16)
        self.steps = nn.Linear(6, 6)
        self.layer = nn.LayerNorm(6)
        self.layer_plain = nn.LayerNorm([16, 6], elementwise_affine=False, eps=0.1)
        self.dense = nn.Linear(96, 5)
        self.dense_norm = nn.BatchNorm1d(5)
        self.last = nn.Linear(5, 2, bias=False)
        self.last_norm = nn.BatchNorm1d(2, affine=False)

    def forward(self, x):
        x = torch.relu(self.after(self.first(self.before(x))))
        x = self.plain(x)
        y = self.second(x)
        x = x + self.used_twice(y) * torch.sigmoid(y)
        x = self.late(torch.relu(self.third(x)))
        x = self.over_positions(self.steps(x.transpose(1, 2)))
        x = self.layer_plain(self.layer(x))
        return self.last_norm(self.last(torch.relu(self.dense_norm(self.dense(x.flatten(1))))))


class Activations(nn.Module):
    """Every activation, at its defaults and at other numbers, in place and not."""

    def __init__(self, softplus=F.softplus):
        super().__init__()
        self.first = nn.Conv1d(4, 16, 5)
        self.softplus = softplus

    def forward(self, x):
        x = self.first(x) * 3
        a = [x[:, i] for i in range(16)]
        made = [
            F.relu(a[0]), torch.exp(a[1]), torch.log(a[2].abs() + 0.1), torch.sigmoid(a[3]), torch.tanh(a[4]),
            self.softplus(a[5]), self.softplus(a[6] * 9, beta=2.5, threshold=1.5), F.gelu(a[7]), F.gelu(a[8], approximate="tanh"),
            F.silu(a[9]), F.elu(a[10]), F.elu(a[11], alpha=0.3), F.leaky_relu(a[12]), F.leaky_relu(a[13], 0.4),
            torch.sqrt(torch.abs(a[14])), -a[15],
        ]
        places = [F.relu(a[0] + 0.1, inplace=True), F.silu(a[1] * 2, inplace=True), F.elu(a[2] - 0.2, 0.6, inplace=True),
                  F.leaky_relu(a[3] * 0.5, 0.3, inplace=True)]
        soft = [F.softmax(x, 1).mean(1), F.log_softmax(x, dim=-1).mean(1)]
        return torch.cat([m.mean(1, keepdim=True) for m in made + places + soft], dim=1)


class WithoutSoftplus(Activations):
    """A softplus is taken apart into operators that are not read."""

    def __init__(self):
        super().__init__(softplus=lambda x, **_: torch.sigmoid(x))


class Pools(nn.Module):
    """Pooling and reductions of every kind."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 5)

    def forward(self, x):
        x = self.first(x)
        plane = x.unsqueeze(1)
        parts = [
            F.max_pool1d(x, 3), F.max_pool1d(x, 4, stride=3, padding=2, ceil_mode=True), F.max_pool1d(x, 3, 2, dilation=2),
            F.max_pool1d(torch.relu(x), 2), F.avg_pool1d(x, 4), F.avg_pool1d(x, 5, 2, padding=2, count_include_pad=False),
            F.avg_pool1d(x, 4, 3, padding=1, ceil_mode=True), F.adaptive_avg_pool1d(x, 3), F.adaptive_max_pool1d(x, 5),
            F.max_pool2d(plane, (2, 3)), F.max_pool2d(plane, 3, stride=2, padding=1, ceil_mode=True),
            F.avg_pool2d(plane, (3, 4), stride=(1, 2), padding=(1, 0), count_include_pad=False), F.avg_pool2d(plane, 2),
            F.adaptive_avg_pool2d(plane, (2, 3)), F.adaptive_max_pool2d(plane, (3, 2)),
            x.amax(2), x.amax((1, 2)).unsqueeze(1), torch.amax(x, -1, keepdim=True), x.mean(-1), x.mean((1, 2), keepdim=True),
            x.sum(1), x.sum((-1, -2)).unsqueeze(-1), x.sum(2, keepdim=True),
        ]
        return torch.cat([part.flatten(1).mean(1, keepdim=True) * (i + 1) for i, part in enumerate(parts)], 1)


class Shapes(nn.Module):
    """Everything that only rearranges, with the batch free."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 5)
        self.last = nn.Linear(6, 2)
        self.register_buffer("places", torch.randn(6 * 2 * 16 * 3))

    def forward(self, x):
        x = torch.tanh(self.first(x))
        n = x.shape[0]
        parts = [
            x.reshape(n, 4, -1), x.reshape(-1, 8, 12), x.view(n, 2, 3, 16).permute(0, 2, 3, 1), x.transpose(-1, 1),
            x.unsqueeze(2).squeeze(2), x.unsqueeze(1).unsqueeze(-1).squeeze((1, -1)), x[:, 1:-1, ::3], x[:, :, -5:], x[:, 2],
            x[..., -1], x.flip(2), torch.flip(x, [1, -1]), F.pad(x, (2, 1)), F.pad(x, (0, 1, 2, 0), value=0.5), F.pad(x, (-2, 3)),
            x.repeat(1, 2, 3), torch.concat([x, x[:, :3]], 1), x.flatten(1, 2), x.unsqueeze(3).flatten(2), x.narrow(2, 3, 7),
        ]
        parts += [x.clone().contiguous().detach(), F.dropout(x, 0.5, False), F.alpha_dropout(x, 0.5, False), x.to(torch.float32),
                  x.mean(2).t().t(), x[:, :1].expand(-1, 3, -1), x.mean(2, keepdim=True).expand(n, 6, 4)]
        # Places matter: each is weighted by where it stands.
        weighted = [(part.reshape(n, -1) * self.places[:part[0].numel()]).mean(1, keepdim=True) for part in parts]
        means = torch.cat(weighted, 1)
        return means, self.last(x.mean(2)).reshape(n, 1, 2)


class Arithmetic(nn.Module):
    """Sums, products, powers and matrix products, with factors, numbers and broadcasting."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 5)
        self.table = nn.Parameter(torch.randn(6, 3))
        self.register_buffer("scale", torch.rand(6, 1) + 0.5)
        self.register_buffer("hidden", torch.rand(1, 6, 16), persistent=False)
        self.number = nn.Parameter(torch.tensor(0.75))

    def forward(self, x):
        x = self.first(x)
        y = torch.sigmoid(x)
        z = torch.add(x, y, alpha=0.3) + torch.sub(y, x, alpha=2) - 0.25 + 1
        z = z * self.scale / (y + self.hidden) * 1.5 / 4
        z = z + (y ** 2) + (y ** 0.5) + torch.pow(y + 0.5, x.abs()) - self.number * torch.tensor([[2.0], [-1.0]]).repeat(3, 1)
        z = z.add_(y).mul_(0.5) - (1 - y) + 0.5 / (y + 1)
        attention = torch.bmm(y, z.transpose(1, 2))
        pairs = torch.matmul(x.transpose(1, 2), self.table)
        return torch.cat([torch.matmul(attention, self.table).flatten(1), pairs.mean(1), torch.mm(z.mean(2), self.table),
                          torch.addmm(self.table[0], x.mean(2), self.table), x.mean(2) @ self.table[:, 1:2]], 1)


class Weights(nn.Module):
    """Weights however they lie in the file: views that share memory, spread, of other types, used twice."""

    def __init__(self):
        super().__init__()
        store = torch.randn(40)
        self.turned = nn.Parameter(torch.randn(6, 5).t())
        self.part = nn.Parameter(store[4:9])
        self.other_part = nn.Parameter(store[12:27:3])
        self.turned_kernel = nn.Parameter(torch.randn(3, 4, 6).permute(2, 1, 0) * 0.4)
        self.register_buffer("spread", torch.randn(1, 1, 1).expand(1, 6, 14))
        self.register_buffer("halves", torch.randn(6, 1).half())
        self.register_buffer("brain", torch.randn(6, 1).bfloat16())
        self.register_buffer("doubles", torch.randn(6, 1).double())
        self.register_buffer("counts", torch.arange(-3, 3).reshape(6, 1))
        self.register_buffer("whole", torch.arange(6, dtype=torch.uint8).reshape(6, 1))
        self.register_buffer("mask", torch.tensor([[True], [False], [True], [True], [False], [True]]))
        self.shared = nn.Conv1d(6, 6, 3, padding=1)
        self.norm = nn.BatchNorm1d(6)

    def forward(self, x):
        x = F.conv1d(x, self.turned_kernel) + self.spread
        x = self.norm(self.shared(torch.tanh(x))) + self.shared(x)
        x = x * self.halves.float() + self.brain.float() - self.doubles.float()
        x = x * self.mask + x * self.counts / 8 + x * self.whole / 16
        return F.linear(x.mean(2), self.turned, self.part) * self.other_part


class Keras(nn.Module):
    """Channels last, and a quarter in every channel of a base that is not known."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 5, 5)
        self.last = nn.Linear(5, 1)

    def forward(self, x):
        return torch.sigmoid(self.last(torch.relu(self.first(x.permute(0, 2, 1))).amax(2)))


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 5, 5)
        self.norm = nn.BatchNorm1d(5)
        self.last = nn.Linear(5, 2)

    def forward(self, x):
        return self.last(F.max_pool1d(torch.relu(self.norm(self.first(x))), 4).mean(2))


class Decomposed(nn.Module):
    """What `run_decompositions()` takes apart."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 5)
        self.norm = nn.BatchNorm1d(6)
        self.layer = nn.LayerNorm(6)
        self.steps = nn.Linear(6, 6)
        self.dense = nn.Linear(24, 4)
        self.last = nn.Linear(4, 2, bias=False)

    def forward(self, x):
        x = F.max_pool1d(F.gelu(self.norm(self.first(x))), 4)
        x = self.steps(self.layer(x.transpose(1, 2)))
        x = torch.softmax(x @ x.transpose(1, 2), -1) @ x
        x = F.dropout(F.elu(F.leaky_relu(x, 0.2)), 0.5, False) + F.pad(x, (0, 0, 1, 0))[:, :4] - F.silu(x)
        y = F.adaptive_avg_pool1d(x.transpose(1, 2), 2).squeeze(-1).mean(2)
        return self.last(torch.relu(self.dense(x.flatten(1)))) + y[:, :2] + x.mean((1, 2)).unsqueeze(1)


class Gc(nn.Module):
    """The number of G and C."""

    def forward(self, x):
        return x[:, 1:3].sum((1, 2)).unsqueeze(1)


def finds(word):
    """A convolution whose ReLU is 1 where the word stands and 0 elsewhere."""
    layer = nn.Conv1d(4, 1, len(word))
    nn.init.zeros_(layer.weight)
    for i, letter in enumerate(word):
        layer.weight.data[0, "ACGT".index(letter), i] = 1
    nn.init.constant_(layer.bias, 1 - len(word))
    return layer


class Pair(nn.Module):
    """Copies of GATA, copies of CACC, and 1 where both are there."""

    def __init__(self):
        super().__init__()
        self.gata, self.cacc = finds("GATA"), finds("CACC")

    def forward(self, x):
        gata, cacc = torch.relu(self.gata(x)), torch.relu(self.cacc(x))
        both = gata.amax(2) * cacc.amax(2)
        return torch.cat([gata.sum(2), cacc.sum(2), both], 1)


class Image(nn.Module):
    """Takes the sequence as an image, with its one channel or row at `channels`."""

    def __init__(self, kernel, inputs, channels):
        super().__init__()
        self.first = nn.Conv2d(inputs, 5, kernel)
        self.channels = channels
        self.last = nn.Linear(5, 2)

    def forward(self, x):
        x = x if self.channels == 1 else x.permute(0, 3, 1, 2)
        return self.last(torch.relu(self.first(x)).amax((2, 3)))


class Profile(nn.Module):
    """Two strands of a profile in the middle of the sequence, and the logarithms of their counts, on top of a control track
    that is given beside the sequence."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 8, 7)
        self.second = nn.Conv1d(8, 8, 3, dilation=2)
        self.profile = nn.Conv1d(10, 2, 5)
        self.counts = nn.Linear(8, 2)

    def forward(self, x, control):
        x = torch.relu(self.second(torch.relu(self.first(x))))
        cut = (control.shape[2] - x.shape[2]) // 2
        both = torch.cat([x, control[:, :, cut:cut + x.shape[2]]], 1)
        return self.profile(both), self.counts(x.mean(2))


class Strands(nn.Module):
    """Is shown both strands as two inputs, and gives bins of eight bases with the tasks last."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 5, padding=2)
        self.second = nn.Conv1d(4, 6, 5, padding=2)
        self.last = nn.Conv1d(6, 3, 1)

    def forward(self, x, other):
        x = torch.relu(self.first(x) + self.second(other).flip(2))
        return F.softplus(self.last(F.avg_pool1d(x, 8))).transpose(1, 2)


class Nan(nn.Module):
    """The logarithm of the number of G less one half: no number where there is no G."""

    def forward(self, x):
        return torch.log(x[:, 2].sum(1, keepdim=True) - 0.5)


class InPlace(nn.Module):
    """Overwrites a tensor and reads afterwards what may be a view of it or a copy."""

    def forward(self, x):
        x = x * 2 - 1
        flat = x.flatten(1)
        x.mul_(3)
        return flat[:, :3]


class Keyed(nn.Module):
    """Returns a dictionary."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 2, 5)

    def forward(self, x):
        y = self.first(x)
        return {"profile": y, "counts": y.sum((1, 2)).unsqueeze(1)}


class Bessel(nn.Module):
    """Uses two operators that are not known, one of them twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 3, 5)

    def forward(self, x):
        y = torch.special.bessel_j0(self.first(x))
        return torch.special.bessel_j0(y).mean(2) + torch.special.airy_ai(y).amax(2)


class Dropout(nn.Module):
    """A network whose dropout depends on the mode that it is exported in."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 5, 5)
        self.dropout = nn.Dropout(0.5)
        self.last = nn.Linear(5, 2)

    def forward(self, x):
        return self.last(self.dropout(torch.relu(self.first(x)).mean(2)))


class BatchLast(nn.Module):
    """Returns its output with the batch as the last dimension."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 2, 5)

    def forward(self, x):
        return torch.relu(self.first(x)).mean(2).transpose(0, 1)


PROFILE = """
[[input]]

[[input]]
name  = "control"
value = 0.25

[[output]]
name     = "profile"
tasks    = ["plus", "minus"]
opposite = ["minus", "plus"]
bin      = 1

[[output]]
name     = "counts"
tasks    = ["plus_counts", "minus_counts"]
opposite = ["minus_counts", "plus_counts"]
unit     = "log counts"
"""

STRANDS = """
[[input]]
kind = "sequence"

[[input]]
kind = "reverse_complement"

[[output]]
tasks  = ["a", "b", "c"]
bin    = 8
layout = "channels_last"
"""


def settle(model):
    """Norms as after training: statistics that are not 0 and 1."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            nn.init.normal_(layer.running_mean, 0, 0.3)
            nn.init.uniform_(layer.running_var, 0.3, 2)
        if isinstance(layer, (nn.BatchNorm1d, nn.LayerNorm)) and layer.weight is not None:
            nn.init.normal_(layer.weight, 1, 0.2)
            nn.init.normal_(layer.bias, 0, 0.2)
    return model.eval()


def bases(length, unknown):
    codes = torch.randint(0, 4, (SEQUENCES, length), generator=torch.Generator().manual_seed(3))
    if unknown:
        codes[1, 4:9] = 4
        codes[3] = 4
    return codes


def onehot(codes, layout, unknown):
    x = F.one_hot(codes, 5).float()
    x = x[..., :4] + x[..., 4:] * (0.25 if unknown == "quarter" else 0.0)
    return (x.transpose(1, 2) if layout == "channels_first" else x).contiguous()


def export(model, examples, batch, decompose=False):
    dynamic = None if batch else tuple({0: torch.export.Dim("batch")} for _ in examples)
    program = torch.export.export(model, examples, dynamic_shapes=dynamic)
    if decompose:
        program = program.run_decompositions()
    without_traces(program)
    return program


def without_traces(program):
    """Where the code stood on the machine that exported is nobody's business."""
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)


def save(program, path):
    """Saves with every record compressed and without what differs between two exports, so that files are small and the same
    again."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.name
        torch.export.save(program, plain)
        with zipfile.ZipFile(plain) as records, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for record in records.infolist():
                if "serialization_id" not in record.filename and "sample_inputs" not in record.filename:
                    again = zipfile.ZipInfo(record.filename)
                    packed.writestr(again, records.read(record), zipfile.ZIP_DEFLATED)


def save_onnx(model, examples, batch, dynamo, path):
    names = [f"input_{i}" for i in range(len(examples))]
    if dynamo:
        free = None if batch else tuple({0: torch.export.Dim("batch")} for _ in examples)
        torch.onnx.export(model, examples, path, dynamo=True, input_names=names, dynamic_shapes=free, external_data=False)
    else:
        free = None if batch else {name: {0: "batch"} for name in names}
        torch.onnx.export(model, examples, path, dynamo=False, input_names=names, dynamic_axes=free, opset_version=17)
    save_bare(path, path)


def save_bare(written, path):
    """Saves an ONNX file again without what tells of the machine that exported."""
    stored = onnx.load(written)
    for part in [stored, stored.graph, *stored.graph.node, *stored.graph.value_info, *stored.graph.input, *stored.graph.output,
                 *stored.graph.initializer]:
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(stored, path)


def save_reset_first(model, path):
    """The GRU that PyTorch has none of, as the one node that it is in ONNX."""
    from onnx import TensorProto, helper, numpy_helper
    stored = {name: weight.detach().numpy() for name, weight in model.state_dict().items()}
    stored["biases"] = torch.cat([model.input_bias, model.state_bias], 1).detach().numpy()
    kept = ["first.weight", "first.bias", "of_input", "of_state", "biases"]
    nodes = [
        helper.make_node("Conv", ["x", *kept[:2]], ["steps"], kernel_shape=[8], strides=[8]),
        helper.make_node("Transpose", ["steps"], ["turned"], perm=[2, 0, 1]),
        helper.make_node("GRU", ["turned", *kept[2:]], ["", "ends"], direction="bidirectional", hidden_size=model.hidden),
        helper.make_node("Transpose", ["ends"], ["ahead"], perm=[1, 0, 2]),
        helper.make_node("Flatten", ["ahead"], ["y"]),
    ]
    value = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])
    weights = [numpy_helper.from_array(stored[name], name) for name in kept]
    graph = helper.make_graph(nodes, "graph", [value("x", 4, 64)], [value("y", 2 * model.hidden)], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(made)
    onnx.save(made, path)


def save_torchscript(model, example, path):
    """Saves without what tells of the machine that exported."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.name
        torch.jit.trace(model, example).save(plain)
        with zipfile.ZipFile(plain) as records, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
            for record in records.infolist():
                if not record.filename.endswith(".debug_pkl"):
                    packed.writestr(zipfile.ZipInfo(record.filename), records.read(record))


def outputs_of(model, inputs, batch):
    with torch.inference_mode():
        padded = [torch.cat([x, x])[:batch * -(-SEQUENCES // batch)] if batch else x for x in inputs]
        parts = [model(*part) for part in zip(*(x.split(batch or SEQUENCES) for x in padded))]
    parts = [part if isinstance(part, tuple) else (part,) for part in parts]
    outputs = [torch.cat(same)[:SEQUENCES].flatten(1) for same in zip(*parts)]
    return torch.cat(outputs, 1).tolist()


def weights_of(columns):
    """Of the outputs, so that no two tell the same of a gradient."""
    return torch.cos(torch.arange(columns, dtype=torch.float32) + 1)


def gradients_of(model, inputs, batch, layout, image, others):
    """Of the weighted sum of all outputs, by the bases of each sequence: (sequences, 4, length), flattened."""
    columns = len(outputs_of(model, inputs, batch)[0])
    found = []
    for i in range(SEQUENCES):
        x = inputs[0][i:i + 1].clone().requires_grad_(True)
        shown = (x, *others(x))
        made = model(*(part.repeat(batch, *[1] * (part.dim() - 1)) if batch else part for part in shown))
        made = made if isinstance(made, tuple) else (made,)
        flat = torch.cat([part[:1].flatten(1) for part in made], 1)
        # A network that shows no slope has a gradient of zero.
        total = (flat[0] * weights_of(columns)).sum()
        slope = torch.autograd.grad(total, x)[0] if total.requires_grad else torch.zeros_like(x)
        slope = slope if image is None else slope.squeeze(image)
        slope = slope[0] if layout == "channels_first" else slope[0].T
        found.append([float(f"{n:.7g}") for n in slope.flatten().tolist()])
    return found


def make(name, model, length=20, layout="channels_first", unknown="zeros", batch=None, decompose=False, tasks=None, n=True,
         expected=True, training=False, others=lambda x: (), tables="", onnx=None, image=None, flat=False, torchscript=False):
    """Makes one network; `onnx` names the exporters to ONNX that take it (both if `expected`, by default), `image` is where a dimension of one makes the sequence
    an image, `flat` whether it is taken flattened, `torchscript` whether it is traced as well."""
    path = HERE / f"{name}.pt2"
    if onnx is None:
        onnx = ("", "_dynamo") if expected and not decompose else ()
    exports = [HERE / "onnx" / f"{name}{exporter}.onnx" for exporter in onnx]
    script = HERE / "torchscript" / f"{name}.pt"
    if torchscript and not script.exists():
        torch.manual_seed(sum(name.encode()))
        codes = bases(length, n)
        save_torchscript(settle(model()), onehot(codes, layout, unknown), script)
    gradients = path.with_suffix(".gradients.json")
    missing = [file for file in [path, *exports, *([gradients] if expected else [])] if not file.exists()]
    if not missing or (sys.argv[1:] and name not in sys.argv[1:]):
        return
    torch.manual_seed(sum(name.encode()))
    model = settle(model()).train(training)
    codes = bases(length, n)
    x = onehot(codes, layout, unknown)
    x = x if image is None else x.unsqueeze(image)
    x = x.flatten(1) if flat else x
    inputs = (x, *others(x))
    examples = tuple(i[:batch] for i in inputs) if batch else inputs
    lines = [f"length  = {length}", f'layout  = "{layout}"', f'unknown = "{unknown}"']
    if tasks:
        lines.append(f"tasks   = {json.dumps(tasks)}")
    if gradients in missing:
        missing.remove(gradients)
        known = path.with_suffix(".expected.json")
        if known.exists():
            known = torch.tensor(json.loads(known.read_text())["outputs"])
            torch.testing.assert_close(torch.tensor(outputs_of(model, inputs, batch)), known, rtol=1e-5, atol=1e-5)
        gradients.write_text(json.dumps(gradients_of(model, inputs, batch, layout, image, others)) + "\n")
    for file in missing:
        if file == path:
            save(export(model, examples, batch, decompose), path)
        elif file.stem.endswith("_node"):
            save_reset_first(model, file)
        else:
            save_onnx(model, examples, batch, file.stem.endswith("_dynamo"), file)
        declare(file, lines, tables)
    if expected and path in missing:
        sequences = ["".join("ACGTN"[code] for code in row) for row in codes.tolist()]
        path.with_suffix(".expected.json").write_text(json.dumps(
            {"inputs": sequences, "outputs": outputs_of(model, inputs, batch)}, indent=1) + "\n")


def declare(path, lines, tables, source="tests/models/make.py"):
    lines = lines + [f'sha256  = "{hashlib.sha256(path.read_bytes()).hexdigest()}"', f'source  = "{source}"']
    path.with_suffix(".toml").write_text("\n".join(lines) + "\n" + tables)


def main():
    make("convolutions", Convolutions, length=27)
    make("norms", Norms)
    # The older exporter forgets the threshold of a softplus and knows no adaptive pooling to any number; the newer one
    # fails on pooling with its own lists.
    make("activations", Activations, onnx=("_dynamo",))
    make("pools", Pools, onnx=())
    make("shapes", Shapes, onnx=("_dynamo",))
    make("arithmetic", Arithmetic)
    make("weights", Weights, length=16)
    make("keras", Keras, layout="channels_last", unknown="quarter", torchscript=True)
    make("keras_zeros", Keras, layout="channels_last")
    make("quarter", Small, unknown="quarter")
    make("fixed", Small, batch=3)
    make("single", Small, batch=1)
    make("decomposed", Decomposed, decompose=True)
    make("decomposed_pools", Pools, decompose=True)
    make("decomposed_norms", Norms, decompose=True)
    make("decomposed_activations", WithoutSoftplus, decompose=True)
    make("decomposed_arithmetic", Arithmetic, decompose=True)
    make("decomposed_shapes", Shapes, decompose=True)
    make("decomposed_weights", Weights, length=16, decompose=True)
    make("gc", Gc, n=False)
    make("pair", Pair, length=60, tasks=["GATA", "CACC", "both"], n=False)
    make("profile", Profile, length=48, others=lambda x: (torch.full((len(x), 2, 48), 0.25),), tables=PROFILE)
    make("strands", Strands, length=64, others=lambda x: (x.flip(1, 2),), tables=STRANDS, n=False)
    make("image", lambda: Image((4, 6), 1, 1), image=1)
    make("image_row", lambda: Image((1, 6), 4, 1), image=2)
    make("image_last", lambda: Image((6, 4), 1, -1), layout="channels_last", image=3)
    for name, network in architectures.ALL.items():
        # The older exporter knows no expm1, and writes three times as much of masks.
        onnx = {"pieces": ("_dynamo",), "masked": ("_dynamo",), "reset_first": ("_node",)}.get(name, ("", "_dynamo"))
        make(name, network, length=architectures.LENGTH, n=False, onnx=onnx, torchscript=name in ("danq", "bpnet"))
    for name, network in along_dimensions.ALL.items():
        make(name, network, length=along_dimensions.LENGTH, n=False, onnx=())
    for name, network in composites.ALL.items():
        make(name, network, length=along_dimensions.LENGTH, n=False, onnx=("_dynamo",) if name in ("stacked", "sampled", "short_time", "doubles", "strand_batches", "vector_attention") else ())
    for name, network in reductions.ALL.items():
        make(name, network, length=along_dimensions.LENGTH, n=False, onnx=())
    make("integers", composites.Integers, length=along_dimensions.LENGTH, n=False, onnx=("_dynamo",))
    make("decomposed_operators", along_dimensions.Reductions, length=along_dimensions.LENGTH, n=False, decompose=True)
    make("decomposed_spectral", along_dimensions.Spectral, length=along_dimensions.LENGTH, n=False, decompose=True)
    make("decomposed_written", along_dimensions.Written, length=along_dimensions.LENGTH, n=False, decompose=True)
    make("decomposed_windows", along_dimensions.Windows, length=along_dimensions.LENGTH, n=False, decompose=True)
    make("nan", Nan, n=False, expected=False)
    make("in_place", InPlace, expected=False)
    for name, network in unfollowed.ALL.items():
        make(name, network, n=False, expected=False, onnx=("_dynamo",) if name in ("bytes", "half_precision") else ())
    make("keyed", Keyed, expected=False)
    make("flattened", lambda: nn.Sequential(nn.Linear(80, 6), nn.ReLU(), nn.Linear(6, 1)), expected=False, flat=True)
    make("training", Small, expected=False, training=True)
    make("bessel", Bessel, expected=False)
    make("dropout", Dropout, expected=False, training=True)
    make("batch_last", BatchLast, expected=False)


if __name__ == "__main__":
    main()

"""Tries every operator of PyTorch's core ATen set, the target of `run_decompositions()`, and writes what runs.

    python tests/networks/core_aten.py --gia PATH --write docs/core_aten.md

Each operator is called once in a small network, which is exported with a free batch; gia's outputs have to equal PyTorch's to 1e-5 of
the largest. An operator that is not read as it stands is tried again after `run_decompositions()`. Fails if an operator of the set is
neither called nor excused here, or if one that is called does not run.
"""

import argparse
import logging
import random
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent))
from check import Refused, predictions, relative  # noqa: E402

aten = torch.ops.aten
LENGTH, SEQUENCES = 20, 3
INT = torch.int64

TRAINING = "computes gradients, in training only"
RANDOM = "draws random numbers"
SIZE = "the size of its result depends on the sequence"
EXCUSED = {
    "_adaptive_avg_pool2d_backward": TRAINING,
    "avg_pool2d_backward": TRAINING,
    "convolution_backward": TRAINING,
    "embedding_dense_backward": TRAINING,
    "max_pool2d_with_indices_backward": TRAINING,
    "native_group_norm_backward": TRAINING,
    "native_layer_norm_backward": TRAINING,
    "_native_batch_norm_legit": "normalises by the batch",
    "_native_batch_norm_legit.no_stats": "normalises by the batch",
    "_pdist_forward": "compares the sequences of a batch",
    "rand": RANDOM,
    "randn": RANDOM,
    "randperm": RANDOM,
    "nonzero": SIZE,
    "masked_scatter": SIZE,
    "_local_scalar_dense": "makes one number of a tensor for the whole batch",
    "atan2.out": "writes to a tensor that the caller gives, which no export does",
    "sym_storage_offset": "addresses memory, not elements",
    "sym_stride.int": "addresses memory, not elements",
}

image = lambda y: y[:, None]
channel = lambda y: y.reshape(y.shape[0], 8, 4, 5)
whole = lambda y: (4 * y).to(INT)
parts = lambda found: torch.cat([part.flatten(1).float() for part in found], 1)
table = torch.arange(24.0).view(6, 4) / 10

# How each operator is called on y, which is (batch, 8, 20) with numbers between -1 and 1.
CALLS = {
    "_adaptive_avg_pool2d": lambda f, y: f(image(y), [3, 7]),
    "_adaptive_avg_pool3d": lambda f, y: f(channel(y)[:, None], [2, 2, 3]),
    "_cdist_forward": lambda f, y: f(y, y[:, :3], 2.0, None),
    "_embedding_bag": lambda f, y: f(table, whole(y[:, 0]).abs().reshape(-1), torch.arange(0, y.shape[0] * LENGTH, LENGTH))[0],
    "_fft_c2r": lambda f, y: f(torch.fft.rfft(y), [2], 2, LENGTH),
    "_fft_r2c": lambda f, y: torch.view_as_real(f(y, [2], 0, True)),
    "_log_softmax": lambda f, y: f(y, 2, False),
    "_softmax": lambda f, y: f(y, 1, False),
    "_native_batch_norm_legit_no_training": lambda f, y: f(y, torch.ones(8), torch.ones(8), torch.ones(8) / 3, torch.ones(8) * 2, 0.1, 1e-3)[0],
    "_to_copy": lambda f, y: f(y, dtype=torch.float64).float() + f(4 * y, dtype=INT),
    "acosh": lambda f, y: f(y + 2.5),
    "addmm": lambda f, y: f(y[:, 0, :3], y[:, 1], torch.ones(LENGTH, 3) / 9, beta=0.5, alpha=2),
    "amax": lambda f, y: f(y, [2]),
    "amin": lambda f, y: f(y, [1, 2], True),
    "any": lambda f, y: y + f(torch.tensor([0.0, 1.0])),
    "all": lambda f, y: y + f(torch.tensor([0.0, 1.0])),
    "any.dim": lambda f, y: f(y > 0.3, 2),
    "any.dims": lambda f, y: f(y > 0.3, [1, 2], True),
    "arange.start_step": lambda f, y: y * f(0, 40, 2, dtype=torch.float32),
    "argmax": lambda f, y: f(y, 2),
    "argmin": lambda f, y: f(y, 2, True),
    "as_strided": lambda f, y: f(y.contiguous(), [y.shape[0], 3, 4], [8 * LENGTH, LENGTH + 1, 2], 5),
    "atan2": lambda f, y: f(y, y + 2),
    "avg_pool2d": lambda f, y: f(image(y), [2, 3], [2, 2], [1, 1], False, False),
    "avg_pool3d": lambda f, y: f(channel(y)[:, None], [2, 2, 2]),
    "bitwise_not": lambda f, y: f(whole(y)) + f(y > 0),
    "bmm": lambda f, y: f(y, y.transpose(1, 2)),
    "cat": lambda f, y: f([y, y * 2], 1),
    "clamp": lambda f, y: f(y, -0.2, 0.3),
    "clamp.Tensor": lambda f, y: f(y, y * 0 - 0.2, y.mean(2, keepdim=True) + 0.2),
    "col2im": lambda f, y: f(y[:, :, :12], [4, 5], [2, 2], [1, 1], [0, 0], [1, 1]),
    "constant_pad_nd": lambda f, y: f(y, [2, -3], 0.5),
    "convolution": lambda f, y: f(y, torch.ones(4, 8, 3) / 9, None, [2], [1], [1], False, [0], 1),
    "copy": lambda f, y: f(y, y[:, :1]),
    "cumsum": lambda f, y: f(y, 2),
    "diagonal": lambda f, y: f(y, 1, 1, 2),
    "div.Tensor_mode": lambda f, y: f(3 * y, y * 0 + 0.7, rounding_mode="floor"),
    "div.Scalar_mode": lambda f, y: f(3 * y, 0.7, rounding_mode="trunc"),
    "elu": lambda f, y: f(y, 0.7, 1.2, 1.5),
    "embedding": lambda f, y: f(table, (y[:, 0] > 0).to(INT)),
    "empty.memory_format": lambda f, y: torch.cat([f([y.shape[0], 3]).zero_(), y[:, 0]], 1),
    "empty_strided": lambda f, y: torch.cat([f([y.shape[0], 3], [3, 1]).zero_(), y[:, 0]], 1),
    "expand": lambda f, y: f(y[:, :1], [y.shape[0], 3, LENGTH]),
    "fill.Scalar": lambda f, y: y + f(y, 0.5),
    "flip": lambda f, y: f(y, [1, 2]),
    "full": lambda f, y: y + f([y.shape[0], 1, LENGTH], 0.5),
    "full_like": lambda f, y: y + f(y, 0.5),
    "gather": lambda f, y: f(y, 2, (y > 0).to(INT)),
    "grid_sampler_2d": lambda f, y: f(image(y), torch.stack([y[..., :6], y[..., 6:12]], -1), 0, 0, False),
    "hardtanh": lambda f, y: f(y, -0.3, 0.4),
    "index.Tensor": lambda f, y: f(y, [None, torch.arange(8), torch.arange(8) * 2]),
    "index_put": lambda f, y: f(y, [None, torch.arange(8), torch.arange(8) * 2], torch.tensor(0.5)),
    "index_select": lambda f, y: f(y, 2, torch.tensor([3, 1, 1])),
    "isinf": lambda f, y: f(y / (y > 0)),
    "isnan": lambda f, y: f(torch.log(y)),
    "log": lambda f, y: f(y + 2),
    "log10": lambda f, y: f(y + 2),
    "log1p": lambda f, y: f(y + 1),
    "log2": lambda f, y: f(y + 2),
    "logical_not": lambda f, y: f(y > 0),
    "max.dim": lambda f, y: parts(f(y, 2)),
    "min.dim": lambda f, y: parts(f(y, 1, True)),
    "max_pool2d_with_indices": lambda f, y: parts(f(image(y), [2, 3])),
    "max_pool3d_with_indices": lambda f, y: parts(f(channel(y)[:, None], [2, 2, 2])),
    "maximum": lambda f, y: f(y, y.mean(2, keepdim=True)),
    "minimum": lambda f, y: f(y, y.mean(2, keepdim=True)),
    "mean": lambda f, y: y * f(torch.arange(4.0)),
    "mean.dim": lambda f, y: f(y, [1]),
    "mm": lambda f, y: f(y[:, 0], torch.ones(LENGTH, 3) / 9),
    "native_dropout": lambda f, y: f(y, 0.5, False)[0],
    "native_group_norm": lambda f, y: f(y, torch.ones(8), torch.ones(8), y.shape[0], 8, LENGTH, 2, 1e-3)[0],
    "native_layer_norm": lambda f, y: f(y, [LENGTH], torch.ones(LENGTH), None, 1e-3)[0],
    "permute": lambda f, y: f(y, [0, 2, 1]),
    "pow.Tensor_Tensor": lambda f, y: f(y + 2, y),
    "pow.Tensor_Scalar": lambda f, y: f(y, 3),
    "pow.Scalar": lambda f, y: f(2, y),
    "prod": lambda f, y: y * f(torch.arange(1.0, 4.0)),
    "prod.dim_int": lambda f, y: f(y, 1),
    "reciprocal": lambda f, y: f(y + 2),
    "reflection_pad1d": lambda f, y: f(y, [2, 3]),
    "reflection_pad2d": lambda f, y: f(image(y), [2, 3, 1, 1]),
    "reflection_pad3d": lambda f, y: f(channel(y)[:, None], [1, 1, 1, 1, 1, 1]),
    "replication_pad2d": lambda f, y: f(image(y), [2, 3, 1, 1]),
    "replication_pad3d": lambda f, y: f(channel(y)[:, None], [1, 1, 1, 1, 1, 1]),
    "repeat": lambda f, y: f(y, [1, 2, 1]),
    "rsqrt": lambda f, y: f(y + 2),
    "scalar_tensor": lambda f, y: y + f(0.5),
    "scatter.value": lambda f, y: f(y, 2, (y > 0).to(INT), 0.5),
    "scatter.src": lambda f, y: f(y, 2, torch.arange(LENGTH).expand(y.shape), y * 2),
    "scatter_add": lambda f, y: f(y, 2, (y > 0).to(INT), y),
    "scatter_reduce.two": lambda f, y: f(y, 2, (y > 0).to(INT), y, "amax"),
    "select.int": lambda f, y: f(y, 2, -3),
    "select_scatter": lambda f, y: f(y, y[..., 0], 2, -3),
    "slice.Tensor": lambda f, y: f(y, 2, 1, -2, 3),
    "slice_scatter": lambda f, y: f(y, y[..., :4], 2, 1, 12, 3),
    "sort": lambda f, y: parts(f(y, 2, True)),
    "split_with_sizes": lambda f, y: parts(f(y, [5, 15], 2)),
    "sqrt": lambda f, y: f(y + 1),
    "squeeze.dim": lambda f, y: f(y[:, :1], 1),
    "squeeze.dims": lambda f, y: f(y[:, :2, :1, None], [2, 3]),
    "sum.dim_IntList": lambda f, y: f(y, [1, 2], True),
    "sym_numel": lambda f, y: y * (1 / LENGTH),
    "sym_size.int": lambda f, y: y.reshape(y.shape[0], -1) * 2,
    "topk": lambda f, y: parts(f(y, 3, 2)),
    "unsqueeze": lambda f, y: f(y, 1),
    "upsample_bilinear2d.vec": lambda f, y: f(image(y), None, False, [2.0, 1.5]),
    "upsample_nearest2d.vec": lambda f, y: f(image(y), None, [2.0, 1.5]),
    "var.dim": lambda f, y: f(y, [2]),
    "var.correction": lambda f, y: f(y, [1, 2], correction=0, keepdim=True),
    "view": lambda f, y: f(y, [y.shape[0], 4, 2 * LENGTH]),
    "where.self": lambda f, y: f(y > 0.1, y, y * 0.5),
}
COMPARED = {"eq", "ge", "gt", "le", "lt", "ne", "logical_and", "logical_or", "logical_xor"}
BITS = {"bitwise_and", "bitwise_or", "bitwise_xor"}


def call_of(name):
    """How an operator is called: as listed, or by its overload on one or two operands."""
    base, _, overload = name.partition(".")
    if name in CALLS:
        return CALLS[name]
    if base in BITS:
        return lambda f, y: f(whole(y), 3 if overload == "Scalar" else whole(y * 2))
    if base in COMPARED and base.startswith("logical"):
        return lambda f, y: f(y > 0, y < 0.4)
    if overload == "Scalar":
        return lambda f, y: f(y, 0.7)
    if overload == "Tensor":
        return lambda f, y: f(y, y.mean(2, keepdim=True) + 0.7)
    return lambda f, y: f(0.9 * y)


class Network(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 3, padding=1)
        base, _, overload = name.partition(".")
        self.operator = getattr(getattr(aten, base), overload or "default")
        self.call = call_of(name)

    def forward(self, x):
        return self.call(self.operator, torch.tanh(self.conv(x))).float().flatten(1)[:, :60]


def core():
    """The operators of the core set, without `.default`."""
    for name in sorted(dir(aten)):
        packet = getattr(aten, name)
        for overload in packet.overloads() if hasattr(packet, "overloads") else []:
            if torch.Tag.core in getattr(packet, overload).tags:
                yield name if overload == "default" else f"{name}.{overload}"


def outcome(name, gia, folder):
    """`runs`, `runs by decomposition`, or why not."""
    if name in EXCUSED:
        return EXCUSED[name]
    torch.manual_seed(7)
    network = Network(name).eval()
    rng = random.Random(2)
    texts = ["".join(rng.choice("ACGT") for _ in range(LENGTH)) for _ in range(SEQUENCES)]
    fasta = folder / "x.fa"
    fasta.write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
    x = F.one_hot(torch.tensor([["ACGT".index(base) for base in text] for text in texts]), 4).transpose(1, 2).float().contiguous()
    with torch.no_grad():
        wanted = network(x).numpy()
    program = torch.export.export(network, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    path, failed = folder / "network.pt2", ""
    for word in ("runs", "runs by decomposition"):
        torch.export.save(program, path)
        try:
            off = relative(predictions(gia, path, fasta, folder), wanted)
            if off < 1e-5:
                return word
            failed = failed or f"FAILED: differs by {off:.0e}"
        except Refused as refused:
            failed = failed or f"FAILED: {refused}"
        program = program.run_decompositions()
    return failed


PAGE = """# Core ATen

`torch.export` writes a network in operators of ATen; `program.run_decompositions()` writes it in PyTorch's core set of {count}. `make
check-core-aten` calls each of them in a small network and compares the outputs with those of PyTorch {version}: {runs} run, {by} run by
decomposition, {not_run} do not. Many operators outside the set run as well.

| operator | |
|---|---|
{rows}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gia", type=Path, required=True)
    parser.add_argument("--write", type=Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    folder, found = Path(tempfile.mkdtemp()), {}
    for name in arguments.names or core():
        try:
            found[name] = outcome(name, arguments.gia, folder)
        except Exception as error:
            found[name] = f"FAILED: {type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
        if "FAILED" in found[name] or arguments.names:
            print(f"{name}: {found[name]}", flush=True)
    runs = sum(word == "runs" for word in found.values())
    by = sum(word == "runs by decomposition" for word in found.values())
    print(f"{len(found)} operators: {runs} run, {by} run by decomposition, {len(found) - runs - by} do not")
    if arguments.write:
        arguments.write.write_text(PAGE.format(
            count=len(found), version=torch.__version__.split("+")[0], runs=runs, by=by, not_run=len(found) - runs - by,
            rows="\n".join(f"| `{name}` | {word} |" for name, word in found.items()),
        ))
    sys.exit(any("FAILED" in word for word in found.values()))


if __name__ == "__main__":
    main()

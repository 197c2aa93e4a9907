"""The networks that are timed: shapes of the field with seeded random weights, and the project's own trained one."""

import hashlib
import importlib.util
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

OWN = Path(__file__).parent.parent / "experiments" / "ctcf_pu1"


@dataclass(frozen=True)
class Shape:
    title: str
    length: int
    tasks: int
    #: Sequences in one plain pass: enough for a steady figure on a small network.
    plain: int


SHAPES = {
    "ctcf_pu1": Shape("ctcf_pu1, 100 bp", 100, 2, 20_000),
    "deepstarr": Shape("DeepSTARR-shaped, 249 bp", 249, 2, 4_000),
    "basset": Shape("Basset-shaped, 600 bp", 600, 164, 1_000),
    "bpnet": Shape("BPNet-shaped, 2,114 bp", 2114, 2, 1_000),
}


def tasks(name):
    return ["CTCF", "PU.1"] if name == "ctcf_pu1" else [f"task{i}" for i in range(SHAPES[name].tasks)]


def build(name):
    """The network in inference mode; the same weights each time."""
    torch.manual_seed(1)
    return {"ctcf_pu1": own, "deepstarr": deepstarr, "basset": basset, "bpnet": BPNet}[name]().eval()


def own():
    spec = importlib.util.spec_from_file_location("train", OWN / "train.py")
    train = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.load(OWN / "ctcf_pu1.pt2")
    model = train.network()
    model.load_state_dict(program.state_dict)
    return model


def convolution(inputs, outputs, width, pool):
    return [nn.Conv1d(inputs, outputs, width, padding=width // 2), nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(pool)]


def dense(inputs, outputs):
    return [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU(), nn.Dropout(0.4)]


def deepstarr():
    return nn.Sequential(
        *convolution(4, 256, 7, 2), *convolution(256, 60, 3, 2), *convolution(60, 60, 5, 2), *convolution(60, 120, 3, 2),
        nn.Flatten(), *dense(15 * 120, 256), *dense(256, 256), nn.Linear(256, 2),
    )


def basset():
    return nn.Sequential(
        *convolution(4, 300, 19, 3), *convolution(300, 200, 11, 4), *convolution(200, 200, 7, 4),
        nn.Flatten(), *dense(12 * 200, 1000), *dense(1000, 1000), nn.Linear(1000, 164),
    )


class BPNet(nn.Module):
    """Eight residual layers of doubling dilation; a mean over positions and a dense head in place of the profile."""

    def __init__(self, channels=64, layers=8):
        super().__init__()
        self.first = nn.Conv1d(4, channels, 21, padding=10)
        self.dilated = nn.ModuleList(
            nn.Conv1d(channels, channels, 3, padding=2 ** i, dilation=2 ** i) for i in range(1, layers + 1))
        self.rectifiers = nn.ModuleList(nn.ReLU() for _ in range(layers + 1))
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.head = nn.Linear(channels, 2)

    def forward(self, x):
        x = self.rectifiers[0](self.first(x))
        for layer, rectifier in zip(self.dilated, self.rectifiers[1:]):
            x = x + rectifier(layer(x))
        return self.head(torch.flatten(self.pool(x), 1))


def export(name, folder):
    """Writes NAME.pt2 and NAME.toml into the folder."""
    return write(build(name), SHAPES[name].length, tasks(name), folder / f"{name}.pt2")


def export_once(name, folder):
    if not (folder / f"{name}.pt2").exists():
        export(name, folder)


def write(model, length, tasks, path):
    x = torch.nn.functional.one_hot(torch.randint(0, 4, (2, length)), 4).transpose(1, 2).float().contiguous()
    program = torch.export.export(model, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, path)
    listed = ", ".join(f'"{task}"' for task in tasks)
    path.with_suffix(".toml").write_text(
        f'length = {length}\nalphabet = "ACGT"\nlayout = "channels_first"\nunknown = "zeros"\ntasks = [{listed}]\n'
        f'sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}"\nsource = "benches/networks.py, random weights"\n')
    return path

"""How long a network takes to be loaded: `gia predict` of one sequence by a network of 20 MB, less the same by one of a few numbers.

    python benches/loading.py --gia PATH [--tries N]

Prints a table in Markdown: the medians of so many tries, the two networks in turns. Both start the worker, which starts libtorch, and
predict one sequence; what is left of the difference is reading, checking and laying out 20 MB of weights, and the work of one pass through them.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

LENGTH = 200


class Network(nn.Module):
    """Convolutions, and dense layers that hold most of the weights."""

    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(4, width, 15, padding=7), nn.BatchNorm1d(width), nn.ReLU(), nn.MaxPool1d(20), nn.Conv1d(width, width, 9), nn.ReLU(),
            nn.Flatten(), nn.Linear(2 * width, 4 * width), nn.ReLU(), nn.Linear(4 * width, 2))

    def forward(self, x):
        return self.body(x)


def save(folder, name, width):
    """A network in both formats; the number of bytes of its weights."""
    torch.manual_seed(1)
    model = Network(width).eval()
    example, batch = torch.zeros(2, 4, LENGTH), torch.export.Dim("batch")
    program = torch.export.export(model, (example,), dynamic_shapes=({0: batch},))
    torch.export.save(program, folder / f"{name}.pt2")
    torch.onnx.export(model, (example,), folder / f"{name}.onnx", dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}},
                      opset_version=17)
    return sum(weight.numel() * 4 for weight in model.state_dict().values())


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--gia", required=True)
    asked.add_argument("--tries", type=int, default=9)
    asked = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "one.fa").write_text(">one\n" + "ACGT" * (LENGTH // 4) + "\n")
        size = save(folder, "large", 548)
        save(folder, "small", 4)

        def seconds(model):
            start = time.perf_counter()
            subprocess.run([asked.gia, "predict", folder / model, folder / "one.fa"], check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - start

        print(f"Weights of {size / 1e6:.1f} MB, medians of {asked.tries} tries.\n")
        print("| format | start and a small network, s | the large one, s | loading, s |")
        print("|---|---:|---:|---:|")
        for format in ("pt2", "onnx"):
            times = [(seconds(f"small.{format}"), seconds(f"large.{format}")) for _ in range(asked.tries + 1)][1:]
            small, large = (statistics.median(column) for column in zip(*times))
            loading = statistics.median(large - small for small, large in times)
            print(f"| `.{format}` | {small:.2f} | {large:.2f} | {loading:.2f} |")


if __name__ == "__main__":
    main()

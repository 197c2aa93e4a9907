"""Does gia on a GPU give what it gives on the CPU, and how fast? Run by `make gpu-check` on a machine with a CUDA device.

    python benches/gpu_check.py [--gia PATH] [--device cuda:0] [--reserve MB] [--only SECTION ...]

`gia-worker` is run on the libtorch of this Python's PyTorch, which has CUDA. Each check prints a line; the exit status is 0 where
all hold. With `--device cpu` it goes through the same steps on the CPU, all but those that need a card: to try the script itself.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

import gia
import networks
import passes
import works

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "tests" / "models"
#: Relative where a number is above 1. A GPU adds in another order than a CPU.
PARITY = 1e-4
BFLOAT16 = 0.05
#: How much slower than the best batch the one that gia finds may be.
SEARCH = 0.8
BATCHES = [16, 64, 256, 1024]
#: Times the sequences that are enough on a CPU: a card starts slowly and then goes through them in a moment.
MANY = 10
#: Small networks that are tried side by side: starting CUDA takes longer than their passes.
TOGETHER = 8
TIMED = ["deepstarr", "basset", "bpnet"]
#: Sequences whose every base is changed, on a card and on a CPU; and how fast, beside whole passes, recomputing a part is at least.
MUTATED, MUTATED_ON_CPU = 8, 2
PARTIAL = 0.9
SECTIONS = ["parity", "demo", "batches", "memory", "throughput", "partial", "several"]

HOG = """
import sys, time, torch
free, _ = torch.cuda.mem_get_info(sys.argv[1])
held = torch.empty(max(0, free - int(sys.argv[2]) * 2**20), dtype=torch.uint8, device=sys.argv[1])
print("held", flush=True)
time.sleep(3600)
"""


class Checks:
    def __init__(self, options, folder):
        self.gia, self.device, self.folder, self.reserve = options.gia, options.device, folder, options.reserve
        libraries = Path(torch.__file__).parent / "lib"
        known = os.environ.get("LD_LIBRARY_PATH")
        # What is remembered of batches is of this check alone.
        self.environment = {"LD_LIBRARY_PATH": f"{libraries}:{known}" if known else str(libraries), "GIA_CACHE": str(folder / "cache")}
        self.failed = 0

    def say(self, holds, what):
        self.failed += not holds
        print(f"{'ok    ' if holds else 'FAILED'}  {what}", flush=True)

    def run(self, *arguments, device=None):
        return gia.call([self.gia, *arguments, "--device", device or self.device], self.environment)

    def predict(self, model, fasta, *more, device=None):
        """Outputs of every sequence, and seconds that the passes took."""
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".json") as out:
            self.run("predict", model, fasta, "--json", out.name, "--keep-unknown", *more, device=device)
            found = json.loads(Path(out.name).read_text())
        return np.array([row["values"] for row in found["predictions"]]), found["timing"]["passes"], found["device"]


def difference(found, wanted):
    return float((np.abs(found - wanted) / np.maximum(1, np.abs(wanted))).max())


def is_there(checks):
    fasta = gia.write_fasta(checks.folder / "one.fa", 100, 4)
    _, _, device = checks.predict(networks.OWN / "ctcf_pu1.pt2", fasta)
    checks.say(device.startswith(checks.device), f"the device is {device}")


def network_parity(checks, known):
    """How far one small network is from PyTorch on the CPU: outputs by file, gradients from the CPU's, outputs in bfloat16."""
    name = known.name.removesuffix(".expected.json")
    expected = json.loads(known.read_text())
    wanted = np.array(expected["outputs"])
    fasta = checks.folder / f"{name}.fa"
    fasta.write_text("".join(f">s{i}\n{bases}\n" for i, bases in enumerate(expected["inputs"])))
    files = [MODELS / f"{name}.pt2", *(MODELS / "onnx" / f"{name}{exporter}.onnx" for exporter in ("", "_dynamo"))]
    outputs = {model.name: difference(checks.predict(model, fasta)[0], wanted) for model in filter(Path.exists, files)}
    rounded = difference(checks.predict(files[0], fasta, "--dtype", "bfloat16")[0], wanted)
    slopes = []
    for place, device in (("there", checks.device), ("here", "cpu")):
        npz = checks.folder / f"{name}.{place}.npz"
        checks.run("gradients", files[0], fasta, "--of", "0", "--keep-unknown", "--npz", npz, device=device)
        slopes.append(np.load(npz)["gradients"])
    return name, outputs, difference(*slopes), rounded


def parity(checks):
    """Every small network, in every format: outputs and gradients are PyTorch's on the CPU."""
    worst, slopes, rounded = {}, {}, {}
    with ThreadPoolExecutor(TOGETHER) as together:
        found = together.map(lambda known: network_parity(checks, known), sorted(MODELS.glob("*.expected.json")))
        for name, outputs, slopes[name], rounded[name] in found:
            worst |= outputs
    for what, found, limit in [("outputs", worst, PARITY), ("gradients", slopes, PARITY), ("bfloat16", rounded, BFLOAT16)]:
        name = max(found, key=found.get)
        checks.say(found[name] < limit, f"{what} of {len(found)} networks: worst {found[name]:.1e} ({name}), limit {limit:.0e}")


def same_again(checks):
    """The demo: whole passes twice give the same bits, what is recomputed in part the same but for rounding, the CPU the same verdicts."""
    studies = []
    for device, how in [(checks.device, "--exact"), (checks.device, "--exact"), (checks.device, None), ("cpu", None)]:
        out = checks.folder / "study.json"
        command = [checks.gia, "run", ROOT / "experiments/ctcf_pu1/ctcf_pu1.gia", "--quiet", "--json", out, "--device", device]
        command += [how] if how else []
        done = subprocess.run(list(map(str, command)), env={**os.environ, **checks.environment}, capture_output=True, text=True)
        if done.returncode > 1:
            return checks.say(False, f"the demo on {device}: {done.stderr}")
        studies.append(json.loads(out.read_text())["experiments"])
    first, again, partly, here = studies
    checks.say(first == again, "the demo twice in whole passes gives the same numbers to the last digit")
    effects = [np.array([row["mean"] for experiment in study for row in experiment["rows"]]) for study in (partly, first)]
    worst = difference(*effects)
    checks.say(worst < PARITY, f"the demo's effects where edits are recomputed in part: worst {worst:.1e}")
    verdicts = [[claim["verdict"] for experiment in study for claim in experiment["claims"]] for study in (first, partly, here)]
    checks.say(verdicts[0] == verdicts[1] == verdicts[2], f"the demo's {len(verdicts[0])} verdicts are those of the CPU")


def many(checks, name):
    """How many sequences a card is timed with, and their file."""
    count, path = MANY * networks.SHAPES[name].plain, checks.folder / f"{name}_many.fa"
    if not path.exists():
        gia.write_fasta(path, networks.SHAPES[name].length, count)
    return count, path


def batch_search(checks, exported):
    """The batch that gia chooses from the network's shape, and the one that it measures, are nearly as fast as the best one."""
    for name, (model, _) in exported.items():
        count, fasta = many(checks, name)
        chosen = min(checks.predict(model, fasta)[1] for _ in range(3))
        said = checks.run("model", "measure", model)[1]
        measured = min(checks.predict(model, fasta)[1] for _ in range(3))
        print("\n".join(f"        {line}" for line in said.splitlines() if line and "remembered" not in line), flush=True)
        others = {batch: min(checks.predict(model, fasta, "--batch", batch)[1] for _ in range(2)) for batch in BATCHES}
        best = min(others, key=others.get)
        for how, seconds in (("from the shape", chosen), ("measured", measured)):
            checks.say(seconds * SEARCH <= others[best],
                       f"{name}: {count / seconds:,.0f} sequences a second with the batch {how}, {count / others[best]:,.0f} with {best}")


def out_of_memory(checks, exported):
    """With little of the card's memory left, a batch that does not fit is halved until it does."""
    hog = subprocess.Popen([sys.executable, "-c", HOG, checks.device, str(checks.reserve)], stdout=subprocess.PIPE, text=True)
    try:
        if hog.stdout.readline().strip() != "held":
            return checks.say(False, "the card's memory could not be filled")
        model, fasta = exported["bpnet"]
        found = checks.predict(model, fasta, "--batch", 4096)[0]
    finally:
        hog.kill()
    wanted = checks.predict(model, fasta, device="cpu")[0]
    worst = difference(found, wanted)
    checks.say(worst < PARITY, f"a batch of 4,096 in {checks.reserve} MB goes on with less: {len(found)} sequences, worst {worst:.1e}")


@torch.inference_mode()
def throughput(checks, exported):
    """Sequences a second beside PyTorch eager on the same card, both in float32."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    for name, (model, _) in exported.items():
        shape = networks.SHAPES[name]
        network = networks.build(name).to(checks.device)
        count, fasta = many(checks, name)
        x = passes.sequences(shape.length, count)
        best = float("inf")
        for batch in BATCHES:
            for _ in range(3):
                started = time.perf_counter()
                torch.cat([network(part.to(checks.device)).cpu() for part in x.split(batch)])
                best = min(best, time.perf_counter() - started)
        own = min(checks.predict(model, fasta)[1] for _ in range(3))
        checks.say(own <= best, f"{name}: {count / own:,.0f} sequences a second, PyTorch {count / best:,.0f}, ratio {best / own:.2f}")


def partial(checks, exported):
    """Saturation mutagenesis: recomputing what a change reaches gives what whole passes give, in less time."""
    mutated = MUTATED if checks.device != "cpu" else MUTATED_ON_CPU
    for name in exported:
        work = dataclasses.replace(works.WORKS["saturation"], sequences=mutated)
        script = checks.folder / f"saturation_{name}.gia"
        script.write_text(work.script(name))
        gia.write_fasta(checks.folder / f"saturation_{name}.fa", networks.SHAPES[name].length, mutated)
        means, seconds = {}, {}
        for way in ((), ("--exact",)):
            out = checks.folder / "saturation.json"
            for _ in range(2):
                checks.run("run", script, "--quiet", "--json", out, *way)
                study = json.loads(out.read_text())
                seconds[way] = min(study["timing"]["passes"], seconds.get(way, float("inf")))
            means[way] = np.array([row["mean"] for row in study["experiments"][0]["arms"]])
        worst, ratio = difference(means[()], means["--exact",]), seconds["--exact",] / seconds[()]
        checks.say(worst < PARITY, f"{name}: {len(means[()]) // 2:,} changes recomputed in part are those of whole passes: worst {worst:.1e}")
        checks.say(ratio >= PARTIAL, f"{name}: in part {seconds[()]:.2f} s, whole {seconds['--exact',]:.2f} s, ratio {ratio:.2f}")


def several(checks, exported):
    """All cards of the machine together."""
    count = torch.cuda.device_count() if checks.device != "cpu" else 2
    if count < 2:
        return print("        one card: sharing between several was not tried", flush=True)
    devices = ",".join(f"cuda:{i}" for i in range(count)) if checks.device != "cpu" else "cpu,cpu"
    model, fasta = exported["bpnet"]
    worst = difference(checks.predict(model, fasta, device=devices)[0], checks.predict(model, fasta)[0])
    checks.say(worst < PARITY, f"{devices} give what one gives: worst {worst:.1e}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gia", type=Path, default=ROOT / "target/release/gia")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--reserve", type=int, default=700, help="MB of the card that are left free for out-of-memory")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    options = parser.parse_args()
    if options.device != "cpu" and not torch.cuda.is_available():
        raise SystemExit("gpu-check: PyTorch finds no CUDA device here")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        checks = Checks(options, folder)
        is_there(checks)
        if "parity" in options.only:
            parity(checks)
        if "demo" in options.only:
            same_again(checks)
        exported = {}
        for name in TIMED:
            shape = networks.SHAPES[name]
            exported[name] = networks.export(name, folder), gia.write_fasta(folder / f"{name}.fa", shape.length, shape.plain)
        card = {"batches": batch_search, "memory": out_of_memory, "throughput": throughput}
        for section, check in {**(card if options.device != "cpu" else {}), "partial": partial, "several": several}.items():
            if section in options.only:
                check(checks, exported)
    raise SystemExit(f"{checks.failed} checks failed" if checks.failed else 0)


if __name__ == "__main__":
    main()

"""Times Enformer and Borzoi at their published sizes, with random weights, beside PyTorch on the same machine.

    python tests/structures/full_size.py --gia PATH --folder FOLDER [--threads N] [enformer] [borzoi]

(`make full-size-structures` runs this; FOLDER needs 3 GB, and Borzoi some 20 GB of memory.) Each network is exported once. Then one
sequence is predicted, and one edit measured by a script. Time is that of the whole program; memory is the largest resident set of one
process, of gia or its worker. PyTorch's pass is timed alone, after the network is built. What both compute of the sequence has to be
equal to 1e-5 of the largest output. Prints a table.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ["USE_TF"] = "0"
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "networks"), str(HERE.parent / "models")]

import numpy

from structure import channels_last, one_hot, random_sequences, with_weights

LENGTHS = {"enformer": 196_608, "borzoi": 524_288}
TOLERANCE = 1e-5


def enformer():
    from enformer_pytorch import Enformer

    return Enformer.from_hparams(output_heads={"human": 5313}, use_tf_gamma=False)


def borzoi():
    from borzoi_pytorch import Borzoi

    return Borzoi.from_hparams()


def example(name):
    texts = random_sequences(LENGTHS[name], 1)
    return channels_last(texts)[0] if name == "enformer" else one_hot(texts)


def first(outputs):
    return outputs["human"] if isinstance(outputs, dict) else outputs


def pass_of_torch(name, folder):
    """PyTorch's pass of one sequence, in a process of its own. Keeps the outputs."""
    import resource

    import torch

    model, x = with_weights(globals()[name]), example(name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    with torch.inference_mode():
        outputs = first(model(x))
    seconds = time.perf_counter() - start
    numpy.save(folder / f"{name}.npy", outputs.numpy())
    found = {"seconds": seconds, "loaded": before * 1024, "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    (folder / f"{name}.torch.json").write_text(json.dumps(found))


def export(name, folder):
    import torch

    model, x = with_weights(globals()[name]), example(name)
    batch = torch.export.Dim("batch")
    with torch.inference_mode(False), torch.no_grad():
        program = torch.export.export(model, (torch.cat([x, x]),), dynamic_shapes=({0: batch},))
    if name == "borzoi":
        program = program.run_decompositions({})
    torch.export.save(program, folder / f"{name}.pt2")
    (folder / f"{name}.fa").write_text(f">random\n{random_sequences(LENGTHS[name], 1)[0]}\n")


SCRIPT = """model net = load("{name}.pt2")

experiment edit {{
    background fasta("{name}.fa")
    mutate center with "T"
    measure net[0]
}}
"""


def timed(*command, **further):
    """Seconds and largest resident bytes of a program and of those that it started."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], **further)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} {command[1]} ended with {os.waitstatus_to_exitcode(status)}")
    return {"seconds": time.perf_counter() - start, "bytes": usage.ru_maxrss * 1024}


def difference(name, folder):
    """How far gia's outputs are from PyTorch's, of the largest."""
    values = json.loads((folder / f"{name}.json").read_text())["predictions"][0]["values"]
    wanted = numpy.load(folder / f"{name}.npy").ravel()
    return numpy.abs(numpy.array(values, dtype=numpy.float64) - wanted).max() / numpy.abs(wanted).max()


def measure(name, gia, folder, threads):
    me = [sys.executable, "-W", "ignore", __file__, "--folder", folder, "--threads", threads]
    rows = []
    if not (folder / f"{name}.pt2").exists():
        rows.append(("`torch.export`", timed(*me, "--only", "export", name)))
    timed(*me, "--only", "torch", name)
    rows.append(("PyTorch, one pass", json.loads((folder / f"{name}.torch.json").read_text())))
    rows.append(("`gia predict`, one sequence", timed(gia, "predict", folder / f"{name}.pt2", folder / f"{name}.fa", "--json", folder / f"{name}.json", "--threads", threads)))
    script = folder / f"{name}.gia"
    script.write_text(SCRIPT.format(name=name))
    for what, options in (("`gia run`, one edit", ()), ("`gia run --exact`, one edit", ("--exact",))):
        rows.append((what, timed(gia, "run", script, "--threads", threads, *options, stdout=subprocess.DEVNULL)))
    for what, row in rows:
        print(f"| {name.capitalize()} | {what} | {row['seconds']:.0f} s | {row['bytes'] / 2**30:.1f} GiB |", flush=True)
    off = difference(name, folder)
    print(f"{name}: outputs equal to {off:.0e} of the largest", flush=True)
    return off < TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gia", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=["torch", "export"], help="one step, in this process")
    parser.add_argument("names", nargs="*", default=list(LENGTHS))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.only:
        import torch

        torch.set_num_threads(arguments.threads)
        for name in arguments.names:
            {"torch": pass_of_torch, "export": export}[arguments.only](name, arguments.folder)
        return
    equal = [measure(name, arguments.gia.resolve(), arguments.folder, arguments.threads) for name in arguments.names]
    sys.exit(not all(equal))


if __name__ == "__main__":
    main()

"""Times plain passes of the published structures beside PyTorch in eager mode at its best batch size.

    python tests/structures/speed.py --gia PATH [--folder FOLDER] [--threads 2] [--rounds 3] [NAME ...]

(`make structures-speed` runs this.) Each structure is exported as `.pt2` by check.py. PyTorch's clock starts with the sequences
one-hot in memory and one batch of each size through, and it keeps all outputs; gia's covers encoding, from the first piece of work
handed to the network's process to the last number back. Programs take turns; figures are medians over the rounds. FOLDER keeps the
exported files.
"""

import argparse
import json
import logging
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import check
import torch
from comparison import run
from structure import random_sequences, with_weights

NAMES = [
    "enformer", "borzoi", "akita", "basenji2", "hyenadna", "caduceus", "mamba", "nucleotide_transformer_2", "dnabert", "gpn",
    "sei", "saluki", "puffin", "explainn", "bpnet", "chrombpnet", "grelu_gru", "crested_legnet",
]
BATCHES = [1, 4, 16, 64, 256]
#: How long PyTorch's pass over all sequences is to take.
SECONDS = 2.0


@torch.inference_mode()
def seconds_of(model, inputs, batch):
    started = time.perf_counter()
    outputs = []
    for parts in zip(*(value.split(batch) for value in inputs)):
        outputs.append(torch.utils._pytree.tree_leaves(model(*parts)))
    return time.perf_counter() - started


def best_batch(model, structure):
    """The batch size with the least time a sequence, and that time."""
    found = {}
    for batch in BATCHES:
        inputs = structure.inputs(random_sequences(structure.length, batch))
        seconds_of(model, inputs, batch)
        found[batch] = min(seconds_of(model, inputs, batch) for _ in range(3)) / batch
        if found[batch] * batch > 2 * SECONDS:
            break
    return min(found.items(), key=lambda item: item[1])


def passes_of_gia(gia, path, fasta, out, threads):
    run(gia, "predict", path, fasta, "--json", out, "--threads", threads, "--error-format", "json")
    return json.loads(out.read_text())["timing"]["passes"]


def measure(name, structure, gia, folder, threads, rounds):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / check.FORMS["pt2"]
    if not path.exists():
        failed = check.prepare(structure, folder)
        if "pt2" in failed:
            raise SystemExit(f"{name}: {failed['pt2']}")
    check.declare(gia, structure, path)
    model = with_weights(structure.make)
    batch, each = best_batch(model, structure)
    count = max(batch, min(20_000, round(SECONDS / each / batch) * batch))
    texts = random_sequences(structure.length, count)
    inputs = structure.inputs(texts)
    fasta = folder / "many.fa"
    fasta.write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
    times = {"gia": [], "PyTorch": []}
    for _ in range(rounds):
        times["gia"].append(passes_of_gia(gia, path, fasta, folder / "many.json", threads))
        times["PyTorch"].append(seconds_of(model, inputs, batch))
    medians = {program: statistics.median(seconds) for program, seconds in times.items()}
    ratio = medians["PyTorch"] / medians["gia"]
    print(f"| {name} | {count:,} | {medians['gia']:.2f} s | {medians['PyTorch']:.2f} s | {batch} | {ratio:.2f}x |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gia", type=Path, required=True)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("names", nargs="*", default=NAMES)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(options.threads)
    every, top = check.structures(), options.folder or Path(tempfile.mkdtemp())
    print("| structure | sequences | gia | PyTorch | its batch | gia's speed |\n|---|---:|---:|---:|---:|---:|", flush=True)
    for name in options.names:
        measure(name, every[name], options.gia.resolve(), top / name, options.threads, options.rounds)


if __name__ == "__main__":
    main()

"""One PyTorch process: times eager forward passes of a network and prints a line of JSON.

    python pytorch_pass.py NETWORK --threads 2 search             seconds a sequence for each batch size
    python pytorch_pass.py NETWORK --threads 2 time BATCH N...    seconds for one pass over N sequences, for each N

A process of its own because the allocator of glibc reads its settings from the environment at start. Sequences are
one-hot in memory before the clock starts and one batch has gone through: only the forward passes are timed.
"""

import argparse
import json
import statistics
import time

import torch

import networks

BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256]


def sequences(length, n):
    generator = torch.Generator().manual_seed(7)
    codes = torch.randint(0, 4, (n, length), generator=generator)
    return torch.nn.functional.one_hot(codes, 4).transpose(1, 2).float().contiguous()


@torch.inference_mode()
def one_pass(model, x, batch):
    started = time.perf_counter()
    torch.cat([model(part) for part in x.split(batch)])
    return time.perf_counter() - started


def search(model, length, seconds=1.0):
    """Seconds a sequence at each batch size: the faster of two runs of about this many seconds."""
    x = sequences(length, max(BATCHES))
    one_pass(model, x, max(BATCHES))
    found = {}
    for batch in BATCHES:
        probe = one_pass(model, x, batch)
        passes = max(1, round(seconds / 2 / probe))
        found[batch] = min(
            statistics.mean(one_pass(model, x, batch) for _ in range(passes)) for _ in range(2)) / len(x)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=networks.SHAPES)
    parser.add_argument("--threads", type=int, required=True)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("search")
    timed = steps.add_parser("time")
    timed.add_argument("batch", type=int)
    timed.add_argument("n", type=int, nargs="+")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    model, length = networks.build(options.network), networks.SHAPES[options.network].length
    if options.step == "search":
        print(json.dumps(search(model, length)))
        return
    x = sequences(length, max(options.n))
    one_pass(model, x[:options.batch], options.batch)
    print(json.dumps({n: one_pass(model, x[:n], options.batch) for n in options.n}))


if __name__ == "__main__":
    main()

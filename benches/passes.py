"""One process of PyTorch or onnxruntime: times forward passes of a network and prints a line of JSON.

    python passes.py RUNTIME NETWORK --threads 2 search             seconds a sequence for each batch size
    python passes.py RUNTIME NETWORK --threads 2 time BATCH N...    seconds for one pass over N sequences, for each N

RUNTIME is pytorch (eager) or onnxruntime (the same network, as PyTorch exports it).

A process of its own because the allocator of glibc reads its settings from the environment at start. Sequences are
one-hot in memory before the clock starts and one batch has gone through: only the forward passes are timed.
"""

import argparse
import io
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


def onnxruntime(model, length, threads):
    """The network as a function that onnxruntime computes."""
    import onnxruntime as ort

    file = io.BytesIO()
    torch.onnx.export(model, (sequences(length, 2),), file, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}},
                      opset_version=17)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    return lambda x: torch.from_numpy(session.run(None, {"x": x.numpy()})[0])


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
    parser.add_argument("runtime", choices=["pytorch", "onnxruntime"])
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
    if options.runtime == "onnxruntime":
        model = onnxruntime(model, length, options.threads)
    if options.step == "search":
        print(json.dumps(search(model, length)))
        return
    x = sequences(length, max(options.n))
    one_pass(model, x[:options.batch], options.batch)
    print(json.dumps({n: one_pass(model, x[:n], options.batch) for n in options.n}))


if __name__ == "__main__":
    main()

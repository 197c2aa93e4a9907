"""One process of tangermeme and PyTorch that does the works when it is asked to, and says how long each took.

    python peer.py --threads 2

It reads requests, a JSON object a line, and answers each with one. A process of its own because the allocator of glibc reads its
settings from the environment at start, and one that stays because importing tangermeme takes seconds. Networks are built and
sequences one-hot in memory before a clock starts, and the same calls have run once on two sequences.
"""

import argparse
import json
import sys
import time
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import tangermeme.saturation_mutagenesis as mutagenesis
import torch
from tangermeme.deep_lift_shap import deep_lift_shap
from tangermeme.ersatz import dinucleotide_shuffle, multisubstitute, substitute
from tangermeme.marginalize import marginalize
from tangermeme.predict import predict
from tangermeme.space import space
from tangermeme.utils import one_hot_encode

import gia
import networks
from passes import BATCHES
from works import FIRST, PLACE, SECOND, SHORT, stretch

network = cache(networks.build)


@cache
def sequences(path):
    return torch.stack([one_hot_encode(letters) for _, letters in gia.read_fasta(Path(path))]).float()


# tangermeme ------------------------------------------------------------------------------------------------------------
# `batch` is empty as it comes, and {"batch_size": N} tuned. Answers: units or arms by sequences, the first task.

def motif(model, x, units, batch):
    return [y[:, 0] for y in marginalize(model, x, FIRST, **batch)]


def pairs(model, x, units, batch):
    plain, both = space(model, x, [FIRST, SECOND], [[gap] for gap in units], start=PLACE, **batch)
    if batch:
        first = predict(model, substitute(x, FIRST, start=PLACE), **batch)
        second = [predict(model, substitute(x, SECOND, start=PLACE + len(FIRST) + gap), **batch) for gap in units]
    else:
        first = marginalize(model, x, FIRST, start=PLACE).y_after
        second = [marginalize(model, x, SECOND, start=PLACE + len(FIRST) + gap).y_after for gap in units]
    return [y[:, 0] for i in range(len(units)) for y in (plain, first, second[i], both[:, i])]


def kmers(model, x, units, batch):
    if batch:
        predict(model, x, **batch)
        return [predict(model, substitute(x, word), **batch)[:, 0] for word in units]
    return [marginalize(model, x, word).y_after[:, 0] for word in units]


def saturation(model, x, units, batch):
    places = stretch(x.shape[-1], units)
    _, y = mutagenesis.saturation_mutagenesis(model, x, start=places.start, end=places.stop, raw_outputs=True, **batch)
    return y[..., 0].permute(2, 1, 0).flatten(0, 1)


class Choice:
    """Notes which method tangermeme chose for a job, and why it left its partial recomputation, by asking the function that decides."""

    def __init__(self):
        self.method, self.decide = None, mutagenesis._fast_path
        mutagenesis._fast_path = self

    def __call__(self, *job):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = self.decide(*job)
        if found[0] is not None:
            self.method = "partial recomputation"
        elif told:
            self.method = f"full passes: {str(told[-1].message).split(' because ')[-1].split('. Pass ')[0]}"
        else:
            self.method = f"full passes: expected to take under {mutagenesis._FAST_MIN_SECONDS:g} s"
        return found


def forced(model, x, units, batch):
    """tangermeme's own partial recomputation, after fastISM, also where tangermeme would not use it."""
    known = mutagenesis._FAST_MIN_SECONDS, mutagenesis._FAST_MAX_RELATIVE_TIME
    mutagenesis._FAST_MIN_SECONDS, mutagenesis._FAST_MAX_RELATIVE_TIME = 0.0, float("inf")
    try:
        return saturation(model, x, units, batch)
    finally:
        mutagenesis._FAST_MIN_SECONDS, mutagenesis._FAST_MAX_RELATIVE_TIME = known


def shuffles(model, x, units, batch):
    """20 shuffles of each sequence, tangermeme's default number. Tuned, they stay packed and both cores work."""
    return dinucleotide_shuffle(x, return_packed=True, n_jobs=-1) if batch else dinucleotide_shuffle(x)


def contributions(model, x, units, batch):
    """DeepSHAP with the references of the file, in float32 as gia computes it."""
    codes = torch.from_numpy(np.load(units[0])[:len(x)].astype(np.int64))
    given = torch.nn.functional.one_hot(codes, 4).transpose(-1, -2).float()
    return deep_lift_shap(model, x, target=0, references=given, device="cpu", warning_threshold=1e9, **batch).sum(1)


def contributions_batch(model, x, units):
    """The batch size, in pairs of a sequence and a reference, with the least time for a few sequences."""
    found = {}
    for batch in (5, 10, 20, 40, 80):
        some = x[:max(1, min(len(x), -(-batch // 20), 16))]
        contributions(model, some[:1], units, {"batch_size": batch})
        spent = []
        for _ in range(3):
            started = time.perf_counter()
            contributions(model, some, units, {"batch_size": batch})
            spent.append(time.perf_counter() - started)
        found[batch] = min(spent) / len(some)
    return min(found, key=found.get)


# PyTorch ---------------------------------------------------------------------------------------------------------------

@torch.inference_mode()
def eager(model, x, batch):
    return torch.cat([model(part)[:, 0] for part in x.split(batch.get("batch_size", 32))])


def written(x, letters, start):
    """The sequences with these letters over what they hold there."""
    x = x.clone()
    x[:, :, start:start + len(letters)] = one_hot_encode(letters).float()
    return x


def eager_motif(model, x, units, batch):
    return [eager(model, x, batch), eager(model, written(x, FIRST, x.shape[-1] // 2 - len(FIRST) // 2), batch)]


def eager_saturation(model, x, units, batch):
    places = torch.tensor(stretch(x.shape[-1], units)).repeat_interleave(4)
    bases, found = torch.arange(4).repeat(len(places) // 4), []
    plain = eager(model, x, batch)
    for sequence, before in zip(x, plain):
        changed = sequence[bases, places] == 0
        rows = sequence.repeat(int(changed.sum()), 1, 1)
        row = torch.arange(len(rows))
        rows[row, :, places[changed]] = 0
        rows[row, bases[changed], places[changed]] = 1
        y = before.repeat(len(places))
        y[changed] = eager(model, rows, batch)
        found.append(y)
    return torch.stack(found, 1)


def eager_length(model, x, units, batch):
    return eager(model, torch.cat([written(x, SHORT, start) for start in units]), batch).reshape(len(units), len(x))


CALLS = {
    ("motif", "tangermeme"): motif, ("pairs", "tangermeme"): pairs, ("kmers", "tangermeme"): kmers,
    ("saturation", "tangermeme"): saturation, ("saturation", "forced"): forced, ("shuffles", "tangermeme"): shuffles,
    ("contributions", "tangermeme"): contributions,
    ("motif", "pytorch"): eager_motif, ("saturation", "pytorch"): eager_saturation, ("length", "pytorch"): eager_length,
}


def search(model, x, seconds=1.0):
    """The batch size with the least time for one of so many sequences, of those tried for about so long each."""
    found = {}
    predict(model, x[:2])
    for batch in sorted({size for size in (*BATCHES, len(x), -(-len(x) // 2)) if size <= min(len(x), 2 * max(BATCHES))}):
        some, spent = x[:max(batch, 16)], []
        while sum(spent) < seconds and len(spent) < 5:
            started = time.perf_counter()
            predict(model, some, batch_size=batch)
            spent.append(time.perf_counter() - started)
        found[batch] = min(spent) / len(some)
    return min(found, key=found.get)


def answer(request, choice):
    x = sequences(request["sequences"])
    model = request["network"] and network(request["network"])
    if request["work"] == "contributions" and request["call"] == "search":
        return {"batch": contributions_batch(model, x, request["units"])}
    if request["call"] == "search":
        return {"batch": search(model, x.repeat(-(-request["rows"] // len(x)), 1, 1)[:request["rows"]])}
    call, units = CALLS[request["work"], request["call"]], request["units"]
    batch = {"batch_size": request["batch"]} if request["batch"] else {}
    if request["work"] == "saturation":
        predict(model, x[:2], **batch)
    else:
        call(model, x[:2], units[:1], batch)
    with warnings.catch_warnings():
        # tangermeme tells where it leaves its own partial recomputation, which is as it should be here.
        warnings.simplefilter("ignore")
        choice.method = None
        started = time.perf_counter()
        found = call(model, x, units, batch)
        seconds = time.perf_counter() - started
    if request["answers"]:
        np.save(request["answers"], torch.stack([torch.as_tensor(row) for row in found]).double().numpy())
    return {"seconds": seconds, "method": choice.method}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, required=True)
    torch.set_num_threads(parser.parse_args().threads)
    choice = Choice()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), choice)), flush=True)


if __name__ == "__main__":
    main()

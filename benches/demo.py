"""The eight experiments of experiments/ctcf_pu1 as one writes them in Python with tangermeme: a table of means and intervals.

    python demo.py WEIGHTS RANDOM.fa PEAKS.fa --threads 2 [--tuned]

Random backgrounds are read from a file, so that they are those of gia. Tuned, each set of sequences is predicted once without an
edit, in the batches that are fastest for this network. It imports no more than it needs: its start is part of what is timed.
"""

import argparse

import torch
from tangermeme.ersatz import multisubstitute, substitute
from tangermeme.predict import predict
from tangermeme.utils import one_hot_encode, reverse_complement
from torch import nn

CTCF, PU1, AP1, SCRAMBLED = "CCACCAGGGGGCGC", "AAAGAGGAAGTG", "GATGAGTCATC", "GCGCGACCGAGCGC"
TASKS = ["ctcf", "pu1"]
#: The fastest for this network, as `make bench` finds it.
BATCH = 256


def network():
    return nn.Sequential(
        nn.Conv1d(4, 32, 19, padding=9), nn.BatchNorm1d(32), nn.ReLU(), nn.MaxPool1d(4), nn.Conv1d(32, 48, 7, padding=3),
        nn.BatchNorm1d(48), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(48, 2))


def read(path):
    with open(path) as lines:
        records = "".join(line.strip() if line[0] != ">" else ">" for line in lines).split(">")[1:]
    start = (len(records[0]) - 100) // 2
    return torch.stack([one_hot_encode(letters[start:start + 100].upper()) for letters in records]).float()


class Study:
    def __init__(self, model, tuned):
        self.model, self.known = model, {}
        self.batch = {"batch_size": BATCH} if tuned else {}
        self.tuned = tuned

    def ask(self, x):
        return predict(self.model, x, **self.batch)

    def plain(self, x):
        """The sequences as they are; only a tuned study remembers them."""
        if not self.tuned:
            return self.ask(x)
        if x.data_ptr() not in self.known:
            self.known[x.data_ptr()] = self.ask(x)
        return self.known[x.data_ptr()][:len(x)]

    def one(self, x, motif, start=None):
        return self.ask(substitute(x, motif, start=start))

    def say(self, experiment, contrast, difference, point="-"):
        for task, y in zip(TASKS, difference.double().T):
            half = 1.96 * y.std() / len(y) ** 0.5
            print(experiment, contrast, point, task, f"{y.mean():.6f}", f"{y.mean() - half:.6f}", f"{y.mean() + half:.6f}", sep="\t")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights")
    parser.add_argument("random")
    parser.add_argument("peaks")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--tuned", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = network().eval()
    model.load_state_dict(torch.load(options.weights))
    study, random, peaks = Study(model, options.tuned), read(options.random), read(options.peaks)
    half = random[:500]

    study.say("importance", "effect", study.one(random, CTCF) - study.plain(random))

    forward, reverse = study.one(random, CTCF), study.one(random, reverse_complement(CTCF))
    study.say("strand", "reversed", reverse - study.plain(random))
    study.say("strand", "difference", forward - reverse)

    study.say("pu1_importance", "effect", study.one(random, PU1) - study.plain(random))

    plain = study.plain(random)
    study.say("negative_controls", "ap1_effect", study.one(random, AP1) - plain)
    study.say("negative_controls", "scrambled_effect", study.one(random, SCRAMBLED) - plain)

    for place in range(0, 81, 20):
        study.say("position", "effect", study.one(half, CTCF, place) - study.plain(half), place)

    for gap in (0, 5, 10, 20, 40):
        both = study.ask(multisubstitute(half, [CTCF, CTCF], gap, start=10))
        left, right = study.one(half, CTCF, 10), study.one(half, CTCF, 10 + len(CTCF) + gap)
        study.say("two_sites", "interaction(left, right)", both - left - right + study.plain(half), gap)

    for gap in (0, 2, 4, 10, 20, 40):
        both = study.ask(multisubstitute(half, [CTCF, PU1], gap, start=15))
        ctcf, pu1, plain = study.one(half, CTCF, 15), study.one(half, PU1, 15 + len(CTCF) + gap), study.plain(half)
        study.say("mixed_pair", "pair", both - plain, gap)
        study.say("mixed_pair", "synergy", both - ctcf - pu1 + plain, gap)

    plain = study.plain(peaks)
    study.say("real_peaks", "necessity", study.one(peaks, AP1) - study.one(peaks, AP1, 5))
    study.say("real_peaks", "redundancy", study.one(peaks, CTCF, 5) - plain)
    study.say("real_peaks", "addition", study.one(peaks, PU1, 5) - plain)


if __name__ == "__main__":
    main()

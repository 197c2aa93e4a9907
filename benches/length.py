"""What one edit more costs as the sequence grows: 12 bases written into 500 to 50,000 bp.

The network is BPNet-shaped: it takes sequences of every length, and a base reaches some 1,040 bp. Two runs differ in the number of
edits alone; their difference, divided, is one edit's cost without what every run pays: start, backgrounds, the sample that gia
recomputes in full.
"""

import numpy as np

import gia
import networks
from contest import AGREEMENT
from works import SHORT

NETWORK = "bpnet"
LENGTHS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
QUICK = [500, 2_000, 10_000]
BACKGROUNDS = 4
#: Bases in the largest batch that is tried for PyTorch, but for one sequence.
SEARCHED = 100_000
#: Places of the smaller and of the larger run.
PLACES = 16, 80
QUICK_PLACES = 16, 32
WAYS = {"gia": [], "gia --exact": ["--exact"]}


class Contest:
    def __init__(self, folder, peers, options):
        self.folder, self.peers, self.options = folder, peers, options
        self.lengths, self.counts = (QUICK, QUICK_PLACES) if options.quick else (LENGTHS, PLACES)
        self.scripts, self.sequences, self.batches = {}, {}, {}
        for length in self.lengths:
            networks.write(networks.build(NETWORK), length, networks.tasks(NETWORK), folder / f"long{length}.pt2")
            for count in self.counts:
                self.scripts[length, count] = self.script(length, count)
            drawn = folder / f"long{length}"
            self.sequences[length] = str(gia.backgrounds(options.gia, self.scripts[length, self.counts[0]], drawn, options.threads))
            self.batches[length] = peers.ask(
                True, work="length", call="search", network=NETWORK, sequences=self.sequences[length],
                rows=max(1, min(64, SEARCHED // length)))["batch"]
        self.times = {way: {length: [] for length in self.lengths} for way in [*WAYS, "pytorch"]}
        self.difference = 0.0

    def places(self, length, count):
        return [int(place) for place in np.linspace(length // 20, length - length // 20 - len(SHORT), count)]

    def script(self, length, count):
        path = self.folder / f"long{length}_{count}.gia"
        places = ", ".join(f"{place}bp" for place in self.places(length, count))
        path.write_text(
            f'model net = load("long{length}.pt2")\nnull random = uniform(length: {length}bp)\n\nexperiment places {{\n'
            f"    vary place in [{places}]\n    background random\n    sample {BACKGROUNDS}\n"
            f'    embed "{SHORT}" at place\n    measure answer = net["{networks.tasks(NETWORK)[0]}"]\n}}\n')
        return path

    def own(self, way, length, count):
        timing, study = gia.timed(self.options.gia, ["run", self.scripts[length, count], "--quiet", *WAYS[way]],
                                  self.folder / "length.json", self.options.threads)
        return timing["total"] - timing["start"] - timing["load"], study

    def pytorch(self, length, answers=None):
        """Seconds an edit."""
        places = self.places(length, self.counts[0])
        found = self.peers.ask(True, work="length", call="pytorch", network=NETWORK, sequences=self.sequences[length],
                               batch=self.batches[length], units=places, answers=answers and str(answers))
        return found["seconds"] / (len(places) * BACKGROUNDS)

    def agree(self):
        answers = self.folder / "answers.npy"
        for length in self.lengths:
            self.pytorch(length, answers)
            values = np.load(answers)
            for way in WAYS:
                _, study = self.own(way, length, self.counts[0])
                known = {row["at"]["place"]: row for row in study["experiments"][0]["arms"] if row["arm"] == "treated"}
                for place, y in zip(self.places(length, self.counts[0]), values):
                    self.difference = max(self.difference, gia.distance(known[place], y, values.std()))
        if self.difference > AGREEMENT:
            raise SystemExit(f"sequences of several lengths: gia and PyTorch differ by {self.difference:.1e}")

    def round(self):
        few, many = self.counts
        for length in self.lengths:
            for way in WAYS:
                more = self.own(way, length, many)[0] - self.own(way, length, few)[0]
                self.times[way][length].append(more / ((many - few) * BACKGROUNDS))
            self.times["pytorch"][length].append(self.pytorch(length))

    def found(self):
        return {"times": self.times, "difference": self.difference}

"""gia beside tangermeme and PyTorch in one work on one network: the same answers first, then the times."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import gia
import networks

#: glibc gives large freed blocks back at once; with these it keeps them for the next batch.
ALLOCATORS = {
    "default": {},
    "raised": {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 32)},
}
AGREEMENT = 1e-4
#: The calls of `peer.py` behind each opponent: (call, whether tuned).
OPPONENTS = {
    "tuned": ("tangermeme", True),
    "as it comes": ("tangermeme", False),
    "pytorch": ("pytorch", True),
    # tangermeme's partial recomputation, also where it would leave it.
    "forced": ("forced", True),
}
#: Opponents without a floor, by work.
MORE = {"motif": ["pytorch"], "saturation": ["pytorch", "forced"]}


class Peers:
    """Two processes of `peer.py` that wait for requests, one with each setting of the allocator."""

    def __init__(self, threads):
        command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("peer.py")), "--threads", str(threads)]
        self.processes = {
            name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **more})
            for name, more in ALLOCATORS.items()}

    def ask(self, tuned, **request):
        process = self.processes["raised" if tuned else "default"]
        print(json.dumps({"batch": None, "answers": None, "units": None, **request}), file=process.stdin, flush=True)
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"the peer ended with {process.wait()} at {request}")
        return json.loads(line)

    def close(self):
        for process in self.processes.values():
            process.stdin.close()
            process.wait()


class Contest:
    """One work on one network."""

    def __init__(self, work, network, folder, peers, options):
        self.work, self.network, self.folder, self.peers, self.options = work, network, folder, peers, options
        networks.export_once(network, folder)
        self.units = work.units[::work.quick] if options.quick and not work.whole else work.units
        self.scale = (len(work.units) + work.once) / (len(self.units) + work.once)
        self.script = folder / f"{work.name}_{network}.gia"
        self.script.write_text(work.script(network))
        self.sequences = self.given() if work.given else self.drawn()
        # Mutants of one sequence go through together; three of four bases differ.
        rows = 3 * networks.SHAPES[network].length if work.given else work.sequences
        self.batch = peers.ask(True, work=work.name, call="search", network=network, sequences=self.sequences, rows=rows)["batch"]
        self.opponents = ["tuned", "as it comes", *MORE.get(work.name, [])]
        self.times = {name: [] for name in ["gia", *self.opponents]}
        #: By opponent, how tangermeme went about the job where it chooses by itself, a word a round.
        self.methods = {}
        self.difference = 0.0

    def given(self):
        path = self.folder / f"{self.work.name}_{self.network}.fa"
        return str(gia.write_fasta(path, networks.SHAPES[self.network].length, self.work.sequences))

    def drawn(self):
        """The backgrounds of the script: these depend on seed, population and index, and not on what is written into them."""
        script = gia.write_script(self.folder, self.network, self.work.sequences, f"_{self.work.name}_drawn")
        return str(gia.backgrounds(self.options.gia, script, self.folder / f"{script.stem}_sequences", self.options.threads))

    def own(self):
        """Seconds of gia, all but starting the network's process and reading the weights; and the study."""
        timing, study = gia.timed(self.options.gia, ["run", self.script, "--quiet"], self.folder / "work.json", self.options.threads)
        return timing["total"] - timing["start"] - timing["load"], study

    def opponent(self, name, units, study):
        """The peer's reply for these units, once its answers are known to be those of gia's study."""
        call, tuned = OPPONENTS[name]
        answers = self.folder / "answers.npy"
        found = self.peers.ask(
            tuned, work=self.work.name, call=call, network=self.network, sequences=self.sequences, units=units,
            batch=self.batch if tuned else None, answers=str(answers))
        worst = self.distance(np.load(answers), units, study)
        if worst > AGREEMENT:
            raise SystemExit(f"{self.work.name}, {self.network}: gia and {name} differ by {worst:.1e} on the same sequences")
        self.difference = max(self.difference, worst)
        return found

    def distance(self, answers, units, study):
        rows = study["experiments"][0]["arms"]
        known = {(row["arm"], tuple(row["at"].values())): row for row in rows}
        keys = self.work.keys(self.network, units)
        return max(gia.distance(known[key], y, answers.std()) for key, y in zip(keys, answers, strict=True))

    def agree(self):
        """An eighth of every opponent's answers; those of a round are all looked at when it has been timed."""
        _, study = self.own()
        for name in self.opponents:
            self.opponent(name, self.units[:-(-len(self.units) // 8)], study)

    def round(self):
        seconds, study = self.own()
        self.times["gia"].append(seconds)
        for name in self.opponents:
            found = self.opponent(name, self.units, study)
            self.times[name].append(found["seconds"] * self.scale)
            if found["method"]:
                self.methods.setdefault(name, []).append(found["method"])

    def found(self):
        return {"times": self.times, "batch": self.batch, "scale": self.scale, "methods": self.methods, "difference": self.difference}

"""Plain prediction and one motif, beside plain passes of PyTorch and onnxruntime: the runs of one network."""

import dataclasses
import json
import sys
from pathlib import Path

import gia
import networks
import profile_run
from contest import AGREEMENT, ALLOCATORS

#: Backgrounds of a profiled run: enough that starting libtorch is not all that is seen.
PROFILED = 2_000
CHECKS = 20


def passes(runtime, name, threads, allocator, *step):
    command = [sys.executable, "-W", "ignore", Path(__file__).with_name("passes.py"), runtime, name, "--threads", threads, *step]
    return {int(key): value for key, value in json.loads(gia.call(command, ALLOCATORS[allocator])[1]).items()}


def best_batch(runtime, name, threads, allocator):
    """The batch size with the least time a sequence."""
    found = passes(runtime, name, threads, allocator, "search")
    return min(found, key=found.get)


class Contest:
    """The runs of one network."""

    def __init__(self, name, folder, options):
        self.name, self.folder, self.options = name, folder, options
        self.shape = networks.SHAPES[name]
        self.batches = {(runtime, allocator): best_batch(runtime, name, options.threads, allocator)
                        for runtime in ("pytorch", "onnxruntime") for allocator in ALLOCATORS}
        self.times, self.difference, self.profile = {}, None, None
        networks.export_once(name, folder)
        self.model = folder / f"{name}.pt2"
        self.fasta = gia.write_fasta(folder / f"{name}.fa", self.shape.length, self.shape.plain)
        self.script = gia.write_script(folder, name)

    def agree(self):
        self.difference = gia.disagreement(self.options.gia, self.name, self.script, self.folder, self.options.threads)
        if self.difference > AGREEMENT:
            raise SystemExit(f"{self.name}: gia and PyTorch differ by {self.difference:.1e} on the same sequences")
        if profile_run.available():
            long_run = gia.write_script(self.folder, self.name, PROFILED, "profiled")
            profile = profile_run.measure(self.options.gia, long_run, self.folder, self.options.threads)
            self.profile = dataclasses.asdict(profile)

    def add(self, what, seconds):
        self.times.setdefault(what, []).append(seconds)

    def round(self):
        for (runtime, allocator), batch in self.batches.items():
            found = passes(runtime, self.name, self.options.threads, allocator, "time", batch, self.shape.plain, gia.BACKGROUNDS)
            self.add(f"{runtime} {allocator}", found[self.shape.plain])
            self.add(f"{runtime} {allocator} 1000", found[gia.BACKGROUNDS])
        arguments = self.options.gia, self.folder / "out.json", self.options.threads
        plain = gia.predict(arguments[0], self.model, self.fasta, *arguments[1:])
        self.add("predict", plain["passes"])
        self.add("predict process", plain["process"])
        motif = gia.motif(arguments[0], self.script, *arguments[1:])
        # All but checking, starting the network's process and reading the weights.
        self.add("motif", motif["total"] - motif["check"] - motif["start"] - motif["load"])
        self.add("motif process", motif["process"])

    def found(self):
        """Batch sizes stand by runtime and allocator, as times do."""
        batches = {f"{runtime} {allocator}": batch for (runtime, allocator), batch in self.batches.items()}
        return {"times": self.times, "batches": batches, "difference": self.difference, "profile": self.profile}


def checking(options, folder):
    """Seconds of `gia check` of a script of 50 lines, the whole process, several times."""
    networks.export_once("ctcf_pu1", folder)
    script = gia.write_long_script(folder)
    return [gia.check(options.gia, script) for _ in range(CHECKS)]

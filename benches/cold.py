"""The demo, cold: from the start of a process to its table, beside a Python script that does the same with tangermeme.

Files are in the system's cache for both. The script's `import torch` counts: whoever asks a question from the beginning waits for it.
"""

import sys
from pathlib import Path

import torch

import gia
import networks
import works
from contest import AGREEMENT, ALLOCATORS

FLOOR = works.Floor(5, 5, "")
SCRIPT = networks.OWN / "ctcf_pu1.gia"


class Contest:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.weights = folder / "ctcf_pu1.pt"
        torch.save(networks.own().state_dict(), self.weights)
        sequences = folder / "demo"
        gia.call([options.gia, "run", SCRIPT, "--quiet", "--sequences", sequences, "--threads", options.threads])
        self.random = next((sequences / "importance").rglob("control.fa"))
        self.times = {"gia": [], "tuned": [], "as it comes": []}
        self.difference = 0.0

    def python(self, tuned):
        command = [sys.executable, "-W", "ignore", Path(__file__).with_name("demo.py"), self.weights, self.random,
                   networks.OWN / "gm12878_ctcf.fa", "--threads", self.options.threads, *(["--tuned"] if tuned else [])]
        return gia.call(command, ALLOCATORS["raised" if tuned else "default"])

    def agree(self):
        _, study = gia.timed(self.options.gia, ["run", SCRIPT, "--quiet"], self.folder / "demo.json", self.options.threads)
        known = {(e["name"], row["contrast"], next(map(str, row["at"].values()), "-"), row["outcome"]): row["mean"]
                 for e in study["experiments"] for row in e["rows"]}
        for tuned in (True, False):
            for line in self.python(tuned)[1].splitlines():
                *key, mean, _, _ = line.split("\t")
                if tuple(key) in known:
                    wanted = known[tuple(key)]
                    self.difference = max(self.difference, abs(float(mean) - wanted) / max(1, abs(wanted)))
                elif key[-1] == "ctcf":
                    raise SystemExit(f"the demo of gia has no {' '.join(key)}")
        if self.difference > AGREEMENT:
            raise SystemExit(f"the demo: gia and tangermeme differ by {self.difference:.1e}")

    def round(self):
        self.times["gia"].append(gia.call([self.options.gia, "run", SCRIPT, "--threads", self.options.threads])[0])
        self.times["tuned"].append(self.python(True)[0])
        self.times["as it comes"].append(self.python(False)[0])

    def found(self):
        return {"times": self.times, "scale": 1.0, "difference": self.difference}

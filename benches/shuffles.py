"""10,000 dinucleotide shuffles of 1,000 bp: gia's, of which each is equally likely, beside tangermeme's.

gia shuffles within a run only, and a run asks a model. One that counts a motif is asked with one edit and with three; what a run
would take with none follows, as the time grows by the same for each more. That is the figure: a whole process, its start
included. Tangermeme's sequences are in memory, one-hot as it comes and packed when tuned.
"""

import numpy as np

import gia
import works

LENGTH, SEQUENCES, SHUFFLES = 1_000, 500, 10_000
FLOOR = works.Floor(1, 1, "")
EDITS = [["A"], ["A", "C", "G"]]


class Contest:
    def __init__(self, folder, peers, options):
        self.folder, self.peers, self.options = folder, peers, options
        self.given = gia.write_fasta(folder / "shuffled_of.fa", LENGTH, SEQUENCES)
        self.scripts = []
        for edits in EDITS:
            path = folder / f"shuffles{len(edits)}.gia"
            arms = "".join(f'    arm {base} {{ embed "{base}" at center }}\n' for base in edits)
            path.write_text(
                f'let given = fasta("{self.given.name}")\nmotif site = "TGACTCA"\nmodel counts = additive({{site: 1}})\n\n'
                f"experiment shuffles {{\n    background shuffled(given, preserving: 2)\n    sample {SHUFFLES}\n{arms}"
                "    measure answer = counts\n}\n")
            self.scripts.append(path)
        self.times = {"gia": [], "tuned": [], "as it comes": [], "run": []}

    def agree(self):
        """Every shuffle keeps its sequence's counts of dinucleotides, and hardly any two are the same."""
        path = gia.backgrounds(self.options.gia, self.scripts[0], self.folder / "shuffles", self.options.threads)
        given = [pairs(letters) for _, letters in gia.read_fasta(self.given)]
        found = [letters for _, letters in gia.read_fasta(path)]
        kept = all((pairs(letters) == given[i % SEQUENCES]).all() for i, letters in enumerate(found))
        if len(found) != SHUFFLES or len(set(found)) != SHUFFLES or not kept:
            raise SystemExit("gia's dinucleotide shuffles are not shuffles of the sequences that it was given")

    def round(self):
        one, three = (gia.timed(self.options.gia, ["run", script, "--quiet"], self.folder / "shuffles.json", self.options.threads)[0]
                      for script in self.scripts)
        self.times["run"].append(one["process"])
        self.times["gia"].append(one["process"] - (three["process"] - one["process"]))
        for name in ("tuned", "as it comes"):
            asked = self.peers.ask(name == "tuned", work="shuffles", call="tangermeme", network=None, sequences=str(self.given),
                                   batch=1 if name == "tuned" else None, units=[])
            self.times[name].append(asked["seconds"])

    def found(self):
        return {"times": self.times, "scale": 1.0}


def pairs(letters):
    codes = np.frombuffer(letters.encode(), dtype=np.uint8).astype(int)
    return np.bincount((codes[:-1] % 32) * 32 + codes[1:] % 32, minlength=1024)

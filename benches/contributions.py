"""DeepSHAP with 20 references a sequence: a map of gia's beside tangermeme, which is given the references that gia drew.

Both compute what each base contributes to the first task. The network is the same but for its name of the rectifier: tangermeme has
rules for modules and none for functions.
"""

import json

import numpy as np

import gia
import networks
import works

REFERENCES = 20
#: A reference takes tangermeme four passes, since each pair of a sequence and a reference is computed twice, forward and back. gia takes two,
#: and one more for the sequence.
SEQUENCES = {"deepstarr": 100, "basset": 40, "bpnet": 12}
FLOORS = {"deepstarr": works.Floor(2.5, 2.5, "3.3"), "basset": works.Floor(2, 2, "2.6"), "bpnet": works.Floor(2.5, 2.5, "3.3")}
#: Root mean square of the differences, relative to that of the contributions. In float32, a unit at its kink may fall to either side.
AGREEMENT = 0.01


class Contest:
    def __init__(self, network, folder, peers, options):
        self.network, self.folder, self.peers, self.options = network, folder, peers, options
        networks.export_once(network, folder)
        self.sequences = gia.write_fasta(folder / f"contributions_{network}.fa", networks.SHAPES[network].length, SEQUENCES[network])
        self.script = folder / f"contributions_{network}.gia"
        self.script.write_text(
            f'model net = load("{network}.pt2")\nlet given = fasta("{self.sequences.name}")\n\n'
            f'attribution map = deepshap(on: given, of: net["{networks.tasks(network)[0]}"], n: {REFERENCES})\nshow map\n')
        self.references = folder / f"contributions_{network}.npy"
        self.write_references()
        self.batch = self.ask(True, "search")["batch"]
        self.times = {"gia": [], "tuned": [], "as it comes": []}
        self.difference = 0.0

    def write_references(self):
        found = self.folder / "references.npz"
        gia.call([self.options.gia, "attribute", self.folder / f"{self.network}.pt2", self.sequences, "--of", networks.tasks(self.network)[0],
                  "--references", REFERENCES, "--npz", found, "--threads", self.options.threads])
        np.save(self.references, np.load(found)["references"])

    def ask(self, tuned, call="tangermeme", **request):
        return self.peers.ask(tuned, work="contributions", call=call, network=self.network, sequences=str(self.sequences),
                              units=[str(self.references)], **request)

    def own(self):
        """Seconds of gia, all but starting the network's process and reading the weights; and the contributions."""
        out = self.folder / "contributions.json"
        timing, study = gia.timed(self.options.gia, ["run", self.script, "--quiet"], out, self.options.threads)
        values = np.array([sequence["values"] for sequence in study["maps"][0]["sequences"]])
        return timing["total"] - timing["start"] - timing["load"], values

    def opponent(self, tuned, values):
        answers = self.folder / "answers.npy"
        found = self.ask(tuned, batch=self.batch if tuned else None, answers=str(answers))
        worst = np.sqrt(np.mean((np.load(answers) - values) ** 2) / np.mean(values ** 2))
        if worst > AGREEMENT:
            raise SystemExit(f"contributions, {self.network}: gia and tangermeme differ by {worst:.1e}")
        self.difference = max(self.difference, float(worst))
        return found["seconds"]

    def agree(self):
        self.opponent(True, self.own()[1])

    def round(self):
        seconds, values = self.own()
        self.times["gia"].append(seconds)
        self.times["tuned"].append(self.opponent(True, values))
        self.times["as it comes"].append(self.opponent(False, values))

    def found(self):
        return {"times": self.times, "batch": self.batch, "scale": 1.0, "root_mean_square": self.difference}

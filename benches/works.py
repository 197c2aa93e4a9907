"""The works that gia and tangermeme are given alike: what each is, its script for gia, and how answers are told apart.

A work has units, such as the gaps between two motifs, and each unit has answers: the network's first task for each sequence of an
arm. `peer.py` does the same works with tangermeme and PyTorch. Invariant: nothing here runs anything.
"""

from dataclasses import dataclass
from itertools import product

import networks

FIRST, SECOND = "CCACCAGGGGGCGC", "AAAGAGGAAGTG"
#: Written at places along sequences of several lengths.
SHORT = "TGACTCATTGCG"
#: Where the first of two motifs starts.
PLACE = 60
BASES = "ACGT"


@dataclass(frozen=True)
class Floor:
    """How many times faster than tangermeme gia is to be; the ceiling counts the multiplications that an edit can reach."""

    tuned: float
    as_it_comes: float
    ceiling: str


@dataclass(frozen=True)
class Work:
    name: str
    title: str
    #: Backgrounds that are drawn, or sequences that are given.
    sequences: int
    #: By network.
    floors: dict[str, Floor]
    units: list
    #: Of how many units a quick run times one for the peers.
    quick: int
    #: Statements of the experiment behind its background.
    body: str
    #: Sequences are given and not drawn.
    given: bool = False
    #: Timed as a whole even in a quick run: tangermeme chooses its method by the size of the job, so a part is another job.
    whole: bool = False
    #: As many units as take the peers as long as what they do once, however many units there are.
    once: int = 0

    def script(self, network):
        head = f'model net = load("{network}.pt2")\n'
        measure = f'    measure answer = net["{networks.tasks(network)[0]}"]\n'
        length = networks.SHAPES[network].length
        source = f'let given = fasta("{self.name}_{network}.fa")\n' if self.given else f"null drawn = uniform(length: {length}bp)\n"
        background = "given" if self.given else f"drawn\n    sample {self.sequences}"
        return (f"{head}{source}\nexperiment work {{\n    background {background}\n{self.body.format(last=length - 1)}{measure}}}\n")

    def keys(self, network, units):
        """What each row of a peer's answers is: (arm, values of the axes)."""
        match self.name:
            case "motif":
                return [("control", ()), ("treated", ())]
            case "pairs":
                return [(arm, (gap,)) for gap in units for arm in ("control", "first", "second", "arm(first, second)")]
            case "kmers":
                return [("treated", (word,)) for word in units]
            case "saturation":
                return [("treated", (place, base)) for place in stretch(networks.SHAPES[network].length, units) for base in BASES]


def stretch(length, eighths):
    """The places of these eighths of a sequence, which follow each other."""
    return range(length * eighths[0] // 8, length * (eighths[-1] + 1) // 8)


WORKS = {work.name: work for work in [
    Work(
        "motif", "One motif in 1,000 backgrounds", 1_000,
        {"deepstarr": Floor(1.5, 3, "1.9"), "basset": Floor(1.5, 3, "1.9"), "bpnet": Floor(1.5, 3, "1.9")},
        units=["center"], quick=1, body=f'    embed "{FIRST}" at center\n',
    ),
    Work(
        "pairs", "Two motifs, 50 gaps, with the interaction, in 200 backgrounds", 200,
        {"deepstarr": Floor(3.5, 8, "6 to 10"), "basset": Floor(3.5, 8, "6 to 10"), "bpnet": Floor(3.5, 8, "6 to 10")},
        units=list(range(50)), quick=5, once=1,
        body=f'    vary gap in 0bp to 49bp\n    factorial ["{FIRST}" as first, gap, "{SECOND}" as second] at {PLACE}bp\n',
    ),
    Work(
        "kmers", "All 4,096 6-mers in 100 backgrounds", 100, {"deepstarr": Floor(5, 12, "12")},
        units=["".join(word) for word in product(BASES, repeat=6)], quick=64,
        body="    vary word in kmers(6)\n    embed word at center\n",
    ),
    Work(
        "saturation", "Saturation mutagenesis of 4 sequences", 4,
        {"deepstarr": Floor(6, 15, "12"), "basset": Floor(6, 15, "9"), "bpnet": Floor(4, 8, "8")},
        units=list(range(8)), quick=8, given=True, whole=True,
        body="    vary place in 0bp to {last}bp\n    vary base in bases\n    mutate place with base\n",
    ),
]}

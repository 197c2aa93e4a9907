"""The network, sites and variants of docs/cookbook/polyadenylation.md: a network whose rules are known, so that a run can be told right from wrong.

    python polyadenylation.py       writes polya.pt2, polya.toml, utr.fa, pas.bed and utr.vcf beside this file

The network reads 205 bp with the signal at position 70, and answers with 206 logits of where the transcript is cut: one for each base, and a last
one for "not in this window", which is 0. The layout is that of APARENT (Bogard et al., Cell 2019) and APARENT2; the rules are made up:

- a word at p binds with the score 7 minus the mismatches' penalties to AATAAA (T in its second place costs 1.2, others 2 to 3.5);
- a bound word sends cuts to 10 to 30 bp after its end, most of them to 18, and words add up;
- each G or T of the 25 bp that begin 5 bp after a cut adds 0.2, each A or C takes 0.2;
- a cut behind an A gains 0.4, and one behind any base that follows a C gains 0.3.

utr.fa holds made-up 3' ends, a contig for each, half of them on the other strand; pas.bed their signals; utr.vcf variants in and beside them.
"""

import random
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent
LENGTH, ANCHOR, BASES = 205, 70, "ACGT"
SIGNAL = "AATAAA"
SCORE = 7.0
#: What a mismatch costs, by place, and the exceptions.
PENALTY = [2.0, 3.0, 3.5, 3.0, 3.0, 2.0]
EXCEPTIONS = {(1, "T"): 1.2}
NEAREST, FARTHEST, USUAL, SPREAD = 10, 30, 18, 4.0
DOWNSTREAM_START, DOWNSTREAM_WIDTH, DOWNSTREAM_WEIGHT = 5, 25, 0.2
COMPLEMENT = str.maketrans("ACGT", "TGCA")


class Polyadenylation(nn.Module):
    def __init__(self):
        super().__init__()
        width = len(SIGNAL)
        self.signal = nn.Conv1d(4, 1, width)
        weights = torch.tensor(
            [[0.0 if base == SIGNAL[i] else -EXCEPTIONS.get((i, base), PENALTY[i]) for i in range(width)] for base in BASES]
        )
        self.signal.weight.data = weights.unsqueeze(0)
        self.signal.bias.data = torch.tensor([SCORE])
        # From the first base of a word to the place of a cut: a convolution looks backwards, so its kernel is turned.
        distances = torch.arange(NEAREST, FARTHEST + 1).float()
        kernel = torch.exp(-(((distances - USUAL) / SPREAD) ** 2) / 2)
        self.reach = nn.Conv1d(1, 1, len(distances), bias=False)
        self.reach.weight.data = (kernel / kernel.sum()).flip(0).view(1, 1, -1)
        self.downstream = nn.Conv1d(4, 1, DOWNSTREAM_WIDTH, bias=False)
        signs = torch.tensor([-1.0, -1.0, 1.0, 1.0]).view(1, 4, 1)
        self.downstream.weight.data = DOWNSTREAM_WEIGHT * signs.expand(1, 4, DOWNSTREAM_WIDTH).clone()
        self.cut = nn.Conv1d(4, 1, 2, bias=False)
        self.cut.weight.data = torch.tensor([[[0.0, 0.4], [0.3, 0.0], [0.0, 0.0], [0.0, 0.0]]])

    def forward(self, x):
        bound = torch.exp(self.signal(x))
        # Word p reaches cuts from p + 6 + NEAREST on.
        before = len(SIGNAL) + FARTHEST
        sent = self.reach(nn.functional.pad(bound, (before, 0)))[:, :, :LENGTH]
        ahead = nn.functional.pad(x, (0, DOWNSTREAM_START + DOWNSTREAM_WIDTH))
        gained = self.downstream(ahead)[:, :, DOWNSTREAM_START:DOWNSTREAM_START + LENGTH]
        local = self.cut(nn.functional.pad(x, (1, 0)))
        logits = torch.log(sent + 1e-6) + gained + local
        return nn.functional.pad(logits, (0, 1)).squeeze(1)


DECLARATION = """\
length  = 205
layout  = "channels_first"
unknown = "zeros"
source  = "tests/docs/polyadenylation.py"

[[output]]
name = "cuts"
unit = "logits"
"""


def made_up_ends(chance, n=40):
    """Contigs of 400 bp, each with a signal, GT-rich sequence after it, and few As and Ts elsewhere that could be a signal by chance."""
    ends = []
    for number in range(n):
        letters = chance.choices("ACGT", weights=[28, 22, 22, 28], k=400)
        at = chance.randrange(120, 220)
        letters[at:at + 6] = SIGNAL if number % 4 else "ATTAAA"
        letters[at + 28:at + 60] = chance.choices("ACGT", weights=[12, 13, 30, 45], k=32)
        ends.append(("".join(letters), at))
    return ends


def write_ends():
    chance = random.Random(7)
    genome, sites, variants = [], [], []
    for number, (letters, at) in enumerate(made_up_ends(chance), 1):
        name, minus = f"end{number}", number % 2 == 0
        # Of each end one variant: of the signal, of the sequence after it, or 30 bp before it.
        kind = ("signal", "after", "before")[number % 3]
        first = {"signal": at + chance.randrange(6), "after": at + 34 + chance.randrange(20), "before": at - 30}[kind]
        reference = letters[first:first + 1]
        other = chance.choice([base for base in BASES if base != reference])
        if kind == "after" and number % 2:
            # A deletion of twelve bases behind an anchor base.
            reference, other = letters[first:first + 13], letters[first]
        if minus:
            forward = letters.translate(COMPLEMENT)[::-1]
            start = len(letters) - at - 6
            if len(reference) == 1:
                place = len(letters) - first - 1
                reference, other = reference.translate(COMPLEMENT), other.translate(COMPLEMENT)
            else:
                place = len(letters) - first - len(reference)
                reference = forward[place:place + len(reference)]
                other = reference[0]
            letters = forward
        else:
            start, place = at, first
        assert letters[place:place + len(reference)] == reference
        genome.append(f">{name}\n{letters}\n")
        sites.append(f"{name}\t{start}\t{start + 6}\t{name}\t0\t{'-' if minus else '+'}\n")
        variants.append((name, place + 1, f"{kind}_{number}", reference, other))
    (HERE / "utr.fa").write_text("".join(genome))
    (HERE / "pas.bed").write_text("".join(sites))
    lines = ["##fileformat=VCFv4.3", *(f"##contig=<ID={name}>" for name, *_ in variants)]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    lines += [f"{name}\t{at}\t{label}\t{reference}\t{other}\t.\t.\t." for name, at, label, reference, other in variants]
    (HERE / "utr.vcf").write_text("\n".join(lines) + "\n")


def main():
    network = Polyadenylation().eval()
    example = torch.zeros(2, 4, LENGTH)
    example[:, 0] = 1.0
    batch = torch.export.Dim("batch", min=1)
    exported = torch.export.export(network, (example,), dynamic_shapes=({0: batch},))
    torch.export.save(exported, HERE / "polya.pt2")
    (HERE / "polya.toml").write_text(DECLARATION)
    write_ends()


if __name__ == "__main__":
    main()

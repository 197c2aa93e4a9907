"""What tangermeme makes of variants of every kind, in windows of either strand, with either side moving.

    python variants.py         writes variants.fa, variants.vcf and variants.json beside this file

Contigs are the 200 bp of the first twelve sequences of experiments/ctcf_pu1/gm12878_ctcf.fa. A window has 100 bp, with the first base of the
reference allele, as the window reads it, at position 50. Substitutions, insertions and deletions are those of `substitution_effect`,
`insertion_effect` and `deletion_effect`; bases that a deletion moves in are the contig's, given to tangermeme at the end of that side, which
is `left`. Of a change that both replaces bases and makes the allele longer or shorter, the replaced bases are written first. Effects are the
prediction with the variant less the one without it; the network in float32, the rest in float64.
"""

import json
from importlib import metadata

import torch
from tangermeme.predict import predict
from tangermeme.utils import one_hot_encode
from tangermeme.variant_effect import deletion_effect, insertion_effect, substitution_effect

from make import BASES, HERE, LENGTH, ROOT, TASKS, own

AT = LENGTH // 2
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def turned(letters):
    return letters.translate(COMPLEMENT)[::-1]


def other(letters):
    return "".join("CGTA"[BASES.index(letter)] for letter in letters)


def changes(contig):
    """Position from 0, reference and alternate allele, one of each kind in the site and beside it."""
    ref = lambda start, length: contig[start : start + length]
    return [
        (97, ref(97, 1), other(ref(97, 1))),
        (94, ref(94, 4), other(ref(94, 4))),
        (95, ref(95, 1), ref(95, 1) + "GATTACA"),
        (92, ref(92, 7), ref(92, 1)),
        (99, ref(99, 3), other(ref(99, 3)) + "TTAGG"),
        (93, ref(93, 9), other(ref(93, 2))),
    ]


def effect(model, read, start, reference, alternate, left):
    """The variant begins at `start` of a contig as the strand reads it."""
    lost = max(len(reference) - len(alternate), 0)
    window = read[start - AT : start - AT + LENGTH]
    before = predict(model, one_hot_encode(window)[None], device="cpu")
    shared = min(len(reference), len(alternate))
    replaced = [(0, AT + i, BASES.index(alternate[i])) for i in range(shared) if reference[i] != alternate[i]]
    substituted = "".join([window[:AT], alternate[:shared], window[AT + shared :]])
    X = one_hot_encode(substituted)[None]
    if len(alternate) > shared:
        # Rows at one position are inserted last first.
        rows = [(0, AT + shared, BASES.index(base)) for base in reversed(alternate[shared:])]
        after = insertion_effect(model, X, torch.tensor(rows), left=left, device="cpu")[1]
    elif lost:
        beside = read[start - AT - lost : start - AT] if left else read[start - AT + LENGTH : start - AT + LENGTH + lost]
        longer = beside + substituted if left else substituted + beside
        first = AT + shared + (lost if left else 0)
        rows = [(0, first + i) for i in range(lost)]
        after = deletion_effect(model, one_hot_encode(longer)[None], torch.tensor(rows), left=left, device="cpu")[1]
    else:
        X = one_hot_encode(window)[None]
        after = substitution_effect(model, X, torch.tensor(replaced), device="cpu")[1]
    return (after[0].double() - before[0].double()).tolist()


def main():
    lines = (ROOT / "experiments/ctcf_pu1/gm12878_ctcf.fa").read_text().split()
    contigs = [line.upper() for line in lines[1:24:2]]
    model = own()
    effects, records = {}, []
    for i, contig in enumerate(contigs):
        start, reference, alternate = changes(contig)[i % 6]
        records.append(f"c{i}\t{start + 1}\t.\t{reference}\t{alternate}")
        name = f"c{i}:{start + 1}:{reference}>{alternate}"
        for strand in "+-":
            for side in ("right", "left"):
                read = contig if strand == "+" else turned(contig)
                alleles = (reference, alternate) if strand == "+" else (turned(reference), turned(alternate))
                first = start if strand == "+" else len(contig) - start - len(reference)
                found = effect(model, read, first, *alleles, left=side == "left")
                effects.setdefault(f"{strand} {side}", {})[name] = dict(zip(TASKS, found))
    (HERE / "variants.fa").write_text("".join(f">c{i}\n{contig}\n" for i, contig in enumerate(contigs)))
    (HERE / "variants.vcf").write_text("\n".join(["##fileformat=VCFv4.3", "#CHROM\tPOS\tID\tREF\tALT", *records]) + "\n")
    versions = {name: metadata.version(name) for name in ("tangermeme", "torch")}
    (HERE / "variants.json").write_text(json.dumps({"versions": versions, "effects": effects}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Haplotypes of phased samples in windows of a contig, from `bcftools consensus`.

Writes a contig, phased genotypes of three samples, regions of both strands, and `haplotypes.json`: the sequence of every window under every
haplotype. The window of a haplotype starts with the first of its bases that the window of the reference has ("right": what lies right
moves), or ends with the last one ("left"). The haplotype of the whole contig is that of bcftools, and its chain file says which base of
the contig each of its bases is.

The records of `overlaps.vcf` overlap; bcftools keeps the first of two, and leaves out the other with a warning.

    pip install pysam==0.24.1
    python haplotypes.py
"""

import json
import random
import tempfile
from pathlib import Path

import pysam
import pysam.bcftools

HERE = Path(__file__).parent
SCRATCH = tempfile.mkdtemp()
LENGTH, WIDTH, WINDOWS = 3000, 100, 48
SAMPLES = ("child", "father", "mother")
HEADER = [
    "##fileformat=VCFv4.3",
    f"##contig=<ID=c,length={LENGTH}>",
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(SAMPLES),
]


def letters(rng, count):
    return "".join(rng.choice("ACGT") for _ in range(count))


def other(rng, base):
    return rng.choice([letter for letter in "ACGT" if letter != base])


def allele(rng, contig, start):
    """Reference and alternate allele of a random kind at a position from 0."""
    kind = rng.choice(["snv", "snv", "mnv", "insertion", "deletion", "complex"])
    if kind == "snv":
        return contig[start], other(rng, contig[start])
    if kind == "mnv":
        reference = contig[start : start + rng.choice([2, 3, 4])]
        return reference, "".join(other(rng, base) for base in reference)
    if kind == "insertion":
        return contig[start], contig[start] + letters(rng, rng.randint(1, 12))
    if kind == "deletion":
        return contig[start : start + rng.randint(2, 13)], contig[start]
    reference = contig[start : start + rng.randint(2, 5)]
    alternate = other(rng, reference[0]) + letters(rng, rng.choice([0, 3, 6])) + other(rng, reference[-1])
    return reference, alternate


def genotypes(rng):
    pairs = (rng.choice(["0|1", "1|0", "1|1", "1/1", "0|0", "0/0"]) for _ in SAMPLES)
    return "\t".join(pairs)


def write_vcf(path, records):
    text = "\n".join(HEADER + records) + "\n"
    path.write_text(text)
    packed = f"{SCRATCH}/{path.name}.gz"
    pysam.tabix_compress(str(path), packed, force=True)
    pysam.tabix_index(packed, preset="vcf", force=True)
    return packed


def consensus(vcf, sample, haplotype):
    """The haplotype, and for each base of the contig its position in it; None for one that is deleted."""
    chain = f"{SCRATCH}/{sample}{haplotype}.chain"
    fasta = pysam.bcftools.consensus("-f", str(HERE / "genome.fa"), "-s", sample, "-H", str(haplotype), "-c", chain, vcf)
    whole = "".join(line for line in fasta.splitlines() if not line.startswith(">"))
    to = [None] * LENGTH
    at, there = 0, 0
    for line in Path(chain).read_text().splitlines():
        fields = line.split()
        if not fields or fields[0] == "chain":
            continue
        size, *gaps = map(int, fields)
        for i in range(size):
            to[at + i] = there + i
        at, there = at + size, there + size
        if gaps:
            # Alleles of different length are aligned at their first base.
            lost, new = gaps
            for i in range(min(lost, new)):
                to[at + i] = there + i
            at, there = at + lost, there + new
    assert there == len(whole) and at == LENGTH
    return whole, to


def turned(sequence):
    return sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))


def window(whole, to, start, strand, side):
    end = start + WIDTH
    if (side == "right") == (strand == "+"):
        first = next(to[i] for i in range(start, LENGTH) if to[i] is not None)
        sequence = whole[first : first + WIDTH]
    else:
        last = next(to[i] for i in reversed(range(end)) if to[i] is not None)
        sequence = whole[last + 1 - WIDTH : last + 1]
    return turned(sequence) if strand == "-" else sequence


def main():
    rng = random.Random(11)
    contig = letters(rng, LENGTH)
    (HERE / "genome.fa").write_text(">c\n" + "\n".join(contig[i : i + 60] for i in range(0, LENGTH, 60)) + "\n")
    pysam.faidx(str(HERE / "genome.fa"))
    (HERE / "genome.fa.fai").unlink()
    records, start = [], 20
    while start < LENGTH - 30:
        reference, alternate = allele(rng, contig, start)
        records.append(f"c\t{start + 1}\t.\t{reference}\t{alternate}\t.\tPASS\t.\tGT\t{genotypes(rng)}")
        start += len(reference) + rng.randint(1, 40)
    overlapping, start = [], 20
    while start < LENGTH - 40:
        first = contig[start : start + 6], contig[start]
        second = contig[start + 3], other(rng, contig[start + 3])
        for offset, (reference, alternate) in ((0, first), (3, second)):
            overlapping.append(f"c\t{start + offset + 1}\t.\t{reference}\t{alternate}\t.\tPASS\t.\tGT\t{genotypes(rng)}")
        start += rng.randint(20, 70)
    files = {"phased": write_vcf(HERE / "phased.vcf", records), "overlaps": write_vcf(HERE / "overlaps.vcf", overlapping)}
    starts = sorted(rng.randint(150, LENGTH - WIDTH - 150) for _ in range(WINDOWS))
    strands = [rng.choice("+-") for _ in starts]
    regions = [f"c\t{start}\t{start + WIDTH}\tw{i}\t0\t{strand}" for i, (start, strand) in enumerate(zip(starts, strands))]
    (HERE / "regions.bed").write_text("\n".join(regions) + "\n")
    found = {"version": pysam.__version__}
    for file, vcf in files.items():
        for sample in SAMPLES:
            for haplotype in (1, 2):
                whole, to = consensus(vcf, sample, haplotype)
                for side in ("right", "left"):
                    found[f"{file} {sample} {haplotype} {side}"] = [
                        window(whole, to, start, strand, side) for start, strand in zip(starts, strands)
                    ]
    (HERE / "haplotypes.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

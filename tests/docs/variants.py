"""Writes site.vcf and beside.vcf beside itself: single-base variants of real CTCF peaks, in the best match of the site and 10 bp beside it.
sites.bed has these matches, each on its strand, and phased.vcf the same variants as phased genotypes of a child and its mother.

Each record of `experiments/ctcf_pu1/gm12878_ctcf.fa` serves as a chromosome of its own, called by its number, in genome.fa.
The variants are made up: they say what a variant in such a place would do, and are not those of any person.
"""

from pathlib import Path

HERE = Path(__file__).parent
PEAKS = HERE.parent.parent / "experiments/ctcf_pu1/gm12878_ctcf.fa"
CORE = "CCACCAGGGGGCGC"
COMPLEMENT = str.maketrans("ACGT", "TGCA")
OTHER = {"A": "C", "C": "A", "G": "T", "T": "G"}
MOST = 60
# Matches of fewer letters than this are no sites.
FIT = 11

site = CORE.translate(COMPLEMENT)[::-1]
records = PEAKS.read_text().upper().split(">")[1:]
genome, core, beside, regions, sites = [], [], [], [], []
for record in records:
    letters = "".join(record.split("\n")[1:])
    if len(core) == MOST:
        break
    best = max(
        ((sum(a == b for a, b in zip(word, letters[at:])), at, word) for word in (CORE, site) for at in range(60, 126)),
        key=lambda found: found[0],
    )
    fit, at, word = best
    # The second letter of the site, or its partner on the other strand.
    place = at + (1 if word == CORE else len(word) - 2)
    if fit < FIT or letters[place] != ("C" if word == CORE else "G") or "N" in letters:
        continue
    name = f"peak{len(core) + 1}"
    genome.append(f">{name}\n{letters}\n")
    core.append((name, place, letters[place]))
    far = at + len(word) + 10 if at < 93 else at - 10
    beside.append((name, far, letters[far]))
    regions.append(f"{name}\t50\t150\n")
    strand = "+" if word == CORE else "-"
    sites.append(f"{name}\t{at}\t{at + len(word)}\tsite{len(core)}\t0\t{strand}\n")

for file, variants in (("site.vcf", core), ("beside.vcf", beside)):
    lines = ["##fileformat=VCFv4.3"] + [f"##contig=<ID={name}>" for name, _, _ in variants]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    lines += [f"{name}\t{at + 1}\t.\t{base}\t{OTHER[base]}\t.\t.\t." for name, at, base in variants]
    (HERE / file).write_text("\n".join(lines) + "\n")
lines = ["##fileformat=VCFv4.3", '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tchild\tmother")
for number, pair in enumerate(zip(core, beside)):
    in_core = [("0|1", "0|1"), ("1|0", "1|1"), ("0|0", "0|1")][number % 3]
    near = [("1|1", "0|1"), ("0|1", "0|0"), ("1|0", "1|0"), ("0|0", "0|0")][number % 4]
    for (name, at, base), genotypes in sorted(zip(pair, (in_core, near)), key=lambda found: found[0][1]):
        lines.append(f"{name}\t{at + 1}\t.\t{base}\t{OTHER[base]}\t.\t.\t.\tGT\t" + "\t".join(genotypes))
(HERE / "phased.vcf").write_text("\n".join(lines) + "\n")
(HERE / "genome.fa").write_text("".join(genome))
(HERE / "regions.bed").write_text("".join(regions))
(HERE / "sites.bed").write_text("".join(sites))

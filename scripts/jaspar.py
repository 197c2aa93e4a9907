#!/usr/bin/env python3
"""Writes the JASPAR collection that is part of the program: python3 scripts/jaspar.py DATABASE RELEASE

    pip download --no-deps pyjaspar==4.0.0 && unzip pyjaspar-4.0.0-py3-none-any.whl
    python3 scripts/jaspar.py pyjaspar/data/JASPAR2026.sqlite 2026

DATABASE is the SQLite file of one release, which the package `pyjaspar` holds. The newest version of each matrix of CORE is
taken. src/domain/data/jaspar{RELEASE}_core.meme.gz holds the probabilities, in the form and with the digits of JASPAR's own MEME files;
src/domain/data/jaspar{RELEASE}_core.tsv says what each motif is: matrix, factor, taxon, species, taxonomy ids, sites.
"""

import gzip
import sqlite3
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "src" / "domain" / "data"
BASES = "ACGT"
HEADING = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25
"""
COLUMNS = ["matrix", "name", "taxon", "species", "tax_ids", "sites"]


def newest(database):
    """(database id, matrix id, factor) of the newest version of each CORE matrix, in the order of the database."""
    rows = database.execute("SELECT id, base_id, version, name FROM matrix WHERE collection = 'CORE' ORDER BY id")
    found = {}
    for number, base, version, name in rows:
        if base not in found or int(version) > found[base][1]:
            found[base] = (number, int(version), name)
    entries = [(number, f"{base}.{version}", name) for base, (number, version, name) in found.items()]
    return sorted(entries)


def counts(database, number):
    """Counts of A, C, G and T at each position."""
    cells = database.execute("SELECT row, col, val FROM matrix_data WHERE id = ?", [number])
    table = {(base.upper(), position): value for base, position, value in cells}
    width = len(table) // 4
    return [[table[base, position] for base in BASES] for position in range(1, width + 1)]


def block(matrix, name, columns):
    """The motif as JASPAR's MEME files print it."""
    sites = int(sum(columns[0]))
    lines = [f"MOTIF {matrix} {name}", f"letter-probability matrix: alength= 4 w= {len(columns)} nsites= {sites} E= 0"]
    for column in columns:
        total = sum(column)
        lines.append(" " + "  ".join(f"{value / total:.6f}" for value in column))
    return "\n".join(lines) + "\n"


def described(database, number, matrix, name, columns):
    """The row of the table."""
    taxa = database.execute(
        "SELECT DISTINCT val FROM matrix_annotation WHERE id = ? AND tag = 'tax_group'", [number]
    ).fetchall()
    (taxon,) = taxa.pop()
    species = database.execute(
        "SELECT t.tax_id, t.species FROM matrix_species s JOIN tax t ON t.tax_id = s.tax_id WHERE s.id = ? ORDER BY s.tax_id",
        [number],
    ).fetchall()
    assert not taxa, f"{matrix} has several taxa"
    names = ";".join(name for _, name in species)
    ids = ";".join(str(tax_id) for tax_id, _ in species)
    row = [matrix, name, taxon, names, ids, str(int(sum(columns[0])))]
    assert not any("\t" in cell or "\n" in cell for cell in row), row
    return "\t".join(row)


def main(path, release):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    texts, rows = [HEADING], ["\t".join(COLUMNS)]
    for number, matrix, name in newest(database):
        columns = counts(database, number)
        texts.append(block(matrix, name, columns))
        rows.append(described(database, number, matrix, name, columns))
    # No time and no name in the archive, so that the same database gives the same bytes.
    packed = gzip.compress("\n".join(texts).encode(), compresslevel=9, mtime=0)
    (DATA / f"jaspar{release}_core.meme.gz").write_bytes(packed)
    (DATA / f"jaspar{release}_core.tsv").write_text("\n".join(rows) + "\n")
    print(f"{len(rows) - 1} motifs")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])

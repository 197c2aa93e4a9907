"""Lays the book out for mdBook, and has it built: python3 book.py MDBOOK TARGET

The pages lie where they belong in the tree; mdBook wants them below one folder. They are copied to TARGET/book/src as they lie,
with every file that they link to, and docs/SUMMARY.md becomes the table of contents at the root, with all decisions behind it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
DRAFT = "- [Decisions]()\n"


def copy(path, source):
    end = source / path.relative_to(ROOT)
    if not end.exists():
        end.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, end)


def lay_out(source):
    """Copies pages and what they link to; returns the table of contents as mdBook reads it, from the root."""
    text = (ROOT / "docs/SUMMARY.md").read_text()
    for decision in sorted((ROOT / "docs/decisions").glob("*.md")):
        title = decision.read_text().split("\n", 1)[0].lstrip("# ").split(". ", 1)[-1]
        text += f"  - [{title}](decisions/{decision.name})\n"
    assert DRAFT in text, "the table of contents has no place for the decisions"
    contents = ROOT / "docs"
    pages = [(contents / target).resolve() for target, _ in LINK.findall(text) if target]
    for page in pages:
        copy(page, source)
        laid = source / page.relative_to(ROOT)
        for target, _ in LINK.findall(page.read_text()):
            linked = (page.parent / target).resolve()
            if linked == contents / "SUMMARY.md":
                # mdBook makes a page of its own of the contents.
                here = os.path.relpath(source / "toc.html", laid.parent)
                laid.write_text(laid.read_text().replace(f"]({target})", f"]({here})"))
            elif "://" not in target and linked.is_file() and ROOT in linked.parents:
                copy(linked, source)

    def from_root(link):
        target = link.group(1)
        return f"]({(contents / target).resolve().relative_to(ROOT)})" if target else link.group(0)

    return LINK.sub(from_root, text)


def main(mdbook, target):
    book = Path(target).resolve() / "book"
    shutil.rmtree(book, ignore_errors=True)
    source = book / "src"
    source.mkdir(parents=True)
    (source / "SUMMARY.md").write_text(lay_out(source))
    shutil.copyfile(ROOT / "book.toml", book / "book.toml")
    shutil.copytree(ROOT / "docs/theme", book / "theme")
    subprocess.run([mdbook, "build", str(book)], check=True)
    print(f"the book is {book / 'html' / 'index.html'}")


if __name__ == "__main__":
    main(*sys.argv[1:])

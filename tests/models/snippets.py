"""The lines of Python that docs/models.md tells the reader to export with."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs/models.md"


def snippet(heading):
    """The first block of Python under a heading."""
    section = re.split(r"^#+ ", DOCS.read_text().split(f"\n### {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return re.search(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[1]

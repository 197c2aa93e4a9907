"""Random sequences, on which an exported network is compared with the original."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Sequence

if TYPE_CHECKING:
    import numpy as np

#: Number of sequences of a comparison.
COMPARED = 8


def random_sequences(length: int, count: int = COMPARED) -> list[str]:
    """Uniform sequences, the same in every call."""
    import numpy as np

    letters = np.frombuffer(b"ACGT", dtype="S1")
    drawn = np.random.default_rng(1).integers(0, 4, (count, length))
    return [b"".join(letters[row].tolist()).decode() for row in drawn]


def one_hot(texts: Sequence[str], alphabet: str = "ACGT") -> "np.ndarray":
    """(sequence, base, position), in float32; U and T are one base."""
    import numpy as np

    bases = np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(len(texts), -1)
    order = np.frombuffer(alphabet.upper().replace("U", "T").encode(), dtype=np.uint8)
    return (bases[:, None, :] == order[None, :, None]).astype(np.float32)


def write_fasta(path: Path, texts: Sequence[str]) -> None:
    path.write_text("".join(f">random_{i}\n{text}\n" for i, text in enumerate(texts)), encoding="ascii")

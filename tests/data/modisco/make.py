"""A small file of motifs in the layout of tfmodisco-lite 3.0 (its io.save_hdf5), and files that are not: run with h5py and numpy.

    python tests/data/modisco/make.py

`expected.json` has what `modisco report` would use of each pattern: trimmed to the span of positions whose summed absolute contributions
reach 30 % of the largest (tfmodisco-lite, modiscolite/report.py).
"""

import json
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).parent
BOOL = h5py.enum_dtype({"FALSE": 0, "TRUE": 1}, basetype="i1")


def pattern(rng, letters, sign, seqlets):
    """Sequences of seqlets with the letters in their middle, and contributions of their bases."""
    width = 16
    start = (width - len(letters)) // 2
    bases = rng.integers(0, 4, size=(seqlets, width))
    for i, letter in enumerate(letters):
        kept = rng.random(seqlets) < 0.9
        bases[kept, start + i] = "ACGT".index(letter)
    sequence = np.eye(4)[bases]
    weights = np.full(width, 0.01)
    weights[start : start + len(letters)] = np.linspace(0.5, 1.0, len(letters))
    hypothetical = sign * weights[:, None] * (sequence.mean(axis=0) - 0.25)
    scores = sequence * hypothetical
    return sequence, scores, np.broadcast_to(hypothetical, sequence.shape)


def write(group, sequence, scores, hypothetical, with_seqlets):
    group.create_dataset("sequence", data=sequence.mean(axis=0))
    group.create_dataset("contrib_scores", data=scores.mean(axis=0))
    group.create_dataset("hypothetical_contribs", data=hypothetical.mean(axis=0))
    n = len(sequence)
    seqlets = group.create_group("seqlets")
    seqlets.create_dataset("n_seqlets", data=np.array([n]))
    if not with_seqlets:
        return
    seqlets.create_dataset("start", data=np.zeros(n, dtype=np.int64))
    seqlets.create_dataset("end", data=np.full(n, sequence.shape[1]))
    seqlets.create_dataset("example_idx", data=np.arange(n))
    seqlets.create_dataset("is_revcomp", data=np.zeros(n, dtype="i1"), dtype=BOOL)
    seqlets.create_dataset("sequence", data=sequence.astype(np.float32))


def trimmed(sequence, scores, share):
    score = np.abs(scores.mean(axis=0)).sum(axis=1)
    kept = np.where(score >= share * score.max())[0]
    return sequence.mean(axis=0)[kept[0] : kept[-1] + 1].tolist()


rng = np.random.default_rng(7)
patterns = {
    "pos_patterns": [("GATAAG", 1.0, 40), ("TGACTCA", 1.0, 25)] + [("CACGTG", 1.0, 20)] * 9,
    "neg_patterns": [("CAGGTA", -1.0, 22)],
}
expected = {}
with h5py.File(HERE / "results.h5", "w") as file:
    file.attrs["window_size"] = 400
    for kind, members in patterns.items():
        for i, (letters, sign, seqlets) in enumerate(members):
            made = pattern(rng, letters, sign, seqlets)
            group = file.create_group(f"{kind}/pattern_{i}")
            write(group, *made, with_seqlets=i == 0)
            # A pattern has subpatterns of the same layout, which are no motifs of their own here.
            if i == 0:
                write(group.create_group("subpattern_0"), *made, with_seqlets=False)
            expected[f"{kind}.pattern_{i}"] = {
                "seqlets": seqlets,
                "sequence": made[0].mean(axis=0).tolist(),
                "contributions": made[1].mean(axis=0).tolist(),
                "trimmed": trimmed(made[0], made[1], 0.3),
                "trimmed_to_80": trimmed(made[0], made[1], 0.8),
            }
with h5py.File(HERE / "other.h5", "w") as file:
    file.create_dataset("values", data=np.arange(3.0))
with h5py.File(HERE / "without_contributions.h5", "w") as file:
    file.create_dataset("pos_patterns/pattern_0/sequence", data=np.full((4, 4), 0.25))
with h5py.File(HERE / "three_columns.h5", "w") as file:
    for name in ("sequence", "contrib_scores"):
        file.create_dataset(f"pos_patterns/pattern_0/{name}", data=np.full((4, 3), 0.25))
(HERE / "expected.json").write_text(json.dumps(expected) + "\n")

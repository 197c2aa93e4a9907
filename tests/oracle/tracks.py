"""The numbers of tracks.gia by another way: ONNX Runtime for the network, SciPy for distances.

    python tracks.py             writes tracks.fa and tracks.json beside this file

tracks.json holds the value of each outcome for each background under both arms. Network in float32, everything after it
in float64. Positions count from 0; the profile of 34 bases starts at 7.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax

HERE = Path(__file__).parent
MODEL = HERE / "../models/onnx/profile.onnx"  # the same network as profile.pt2
LENGTH, N, SEED, START = 48, 14, 20251129, 7
BASES = "ACGT"
SITE = "GATAAG"


def backgrounds():
    """Uniform random sequences, seeded; returns their base codes."""
    codes = np.random.default_rng(SEED).integers(0, 4, (N, LENGTH))
    lines = [f">background_{i}\n{''.join(BASES[base] for base in row)}\n" for i, row in enumerate(codes)]
    (HERE / "tracks.fa").write_text("".join(lines))
    return codes


def predict(network, codes):
    """Profiles (sequence, strand, position) and counts (sequence, strand), as float64."""
    x = np.eye(4, dtype=np.float32)[codes].transpose(0, 2, 1)
    names = [given.name for given in network.get_inputs()]
    tracks = np.full((len(x), 2, LENGTH), 0.25, dtype=np.float32)
    profile, counts = network.run(None, {names[0]: x, names[1]: tracks})
    return profile.astype(float), counts.astype(float)


def outcomes(network, codes, control):
    (profile, counts), (turned, _) = predict(network, codes), predict(network, 3 - codes[:, ::-1])
    # The other strand: positions turned round, and the strands exchanged.
    both = (profile + turned[:, ::-1, ::-1]) / 2
    several = (profile + both) / 2
    if control is not None:
        unedited, _, unedited_several = control
    else:
        unedited, unedited_several = profile, several
    plus, minus = profile[:, 0], profile[:, 1]
    middle = LENGTH // 2 - START
    shares = softmax(plus, axis=1)
    part = softmax(minus[:, 3:7], axis=1)

    def distance(a, b):
        return [jensenshannon(softmax(x), softmax(y), base=2) for x, y in zip(a, b)]

    values = {
        "summit": plus.argmax(1) + START,
        "summit_of_part": minus[:, middle - 8:middle + 8].argmax(1) + LENGTH // 2 - 8,
        "share": shares[:, middle],
        "share_of_part": shares[:, 20 - START:30 - START].sum(1),
        "strands": (np.exp(plus) - 2 * np.sqrt(np.abs(minus))).sum(1),
        "counts": np.exp(counts[:, 0]) * shares.max(1),
        "centred": (plus - plus.mean(1, keepdims=True)).max(1),
        "weighted": np.average(plus[:, 13:16], axis=1, weights=[1, 2, 5]),
        "centre_of_mass": (part * [10, 11, 12, 13]).sum(1),
        "between_strands": distance(plus, minus),
        "between_arms": distance(plus, unedited[:, 0]),
        "numbered": minus[:, [3, 5, 9]].sum(1),
        "in_steps": minus[:, [3, 5, 7, 9]].sum(1),
        "shares_of_bins": shares[:, 3:9].sum(1),
        "shares_of_uneven_bins": shares[:, [1, 4, 9]].sum(1),
        "bin_of_shares": 4 + 2 * shares[:, [4, 6, 8]].argmax(1),
        "bin": 3 + 2 * minus[:, [3, 5, 7, 9]].argmax(1),
        "share_of_both": softmax(both[:, 0], axis=1)[:, middle],
        "summit_of_both": both[:, 0].argmax(1) + START,
        "share_of_several": softmax(several[:, 1], axis=1)[:, middle + 3],
        "distance_of_models": distance(plus, both[:, 0]),
        "shape_of_several": distance(several[:, 0], unedited_several[:, 0]),
    }
    return {name: [float(x) for x in row] for name, row in values.items()}, (profile, both, several)


def main():
    network = onnxruntime.InferenceSession(MODEL)
    codes = backgrounds()
    edited = codes.copy()
    edited[:, LENGTH // 2 - len(SITE) // 2:][:, :len(SITE)] = [BASES.index(base) for base in SITE]
    control, unedited = outcomes(network, codes, None)
    treated, _ = outcomes(network, edited, unedited)
    text = json.dumps({"control": control, "treated": treated}, indent=1)
    (HERE / "tracks.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

"""Checks before the first prediction that a network's output for a sequence depends on that sequence alone, and is the same twice."""

import numpy as np

from .failures import BATCH_MIXING, NOT_REPEATABLE, OUT_OF_MEMORY, Failure
from .rows import UNKNOWN

# Tolerated difference relative to the largest number of the output, between passes of one batch size.
TOLERANCE = {"Float32": 1e-5, "Tf32": 2e-3, "BFloat16": 2e-2}
# Factor on it between passes of different sizes, for which libraries choose other kernels.
BATCH_SIZE_FACTOR = 100.0


def check(loaded, rows):
    """Runs the first of these rows alone and in a batch with others, once for each network."""
    if loaded.is_independence_checked or not len(rows):
        return
    loaded.is_independence_checked = True
    try:
        find_dependence(loaded, rows.codes(0, 1)[0])
    except Failure as failure:
        # With a batch size of 1 nothing can mix. If memory does not suffice for the check, it is skipped.
        if failure.code != OUT_OF_MEMORY:
            raise


def find_dependence(loaded, one):
    tolerance = TOLERANCE[loaded.precision]
    alone = outputs_of(loaded, one[None])[0]
    noise = largest_difference(alone, outputs_of(loaded, one[None])[0])
    if noise[0] > tolerance:
        raise not_repeatable(loaded, noise)
    if loaded.batch == 1:
        return
    shifted = next_bases(one)
    backward = next_bases(next_bases(one[::-1]))
    # The sequence is in row 1: not first or last, since networks compare rows with these, and not in the middle, which stays in place if
    # rows are reversed.
    together = outputs_of(loaded, np.stack([shifted, one, backward, shifted]))[1]
    difference = largest_difference(alone, together)
    if difference[0] <= tolerance:
        return
    # Passes of the same size use the same kernels, so rounding does not explain a difference.
    rearranged = outputs_of(loaded, np.stack([backward, one, shifted, backward]))[1]
    between = largest_difference(together, rearranged)
    if between[0] > tolerance:
        raise batch_mixing(loaded, between)
    if difference[0] > BATCH_SIZE_FACTOR * tolerance:
        raise batch_mixing(loaded, difference)


def next_bases(codes):
    """Other bases; unknown ones stay unknown."""
    return np.where(codes < UNKNOWN, (codes + 1) % 4, codes).astype(np.uint8)


def outputs_of(loaded, codes):
    """For each sequence, the numbers of each output."""
    values = loaded.predict_codes(codes).astype(np.float64)
    loaded.check_columns(values, len(codes), loaded.columns)
    ends = np.cumsum([int(np.prod(shape)) for shape in loaded.shapes])
    return [np.split(row, ends[:-1]) for row in values]


def largest_difference(one, other):
    """The largest difference relative to the magnitude of its output, the output, and both numbers. Numbers that are both not finite count
    as equal."""
    worst = (0.0, 0, 0.0, 0.0)
    for output, (a, b) in enumerate(zip(one, other)):
        finite = np.isfinite(a), np.isfinite(b)
        both = finite[0] & finite[1]
        found = np.abs(np.concatenate([a[finite[0]], b[finite[1]]]))
        magnitude = found.max(initial=0.0)
        relative = np.zeros(len(a))
        if magnitude > 0.0:
            relative[both] = np.abs(a[both] - b[both]) / magnitude
        relative[finite[0] != finite[1]] = np.inf
        if len(a) and relative.max() > worst[0]:
            at = int(relative.argmax())
            worst = (float(relative[at]), output, float(a[at]), float(b[at]))
    return worst


def not_repeatable(loaded, difference):
    _, output, one, other = difference
    return Failure(
        NOT_REPEATABLE,
        f"`{loaded.name}` is not deterministic: for the same sequence, output {output} was first {one:.6f}, then {other:.6f}",
        "it uses random numbers, such as `dropout` of `torch.nn.functional` without `training=self.training`",
    )


def batch_mixing(loaded, difference):
    _, output, one, other = difference
    return Failure(
        BATCH_MIXING,
        f"`{loaded.name}` mixes the sequences of a batch: output {output} of a sequence changes from {one:.6f} to {other:.6f} "
        "with different sequences in its batch",
        "look for a layer built without `batch_first=True`, a sum, softmax or norm over `dim=0`, or a `view` where a `transpose` was meant",
    )

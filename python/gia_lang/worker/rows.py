"""The rows of a request: backgrounds, and patches that are applied to them. Bases are codes: A, C, G, T are 0 to 3, N is 4."""

import struct

import numpy as np

UNKNOWN = 4

COUNTS = struct.Struct("<4Q")
PATCH = struct.Struct("<2I")


class RowsError(ValueError):
    """The payload does not hold rows."""


class Rows:
    """Sequences of equal length, each a background with patches."""

    def __init__(self, length, backgrounds, background_of, patch_ends, starts, widths, bases):
        self.length = length
        self.backgrounds = backgrounds
        self.background_of = background_of
        self.patch_ends = patch_ends
        self.starts, self.widths = starts, widths
        self.bases = bases
        # Where the bases of each patch begin in `bases`, and where those of the last end.
        self.offsets = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)

    def __len__(self):
        return len(self.background_of)

    @staticmethod
    def dummy(length, count):
        """Rows of a valid but arbitrary sequence, for warm-up and timing."""
        none = np.zeros(0, np.int64)
        background = np.zeros((1, length), np.uint8)
        return Rows(length, background, np.zeros(count, np.int64), np.zeros(count, np.int64), none, none, none)

    @staticmethod
    def read(payload):
        """Reads and checks a payload."""
        if len(payload) < COUNTS.size:
            raise RowsError("the payload is too short")
        length, size, rows, patches = COUNTS.unpack_from(payload)
        start = COUNTS.size
        indices = start + size
        first_patch = indices + 8 * rows
        if length == 0 or size % length or first_patch > len(payload) or patches > len(payload):
            raise RowsError("the counts do not fit the payload")
        backgrounds = np.frombuffer(payload, np.uint8, size, start).reshape(-1, length)
        background_of = np.frombuffer(payload, "<u4", rows, indices).astype(np.int64)
        patch_ends = np.frombuffer(payload, "<u4", rows, indices + 4 * rows).astype(np.int64)
        starts, widths, bases = read_patches(payload, first_patch, patches)
        if rows and background_of.max() >= len(backgrounds):
            raise RowsError("a row has no background")
        if np.any(np.diff(patch_ends, prepend=0) < 0) or (patch_ends[-1] if rows else 0) != patches:
            raise RowsError("the patches do not fit the rows")
        if np.any(starts + widths > length):
            raise RowsError("a patch reaches past the end")
        if max(backgrounds.max(initial=0), bases.max(initial=0)) > UNKNOWN:
            raise RowsError("a base has no code")
        return Rows(length, backgrounds, background_of, patch_ends, starts, widths, bases)

    def codes(self, first, last):
        """Base codes of the rows from `first` to `last`, with their patches: an array of (rows, length)."""
        codes = self.backgrounds[self.background_of[first:last]]
        ends = self.patch_ends[first:last]
        begin = int(self.patch_ends[first - 1]) if first else 0
        end = int(ends[-1]) if len(ends) else begin
        if begin == end:
            return codes
        widths = self.widths[begin:end]
        row_of_patch = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=begin))
        offsets = self.offsets[begin:end] - self.offsets[begin]
        row = np.repeat(row_of_patch, widths)
        position = np.arange(int(widths.sum())) + np.repeat(self.starts[begin:end] - offsets, widths)
        # Where patches of a row overlap, the last assignment stays, as it should.
        codes[row, position] = self.bases[self.offsets[begin]:self.offsets[end]]
        return codes


def read_patches(payload, at, count):
    """Starts, widths and concatenated bases of all patches."""
    if count == 0:
        if at != len(payload):
            raise RowsError("the payload is longer than its rows")
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0, np.uint8)
    if at + PATCH.size > len(payload):
        raise RowsError("the payload ends within a patch")
    _, width = PATCH.unpack_from(payload, at)
    each = PATCH.size + width
    if at + count * each == len(payload):
        # Most requests have patches of one width, which are read at once.
        table = np.frombuffer(payload, np.uint8, count * each, at).reshape(count, each)
        numbers = np.ascontiguousarray(table[:, :PATCH.size]).view("<u4").astype(np.int64)
        if np.all(numbers[:, 1] == width):
            return numbers[:, 0], numbers[:, 1], table[:, PATCH.size:].ravel()
    starts, widths = np.zeros(count, np.int64), np.zeros(count, np.int64)
    bases = []
    for index in range(count):
        if at + PATCH.size > len(payload):
            raise RowsError("the payload ends within a patch")
        starts[index], width = PATCH.unpack_from(payload, at)
        at += PATCH.size
        if at + width > len(payload):
            raise RowsError("the payload ends within a patch")
        widths[index] = width
        bases.append(payload[at:at + width])
        at += width
    if at != len(payload):
        raise RowsError("the payload is longer than its rows")
    return starts, widths, np.frombuffer(b"".join(bases), np.uint8)

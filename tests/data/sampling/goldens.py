"""Writes goldens.json: what the addressed streams must give, worked out without the program.

    pip install blake3==1.0.11
    python goldens.py > goldens.json

ChaCha with 8 rounds after Bernstein (64-bit counter, 64-bit stream), BLAKE3 from its PyPI package.
"""

import json
import struct
from math import floor

import blake3

MASK = 0xFFFFFFFF


def block(key, counter, stream):
    """The 16 words of one ChaCha8 block."""
    state = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    state += [counter & MASK, counter >> 32, stream & MASK, stream >> 32]
    x = state[:]

    def quarter(a, b, c, d):
        for p, q, r, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & MASK
            x[r] ^= x[p]
            x[r] = (x[r] << turn | x[r] >> (32 - turn)) & MASK

    for _ in range(4):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return [(a + b) & MASK for a, b in zip(x, state)]


def words(purpose, seed, identity, stream):
    """The 32-bit words of one stream."""
    key = blake3.blake3(struct.pack("<Q", seed) + identity, derive_key_context=f"gia v1 {purpose}").digest()
    counter = 0
    while True:
        yield from block(key, counter, stream)
        counter += 1


def wide(source):
    """The next 64-bit word: the low half comes first."""
    low = next(source)
    return low | next(source) << 32


def population(*fields):
    return blake3.blake3(b"".join(fields), derive_key_context="gia v1 population").digest()


def number(n):
    return struct.pack("<Q", n)


def uniform(letters, length, seed, index):
    source = words("background", seed, population(b"uniform\0", letters, number(length)), index)
    bases = []
    while len(bases) < length:
        word = wide(source)
        bases += [word >> 2 * k & 3 for k in range(32)]
    return bases[:length]


def iid(letters, length, frequencies, seed, index):
    identity = population(b"iid\0", letters, number(length), struct.pack("<4d", *frequencies))
    source = words("background", seed, identity, index)
    last = max(i for i, f in enumerate(frequencies) if f > 0)
    limits = [2**32 if i >= last else floor(sum(frequencies[: i + 1]) * 2**32 + 0.5) for i in range(3)]
    return [sum(word >= limit for limit in limits) for word, _ in zip(source, range(length))]


def order(sequences, seed):
    fields = [b"drawn\0", b"ACGT"]
    for sequence in sequences:
        fields += [number(len(sequence)), bytes(sequence)]
    source = words("order", seed, population(*fields), 0)
    items = list(range(len(sequences)))
    for i in range(len(items)):
        left = len(items) - i
        while True:
            product = wide(source) * left
            if product % 2**64 >= 2**64 % left:
                break
        j = i + product // 2**64
        items[i], items[j] = items[j], items[i]
    return items


def edit(identity, sets, seed, draw, index):
    """One word a position; fixed letters and gaps pass over theirs."""
    source = words("edit", seed, identity + number(draw), index)
    written = []
    for word, members in zip(source, sets):
        if len(members) == 4:
            written.append(None)
        elif len(members) == 1:
            written.append(members[0])
        else:
            written.append(members[word * len(members) >> 32])
    return written


def text(bases, letters="ACGT"):
    return "".join("." if base is None else letters[base] for base in bases)


def count_up(n, width):
    """n different sequences: their numbers in base 4."""
    return [[i >> 2 * (width - 1 - k) & 3 for k in range(width)] for i in range(n)]


sets = [[0, 3], [2], [0], [3], [0], [0, 2]] + [[0, 1, 2, 3]] * 150 + [[1, 3], [0, 1, 3]]
plain = population(b"uniform\0", b"ACGT", number(1000))
print(
    json.dumps(
        {
            "uniform_1000_seed_7": {i: text(uniform(b"ACGT", 1000, 7, i)) for i in (0, 1, 123456)},
            "uniform_rna_33_seed_max": {5: text(uniform(b"ACGU", 33, 2**64 - 1, 5), "ACGU")},
            "iid_200_seed_7": {i: text(iid(b"ACGT", 200, [0.5, 0.125, 0.0, 0.375], 7, i)) for i in (0, 99)},
            "order_of_50_seed_3": order(count_up(50, 3), 3),
            "edit_wgatar_gap_150_yh_seed_7_draw_42": {i: text(edit(plain, sets, 7, 42, i)) for i in range(8)},
        },
        indent=1,
    )
)

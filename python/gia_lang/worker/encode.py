"""Encodes base codes as the inputs of a network: one-hot, further channels, tokens, parts of the sequence, and constants."""

import numpy as np

from .failures import UNKNOWN_BASE, Failure
from .requests import ConstantInput
from .rows import UNKNOWN


class Encoder:
    """Encodes all inputs of a network, in their order."""

    def __init__(self, opening):
        self.length = opening.length
        self.channels_last = opening.layout == "ChannelsLast"
        self.channels = np.asarray(opening.channels, np.uint8)
        self.name = opening.path
        # The one-hot channels of each base code, (code, channel).
        self.table = np.zeros((UNKNOWN + 1, 4), np.float32)
        self.table[self.channels, np.arange(4)] = 1.0
        if opening.unknown == "Quarter":
            self.table[UNKNOWN] = 0.25
        # The index in the declared alphabet of each base code.
        self.digits = np.zeros(UNKNOWN + 1, np.int64)
        self.digits[self.channels] = np.arange(4)
        self.inputs = [self.source(given) for given in opening.inputs]

    def source(self, given):
        if isinstance(given, ConstantInput):
            return Constant(given)
        match given.encoding:
            case "OneHot":
                return Channels(self, given, [("Base", index) for index in range(4)])
            case ("Channels", channels):
                return Channels(self, given, channels)
            case ("Tokens", tokenizer):
                return Tokens(self, given, tokenizer)

    def encode(self, codes):
        """The inputs for base codes of (rows, length), as arrays."""
        return [source.encode(codes) for source in self.inputs]


class Constant:
    """The same numbers for every sequence."""

    follows_sequence = False

    def __init__(self, given):
        values = np.asarray(given.values, np.float32)
        shape = tuple(given.shape)
        self.values = np.full(shape, values[0]) if values.size == 1 else values.reshape(shape)

    def encode(self, codes):
        return np.array(np.broadcast_to(self.values, (len(codes), *self.values.shape)))


class OfSequence:
    """The part of the sequence, and the strand, that an input reads."""

    follows_sequence = True

    def __init__(self, encoder, given):
        self.encoder = encoder
        self.reverse_complement = given.reverse_complement
        self.start, self.positions = 0, encoder.length
        if given.part:
            self.start, self.positions = given.part.start, given.part.length

    def read(self, codes):
        """The base codes that the input reads, (rows, positions)."""
        part = codes[:, self.start:self.start + self.positions]
        if not self.reverse_complement:
            return part
        return np.array([3, 2, 1, 0, UNKNOWN], np.uint8)[part[:, ::-1]]


class Channels(OfSequence):
    """Channels along the sequence, of (rows, channels, positions) or (rows, positions, channels)."""

    def __init__(self, encoder, given, channels):
        super().__init__(encoder, given)
        self.tables = [self.channel(channel) for channel in channels]
        # For each channel the base whose channel it is, as an index in the declared alphabet; none for others.
        self.base_of = [channel[1] if channel[0] == "Base" else None for channel in channels]

    def channel(self, channel):
        """The numbers of a channel by base code, or by position."""
        match channel:
            case ("Base", index):
                return "code", self.encoder.table[:, index]
            case "Unknown":
                known = self.encoder.table.sum(axis=1)
                return "code", (1.0 - known).astype(np.float32)
            case ("Constant", value):
                return "position", np.full(self.positions, value, np.float32)
            case ("Track", values):
                return "position", np.asarray(values, np.float32)

    def encode(self, codes):
        codes = self.read(codes)
        rows = len(codes)
        if self.encoder.channels_last and all(kind == "code" for kind, _ in self.tables):
            table = np.stack([numbers for _, numbers in self.tables], axis=1)
            return table[codes]
        encoded = np.empty((rows, len(self.tables), self.positions), np.float32)
        for at, (kind, numbers) in enumerate(self.tables):
            if kind == "code":
                np.take(numbers, codes, out=encoded[:, at], mode="clip")
            else:
                encoded[:, at] = numbers
        if self.encoder.channels_last:
            return np.ascontiguousarray(encoded.transpose(0, 2, 1))
        return encoded

    def by_base(self, gradient):
        """A gradient with respect to this input as one with respect to the bases: (rows, 4, length), bases in the order A, C, G, T."""
        encoder = self.encoder
        if encoder.channels_last:
            gradient = gradient.transpose(0, 2, 1)
        found = np.zeros((len(gradient), 4, encoder.length), np.float32)
        for at, index in enumerate(self.base_of):
            if index is None:
                continue
            base, of_base = int(encoder.channels[index]), gradient[:, at]
            if self.reverse_complement:
                base, of_base = 3 - base, of_base[:, ::-1]
            found[:, base, self.start:self.start + self.positions] += of_base
        return found


class Tokens(OfSequence):
    """Numbers of words, (rows, tokens), as int64."""

    def __init__(self, encoder, given, tokenizer):
        super().__init__(encoder, given)
        self.tokenizer = tokenizer
        self.words = np.asarray(tokenizer.words, np.int64)
        fits = self.positions >= tokenizer.k
        self.count = (self.positions - tokenizer.k) // max(tokenizer.step, 1) + 1 if fits else 0

    def encode(self, codes):
        codes = self.read(codes)
        rows, tokenizer = len(codes), self.tokenizer
        digits = self.encoder.digits[codes]
        unknown = codes == UNKNOWN
        parts = [np.tile(np.asarray(tokenizer.start, np.int64), (rows, 1))]
        if self.count:
            starts = np.arange(self.count) * tokenizer.step
            numbers = np.zeros((rows, self.count), np.int64)
            has_unknown = np.zeros((rows, self.count), bool)
            for offset in range(tokenizer.k):
                numbers = numbers * 4 + digits[:, starts + offset]
                has_unknown |= unknown[:, starts + offset]
            parts.append(self.known(self.words[numbers], has_unknown, tokenizer.unknown))
        used = (self.count - 1) * tokenizer.step + tokenizer.k if self.count else 0
        if tokenizer.bases is not None and used < self.positions:
            table = np.asarray(tokenizer.bases, np.int64)
            rest = table[digits[:, used:]]
            parts.append(self.known(rest, unknown[:, used:], tokenizer.unknown_base))
        parts.append(np.tile(np.asarray(tokenizer.end, np.int64), (rows, 1)))
        return np.concatenate(parts, axis=1)

    def known(self, tokens, has_unknown, token):
        """The tokens with those of words that hold an unknown base."""
        if not has_unknown.any():
            return tokens
        if token is None:
            raise Failure(
                UNKNOWN_BASE,
                f"a sequence holds N, for which `{self.encoder.name}` has no token",
                'leave such sequences out, as `fasta("x.fa", unknown: "drop")` does, or declare a token for N if the network has one',
            )
        return np.where(has_unknown, token, tokens)

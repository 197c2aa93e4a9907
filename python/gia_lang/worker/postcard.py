"""Reader and writer of postcard, the format of the headers of frames (https://postcard.jamesmunns.com/wire-format).

A codec describes a type: it reads a value from a `Reader` and writes one to a `bytearray`. Integers are little-endian base 128.
"""

import dataclasses
import struct

import numpy as np

# Bytes of the longest integer of 64 bits.
MAX_VARINT_BYTES = 10


class FormatError(ValueError):
    """The bytes are not a value of the expected type."""


class Reader:
    """Reads values one after another from a buffer."""

    def __init__(self, data):
        self.data = bytes(data)
        self.at = 0

    def take(self, count):
        end = self.at + count
        if end > len(self.data):
            raise FormatError("the header ends within a value")
        taken = self.data[self.at:end]
        self.at = end
        return taken

    def varint(self):
        value = 0
        for index in range(MAX_VARINT_BYTES):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value
        raise FormatError("an integer has more than 64 bits")

    def count(self, least_bytes):
        """Number of elements of a sequence, each of at least this many bytes."""
        count = self.varint()
        if count * least_bytes > len(self.data) - self.at:
            raise FormatError("a sequence is longer than the header")
        return count


def write_varint(value, out):
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


class Unsigned:
    """An integer of 16 bits or more without a sign."""

    def __init__(self, bits):
        self.limit = 1 << bits

    def read(self, reader):
        value = reader.varint()
        if value >= self.limit:
            raise FormatError(f"{value} is larger than the type of its field")
        return value

    def write(self, value, out):
        write_varint(int(value), out)


class Byte:
    def read(self, reader):
        return reader.take(1)[0]

    def write(self, value, out):
        out.append(value)


class Bool:
    def read(self, reader):
        byte = reader.take(1)[0]
        if byte > 1:
            raise FormatError(f"{byte} is neither true nor false")
        return bool(byte)

    def write(self, value, out):
        out.append(bool(value))


class Float:
    """A floating-point number in IEEE format; `letter` is that of the module `struct`."""

    def __init__(self, letter):
        self.format = struct.Struct("<" + letter)

    def read(self, reader):
        return self.format.unpack(reader.take(self.format.size))[0]

    def write(self, value, out):
        out += self.format.pack(value)


class Text:
    def read(self, reader):
        try:
            return reader.take(reader.varint()).decode()
        except UnicodeDecodeError as error:
            raise FormatError("a text is not UTF-8") from error

    def write(self, value, out):
        encoded = value.encode()
        write_varint(len(encoded), out)
        out += encoded


class Maybe:
    """A value or `None`."""

    def __init__(self, codec):
        self.codec = codec

    def read(self, reader):
        tag = reader.take(1)[0]
        if tag > 1:
            raise FormatError(f"{tag} says neither that there is a value nor that there is none")
        return self.codec.read(reader) if tag else None

    def write(self, value, out):
        out.append(value is not None)
        if value is not None:
            self.codec.write(value, out)


class List:
    """Any number of values of one type."""

    def __init__(self, codec):
        self.codec = codec

    def read(self, reader):
        return [self.codec.read(reader) for _ in range(reader.count(1))]

    def write(self, values, out):
        write_varint(len(values), out)
        for value in values:
            self.codec.write(value, out)


class Fixed:
    """A known number of values of one type."""

    def __init__(self, codec, count):
        self.codec, self.count = codec, count

    def read(self, reader):
        return [self.codec.read(reader) for _ in range(self.count)]

    def write(self, values, out):
        if len(values) != self.count:
            raise FormatError(f"{len(values)} values in the place of {self.count}")
        for value in values:
            self.codec.write(value, out)


class Floats:
    """Any number of float32, as an array."""

    def read(self, reader):
        return np.frombuffer(reader.take(4 * reader.count(4)), "<f4")

    def write(self, values, out):
        values = np.asarray(values, "<f4")
        write_varint(values.size, out)
        out += values.tobytes()


class Indices:
    """Any number of unsigned integers of 32 bits, as an array."""

    def read(self, reader):
        count = reader.count(1)
        if not count:
            return np.zeros(0, np.int64)
        rest = np.frombuffer(reader.data, np.uint8, offset=reader.at)
        # An integer ends with the first byte below 128.
        ends = np.flatnonzero(rest[:count * 5] < 0x80)[:count]
        if len(ends) < count:
            raise FormatError("the header ends within a value")
        starts = np.concatenate([[0], ends[:-1] + 1])
        widths = ends - starts + 1
        if widths.max() > 5:
            raise FormatError("an integer has more than 32 bits")
        values = np.zeros(count, np.int64)
        for index in range(widths.max()):
            has = widths > index
            part = rest[starts[has] + index].astype(np.int64)
            values[has] |= (part & 0x7F) << (7 * index)
        reader.at += int(ends[-1]) + 1
        return values

    def write(self, values, out):
        write_varint(len(values), out)
        for value in values:
            write_varint(int(value), out)


class Ranges:
    """Unsigned integers of 32 bits as ranges, each its first and how many there are; as an array."""

    LIMIT = 1 << 30

    def read(self, reader):
        pairs = [(reader.varint(), reader.varint()) for _ in range(reader.count(2))]
        if sum(count for _, count in pairs) > self.LIMIT or any(first + count > 1 << 32 for first, count in pairs):
            raise FormatError("a range is larger than supported")
        if not pairs:
            return np.zeros(0, np.int64)
        return np.concatenate([np.arange(first, first + count) for first, count in pairs])

    def write(self, values, out):
        values = np.asarray(values, np.int64)
        starts = np.flatnonzero(np.diff(values, prepend=-2) != 1) if len(values) else []
        counts = np.diff([*starts, len(values)])
        write_varint(len(starts), out)
        for start, count in zip(starts, counts):
            write_varint(int(values[start]), out)
            write_varint(int(count), out)


class Struct:
    """A dataclass, its fields in their order."""

    def __init__(self, of, **fields):
        names = [field.name for field in dataclasses.fields(of)]
        if names != list(fields):
            raise TypeError(f"{of.__name__} has the fields {names}")
        self.of, self.fields = of, fields

    def read(self, reader):
        return self.of(**{name: codec.read(reader) for name, codec in self.fields.items()})

    def write(self, value, out):
        for name, codec in self.fields.items():
            codec.write(getattr(value, name), out)


class Union:
    """One of several types. A type without fields is the text of its name; any other is a codec of a dataclass, or a pair of a name and a
    codec, whose values are pairs of the name and the value."""

    def __init__(self, *variants):
        self.variants = variants

    def read(self, reader):
        index = reader.varint()
        if index >= len(self.variants):
            raise FormatError(f"{index} is not the number of a variant")
        match self.variants[index]:
            case str(name):
                return name
            case (name, codec):
                return name, codec.read(reader)
            case codec:
                return codec.read(reader)

    def write(self, value, out):
        for index, variant in enumerate(self.variants):
            match variant:
                case str(name):
                    found = value == name if isinstance(value, str) else False
                    rest = None
                case (name, codec):
                    found = isinstance(value, tuple) and value[0] == name
                    rest = (codec, value[1]) if found else None
                case codec:
                    found = type(value) is codec.of
                    rest = (codec, value)
            if found:
                write_varint(index, out)
                if rest:
                    rest[0].write(rest[1], out)
                return
        raise FormatError(f"{value!r} is none of the variants")


def read(codec, data):
    """The value of a header, all of which it must take."""
    reader = Reader(data)
    value = codec.read(reader)
    if reader.at != len(reader.data):
        raise FormatError("the header is longer than its value")
    return value


def write(codec, value):
    out = bytearray()
    codec.write(value, out)
    return bytes(out)

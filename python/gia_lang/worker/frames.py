"""Frames: four magic bytes, the length of the header, the length of the payload (64 bits each, little-endian), header, payload."""

import struct

MAGIC = b"gia\x01"
MAX_HEADER_BYTES = 64 << 20
MAX_PAYLOAD_BYTES = 16 << 30

START = struct.Struct("<4sQQ")
# Largest part of a frame that is read at once, so that a length that is wrong allocates nothing.
CHUNK_BYTES = 1 << 24


class FrameError(ValueError):
    """The bytes are not a frame, or end within one."""


def receive(pipe):
    """The header and the payload of the next frame; `None` if the pipe is closed."""
    start = read_up_to(pipe, START.size)
    if not start:
        return None
    if len(start) < START.size:
        raise FrameError("the pipe was closed within a frame")
    magic, header, payload = START.unpack(start)
    if magic != MAGIC or header > MAX_HEADER_BYTES or payload > MAX_PAYLOAD_BYTES:
        raise FrameError("not a frame of the gia protocol")
    return read_exactly(pipe, header), read_exactly(pipe, payload)


def send(pipe, header, payload=b""):
    """Writes a frame and flushes it."""
    pipe.write(START.pack(MAGIC, len(header), len(payload)))
    pipe.write(header)
    if len(payload):
        pipe.write(payload)
    pipe.flush()


def read_exactly(pipe, count):
    found = read_up_to(pipe, count)
    if len(found) < count:
        raise FrameError("the pipe was closed within a frame")
    return found


def read_up_to(pipe, count):
    found = bytearray()
    while len(found) < count:
        more = pipe.read(min(count - len(found), CHUNK_BYTES))
        if not more:
            break
        found += more
    return bytes(found)

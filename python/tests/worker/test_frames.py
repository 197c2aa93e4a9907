"""The recorded frames, which a test in Rust writes, are read and written alike."""

import io
import json
import math
import re
import unittest

from . import support
from .support import pc, replies, requests

import numpy as np

from gia_lang.worker import frames
from gia_lang.worker.rows import Rows

RECORDED = json.loads((support.ROOT / "tests/wire/frames.json").read_text())

# Names of variants and fields that differ from those in Rust.
RUST_NAMES = {"SequenceInput": "Sequence", "ConstantInput": "Constant"}
CODECS = {"request": requests.REQUEST, "reply": replies.REPLY}


def as_json(value):
    """A value in the form in which serde writes it."""
    if isinstance(value, requests.Run):
        return {"model": value.model, "columns": ranges(value.columns)}
    if isinstance(value, requests.Gradients):
        return [{"model": value.model, "columns": ranges(value.columns)}, as_json(value.weights)]
    if isinstance(value, requests.Along):
        run = {"model": value.model, "columns": ranges(value.columns)}
        lists = {"weights": as_json(value.weights), "references": value.references, "shares": as_json(value.shares)}
        return {"run": run, **lists}
    if isinstance(value, requests.Contributions):
        run = {"model": value.model, "columns": ranges(value.columns)}
        return {"run": run, "weights": as_json(value.weights), "references": value.references}
    if isinstance(value, requests.Open):
        words = {"layout": snake(value.layout), "unknown": snake(value.unknown), "before": list(map(snake, value.before))}
        return {**fields(value), **words}
    if isinstance(value, replies.Identity):
        return {"sha256": value.sha256, "network": {"class": value.class_name, "libraries": value.libraries}}
    if isinstance(value, tuple):
        return {value[0]: as_json(value[1])}
    if isinstance(value, (list, np.ndarray)):
        return [as_json(part) for part in value]
    if isinstance(value, (requests.SequenceInput, requests.ConstantInput)):
        return {RUST_NAMES[type(value).__name__]: fields(value)}
    if hasattr(value, "__dataclass_fields__"):
        return fields(value)
    if isinstance(value, (np.floating, np.integer)):
        return value.item()
    return value


def ranges(values):
    """Integers as ranges: the first and how many."""
    found = []
    for value in values.tolist():
        if found and sum(found[-1]) == value:
            found[-1][1] += 1
        else:
            found.append([value, 1])
    return found


def snake(name):
    """A name as declarations write it: `ChannelsFirst` is `channels_first`."""
    return name and re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower()


def fields(value):
    return {name: as_json(getattr(value, name)) for name in value.__dataclass_fields__}


def close(one, other):
    """Whether two values of JSON are equal, numbers of float32 up to how many digits are written."""
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    return one == other


class Frames(unittest.TestCase):
    def test_the_version_is_that_of_the_frames(self):
        self.assertEqual(requests.VERSION, RECORDED["version"])

    def test_headers_are_read_and_written_alike(self):
        for frame in RECORDED["frames"]:
            with self.subTest(frame["name"]):
                data = bytes.fromhex(frame["bytes"])
                pipe = io.BytesIO(data)
                header, payload = frames.receive(pipe)
                self.assertIsNone(frames.receive(pipe))
                codec = CODECS[frame["kind"]]
                value = pc.read(codec, header)
                shown = as_json(value)
                if isinstance(shown, str):
                    self.assertEqual(shown, frame["header"])
                else:
                    ((name, of_variant),) = frame["header"].items()
                    self.assertEqual(type(value).__name__, name)
                    self.assertTrue(close(shown, of_variant), f"{shown}\n{of_variant}")
                written = io.BytesIO()
                frames.send(written, pc.write(codec, value), payload)
                self.assertEqual(written.getvalue().hex(), frame["bytes"])

    def test_rows_are_those_that_rust_writes(self):
        found = 0
        for frame in RECORDED["frames"]:
            if frame["kind"] == "request" and frame["payload"]:
                _, payload = frames.receive(io.BytesIO(bytes.fromhex(frame["bytes"])))
                rows = Rows.read(payload)
                self.assertEqual(rows.codes(0, len(rows)).tolist(), frame["payload"])
                self.assertEqual(rows.codes(1, 3).tolist(), frame["payload"][1:])
                found += 1
        self.assertEqual(found, 4)

    def test_numbers_are_little_endian_float32(self):
        (frame,) = [frame for frame in RECORDED["frames"] if frame["name"] == "numbers"]
        _, payload = frames.receive(io.BytesIO(bytes.fromhex(frame["bytes"])))
        self.assertEqual([f"{value:g}" for value in np.frombuffer(payload, "<f4")], frame["payload"])

    def test_truncated_frames_are_refused(self):
        for frame in RECORDED["frames"]:
            data = bytes.fromhex(frame["bytes"])
            for end in range(1, len(data)):
                with self.assertRaises(frames.FrameError):
                    frames.receive(io.BytesIO(data[:end]))

    def test_headers_with_changed_bytes_are_values_or_refused(self):
        generator = np.random.default_rng(1)
        refused = 0
        for frame in RECORDED["frames"]:
            header, _ = frames.receive(io.BytesIO(bytes.fromhex(frame["bytes"])))
            for _ in range(200):
                changed = bytearray(header)
                changed[generator.integers(len(changed))] = generator.integers(256)
                try:
                    pc.read(CODECS[frame["kind"]], changed)
                except pc.FormatError:
                    refused += 1
        self.assertGreater(refused, 100)


if __name__ == "__main__":
    unittest.main()

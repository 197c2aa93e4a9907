"""What the tests of the worker share: a session without a pipe, and rows."""

import pathlib
import struct
import sys
import unittest

import numpy as np

PYTHON = pathlib.Path(__file__).resolve().parents[2]
ROOT = PYTHON.parent
if str(PYTHON) not in sys.path:
    sys.path.insert(0, str(PYTHON))

from gia_lang.worker import postcard as pc  # noqa: E402
from gia_lang.worker import replies, requests  # noqa: E402
from gia_lang.worker.session import Session  # noqa: E402

ONE_HOT = requests.SequenceInput(False, None, "OneHot")


def needs(library):
    """Skips a test or a class of tests where a library is missing."""
    try:
        __import__(library)
    except ImportError:
        return unittest.skip(f"{library} is not installed")
    return lambda test: test


def rows_payload(sequences, patches=None):
    """The payload of a request; `patches` has for each row a list of starts and bases."""
    codes = np.array(sequences, np.uint8)
    patches = patches or [[] for _ in codes]
    flat = [patch for of_row in patches for patch in of_row]
    out = struct.pack("<4Q", codes.shape[1], codes.size, len(codes), len(flat)) + codes.tobytes()
    out += np.arange(len(codes), dtype="<u4").tobytes()
    out += np.cumsum([len(of_row) for of_row in patches]).astype("<u4").tobytes()
    for start, bases in flat:
        out += struct.pack("<2I", start, len(bases)) + bytes(bases)
    return out


def random_codes(rows, length, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (rows, length), dtype=np.uint8)


def opening(entry="net", length=8, layout="ChannelsFirst", **more):
    given = dict(
        model=0,
        path="net.toml",
        entry=entry,
        channels=[0, 1, 2, 3],
        length=length,
        layout=layout,
        unknown="Zeros",
        inputs=[ONE_HOT],
        before=[None],
        batch=None,
    )
    return requests.Open(**{**given, **more})


class Client:
    """Asks a session, with every header written and read as on a pipe."""

    def __init__(self, precision="Float32", **live):
        self.session = Session(live)
        self.ask(requests.Hello(requests.VERSION, "Cpu", 1, precision, "WhenFaster"))

    def ask(self, request, payload=b""):
        reply, values = self.session.answer(pc.write(requests.REQUEST, request), payload)
        return pc.read(replies.REPLY, pc.write(replies.REPLY, reply)), bytes(values)

    def open(self, **given):
        return self.ask(opening(**given))[0]

    def batch(self):
        return self.session.networks[0].batch

    def run(self, sequences, columns=None, patches=None):
        """The numbers of each row, or the failure."""
        columns = np.arange(self.session.networks[0].columns) if columns is None else np.array(columns)
        reply, values = self.ask(requests.Run(0, columns), rows_payload(sequences, patches))
        if isinstance(reply, replies.Failed):
            return reply
        return np.frombuffer(values, "<f4").reshape(len(sequences), len(columns))

    def gradients(self, sequences, columns, weights):
        reply, values = self.ask(requests.Gradients(0, np.array(columns), np.array(weights)), rows_payload(sequences))
        if isinstance(reply, replies.Failed):
            return reply
        return np.frombuffer(values, "<f4").reshape(len(sequences), 4, -1)


def one_hot(codes):
    """(rows, 4, length), as float32."""
    return (codes[:, None, :] == np.arange(4)[None, :, None]).astype(np.float32)

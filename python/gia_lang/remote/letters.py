"""Sequences as letters, which services take, from one-hot arrays, which networks take."""

import numpy as np

LETTERS = np.frombuffer(b"ACGTN", np.uint8)


def sequences(one_hot):
    """The letters of each row of a one-hot array, (batch, 4, length) with the channels A, C, G, T. A position without a base is N."""
    one_hot = np.asarray(one_hot)
    if one_hot.ndim != 3 or one_hot.shape[1] != 4:
        message = f"a service takes (batch, 4, length), and the input has shape {one_hot.shape}"
        raise ValueError(message + '; declare `layout = "channels_first"`')
    codes = np.where(one_hot.max(axis=1) == 1.0, one_hot.argmax(axis=1), 4)
    return [row.tobytes().decode() for row in LETTERS[codes]]

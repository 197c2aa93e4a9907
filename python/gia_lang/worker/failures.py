"""Errors that `gia` shows as diagnoses, with the codes that `gia explain` describes."""

import linecache
import os
import traceback

BAD_MODEL = "E0502"
BATCH_MIXING = "E0509"
OUTPUT_NOT_BY_ROW = "E0510"
NOT_REPEATABLE = "E0511"
NOT_DIFFERENTIABLE = "E0512"
UNKNOWN_BASE = "E0402"
WORKER_FAILED = "E0602"
DEVICE_MISSING = "E0603"
MODEL_FAILED = "E0604"
OUT_OF_MEMORY = "E0606"

# What libraries say when memory ends, without a type of its own for it.
MEMORY_PHRASES = ("out of memory", "can't allocate memory", "cannot allocate memory", "bad_alloc", "resource exhausted")
# Types of other libraries that say so.
MEMORY_TYPES = ("OutOfMemoryError", "ResourceExhaustedError")

MAX_MESSAGE_LETTERS = 400


class Failure(Exception):
    """An error with the code, the sentence and the help of a diagnosis."""

    def __init__(self, code, message, help=None):
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


def is_out_of_memory(error):
    """Whether an exception says that memory ended."""
    if isinstance(error, MemoryError):
        return True
    if any(of.__name__ in MEMORY_TYPES for of in type(error).__mro__):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(phrase in said for phrase in MEMORY_PHRASES)


def raised(name, doing, error):
    """The failure for an exception of a network's own code: its last line, and the line of code that raised it."""
    said = " ".join(str(error).split())
    last = f"{type(error).__name__}: {said}"[:MAX_MESSAGE_LETTERS] if said else type(error).__name__
    where, line = innermost_frame(error)
    message = f"`{name}` raised an exception {doing}: {last}"
    if where:
        message += f" ({where}{': `' + line + '`' if line else ''})"
    return Failure(MODEL_FAILED, message, help_for(error))


def help_for(error):
    if isinstance(error, ModuleNotFoundError):
        return (
            "modules are looked for in the folder of the declaration, then where Python finds its own; "
            "GIA_PYTHON names the Python to run"
        )
    return None


def innermost_frame(error):
    """The file and line number of the last frame outside this package and outside libraries, and the line."""
    frames = traceback.extract_tb(error.__traceback__)
    own = os.path.dirname(__file__)
    frames = [frame for frame in frames if not frame.filename.startswith((own, "<frozen"))]
    if not frames:
        return None, None
    users = [frame for frame in frames if "site-packages" not in frame.filename]
    frame = (users or frames)[-1]
    line = (frame.line or linecache.getline(frame.filename, frame.lineno)).strip()
    return f"{os.path.basename(frame.filename)}:{frame.lineno}", line[:120]

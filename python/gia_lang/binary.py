"""Finds the program `gia` that the package drives."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

from .errors import BinaryNotFound

#: Environment variable that names the program, in front of every other place.
VARIABLE = "GIA"


def find() -> Path:
    """The path of `gia`: what the variable GIA names, else the one that was installed with this Python, else that on PATH.

    Raises `BinaryNotFound` if there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise BinaryNotFound(f"the environment variable {VARIABLE} names `{named}`, which is not a program", "correct or unset it")
        return Path(found)
    for folder in _folders():
        candidate = folder / "gia"
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate
    found = shutil.which("gia")
    if found is None:
        raise BinaryNotFound(
            "the program `gia` is neither in this Python's scripts folder nor on PATH",
            f"install it with `pip install gia-lang`, or set the environment variable {VARIABLE} to its path",
        )
    return Path(found)


def _folders() -> list[Path]:
    """The folders that an installed package puts programs in, and one inside the package."""
    schemes = [None, "posix_user"]
    scripts = [sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts") for scheme in schemes]
    return [*(Path(path) for path in scripts if path), Path(__file__).parent / "bin"]

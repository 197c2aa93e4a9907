"""Packages that are imported only where they are used."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from .errors import MissingPackage


def needed(name: str, purpose: str) -> Any:
    """The module, or an exception that says what it is needed for."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        raise MissingPackage(f"{purpose} needs the package `{name}`: pip install {name}") from error


def is_installed(name: str) -> bool:
    """Whether the package is there; does not import it."""
    return importlib.util.find_spec(name) is not None

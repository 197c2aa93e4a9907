"""Runs networks in Python for `gia`, by the protocol of docs/worker.md."""

from .entry import takes_tensors
from .live import LiveNetworks

__all__ = ["LiveNetworks", "takes_tensors"]

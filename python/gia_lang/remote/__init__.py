"""Networks behind services, as callables for the worker in Python: each call counts, so the number of calls has a cap."""

from .alphagenome import AlphaGenome
from .calls import TooManyCalls
from .game import Game, GameError

__all__ = ["AlphaGenome", "Game", "GameError", "TooManyCalls"]

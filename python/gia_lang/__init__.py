"""In silico experiments on trained sequence-to-function networks, from Python.

    import gia_lang as gia

    study = gia.run("study.gia", models={"net": module})
    study                                      # in a notebook: verdicts, tables and figures
    study["importance"].effects.to_pandas()

The package drives the program `gia`, and imports NumPy, pandas, polars, xarray, PyTorch and IPython only where they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .claims import Claim, Claims
from .commands import Plan, check, plan, run
from .diagnostics import Diagnostic, Label, Suggestion
from .errors import BinaryNotFound, GiaError, GiaWarning, MissingPackage, RunError, ScriptError
from .figures import Figure
from .live_models import Model
from .study import Experiment, Study, load
from .tables import Table
from .values import Values

__all__ = [
    "BinaryNotFound",
    "Claim",
    "Claims",
    "Diagnostic",
    "Experiment",
    "Figure",
    "GiaError",
    "GiaWarning",
    "Label",
    "MissingPackage",
    "Model",
    "Plan",
    "RunError",
    "ScriptError",
    "Study",
    "Suggestion",
    "Table",
    "Values",
    "check",
    "load",
    "plan",
    "run",
]


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext gia_lang`: the cell magic `%%gia`."""
    from .magic import register

    register(shell)

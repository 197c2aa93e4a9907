"""In silico experiments on trained sequence-to-function networks, from Python.

    import gia_lang as gia

    study = gia.run("study.gia", models={"net": module})
    study                                      # in a notebook: verdicts, tables and figures
    study["importance"].effects.to_pandas()

The package drives the program `gia`, and imports NumPy, pandas, polars, xarray, PyTorch and IPython only where they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .claims import Claim, Claims
    from .commands import Plan, check, plan, run
    from .diagnostics import Diagnostic, Label, Suggestion
    from .errors import BinaryNotFound, GiaError, GiaWarning, MissingPackage, RunError, ScriptError
    from .figures import Figure
    from .live_models import Model
    from .study import Experiment, Study, load
    from .tables import Table
    from .values import Values

#: Where each public name is defined; a module is imported when one of its names is first used.
_MODULES = {
    "claims": ("Claim", "Claims"),
    "commands": ("Plan", "check", "plan", "run"),
    "diagnostics": ("Diagnostic", "Label", "Suggestion"),
    "errors": ("BinaryNotFound", "GiaError", "GiaWarning", "MissingPackage", "RunError", "ScriptError"),
    "figures": ("Figure",),
    "live_models": ("Model",),
    "study": ("Experiment", "Study", "load"),
    "tables": ("Table",),
    "values": ("Values",),
}

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


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            from importlib import import_module

            found = import_module(f".{module}", __name__)
            globals().update({public: getattr(found, public) for public in names})
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext gia_lang`: the cell magic `%%gia`."""
    from .magic import register

    register(shell)

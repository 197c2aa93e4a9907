"""Keras models, those of CREsted among them: exported as ONNX, with TensorFlow as the backend."""

from __future__ import annotations

import importlib
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import export
from ..optional import needed
from ..sequences import one_hot, random_sequences
from .conversion import Network, NotConverted, compare_with, declare, package_version, remove, tasks_of

if TYPE_CHECKING:
    import argparse


def write_keras(given: "argparse.Namespace") -> float:
    """Converts a `.keras` or whole-model `.h5` file; returns the largest relative difference."""
    return _write(given, package_version("keras"))


def write_crested(given: "argparse.Namespace") -> float:
    """Converts a model of CREsted, whose layers Keras has to know before it reads the file."""
    _layers_of_crested()
    return _write(given, f"{package_version('crested')}, {package_version('keras')}")


def _layers_of_crested() -> None:
    """Registers the layers of CREsted. Its network definitions need Keras only, the package around them much more."""
    for name in ("crested", "crested.tl"):
        if name not in sys.modules:
            found = importlib.util.find_spec(name)
            if found is None:
                needed(name, "reading CREsted")
                return
            package = types.ModuleType(name)
            package.__path__ = list(found.submodule_search_locations or [])
            sys.modules[name] = package
    needed("crested.tl.zoo", "reading CREsted")


def _write(given: "argparse.Namespace", package: str) -> float:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras = needed("keras", "reading Keras models")
    tensorflow = needed("tensorflow", "exporting Keras models")
    needed("tf2onnx", "exporting Keras models")
    out = Path(given.output)
    if out.suffix != ".onnx":
        raise NotConverted(f"`{out}` does not end in .onnx, the format that is written")
    # Grouped convolutions would become calls of functions otherwise.
    tensorflow.config.run_functions_eagerly(True)
    try:
        model = _read(keras, given.input)
        length = given.length or model.inputs[0].shape[1]
        if length is None:
            raise NotConverted("the model leaves its input length free: add --length")
        expected = _expected(model, length)
        tasks = tasks_of(given, expected.shape[1]) if len(model.outputs) == 1 and len(model.outputs[0].shape) == 2 else []
        model.export(str(out), format="onnx", verbose=False)
    finally:
        tensorflow.config.run_functions_eagerly(False)
    try:
        declare(out, given, Network(model, length, tasks=tasks, package=package), "channels_last")
        return compare_with(out, expected, length, given.device)
    except export.NotExported:
        remove(out)
        raise


def _read(keras: Any, path: str) -> Any:
    try:
        model = keras.saving.load_model(path, compile=False)
    except (ValueError, TypeError, OSError) as error:
        raise NotConverted(f"Keras does not read `{path}`: {export.first_line(error)}") from error
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.GRU) or getattr(layer, "recurrent_dropout", 0):
            # Its steps would become a loop otherwise.
            layer.unroll = True
    return model


def _expected(model: Any, length: int) -> Any:
    """The outputs of the model for random sequences, in one row each. The call also builds the model, as its export needs."""
    import numpy as np

    made = model(one_hot(random_sequences(length)).transpose(0, 2, 1), training=False)
    outputs = list(made.values()) if isinstance(made, dict) else made if isinstance(made, (list, tuple)) else [made]
    return np.concatenate([np.asarray(output).reshape(len(output), -1) for output in outputs], axis=1)

"""Finds the network that a declaration names, and what runs it."""

import importlib
import inspect
import os
import sys

from . import exported
from .callable_network import CallableNetwork, KerasNetwork
from .failures import MODEL_FAILED, Failure, is_out_of_memory, raised

# Attribute of functions that take tensors of PyTorch.
TAKES_TENSORS = "gia_takes_tensors"


def takes_tensors(function):
    """Marks a function that takes tensors of PyTorch in the place of arrays, so that it runs on the GPU and can be differentiated."""
    setattr(function, TAKES_TENSORS, True)
    return function


def find(opening, live):
    """The network of a request: a live object, or what its entry imports. Also whether it is live."""
    entry = opening.entry
    if entry is None:
        return exported.load(opening.path), False
    if ":" not in entry:
        if entry in live:
            return live[entry], True
        raise Failure(
            MODEL_FAILED,
            f"`{opening.path}` names the live object `{entry}`, and the calling program has handed over none of this name",
            'a network that is imported is named as `entry = "package.module:function"`',
        )
    return imported(opening.path, entry), False


def imported(path, entry):
    """What an entry names; if it can be called without arguments, what it returns."""
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module_name, _, attributes = entry.partition(":")
    try:
        found = importlib.import_module(module_name)
    except BaseException as error:
        raise caught(path, f"while `{module_name}` was imported", error) from error
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            raise Failure(
                MODEL_FAILED,
                f"`entry` of `{path}` is \"{entry}\", but `{module_name}` has no `{attributes}`",
                f"`{module_name}` was imported from {getattr(sys.modules[module_name], '__file__', 'Python itself')}",
            )
        found = getattr(found, attribute)
    if is_network(found) or not builds(found):
        return found
    try:
        return found()
    except BaseException as error:
        raise caught(path, f"while `{attributes}` was called", error) from error


def caught(path, doing, error):
    """The failure for any exception of imported code, among them the `SystemExit` of a script."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    if is_out_of_memory(error):
        return Failure("E0606", f"`{path}` does not fit the memory {doing}: {error}")
    return raised(path, doing, error)


def is_network(found):
    """Whether an object is a module or a model, and no function that builds one."""
    return not isinstance(found, type) and (is_torch_module(found) or is_keras_model(found))


def builds(found):
    """Whether something can be called without arguments, so that it builds the network."""
    if not callable(found):
        return False
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return isinstance(found, type)
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [one for one in parameters if one.default is inspect.Parameter.empty and one.kind not in variadic]
    takes_any = any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters)
    return not needed and (isinstance(found, type) or not takes_any)


def runner(network, name, settings, is_live):
    """What runs a network."""
    if is_keras_model(network) and not is_torch_module(network):
        return KerasNetwork(network, name)
    if is_torch_module(network) or getattr(network, TAKES_TENSORS, False):
        from .torch_network import TorchNetwork

        return TorchNetwork(network, name, settings, is_live)
    if callable(network):
        return CallableNetwork(network, name)
    raise Failure(
        MODEL_FAILED,
        f"`{name}` is a {type(network).__name__}, which is neither a `torch.nn.Module` nor a model of Keras nor callable",
    )


def is_torch_module(network):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(network, torch.nn.Module)


def is_keras_model(network):
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(network, keras.Model)

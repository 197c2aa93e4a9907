"""What identifies a network that is not a file: a hash of its weights, its structure and its code, its class, and versions of libraries."""

import hashlib
import importlib.metadata
import inspect
import platform
import re
import sys

import numpy as np

from .entry import is_keras_model, is_torch_module
from .replies import Identity

# Libraries that are named with their versions where a network has loaded them.
LIBRARIES = ("torch", "tensorflow", "keras", "jax", "flax", "onnxruntime", "numpy")
# Addresses in memory, as in `<function f at 0x7f...>`, differ from run to run.
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
SIMPLE = (bool, int, float, complex, str, bytes, type(None))
MAX_DEPTH = 4


def identify(network):
    """The identity of a network."""
    stated = getattr(network, "identity", None)
    digest = hashlib.sha256()
    if not isinstance(network, type) and stated is not None and not is_torch_module(network):
        add(digest, "stated", str(stated() if callable(stated) else stated))
    elif is_torch_module(network):
        add_module(digest, network)
    elif is_keras_model(network):
        add(digest, "structure", keras_structure(network))
        for number, weight in enumerate(network.weights):
            add_array(digest, str(number), np.asarray(weight))
    else:
        add_callable(digest, network)
    return Identity(digest.hexdigest(), class_name(network), libraries())


def class_name(network):
    of = network if inspect.isroutine(network) else type(network)
    return f"{of.__module__}.{of.__qualname__}"


def libraries():
    """Python, and each library that is loaded, with versions."""
    found = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        if name in sys.modules:
            try:
                version = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                version = getattr(sys.modules[name], "__version__", "of an unknown version")
            found.append(f"{name} {version}")
    return found


def add(digest, what, text):
    """Adds a named text, with its length, so that two parts cannot be taken for one."""
    for part in (what, text):
        encoded = part.encode() if isinstance(part, str) else bytes(part)
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)


def add_array(digest, name, array):
    array = np.ascontiguousarray(array)
    add(digest, name, f"{array.dtype} {array.shape}")
    digest.update(array.view(np.uint8).reshape(-1) if array.size else b"")


def keras_structure(model):
    """The configuration of a model of Keras, with layers numbered, since their names count the layers of the whole program."""
    layers = model._flatten_layers()
    numbers = {f'"{layer.name}"': f'"{number}"' for number, layer in enumerate(layers)}
    return re.sub(r'"[^"]*"', lambda found: numbers.get(found[0], found[0]), model.to_json())


def add_module(digest, module):
    import torch

    classes = {type(part) for part in module.modules()}
    for of in sorted(classes, key=lambda of: (of.__module__, of.__qualname__)):
        if of.__module__.split(".")[0] != "torch":
            add_source(digest, of)
    for name, part in module.named_modules():
        add(digest, name, f"{type(part).__module__}.{type(part).__qualname__} {ADDRESS.sub('', part.extra_repr())}")
        simple = {key: value for key, value in vars(part).items() if isinstance(value, SIMPLE) and key != "training"}
        simple = {key: value for key, value in simple.items() if not key.startswith("_")}
        add(digest, "settings", repr(sorted(simple.items())))
    seen = set()
    for name, tensor in [*module.state_dict(keep_vars=True).items(), *module.named_buffers()]:
        if name in seen:
            continue
        seen.add(name)
        if not isinstance(tensor, torch.Tensor):
            add(digest, name, repr(tensor))
            continue
        tensor = tensor.detach().cpu().contiguous()
        add(digest, name, f"{tensor.dtype} {tuple(tensor.shape)}")
        if tensor.numel():
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy())


def add_callable(digest, network, depth=0):
    """Adds the code of a function or object, and the arrays, numbers and texts that it holds. What it reads elsewhere is not seen."""
    add(digest, "callable", class_name(network))
    if inspect.isroutine(network):
        add_source(digest, network)
        held = dict(enumerate(getattr(network, "__defaults__", None) or ()))
        names = getattr(getattr(network, "__code__", None), "co_freevars", ())
        for name, cell in zip(names, getattr(network, "__closure__", None) or ()):
            held[name] = cell.cell_contents
        if inspect.ismethod(network):
            held["self"] = network.__self__
    else:
        add_source(digest, type(network))
        held = getattr(network, "__dict__", {})
    for name, value in held.items():
        add_held(digest, str(name), value, depth)


def add_held(digest, name, value, depth):
    if isinstance(value, SIMPLE):
        add(digest, name, repr(value))
    elif isinstance(value, np.ndarray):
        add_array(digest, name, value)
    elif is_torch_module(value):
        add_module(digest, value)
    elif depth < MAX_DEPTH and isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            add_held(digest, f"{name}[{index}]", part, depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, dict):
        for key, part in value.items():
            add_held(digest, f"{name}[{key!r}]", part, depth + 1)
    elif depth < MAX_DEPTH and callable(value) and not isinstance(value, type):
        add_callable(digest, value, depth + 1)
    else:
        add(digest, name, f"{type(value).__module__}.{type(value).__qualname__}")


def add_source(digest, of):
    """Adds the source text of a class or function, or its bytecode if there is no text."""
    try:
        add(digest, "source", inspect.getsource(of))
    except (OSError, TypeError):
        code = getattr(of, "__code__", None)
        add(digest, "code", code.co_code + ADDRESS.sub("", repr(code.co_consts)).encode() if code else repr(type(of)))

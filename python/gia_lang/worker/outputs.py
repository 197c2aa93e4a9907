"""Outputs of a network: nested tuples, lists, dictionaries and dataclasses of arrays, flattened in a stated order."""

import dataclasses
from collections.abc import Mapping

from .failures import MODEL_FAILED, OUTPUT_NOT_BY_ROW, Failure


def flatten(value, name):
    """The arrays of an output: tuples and lists in their order, dictionaries in that of their keys, dataclasses in that of their
    fields. `None` is left out."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [leaf for part in value.values() for leaf in flatten(part, name)]
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in flatten(part, name)]
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return [value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return [leaf for field in fields for leaf in flatten(getattr(value, field.name), name)]
    raise Failure(
        MODEL_FAILED,
        f"`{name}` returns a {type(value).__name__}, which is neither an array nor a tuple, list, dictionary or dataclass of arrays",
    )


def check_rows(outputs, count, name):
    """Checks that every output has a row for each sequence."""
    if not outputs:
        raise Failure(MODEL_FAILED, f"`{name}` returns no array")
    for number, output in enumerate(outputs):
        shape = tuple(output.shape)
        if not shape or shape[0] != count:
            raise Failure(
                OUTPUT_NOT_BY_ROW,
                f"`{name}` does not return one row per sequence: output {number} has shape {list(shape)} for a batch of {count}",
                "return outputs with the batch as their first dimension",
            )

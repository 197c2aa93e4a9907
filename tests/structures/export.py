"""Exports a structure by the lines of docs/models.md, and computes its outputs and gradients with the framework that it is of."""

import contextlib

import numpy
import torch

from comparison import of_nearby, outputs_and_gradients
from snippets import snippet
from structure import with_weights


def lines(heading, changes=()):
    """The snippet under a heading, with the changes that the text of docs/models.md leaves to the reader."""
    text = snippet(heading)
    for shown, meant in changes:
        assert shown in text, f"docs/models.md no longer has `{shown}` under {heading}"
        text = text.replace(shown, meant)
    return text


def onnx_lines():
    """The two exporters to ONNX, one statement each."""
    newer, older = lines("To ONNX", INPUTS[1:] + [('input_names=["x"], dynamic_axes={"x": {0: "batch"}}', "**names")]).strip().splitlines()
    return {"onnx": newer, "older": older}


# Networks with other inputs than one tensor of one-hot sequences.
INPUTS = [
    ("torch.zeros(2, 4, length)", "examples[0]"),
    ("(example,)", "examples"),
    ("dynamic_shapes=({0: batch},)", "dynamic_shapes=free"),
]


def of_torch(structure, texts, folder):
    model = with_weights(structure.make)
    inputs = structure.inputs(texts)
    computed = outputs_and_gradients(model, inputs)
    examples = tuple(value[: 1 if structure.static else 2] for value in inputs)
    names = {"input_names": [f"input_{i}" for i in range(len(examples))]}
    batch = torch.export.Dim("batch")
    free = None if structure.static else tuple({0: batch} for _ in examples)
    if not structure.static:
        names["dynamic_axes"] = {name: {0: "batch"} for name in names["input_names"]}
    failed = {}
    decomposed = [("torch.export.save", "program = program.run_decompositions({})\ntorch.export.save")] if structure.decomposed else []
    statements = {"pt2": lines("From PyTorch", INPUTS + decomposed), **onnx_lines()}
    for form, statement in statements.items():
        known = dict(torch=torch, model=model, examples=examples, free=free, names=names, length=structure.length, batch=batch)
        try:
            with contextlib.chdir(folder):
                exec(statement, known)
        except Exception as error:
            failed[form] = error
    return computed, failed


def of_keras(structure, texts, folder):
    import tensorflow as tf

    model = structure.make()
    (x,) = structure.inputs(texts)

    def flat(x):
        made = model(x, training=False)
        return tf.concat([tf.reshape(part, (x.shape[0], -1)) for part in (made if isinstance(made, list) else [made])], 1)

    def gradients(by):
        with tf.GradientTape() as tape:
            shown = tf.Variable(x.numpy() * by)
            first = tf.reduce_sum(flat(shown)[:, 0])
        return tape.gradient(first, shown).numpy()

    computed = {"outputs": flat(x.numpy()).numpy(), **of_nearby(gradients, x.shape)}
    model.save(folder / "model.keras")
    try:
        with contextlib.chdir(folder):
            exec(lines("From Keras"), {"length": structure.length})
    finally:
        # The gradient of a grouped convolution is there for compiled functions only.
        tf.config.run_functions_eagerly(False)
    return computed, {}

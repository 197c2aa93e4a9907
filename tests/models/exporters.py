"""Exports small networks of other frameworks with the very lines that docs/models.md shows, and keeps what the frameworks say of them.

    python tests/models/exporters.py [NAME ...]        (`make exporters` makes the environment, and runs this)

A snippet is the first block of Python under its heading in docs/models.md. It is run as it stands, in an empty folder, with a
network as `model` and the length of its input as `length`. Files and their declarations are as `make.py` writes them, those of Keras and
JAX in `onnx/` with `NAME.expected.json` and `NAME.gradients.json` beside them; `snippets.json` keeps the text of each snippet that was run.
"""

import json
import os
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["JAX_PLATFORMS"] = "cpu"

import keras
import jax
import jax.numpy as jnp
import lightning
import numpy as np
import tensorflow as tf
import torch
from flax import nnx
from keras import layers
from torch import nn

import make
from snippets import snippet

HERE = Path(__file__).parent
LENGTH = 60


def run(heading, **names):
    """Runs a snippet in the folder that it is in, and says what it left in its names."""
    text = snippet(heading)
    shown = HERE / "snippets.json"
    known = json.loads(shown.read_text()) if shown.exists() else {}
    shown.write_text(json.dumps(known | {heading: text}, indent=1) + "\n")
    names["length"] = LENGTH
    exec(text, names)
    return names


def deepstarr():
    """Convolutions padded to keep the length, batch norms, pooling, dense layers, two outputs: DeepSTARR (de Almeida et al. 2022)."""
    x = taken = keras.Input((LENGTH, 4))
    for filters, kernel in ((8, 7), (6, 3)):
        x = layers.Conv1D(filters, kernel, padding="same")(x)
        x = layers.MaxPooling1D(2)(layers.Activation("relu")(layers.BatchNormalization()(x)))
    x = layers.Dense(10)(layers.Flatten()(x))
    x = layers.Dropout(0.4)(layers.Activation("relu")(layers.BatchNormalization()(x)))
    return keras.Model(taken, [layers.Dense(1, name="Dev")(x), layers.Dense(1, name="Hk")(x)])


def danq():
    """A convolution and an LSTM that reads both ways: DanQ (Quang and Xie 2016)."""
    x = taken = keras.Input((LENGTH, 4))
    x = layers.Dropout(0.2)(layers.MaxPooling1D(4, strides=4)(layers.Conv1D(8, 7, activation="relu")(x)))
    x = layers.Bidirectional(layers.LSTM(5, return_sequences=True))(x)
    return keras.Model(taken, layers.Dense(2, activation="sigmoid")(layers.Flatten()(x)))


def gru():
    """A GRU that reads both ways, and one that resets its state before the weights."""
    x = taken = keras.Input((LENGTH, 4))
    x = layers.AveragePooling1D(20)(layers.Conv1D(8, 7, padding="same", activation="tanh")(x))
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True))(x)
    return keras.Model(taken, layers.Dense(2)(layers.GRU(3, reset_after=False)(x)))


def bpnet():
    """Dilated convolutions that are added up, a profile by a transposed convolution and its counts: BPNet (Avsec et al. 2021)."""
    x = taken = keras.Input((LENGTH, 4))
    x = layers.Conv1D(8, 7, padding="same", activation="relu")(x)
    for dilation in (2, 4, 8):
        x = layers.add([x, layers.Conv1D(8, 3, padding="same", activation="relu", dilation_rate=dilation)(x)])
    counts = layers.Dense(2)(layers.GlobalAveragePooling1D()(x))
    return keras.Model(taken, [layers.Conv1DTranspose(2, 5, padding="same")(x), counts])


@keras.saving.register_keras_serializable("gia")
class Places(layers.Layer):
    """Adds what a table says of each position."""

    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:], initializer="random_normal", name="table")

    def call(self, x):
        return x + keras.ops.take(self.table, keras.ops.arange(x.shape[1]), axis=0)


def transformer():
    """Strided convolution, positions, layer norm, attention of two heads, GELU."""
    x = taken = keras.Input((LENGTH, 4))
    x = Places()(layers.Conv1D(8, 7, strides=4, padding="same", activation="gelu")(x))
    y = layers.LayerNormalization()(x)
    x = x + layers.MultiHeadAttention(2, 4)(y, y)
    x = x + layers.Dense(8)(layers.Dense(12, activation="gelu")(layers.LayerNormalization()(x)))
    return keras.Model(taken, layers.Dense(2, activation="softplus")(layers.GlobalMaxPooling1D()(x)))


class Flax(nnx.Module):
    """Convolutions with a batch norm, dilated ones that are added up, pooling, attention of two heads."""

    def __init__(self, rngs):
        self.first = nnx.Conv(4, 8, (7,), padding="SAME", rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.dilated = nnx.List([nnx.Conv(8, 8, (3,), kernel_dilation=(d,), rngs=rngs) for d in (2, 4)])
        self.layer = nnx.LayerNorm(8, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(2, 8, decode=False, rngs=rngs)
        self.drop = nnx.Dropout(0.3, rngs=rngs)
        self.last = nnx.Linear(8, 2, rngs=rngs)

    def __call__(self, x):
        x = nnx.gelu(self.norm(self.first(x)))
        for layer in self.dilated:
            x = x + nnx.relu(layer(x))
        x = nnx.max_pool(x, window_shape=(4,), strides=(4,))
        x = x + self.attention(self.layer(x))
        return nnx.softplus(self.last(self.drop(x.mean(1))))


class Net(lightning.LightningModule):
    """Convolution, batch norm, pooling, a dense layer."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(4, 8, 7), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(9), nn.Flatten(), nn.Linear(48, 2))

    def forward(self, x):
        return self.body(x)


def settled(model):
    """Norms and biases as after training."""
    rng = np.random.default_rng(7)
    for weight in model.weights:
        for part, centre in (("moving_variance", 1), ("gamma", 1), ("moving_mean", 0), ("beta", 0), ("bias", 0)):
            if part in weight.path:
                weight.assign(centre + rng.uniform(-0.4, 0.4, weight.shape))
    return model


def keep(name, sequences, outputs, gradients):
    """What the framework says, rounded as `make.py` does."""
    of = lambda what: HERE / "onnx" / f"{name}.{what}.json"
    letters = ["".join("ACGTN"[code] for code in row) for row in sequences.tolist()]
    of("expected").write_text(json.dumps({"inputs": letters, "outputs": outputs.tolist()}, indent=1) + "\n")
    slopes = [[float(f"{n:.7g}") for n in row] for row in gradients.transpose(0, 2, 1).reshape(len(gradients), -1).tolist()]
    of("gradients").write_text(json.dumps(slopes) + "\n")


def wanted(path):
    return not path.exists() and (not sys.argv[1:] or path.stem in sys.argv[1:])


def finish(written, path, layout):
    """Keeps an exported file without what tells of the machine that exported."""
    if path.suffix == ".pt2":
        program = torch.export.load(written)
        make.without_traces(program)
        make.save(program, path)
    else:
        make.save_bare(written, path)
    lines = [f"length  = {LENGTH}", f'layout  = "{layout}"', 'unknown = "zeros"']
    make.declare(path, lines, "", "tests/models/exporters.py")


def of_keras(name, network):
    path = HERE / "onnx" / f"{name}.onnx"
    if not wanted(path):
        return
    keras.utils.set_random_seed(sum(name.encode()))
    model = settled(network())
    codes = make.bases(LENGTH, True)
    x = make.onehot(codes, "channels_last", "zeros").numpy()
    # Each sequence for itself, as the file is asked.
    with tf.GradientTape() as tape:
        shown = tf.Variable(x)
        made = model(shown, training=False)
        made = made if isinstance(made, list) else [made]
        flat = tf.concat([tf.reshape(part, (len(x), -1)) for part in made], 1)
        total = tf.reduce_sum(flat * tf.cos(tf.range(flat.shape[1], dtype=tf.float32) + 1))
    slopes = tape.gradient(total, shown).numpy()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        model.save("model.keras")
        run("From Keras")
        finish(Path(folder) / "model.onnx", path, "channels_last")
    keep(name, codes, flat.numpy(), slopes)


def of_jax(name):
    path = HERE / "onnx" / f"{name}.onnx"
    if not wanted(path):
        return
    model = Flax(nnx.Rngs(sum(name.encode())))
    model.norm.mean[...] = jnp.linspace(-0.3, 0.3, 8)
    model.norm.var[...] = jnp.linspace(0.4, 1.8, 8)
    codes = make.bases(LENGTH, True)
    x = make.onehot(codes, "channels_last", "zeros").numpy()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        run("From JAX", model=model)
        finish(Path(folder) / "model.onnx", path, "channels_last")
    outputs = model(x)
    weighted = lambda x: (model(x) * jnp.cos(jnp.arange(outputs.shape[1]) + 1)).sum()
    keep(name, codes, np.asarray(outputs), np.asarray(jax.grad(weighted)(jnp.asarray(x))))


def of_torch():
    """One network from a checkpoint of Lightning and as it is, in every format that PyTorch exports."""
    paths = [HERE / "lightning.pt2", HERE / "exported.pt2", HERE / "onnx/exported.onnx", HERE / "onnx/exported_dynamo.onnx"]
    if not any(wanted(path) for path in paths):
        return
    torch.manual_seed(11)
    model = make.settle(Net())
    codes = make.bases(LENGTH, True)
    x = make.onehot(codes, "channels_first", "zeros")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        trainer = lightning.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
        trainer.strategy.connect(model)
        trainer.save_checkpoint("model.ckpt")
        model = nn.Sequential(model.body).eval()
        run("From Lightning", Net=Net)
        finish(Path(folder) / "model.pt2", paths[0], "channels_first")
        names = run("From PyTorch", model=model)
        finish(Path(folder) / "model.pt2", paths[1], "channels_first")
        run("To ONNX", **{name: names[name] for name in ("torch", "model", "example", "batch")})
        finish(Path(folder) / "model_older.onnx", paths[2], "channels_first")
        finish(Path(folder) / "model.onnx", paths[3], "channels_first")
    letters = ["".join("ACGTN"[code] for code in row) for row in codes.tolist()]
    outputs = make.outputs_of(model, (x,), None)
    gradients = make.gradients_of(model, (x,), None, "channels_first", None, lambda x: ())
    for name in ("lightning", "exported"):
        (HERE / f"{name}.expected.json").write_text(json.dumps({"inputs": letters, "outputs": outputs}, indent=1) + "\n")
        (HERE / f"{name}.gradients.json").write_text(json.dumps(gradients) + "\n")


def main():
    for network in (deepstarr, danq, gru, bpnet, transformer):
        of_keras(f"keras_{network.__name__}", network)
    of_jax("jax_flax")
    of_torch()


if __name__ == "__main__":
    main()

"""Converters, on small instances with random weights of the packages' own classes. What a network gives is computed here from its
description or by its own framework, not by the converter."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import ROOT
from gia_lang import export
from gia_lang.convert import __main__ as convert
from gia_lang.sequences import one_hot, random_sequences

sys.path.insert(0, str(ROOT / "tests" / "structures"))


def predicted(path, length):
    return export.predictions(path, random_sequences(length), "cpu")


def declared(path):
    import tomllib

    return tomllib.loads(path.with_suffix(".toml").read_text())


def close(found, expected):
    expected = np.asarray(expected, dtype=np.float64)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-4 * max(np.abs(expected).max(), 1e-30)


def run(*arguments):
    return convert.main([str(argument) for argument in arguments])


def write_layers(path, layers):
    """Weights as Keras 2 stores them in a whole-model file."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name, (kernel, bias) in layers.items():
            group = file.create_group(f"model_weights/{name}/{name}")
            group["kernel:0"] = kernel
            group["bias:0"] = bias


class Layers:
    """Random layers, and what they compute in the way of Keras: (batch, position, channel), convolutions without padding."""

    def __init__(self):
        self.chance = np.random.default_rng(5)
        self.layers = {}

    def add(self, name, *shape):
        scale = 1.5 / np.sqrt(np.prod(shape[:-1]))
        self.layers[name] = (self.chance.normal(0, scale, shape).astype("f4"), self.chance.normal(0, 0.2, shape[-1]).astype("f4"))

    def convolve(self, name, x, dilation=1):
        kernel, bias = self.layers[name]
        kept = x.shape[1] - dilation * (len(kernel) - 1)
        return sum(x[:, i * dilation : i * dilation + kept] @ kernel[i] for i in range(len(kernel))) + bias

    def dense(self, name, x):
        kernel, bias = self.layers[name]
        return x @ kernel + bias


def cropped(x, length):
    start = (x.shape[1] - length) // 2
    return x[:, start : start + length]


def relu(x):
    return np.maximum(x, 0)


@pytest.mark.parametrize("prefix", ["", "wo_bias_"])
def test_chrombpnet_gives_what_its_layers_compute(tmp_path, prefix, capsys):
    pytest.importorskip("bpnetlite")
    length, filters, depth = 300, 6, 3
    names = Layers()
    own = f"{prefix}bpnet_"
    head = own if prefix else ""
    names.add(f"{own}1st_conv", 21, 4, filters)
    for i in range(1, depth + 1):
        names.add(f"{own}{i}conv", 3, filters, filters)
    names.add(f"{head}prof_out_precrop", 75, filters, 1)
    names.add(f"{head}logcount_predictions", filters, 1)
    write_layers(tmp_path / "model.h5", names.layers)

    x = relu(names.convolve(f"{own}1st_conv", one_hot(random_sequences(length)).transpose(0, 2, 1).astype("f8")))
    for i in range(1, depth + 1):
        y = relu(names.convolve(f"{own}{i}conv", x, 2**i))
        x = y + cropped(x, y.shape[1])
    profile = names.convolve(f"{head}prof_out_precrop", x)
    counts = names.dense(f"{head}logcount_predictions", x.mean(axis=1))

    assert run("chrombpnet", tmp_path / "model.h5", tmp_path / "model.pt2", "--length", length, "--licence", "MIT", "--source", "a test") == 0
    close(predicted(tmp_path / "model.pt2", length), np.concatenate([profile[..., 0], counts], axis=1))
    found = declared(tmp_path / "model.pt2")
    assert found["licence"] == "MIT" and found["source"].startswith("a test; converted from model.h5, SHA-256 ")
    assert [output["name"] for output in found["output"]] == ["profile", "counts"]
    said = capsys.readouterr().out
    assert "gia predict" in said and "no licence" not in said


def test_bpnet_gives_what_its_layers_compute(tmp_path):
    pytest.importorskip("bpnetlite")
    length, filters, depth = 2114, 5, 3
    names = Layers()
    names.add("main_conv_0", 21, 4, filters)
    for i in range(1, depth + 1):
        names.add(f"main_dil_conv_{i}", 3, filters, filters)
    names.add("main_profile_head", 75, filters, 2)
    names.add("profile_predictions", 1, 4, 2)
    names.add("main_counts_head", filters, 1)
    names.add("logcounts_predictions", 2, 1)
    write_layers(tmp_path / "model.h5", names.layers)

    x = names.convolve("main_conv_0", one_hot(random_sequences(length)).transpose(0, 2, 1).astype("f8"))
    for i in range(1, depth + 1):
        y = names.convolve(f"main_dil_conv_{i}", relu(x), 2**i)
        x = y + cropped(x, y.shape[1])
    x = relu(x)
    head = cropped(names.convolve("main_profile_head", x), 1000)
    profile = names.convolve("profile_predictions", np.concatenate([head, np.zeros_like(head)], axis=2))
    counted = names.dense("main_counts_head", cropped(x, 1000 + 2 * 37).mean(axis=1))
    counts = names.dense("logcounts_predictions", np.concatenate([counted, np.full_like(counted, np.log(2))], axis=1))

    assert run("bpnet", tmp_path / "model.h5", tmp_path / "model.pt2") == 0
    found = predicted(tmp_path / "model.pt2", length)
    close(found[:, 2000:], counts)
    # A profile is read through its softmax along the sequence: a constant added to a strand means nothing.
    centred = lambda x: x - x.mean(axis=-1, keepdims=True)
    close(centred(found[:, :2000].reshape(-1, 2, 1000)), centred(profile.transpose(0, 2, 1)))
    output = declared(tmp_path / "model.pt2")["output"][0]
    assert (output["tasks"], output["opposite"], output["bin"]) == (["plus", "minus"], ["minus", "plus"], 1)


def test_enformer_is_its_package(tmp_path):
    package = pytest.importorskip("enformer_pytorch")
    torch = pytest.importorskip("torch")
    from structure import with_weights

    sizes = dict(dim=96, depth=2, heads=4, attn_dim_key=8, num_downsamples=4, dim_divisible_by=12, target_length=12)
    model = with_weights(lambda: package.Enformer.from_hparams(**sizes, output_heads=dict(human=7, mouse=5)))
    # Its trunk holds the stem twice, which the other format refuses.
    model.save_pretrained(tmp_path / "enformer", safe_serialization=False)
    (tmp_path / "tasks.txt").write_text("".join(f"track {i}\n" for i in range(5)))
    options = ["--length", 256, "--head", "mouse", "--tasks-file", tmp_path / "tasks.txt"]
    assert run("enformer", tmp_path / "enformer", tmp_path / "model.pt2", *options) == 0
    with torch.no_grad():
        expected = model(torch.from_numpy(one_hot(random_sequences(256)).transpose(0, 2, 1).copy()), head="mouse")
    close(predicted(tmp_path / "model.pt2", 256), expected.reshape(8, -1))
    (output,) = declared(tmp_path / "model.pt2")["output"]
    assert (output["bin"], output["tasks"][4]) == (16, "track 4")


def test_borzoi_is_its_package(tmp_path):
    pytest.importorskip("borzoi_pytorch")
    torch = pytest.importorskip("torch")
    from packages import borzoi
    from structure import with_weights

    model = with_weights(borzoi)
    model.config.save_pretrained(tmp_path / "borzoi")
    model.save_pretrained(tmp_path / "borzoi")
    import borzoi_pytorch

    # The package's class has heads of the published size, the small one has its own.
    reading = borzoi_pytorch.Borzoi.from_pretrained
    borzoi_pytorch.Borzoi.from_pretrained = staticmethod(lambda folder: model)
    try:
        assert run("borzoi", tmp_path / "borzoi", tmp_path / "model.pt2", "--length", 4096) == 0
    finally:
        borzoi_pytorch.Borzoi.from_pretrained = reading
    with torch.no_grad():
        expected = model(torch.from_numpy(one_hot(random_sequences(4096))))
    close(predicted(tmp_path / "model.pt2", 4096), expected.reshape(8, -1))
    assert declared(tmp_path / "model.pt2")["output"][0]["bin"] == 32


@pytest.mark.parametrize("task, loss", [("binary", "bce"), ("regression", "poisson"), ("regression", "mse"), ("multiclass", "ce")])
def test_grelu_applies_the_final_function_of_its_task(tmp_path, task, loss):
    models = pytest.importorskip("grelu.model.models")
    torch = pytest.importorskip("torch")
    from structure import with_weights

    sizes = dict(n_tasks=3, channels=12, n_conv=3)
    network = with_weights(lambda: models.DilatedConvModel(**sizes))
    checkpoint = {
        "hyper_parameters": {"model_params": {"model_type": "DilatedConvModel", **sizes}, "train_params": {"task": task, "loss": loss}},
        "state_dict": {f"model.{name}": value for name, value in network.state_dict().items()},
        "data_params": {"tasks": {"name": ["a", "b", "c"]}, "train": {"seq_len": 150}},
    }
    torch.save(checkpoint, tmp_path / "model.ckpt")
    assert run("grelu", tmp_path / "model.ckpt", tmp_path / "model.pt2") == 0
    with torch.no_grad():
        raw = network(torch.from_numpy(one_hot(random_sequences(150))))
    final = {"bce": torch.sigmoid, "poisson": torch.exp, "mse": lambda x: x, "ce": lambda x: x.softmax(1)}[loss]
    close(predicted(tmp_path / "model.pt2", 150), final(raw).reshape(8, -1))
    assert declared(tmp_path / "model.pt2")["output"][0]["tasks"] == ["a", "b", "c"]


def test_pickled_objects_are_read_only_if_trusted(tmp_path, capsys):
    pytest.importorskip("grelu.model.models")
    torch = pytest.importorskip("torch")
    torch.save({"hyper_parameters": Path("x")}, tmp_path / "model.ckpt")
    assert run("grelu", tmp_path / "model.ckpt", tmp_path / "model.pt2") == 1
    assert "--trust" in capsys.readouterr().err


def test_keras_is_keras(tmp_path):
    pytest.importorskip("tf2onnx")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential([keras.Input((80, 4)), layers.Conv1D(8, 9, activation="relu"), layers.MaxPooling1D(4), layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    assert run("keras", tmp_path / "model.keras", tmp_path / "model.onnx", "--tasks", "a,b") == 0
    expected = model(one_hot(random_sequences(80)).transpose(0, 2, 1)).numpy()
    close(predicted(tmp_path / "model.onnx", 80), expected)
    found = declared(tmp_path / "model.onnx")
    assert (found["tasks"], found["layout"], found["length"]) == (["a", "b"], "channels_last", 80)


def test_crested_is_crested(tmp_path):
    pytest.importorskip("tf2onnx")
    if not subprocess.run([sys.executable, "-c", "import importlib.util as u; exit(not u.find_spec('crested'))"]).returncode == 0:
        pytest.skip("crested is not installed")
    from zoo import STRUCTURES

    model = STRUCTURES["crested_simple_convnet"].make()
    model.save(tmp_path / "model.keras")
    assert run("crested", tmp_path / "model.keras", tmp_path / "model.onnx", "--tasks", "a,b,c") == 0
    expected = model(one_hot(random_sequences(200)).transpose(0, 2, 1), training=False).numpy()
    close(predicted(tmp_path / "model.onnx", 200), expected)


@pytest.mark.parametrize("kind", ["bpnet", "chrombpnet", "enformer", "borzoi", "grelu", "keras", "crested"])
def test_a_missing_file_is_an_error_without_packages(tmp_path, kind, capsys):
    assert run(kind, tmp_path / "none", tmp_path / "out.pt2") == 1
    assert "there is no file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unasked(tmp_path, capsys):
    (tmp_path / "in.h5").write_bytes(b"")
    (tmp_path / "out.toml").write_text("mine")
    assert run("bpnet", tmp_path / "in.h5", tmp_path / "out.pt2") == 1
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "out.toml").read_text() == "mine"


def test_another_file_is_refused(tmp_path, capsys):
    pytest.importorskip("bpnetlite")
    write_layers(tmp_path / "other.h5", {"dense": (np.zeros((2, 2), "f4"), np.zeros(2, "f4"))})
    assert run("bpnet", tmp_path / "other.h5", tmp_path / "out.pt2") == 1
    assert "not a file of this kind" in capsys.readouterr().err
    assert not (tmp_path / "out.pt2").exists()


def test_what_differs_is_not_kept(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    pytest.importorskip("bpnetlite")
    from gia_lang.convert import bpnet

    names = Layers()
    names.add("bpnet_1st_conv", 21, 4, 3)
    names.add("bpnet_1conv", 3, 3, 3)
    names.add("prof_out_precrop", 75, 3, 1)
    names.add("logcount_predictions", 3, 1)
    write_layers(tmp_path / "model.h5", names.layers)
    monkeypatch.setattr(export, "predictions", lambda path, texts, device: np.ones((len(texts), 300 - 2 * 49 + 1)))
    assert run("chrombpnet", tmp_path / "model.h5", tmp_path / "model.pt2", "--length", 300) == 1
    assert "other numbers" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["model.h5"]

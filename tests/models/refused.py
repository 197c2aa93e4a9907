"""Runs the lines of Python that `gia` answers with where it refuses a file of another kind, and has it look at what they make.

    python tests/models/refused.py --gia PATH        (`make exporters` runs this)
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from contextlib import chdir
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy
import safetensors.torch
import torch
from torch import nn

LENGTH = 60


def network():
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv1d(4, 6, 7), nn.ReLU(), nn.MaxPool1d(9), nn.Flatten(), nn.Linear(36, 2))


def keras_network():
    from keras import layers
    return keras.Sequential([keras.Input((LENGTH, 4)), layers.Conv1D(6, 7), layers.GlobalMaxPooling1D(), layers.Dense(2)])


# For each kind of file: what writes it, and the file that the lines make.
KINDS = {
    "model.pt": (lambda path: torch.save(network(), path), "model.pt2"),
    "state.pth": (lambda path: torch.save(network().state_dict(), path), "model.pt2"),
    "old.pt": (lambda path: torch.save(network().state_dict(), path, _use_new_zipfile_serialization=False), "model.pt2"),
    "net.safetensors": (lambda path: safetensors.torch.save_file(network().state_dict(), path), "model.pt2"),
    "net.h5": (lambda path: keras_network().save(path), "model.onnx"),
    "net.keras": (lambda path: keras_network().save(path), "model.onnx"),
    "saved": (lambda path: keras_network().export(path, verbose=False), "model.onnx"),
}


def look(gia, path):
    return subprocess.run([gia, "model", "inspect", path, "--error-format", "json"], capture_output=True, text=True)


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--gia", required=True)
    gia = str(Path(asked.parse_args().gia).resolve())
    for name, (write, made) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            write(name)
            looked = look(gia, name)
            said = json.loads((looked.stdout + looked.stderr).splitlines()[0])
            assert said["code"] == "E0502", said
            lines = re.findall(r"^  (.+)$", said["help"], re.MULTILINE)
            assert len(lines) == 2, said["help"]
            loads = re.findall(r"`(model\.load_state_dict\(.+?\)\))`", said["help"])
            if made.endswith(".pt2"):
                assert len(loads) == 1, said["help"]
            # Another kind of pickle than a state dict is the module itself.
            loads = [] if name == "model.pt" else loads
            names = {"torch": torch, "keras": keras, "numpy": numpy, "safetensors": safetensors, "model": network(),
                     "example": torch.zeros(2, 4, LENGTH)}
            exec("\n".join(loads + lines), names)
            found = look(gia, made)
            assert found.returncode == 0, found.stderr
            print(f"{name}: {made}")


if __name__ == "__main__":
    main()

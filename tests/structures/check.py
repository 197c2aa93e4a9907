"""Exports the published network structures of regulatory genomics with random weights, and holds what gia computes against PyTorch.

    python tests/structures/check.py --gia PATH [--folder FOLDER] [--format pt2 onnx older] [--write] [NAME ...]

(`make check-structures` makes the environment, and runs this.) Structures come from their own packages or, where there is none, are
written after their publications; all are small. Each is exported by the lines of docs/models.md: as `.pt2`, as ONNX, and as ONNX by
PyTorch's older exporter; those of Keras as ONNX. Outputs have to equal the framework's to 1e-5 of the largest, at batch sizes of 1, 3
and 64; gradients to 1e-4; predictions of edited sequences, and the effects of the same edits in a run, those of full passes
(`--exact`) to 1e-5. Where outputs of an ONNX file differ, those of onnxruntime tell whether the exporter changed the network.

expected.txt holds every outcome; another one is an error, and `--write` rewrites the file. FOLDER keeps the exported files, which are
not exported again.
"""

import argparse
import contextlib
import json
import logging
import os
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

# Networks of `transformers` need no TensorFlow beside PyTorch.
os.environ["USE_TF"] = "0"

import numpy
import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "networks"), str(HERE.parent / "models")]

import export
from comparison import NEARBY, OUTPUT_TOLERANCE, Refused, against_expected, edited, first_line, gradients_outcome, numbers, predictions, relative, run
from structure import random_sequences

EXPECTED = HERE / "expected.txt"
FORMS = {"pt2": "model.pt2", "onnx": "model.onnx", "older": "model_older.onnx"}


def structures():
    import convolutional
    import language
    import long_range
    import packages
    import zoo

    parts = (packages, convolutional, long_range, language, zoo)
    return {name: structure for part in parts for name, structure in part.STRUCTURES.items()}


def prepare(structure, folder):
    """Writes the network in each format, its inputs, and what its framework computes; returns why a format could not be written."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = random_sequences(structure.length)
    (folder / "x.fa").write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
    for name, text in structure.files.items():
        (folder / name).write_text(text)
    computed, failed = (export.of_keras if structure.keras else export.of_torch)(structure, texts, folder)
    numpy.savez(folder / "numbers.npz", **computed)
    return {form: f"PyTorch does not export it ({first_line(error)})" for form, error in failed.items()}


def declare(gia, structure, path):
    """The tables of the inputs, or what `gia model declare` makes of the graph."""
    if structure.tables:
        path.with_suffix(".toml").write_text(f"length = {structure.length}\n\n{structure.tables}")
    else:
        run(gia, "model", "declare", path, "--force", "--error-format", "json")


SCRIPT = """model net = load("{file}")

experiment edits {{
    background fasta("one.fa")
    mutate place with "GAT"
    vary place in 0bp to {last}bp step {step}bp
    measure net[0]
}}
"""


def run_difference(gia, structure, path, folder):
    """How far the effects of an edit at each place, measured by a script, are from those of full passes."""
    text = (folder / "x.fa").read_text().splitlines()[1]
    (folder / "one.fa").write_text(f">s0\n{text}\n")
    step = max(structure.step, 3)
    script = folder / "edits.gia"
    script.write_text(SCRIPT.format(file=path.name, step=step, last=(structure.length - 3) // step * step))
    found = []
    for options in ([], ["--exact"]):
        out = folder / "run.json"
        run(gia, "run", script, "--json", out, "--error-format", "json", *options)
        found.append(numpy.array(list(numbers(json.loads(out.read_text())["experiments"]))))
    return relative(*found)


def differing(structure, path, folder, found, off, batch):
    """The outcome of outputs that are not the framework's: those of onnxruntime tell whether the exporter changed the network."""
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        inputs = [value.numpy() for value in structure.inputs(random_sequences(structure.length))]
        names = [given.name for given in session.get_inputs()]
        outputs = session.run(None, dict(zip(names, inputs)))
        if relative(found, numpy.concatenate([part.reshape(len(part), -1) for part in outputs], 1)) < OUTPUT_TOLERANCE:
            return f"the exporter changes it: outputs by {off:.0e}; equal to onnxruntime's of the file"
    return f"differs: outputs by {off:.0e} at a batch of {batch}"


def check(gia, structure, form, folder):
    """The outcome of one file: `equal`, or what differs or is refused."""
    path, fasta = folder / FORMS[form], folder / "x.fa"
    stored = numpy.load(folder / "numbers.npz")
    try:
        declare(gia, structure, path)
        for batch in (3, 1, 64):
            found = predictions(gia, path, fasta, folder, *([] if structure.static else ["--batch", batch]))
            off = relative(found, stored["outputs"])
            if not off < OUTPUT_TOLERANCE:
                return differing(structure, path, folder, found, off, batch)
        edits = edited(folder, structure.step)
        of_edits = [predictions(gia, path, edits, folder, *options) for options in ([], ["--exact"])]
        off = relative(*of_edits)
        if not off < OUTPUT_TOLERANCE:
            return f"differs: edited sequences by {off:.0e} from full passes"
        off = run_difference(gia, structure, path, folder)
        if not off < OUTPUT_TOLERANCE:
            return f"differs: effects of edits by {off:.0e} from full passes"
    except Refused as refused:
        return f"refused: {refused}".replace(str(folder) + "/", "")
    return gradients_outcome(gia, path, fasta, folder, stored["gradients"], [stored[name] for name in NEARBY if name in stored])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gia", type=Path, required=True)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--format", nargs="+", default=list(FORMS), choices=list(FORMS), dest="forms")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--traceback", action="store_true", help="print where an export failed")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    gia = arguments.gia.resolve()
    top = arguments.folder or Path(tempfile.mkdtemp())
    outcomes = {}
    every = structures()
    for name in arguments.names or every:
        structure, folder = every[name], top / name
        reasons = folder / "failed.json"
        if not reasons.exists():
            try:
                with contextlib.redirect_stdout(sys.stderr):
                    failed = prepare(structure, folder)
            except Exception as error:
                if arguments.traceback:
                    traceback.print_exc()
                failed = {form: f"PyTorch does not run it ({first_line(error)})" for form in FORMS}
            reasons.write_text(json.dumps(failed))
        failed = json.loads(reasons.read_text())
        for form in arguments.forms:
            if structure.keras and form != "onnx":
                continue
            outcome = failed.get(form) or check(gia, structure, form, folder)
            outcomes[f"{name} {form}"] = outcome
            print(f"{name} {form}: {outcome}", flush=True)
    against_expected(outcomes, EXPECTED, arguments.forms, arguments.write, equal=True)


if __name__ == "__main__":
    main()

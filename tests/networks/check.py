"""Exports the networks of nets.py, nets2.py and nets3.py anew, and holds what gia computes with them against PyTorch.

    python tests/networks/check.py --gia PATH [--folder FOLDER] [--format pt2 onnx] [--write] [NAME ...]

Each network is exported as `.pt2` (torch.export with a free batch) and as ONNX (the exporter with `dynamo=True`). Outputs have to
equal PyTorch's to 1e-5 of the largest output, at batch sizes of 1, 3 and 64; gradients of the first task to 1e-4 of the largest;
predictions of sequences with one edit at each position have to equal those of full passes (`--exact`) to 1e-5.

expected.txt holds the networks that are not equal in a format, and why; another outcome is an error. `--write` rewrites it. FOLDER
keeps the exported files, which are not exported again. Needs the environment of `make exporters`.
"""

import argparse
import contextlib
import json
import logging
import random
import re
import subprocess
import sys
import tempfile
import unittest.mock
import warnings
from pathlib import Path

import numpy
import torch
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected.txt"
sys.path.insert(0, str(HERE))
SEQUENCES = 64
OUTPUT_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-4

# What a declaration has to add to what the graph states, as options of `gia model declare`.
DECLARED = {
    "Control": ["--input", "sequence", "--input", "0"],
    "VarLen": ["--length", "64"],
    "VarLenAdaptive": ["--length", "64"],
}

# Declarations of inputs that are not one-hot sequences.
TABLES = {
    "Five": '[[input]]\nchannels = ["A", "C", "G", "T", "N"]\n',
    "TokenInput": "[[input]]\ntokens = { A = 7, C = 8, G = 9, T = 10 }\n",
}


def networks():
    import nets
    import nets2
    import nets3

    return {**nets.NETS, **nets2.N2, **nets3.N3}


def module_and_inputs(name):
    """The module with seeded weights, and its inputs for all sequences."""
    import nets

    torch.manual_seed(3)
    kind = networks()[name]
    module = kind().eval()
    rng = random.Random(1)
    texts = ["".join(rng.choice("ACGT") for _ in range(nets.L)) for _ in range(SEQUENCES)]
    codes = torch.tensor([["ACGT".index(base) for base in text] for text in texts])
    x = F.one_hot(codes, 4).transpose(1, 2).float().contiguous()
    if hasattr(kind, "dt"):
        module, x = module.to(kind.dt), x.to(kind.dt)
    if getattr(kind, "five", False):
        x = torch.cat([x, torch.zeros(SEQUENCES, 1, nets.L)], 1)
    if getattr(kind, "last", False):
        x = x.transpose(1, 2).contiguous()
    if getattr(kind, "ints", False):
        x = codes + 7
    inputs = (x,)
    if getattr(kind, "two", False):
        inputs += (torch.zeros(SEQUENCES, 1, nets.L),)
    # Lazy layers get their shape from the first call.
    torch.manual_seed(4)
    with torch.no_grad():
        module(*(value[:3] for value in inputs))
    return kind, module, inputs, texts


def flat(outputs):
    """All outputs side by side, one row for each sequence."""
    leaves = torch.utils._pytree.tree_leaves(outputs)
    return torch.cat([leaf.reshape(len(leaf), -1).float() for leaf in leaves], 1)


def expected(kind, module, inputs):
    """PyTorch's outputs and gradients; weights of half precision compute in float32."""
    if getattr(kind, "dt", None) in (torch.bfloat16, torch.float16):
        module, inputs = module.float(), tuple(value.float() for value in inputs)
    # Networks compute in float32, so what `forward` computes in bfloat16 is compared with float32.
    with unittest.mock.patch.object(torch, "autocast", lambda *args, **kwargs: contextlib.nullcontext()):
        return outputs_and_gradients(module, inputs)


def outputs_and_gradients(module, inputs):
    with torch.no_grad():
        try:
            rows = [flat(module(*(value[i : i + 1] for value in inputs))) for i in range(SEQUENCES)]
        except (ValueError, RuntimeError):
            # A norm of the batch has none for one sequence, and other modules keep one batch size.
            rows = [flat(module(*(value[i : i + 3] for value in inputs))) for i in range(0, SEQUENCES - 1, 3)]
    outputs = torch.cat(rows).numpy()
    gradients = None
    if inputs[0].is_floating_point():
        x = inputs[0].clone().requires_grad_(True)
        leaf = torch.utils._pytree.tree_leaves(module(x, *inputs[1:]))[0]
        column = leaf.reshape(SEQUENCES, -1)[:, 0].sum()
        try:
            if column.requires_grad:
                (found,) = torch.autograd.grad(column, x, allow_unused=True)
                gradients = None if found is None else found.float().numpy()
        except RuntimeError:
            # PyTorch cannot differentiate some networks that write in place; gia computes them without.
            return outputs, numpy.full(1, numpy.nan)
    return outputs, gradients


def export(name, folder, forms):
    """Writes the network in each format and what PyTorch computes; returns why a format could not be written."""
    kind, module, inputs, texts = module_and_inputs(name)
    (folder / "x.fa").write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
    few = tuple(value[:3] for value in inputs)
    batch = torch.export.Dim("batch")
    free = [{0: batch} for _ in few]
    if getattr(kind, "dynL", False):
        free[0] = {0: batch, 2: torch.export.Dim("length", min=16, max=4096)}
    if getattr(kind, "static", False):
        few, free = tuple(value[:1] for value in few), None
    shapes = None if free is None else tuple(free)
    failed = {}
    if "pt2" in forms:
        try:
            program = torch.export.export(module, few, dynamic_shapes=shapes)
        except Exception:
            try:
                program = torch.export.export(module, few)
            except Exception as error:
                program, failed["pt2"] = None, error
        try:
            if program is not None:
                torch.export.save(program, folder / f"{name}.pt2")
        except Exception as error:
            failed["pt2"] = error
    if "onnx" in forms:
        path = folder / f"{name}.onnx"
        for given in (shapes, None):
            try:
                torch.onnx.export(
                    module, few, path, dynamo=True, dynamic_shapes=given, verbose=False, external_data=False
                )
                failed.pop("onnx", None)
                break
            except Exception as error:
                failed["onnx"] = error
    outputs, gradients = expected(kind, module, inputs)
    numpy.savez(
        folder / f"{name}.npz",
        outputs=outputs,
        gradients=numpy.zeros(0) if gradients is None else gradients,
    )
    return {form: f"PyTorch does not export it ({first_line(error)})" for form, error in failed.items()}


def first_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:90]}" if lines else type(error).__name__


class Refused(Exception):
    """What gia says of a file that it does not read or run."""


def run(gia, *arguments):
    command = [str(gia), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode == 0:
        return done.stdout
    for line in done.stderr.splitlines():
        if line.startswith("{"):
            found = json.loads(line)
            if found.get("severity", "error") == "error":
                raise Refused(f"{found['code']}: {found['message']}")
    raise Refused(f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")


def predictions(gia, path, fasta, folder, *options):
    out = folder / "predictions.json"
    run(gia, "predict", path, fasta, "--json", out, "--error-format", "json", *options)
    found = json.loads(out.read_text())["predictions"]
    return numpy.array([[float("nan") if v is None else v for v in row["values"]] for row in found])


def relative(found, wanted):
    if found.shape != wanted.shape:
        return float("inf")
    largest = numpy.abs(wanted).max()
    difference = numpy.abs(found - wanted).max()
    return difference / largest if largest > 0 else difference


def check(gia, name, form, folder, quick):
    """The outcome of one file: `equal`, or what differs or is refused."""
    path, fasta = folder / f"{name}.{form}", folder / "x.fa"
    stored = numpy.load(folder / f"{name}.npz")
    try:
        if name in TABLES:
            path.with_suffix(".toml").write_text(TABLES[name])
        if name in DECLARED:
            run(gia, "model", "declare", path, "--force", "--error-format", "json", *DECLARED[name])
        for batch in ([3] if quick else [3, 1, 64]):
            found = predictions(gia, path, fasta, folder, "--batch", batch) if batch_is_free(name) else predictions(gia, path, fasta, folder)
            off = relative(found, stored["outputs"])
            if not off < OUTPUT_TOLERANCE:
                return f"differs: outputs by {off:.0e} at a batch of {batch}"
        if quick:
            return "equal"
        edits = edited(folder)
        of_edits = [predictions(gia, path, edits, folder, *options) for options in ([], ["--exact"])]
        off = relative(of_edits[0], of_edits[1])
        if not off < OUTPUT_TOLERANCE:
            return f"differs: edited sequences by {off:.0e} from full passes"
        off = ism_difference(gia, path, folder)
        if not off < OUTPUT_TOLERANCE:
            return f"differs: effects of edits by {off:.0e} from full passes"
    except Refused as refused:
        return f"refused: {refused}".replace(str(folder) + "/", "")
    return gradients_outcome(gia, name, path, fasta, folder, stored["gradients"])


def batch_is_free(name):
    return name not in ("Batch1", "Distance")


def edited(folder):
    """A file of one sequence, and of it with another base at each position."""
    path = folder / "edits.fa"
    text = (folder / "x.fa").read_text().splitlines()[1]
    rows = [text] + [text[:i] + "ACGT"[("ACGT".index(text[i]) + 1) % 4] + text[i + 1 :] for i in range(len(text))]
    path.write_text("".join(f">e{i}\n{row}\n" for i, row in enumerate(rows)))
    return path


def ism_difference(gia, path, folder):
    """How far the map of all single-base edits is from that of full passes."""
    maps = []
    text = (folder / "x.fa").read_text().splitlines()[1]
    for options in ([], ["--exact"]):
        out = folder / "ism.json"
        run(gia, "ism", path, "--sequence", text, "--of", "0", "--json", out, "--error-format", "json", *options)
        study = json.loads(out.read_text())
        maps.append(numpy.array(list(numbers(study["experiments"]))))
    return relative(*maps)


def numbers(value):
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield float(value)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("timing", "seconds"):
                yield from numbers(item)


def gradients_outcome(gia, name, path, fasta, folder, wanted):
    out = folder / "gradients.npz"
    try:
        run(gia, "gradients", path, fasta, "--of", "0", "--npz", out, "--error-format", "json")
    except Refused as refused:
        # Where PyTorch has no gradient, or one of zeros that says nothing, gia states why.
        return "equal, no gradient" if "E0606" in str(refused) or "differentiable" in str(refused) or "differentiated" in str(refused) else f"refused gradient: {refused}"
    found = numpy.load(out)["gradients"]
    if wanted.shape == (1,):
        return "equal, PyTorch has no gradient"
    if wanted.size == 0:
        return "differs: a gradient where PyTorch has none"
    if wanted.shape[1] != 4 or wanted.shape[2] != found.shape[2]:
        wanted = wanted.transpose(0, 2, 1) if wanted.shape[2] == 4 else wanted[:, :4]
    off = relative(found, wanted)
    return "equal" if off < GRADIENT_TOLERANCE else f"differs: gradients by {off:.0e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gia", type=Path, required=True)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--format", nargs="+", default=["pt2", "onnx"], dest="forms")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    folder = arguments.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = {}
    for name in arguments.names or networks():
        reasons = folder / f"{name}.failed.json"
        if not reasons.exists():
            try:
                failed = export(name, folder, arguments.forms)
            except Exception as error:
                failed = {form: f"PyTorch does not run it ({first_line(error)})" for form in arguments.forms}
            reasons.write_text(json.dumps(failed))
        failed = json.loads(reasons.read_text())
        for form in arguments.forms:
            outcome = failed.get(form) or check(arguments.gia, name, form, folder, arguments.quick)
            outcomes[f"{name} {form}"] = outcome
            print(f"{name} {form}: {outcome}", flush=True)
    stored = EXPECTED.read_text().splitlines() if EXPECTED.exists() else []
    stored = dict(line.split(": ", 1) for line in stored)
    # A refusal is told in one line.
    outcomes = {key: " ".join(outcome.split()) for key, outcome in outcomes.items()}
    outcomes = {key: re.sub("\x1b\\[[0-9;]*m", "", outcome) for key, outcome in outcomes.items()}
    told = {key: outcome for key, outcome in outcomes.items() if not outcome.startswith("equal")}
    changed = [key for key in outcomes if stored.get(key) != told.get(key)]
    if arguments.write:
        kept = {key: outcome for key, outcome in stored.items() if key not in outcomes}
        EXPECTED.write_text("".join(f"{key}: {outcome}\n" for key, outcome in sorted({**kept, **told}.items())))
    for form in arguments.forms:
        of_form = [outcome for key, outcome in outcomes.items() if key.endswith(f" {form}")]
        counts = {
            word: sum(outcome.startswith(word) for outcome in of_form)
            for word in ("equal", "differs", "refused", "PyTorch does not")
        }
        print(f"{form}: {len(of_form)} networks: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
    for key in changed if not (arguments.write or arguments.quick) else []:
        print(f"{key} was: {stored.get(key, 'equal')}")
    sys.exit(bool(changed) and not arguments.write and not arguments.quick)


if __name__ == "__main__":
    main()

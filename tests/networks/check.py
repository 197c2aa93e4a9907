"""Exports the networks of nets.py to nets4.py anew, and holds what gia computes with them against PyTorch.

    python tests/networks/check.py --gia PATH [--folder FOLDER] [--format pt2 onnx] [--write] [NAME ...]

Each network is exported as `.pt2` (torch.export with a free batch) and as ONNX (the exporter with `dynamo=True`). Outputs have to
equal PyTorch's to 1e-5 of the largest output, at batch sizes of 1, 3 and 64; gradients of the first task to 1e-4 of the largest, or
as near as PyTorch's own at nearly the same inputs; predictions of sequences with one edit at each position have to equal those of
full passes (`--exact`) to 1e-5.

expected.txt holds the networks that are not equal in a format, and why; another outcome is an error. `--write` rewrites it. FOLDER
keeps the exported files, which are not exported again. Needs the environment of `make exporters`.
"""

import argparse
import contextlib
import json
import logging
import random
import sys
import tempfile
import unittest.mock
import warnings
from pathlib import Path

import numpy
import torch
from torch.nn import functional as F

from comparison import NEARBY, OUTPUT_TOLERANCE, SEQUENCES, Refused, against_expected, edited, first_line, gradients_outcome
from comparison import ism_difference, outputs_and_gradients, predictions, relative, run

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected.txt"

# What a declaration has to add to what the graph states, as options of `gia model declare`.
DECLARED = {
    "Control": ["--input", "sequence", "--input", "0"],
    "VarLen": ["--length", "64"],
    "VarLenAdaptive": ["--length", "64"],
    "FreePower": ["--length", "64"],
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
    import nets4

    return {**nets.NETS, **nets2.N2, **nets3.N3, **nets4.N4}


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


def expected(kind, module, inputs):
    """PyTorch's outputs and gradients, by name; weights of half precision compute in float32."""
    if getattr(kind, "dt", None) in (torch.bfloat16, torch.float16):
        module, inputs = module.float(), tuple(value.float() for value in inputs)
    # Networks compute in float32, so what `forward` computes in bfloat16 is compared with float32.
    with unittest.mock.patch.object(torch, "autocast", lambda *args, **kwargs: contextlib.nullcontext()):
        return outputs_and_gradients(module, inputs)


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
    numpy.savez(folder / f"{name}.npz", **expected(kind, module, inputs))
    return {form: f"PyTorch does not export it ({first_line(error)})" for form, error in failed.items()}


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
    return gradients_outcome(gia, path, fasta, folder, stored["gradients"], [stored[name] for name in NEARBY if name in stored])


def batch_is_free(name):
    return name not in ("Batch1", "Distance")


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
    against_expected(outcomes, EXPECTED, arguments.forms, arguments.write, arguments.quick)


if __name__ == "__main__":
    main()

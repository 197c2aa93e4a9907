"""Runs gia on an exported network, and compares what it computes with PyTorch and with its own full passes.

What tests/networks/check.py and tests/structures/check.py share.
"""

import json
import re
import subprocess
import sys

import numpy
import torch

SEQUENCES = 64
OUTPUT_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-4


def flat(outputs):
    """All outputs side by side, one row for each sequence."""
    leaves = torch.utils._pytree.tree_leaves(outputs)
    return torch.cat([leaf.reshape(len(leaf), -1).float() for leaf in leaves], 1)


def outputs_and_gradients(module, inputs):
    """PyTorch's outputs for each sequence, and the gradients of the first number of the first output by the first input, at the
    sequences and near them."""
    return {"outputs": outputs_of(module, inputs), **nearby_gradients(module, inputs)}


def nearby_gradients(module, inputs):
    """The gradients at the sequences and near them, by the names of the distances."""
    scaled = lambda by: (inputs[0] * torch.as_tensor(by) if inputs[0].is_floating_point() else inputs[0], *inputs[1:])
    return of_nearby(lambda by: gradients_of(module, scaled(by)), inputs[0].shape)


def outputs_of(module, inputs):
    with torch.no_grad():
        try:
            rows = [flat(module(*(value[i : i + 1] for value in inputs))) for i in range(SEQUENCES)]
        except (ValueError, RuntimeError):
            # A norm of the batch has none for one sequence, and other modules keep one batch size.
            rows = [flat(module(*(value[i : i + 3] for value in inputs))) for i in range(0, SEQUENCES - 1, 3)]
    return torch.cat(rows).numpy()


def gradients_of(module, inputs):
    if not inputs[0].is_floating_point():
        return None
    x = inputs[0].clone().requires_grad_(True)
    leaf = torch.utils._pytree.tree_leaves(module(x, *inputs[1:]))[0]
    column = leaf.reshape(SEQUENCES, -1)[:, 0].sum()
    try:
        if column.requires_grad:
            (found,) = torch.autograd.grad(column, x, allow_unused=True)
            return None if found is None else found.float().numpy()
    except RuntimeError:
        # PyTorch cannot differentiate some networks that write in place; gia computes them without.
        return numpy.full(1, numpy.nan)
    return None


# Gradients are taken at the sequences, and at inputs that are less than the tolerance of gradients away.
NEARBY = {"below": 0, "above": 0, "noise_1": 1, "noise_2": 2, "noise_3": 3, "noise_4": 4}
DISTANCE = 1e-5


def factors(name, shape):
    """By what each number of an input is multiplied."""
    if name == "gradients":
        return numpy.float32(1)
    if not NEARBY[name]:
        return numpy.float32(1 + (DISTANCE if name == "above" else -DISTANCE))
    return (1 + DISTANCE * numpy.random.default_rng(NEARBY[name]).standard_normal(shape)).astype(numpy.float32)


def of_nearby(gradients, shape):
    """What a function computes of the factors above; nothing of tokens, which have no gradient."""
    found = {name: gradients(factors(name, shape)) for name in ("gradients", *NEARBY)}
    return {name: part for name, part in found.items() if part is not None} or {"gradients": numpy.zeros(0)}


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


def edited(folder, step=1):
    """A file of one sequence, and of it with another base at each position, or at each `step`-th."""
    path = folder / "edits.fa"
    text = (folder / "x.fa").read_text().splitlines()[1]
    other = lambda base: "ACGT"[("ACGT".index(base) + 1) % 4]
    rows = [text] + [text[:i] + other(text[i]) + text[i + 1 :] for i in range(0, len(text), step)]
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


def gradients_outcome(gia, path, fasta, folder, wanted, nearby=()):
    """Whether the gradients of the first number of the output are those of PyTorch.

    `nearby` are PyTorch's at inputs that are a tenth of the tolerance away. Where a number lies at the kink of a function, or two
    are equal in a maximum but for rounding, as those of a word that occurs twice, they differ from the others. gia's may then differ
    by twice as much, at the median of the sequences and at their maximum."""
    out = folder / "gradients.npz"
    try:
        run(gia, "gradients", path, fasta, "--of", "0", "--npz", out, "--error-format", "json")
    except Refused as refused:
        # Where PyTorch has no gradient, or one of zeros that says nothing, gia states why.
        if "E0601" in str(refused) and not numpy.isfinite(wanted).all():
            return "equal, PyTorch's gradient is no number"
        none = any(said in str(refused) for said in ("E0606", "differentiable", "differentiated"))
        return "equal, no gradient" if none else f"refused gradient: {refused}"
    found = numpy.load(out)["gradients"]
    if wanted.shape == (1,):
        return "equal, PyTorch has no gradient"
    if wanted.size == 0:
        return "differs: a gradient where PyTorch has none"
    wanted, *nearby = (by_base(known, found) for known in (wanted, *nearby))
    scale = numpy.abs(wanted).max() or 1
    of_sequences = lambda gradients: numpy.abs(gradients - wanted).max((1, 2)) / scale
    off = of_sequences(found)
    for summary in (numpy.max, numpy.median):
        bound = max([GRADIENT_TOLERANCE, *(2 * summary(of_sequences(known)) for known in nearby)])
        if not summary(off) < bound:
            return f"differs: gradients by {summary(off):.0e}"
    return "equal"


def by_base(gradients, found):
    """Gradients by the four bases, (sequence, base, position) as those that were found."""
    if gradients.shape[1] == 4 and gradients.shape[2] == found.shape[2]:
        return gradients
    return gradients.transpose(0, 2, 1) if gradients.shape[2] == 4 else gradients[:, :4]


def against_expected(outcomes, path, forms, write, quick=False, equal=False):
    """Prints how many networks are equal in each format, and ends the program: with an error if an outcome is not the stored one.
    The file holds those that are not equal or, with `equal`, all."""
    stored = path.read_text().splitlines() if path.exists() else []
    stored = dict(line.split(": ", 1) for line in stored)
    # A refusal is told in one line.
    outcomes = {key: " ".join(outcome.split()) for key, outcome in outcomes.items()}
    outcomes = {key: re.sub("\x1b\\[[0-9;]*m", "", outcome) for key, outcome in outcomes.items()}
    told = {key: outcome for key, outcome in outcomes.items() if equal or not outcome.startswith("equal")}
    changed = [key for key in outcomes if stored.get(key) != told.get(key)]
    if write:
        kept = {key: outcome for key, outcome in stored.items() if key not in outcomes}
        path.write_text("".join(f"{key}: {outcome}\n" for key, outcome in sorted({**kept, **told}.items())))
    for form in forms:
        of_form = [outcome for key, outcome in outcomes.items() if key.endswith(f" {form}")]
        counts = {
            word: sum(outcome.startswith(word) for outcome in of_form)
            for word in ("equal", "differs", "refused", "PyTorch does not")
        }
        print(f"{form}: {len(of_form)} networks: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
    for key in changed if not (write or quick) else []:
        print(f"{key} was: {stored.get(key, 'equal')}")
    sys.exit(bool(changed) and not write and not quick)

"""Holds every operator of ONNX that is read against ONNX's own backend node tests, and counts.

    python tests/onnx_nodes/check.py --worker target/release/gia-worker [--write docs/onnx_nodes.md] [--only NAME] [--all]

The tests are those of the Python package `onnx`, which its releases from 1.20 or so on make rather than hold as files. Each is run as it stands. One whose sizes (a shape, axes, a
repeat) are inputs, which a network's file states as constants, is run with its whole-numbered inputs made constants.
A number passes within a relative 1e-3 and an absolute 1e-7, as in ONNX's own runner. Exit status 1 where a test fails that
`reasons.json` does not explain.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

HERE = Path(__file__).parent
UNKNOWN = "E0503"
# Networks that mix the sequences of a batch or draw at random are refused, whatever their operators.
REFUSED = (UNKNOWN, "E0509", "E0511")
# What sizes, axes and switches are.
CONSTANTS = (np.int64, np.int32, np.bool_)


class Worker:
    def __init__(self, path):
        self.process = subprocess.Popen([path, "evaluate"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, model, inputs, outputs):
        request = {"model": str(model), "inputs": [str(path) for path in inputs], "outputs": str(outputs)}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the worker died over {model}")
        return json.loads(line)


def with_constants(model, inputs):
    """The model with its inputs of whole numbers or truth as constants, and the inputs that are left."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    left = []
    for info, array in zip(list(model.graph.input), inputs):
        if array.dtype in CONSTANTS:
            model.graph.initializer.append(numpy_helper.from_array(array, info.name))
            model.graph.input.remove(info)
        else:
            left.append(array)
    return model, left


def run(worker, model, inputs, folder):
    path = folder / "model.onnx"
    onnx.save(model, path)
    places = []
    for i, array in enumerate(inputs):
        places.append(folder / f"input_{i}.npy")
        # Everything is computed in float32.
        np.save(places[-1], np.asarray(array, dtype=np.float32, order="C"))
    answer = worker.ask(path, places, folder / "made")
    if "error" in answer:
        return answer["code"], answer["error"]
    return None, [np.load(folder / f"made_{i}.npy") for i in range(answer["made"])]


def compare(found, wanted):
    if len(found) != len(wanted):
        return f"{len(found)} outputs, not {len(wanted)}"
    for a, b in zip(found, wanted):
        if a.shape != b.shape:
            return f"shape {a.shape}, not {b.shape}"
        if not np.allclose(a, b.astype(np.float32), rtol=1e-3, atol=1e-7, equal_nan=True):
            return f"off by {np.nanmax(np.abs(a - b.astype(np.float32))):.2g}"
    return None


def as_array(given):
    if isinstance(given, onnx.TensorProto):
        return numpy_helper.to_array(given)
    return np.asarray(given) if isinstance(given, np.generic) else given


def judge(worker, test):
    """What became of a test: passed, constants (passed with sizes made constants), first (its first output alone is made, and
    passes), failed, or refused; and why."""
    inputs, wanted = ([as_array(x) for x in part] for part in test.data_sets[0])
    if not all(isinstance(array, np.ndarray) for array in [*inputs, *wanted]):
        return "refused", "its data are no tensors"
    if not {array.dtype.kind for array in [*inputs, *wanted]} <= set("fiub"):
        return "refused", "its data are texts or in bfloat16 or smaller"
    model = test.model
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        code, found = run(worker, model, inputs, folder)
        state = "passed"
        if code == UNKNOWN and any(array.dtype in CONSTANTS for array in inputs):
            frozen, left = with_constants(model, inputs)
            if left:
                code, found = run(worker, frozen, left, folder)
                state = "constants"
    if code == UNKNOWN and "its output" in found and len(wanted) > 1:
        # What a test asks for beside the result, such as the mean of a layer norm, is not made.
        model = onnx.ModelProto.FromString(model.SerializeToString())
        del model.graph.output[1:]
        wanted = wanted[:1]
        with tempfile.TemporaryDirectory() as folder:
            code, found = run(worker, model, inputs, Path(folder))
            state = "first"
    # Older sets of operators are not read, nor is a graph without inputs, which is no network.
    elsewhere = code and ("of ONNX's operator set; versions from" in found or "has no input" in found)
    if code in REFUSED or elsewhere:
        return "refused", found
    if code:
        return "failed", found
    wrong = compare(found, wanted)
    return ("failed", wrong) if wrong else (state, "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--worker", required=True)
    parser.add_argument("--write")
    parser.add_argument("--only", default="")
    parser.add_argument("--all", action="store_true", help="name every test that is not passed")
    given = parser.parse_args()
    worker = Worker(given.worker)
    reasons = json.loads((HERE / "reasons.json").read_text())
    by_operator = defaultdict(lambda: defaultdict(list))
    unexplained = []
    for test in sorted(load_model_tests(kind="node"), key=lambda test: test.name):
        if given.only not in test.name or test.model is None:
            continue
        model = test.model
        operators = [node.op_type for node in model.graph.node]
        # Functions written out in other operators are named after the one that they spell out.
        expanded = "_expanded" in test.name
        if any(node.domain not in ("", "ai.onnx") for node in model.graph.node):
            operator, state, why = operators[0], "refused", "is of another domain"
        else:
            operator = "written out in others" if expanded or len(operators) != 1 else operators[0]
            state, why = judge(worker, test)
        known = next((reason for name, reason in reasons.items() if test.name == name or (name.endswith("*") and test.name.startswith(name[:-1]))), None)
        by_operator[operator][state].append(test.name)
        if state == "failed" and known is None:
            unexplained.append(test.name)
        if given.all and state in ("failed", "refused"):
            print(f"{state:9} {operator:24} {test.name}: {why[:160]}")
    lines, sums = [], defaultdict(int)
    for operator, states in sorted(by_operator.items()):
        counts = {state: len(names) for state, names in states.items()}
        claimed = any(counts.get(state) for state in ("passed", "constants", "first", "failed"))
        for state, count in counts.items():
            sums[state if claimed or state != "refused" else "not claimed"] += count
        if claimed:
            lines.append((operator, *(counts.get(state, 0) for state in ("passed", "constants", "first", "failed", "refused"))))
    print(f"operators that are read: {len([line for line in lines if line[0] != 'written out in others'])}")
    print(f"passed {sums['passed']}, passed with sizes made constants {sums['constants']}, "
          f"passed in their first output {sums['first']}, failed {sums['failed']}, "
          f"refused by a reason {sums['refused']}, of operators that are not read {sums['not claimed']}")
    for name in unexplained:
        print(f"failed without a reason: {name}")
    if given.write:
        write(Path(given.write), lines, sums, reasons)
    sys.exit(bool(unexplained))


def write(path, lines, sums, reasons):
    table = "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
    why = "\n".join(f"| `{name}` | {reason} |" for name, reason in reasons.items())
    path.write_text(f"""# ONNX's own tests

`make check-onnx` runs the backend node tests of the Python package `onnx` {onnx.__version__} and writes this page.

- {sums['passed']} tests pass as they are.
- {sums['constants']} pass after their sizes (a shape, axes, repeats) are made constants, as in the files of networks.
- {sums['first']} pass in their first output. Their other outputs are not supported (the mean of a layer norm, the indices of maxima).
- {sums['failed']} fail.
- {sums['refused']} use a supported operator in a way that is refused with an error.
- {sums['not claimed']} are of unsupported operators.

| operator | passed | with sizes as constants | first output | failed | refused |
|---|---|---|---|---|---|
{table}

## Failures, and why

| test | reason |
|---|---|
{why}
""")


if __name__ == "__main__":
    main()

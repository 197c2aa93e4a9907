"""Drives the built `gia`: writes scripts and FASTA files, runs the program, reads its timings."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import torch

import networks

MOTIF = "CCACCAGGGGGCGC"
BACKGROUNDS = 1_000
BASES = np.array(list("ACGT"))


def write_fasta(path, length, n):
    codes = np.random.default_rng(7).integers(0, 4, (n, length))
    path.write_text("".join(f">s{i}\n{''.join(BASES[row])}\n" for i, row in enumerate(codes)))
    return path


def write_script(folder, name, backgrounds=BACKGROUNDS, suffix=""):
    """One motif in the centre of random backgrounds, the network's first task measured."""
    path = folder / f"{name}{suffix}.gia"
    path.write_text(
        f'model net = load("{name}.pt2")\n'
        f"null random = uniform(length: {networks.SHAPES[name].length}bp)\n\n"
        "experiment importance {\n"
        "    background random\n"
        f"    sample {backgrounds}\n"
        f'    embed "{MOTIF}" at center\n'
        f'    measure answer = net["{networks.tasks(name)[0]}"]\n'
        "}\n")
    return path


def write_long_script(folder, lines=50):
    """A script of this many lines that declares and uses several things, to time `gia check`."""
    head = ['model net = load("ctcf_pu1.pt2")', "null random = uniform(length: 100bp)",
            f'motif site = iupac("{MOTIF}")', ""]
    block = [
        "experiment e{} {{", "    vary gap in 0bp to 40bp step 5bp", "    background random", "    sample 1000",
        "    arm one {{ embed site at 5bp }}", "    arm two {{ embed site at 5bp + width(site) + gap }}",
        "    arm both {{ one; two }}", '    measure ctcf = net["CTCF"], pu1 = net["PU.1"]',
        "    contrast synergy = both - one - two + control", "    expect synergy.ctcf < 0", "}}", "",
    ]
    text = head + [line.format(i) for i in range((lines - len(head)) // len(block)) for line in block]
    text += [f'motif spare{i} = iupac("{MOTIF}")' for i in range(lines - len(text))]
    path = folder / "long.gia"
    path.write_text("\n".join(text) + "\n")
    return path


def call(arguments, environment=None):
    """Runs a command; whole wall-clock seconds. What it prints is shown if it fails."""
    started = time.perf_counter()
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True,
                          env={**os.environ, **(environment or {})})
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"{Path(arguments[0]).name} {' '.join(map(str, arguments[1:]))} ended with {done.returncode}:\n"
                         f"{done.stdout}{done.stderr}")
    return seconds, done.stdout


def timed(gia, arguments, out, threads):
    """Runs `gia ... --json OUT`; its own timings in seconds, with `process` for the whole process."""
    seconds, _ = call([gia, *arguments, "--json", out, "--threads", threads])
    study = json.loads(out.read_text())
    timing = study.get("timing") or study["provenance"]["timing"]
    return {**timing, "process": seconds}, study


def backgrounds(gia, script, folder, threads):
    """The file of the sequences without an edit that a script of one experiment scores."""
    call([gia, "run", script, "--quiet", "--sequences", folder, "--threads", threads])
    return next(folder.rglob("control.fa"))


def predict(gia, model, fasta, out, threads):
    return timed(gia, ["predict", model, fasta], out, threads)[0]


def motif(gia, script, out, threads):
    return timed(gia, ["run", script], out, threads)[0]


def check(gia, script):
    return call([gia, "check", script])[0]


# Do the two agree? ----------------------------------------------------------------------------------------------------

def read_fasta(path):
    records = re.findall(r">([^\n]*)\n([^>]*)", path.read_text())
    return [(header, re.sub(r"\s", "", letters).upper()) for header, letters in records]


def scored_sequences(folder):
    """The sequences of each arm, found by the arm's name in the file's name or in the header."""
    arms = {"control": [], "treated": []}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".fa", ".fasta")):
        for header, letters in read_fasta(path):
            for arm, found in arms.items():
                if arm in path.stem or arm in header:
                    found.append(letters)
    return arms


@torch.inference_mode()
def pytorch_answers(model, letters, batch=64):
    codes = torch.tensor(np.array([list(s.translate(str.maketrans("ACGT", "0123"))) for s in letters]).astype(np.int64))
    x = torch.nn.functional.one_hot(codes, 4).transpose(1, 2).float().contiguous()
    return torch.cat([model(part) for part in x.split(batch)])[:, 0].double().numpy()


def distance(row, y, spread=0.0):
    """How far mean and standard deviation of an arm are from those of these answers, relative to their size and spread; `spread`
    is that between arms, where an arm has few sequences."""
    sd = y.std(ddof=1) if len(y) > 1 else 0.0
    scale = abs(y.mean()) + max(sd, spread)
    return max(abs(row["mean"] - y.mean()) / scale, abs((row["sd"] or 0.0) - sd) / scale)


def disagreement(gia, name, script, folder, threads):
    """Largest difference between gia's arm means and standard deviations and PyTorch's on the very sequences that gia
    scored, relative to the spread and size of the answers."""
    sequences = folder / f"{name}_sequences"
    _, study = timed(gia, ["run", script, "--sequences", sequences], folder / "agree.json", threads)
    model, worst = networks.build(name), 0.0
    arms = scored_sequences(sequences)
    for row in study["experiments"][0]["arms"]:
        letters = arms[row["arm"]]
        if len(letters) != row["n"]:
            raise SystemExit(f"{name}: {len(letters)} sequences written for arm {row['arm']}, {row['n']} scored")
        worst = max(worst, distance(row, pytorch_answers(model, letters)))
    return worst

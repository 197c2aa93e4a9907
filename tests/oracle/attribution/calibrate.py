"""Checks what maps promise of themselves: `make calibrate-maps`.

    python tests/oracle/attribution/calibrate.py --gia PATH [--seeds 100]

Intervals over references cover the contributions against 10,000 references in 93 to 97 % of cases. p of positions of sequences without a signal, by
shuffles of each, is at most 0.05 anywhere in a sequence in about 5 % of sequences, and at most 0.2 in 20 %. Sites that are planted are found.
The network is that of experiments/ctcf_pu1, and a network with random weights for sequences without a signal.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
NETWORK = ROOT / "experiments/ctcf_pu1/ctcf_pu1.pt2"
SITE = "TGGCCACCAGGGGGCGCTA"
LENGTH = 100


def run(gia, folder, text):
    script, found = folder / "run.gia", folder / "found.json"
    script.write_text(text)
    subprocess.run([gia, "run", script, "--quiet", "--json", found], check=True)
    return json.loads(found.read_text())["maps"]


def random_sequences(rng, count):
    return ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(count)]


def write(path, sequences):
    path.write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(sequences)))


def coverage(gia, folder, seeds):
    rng = np.random.default_rng(1)
    sequences = random_sequences(rng, 4)
    sequences[:2] = [text[:40] + SITE + text[40 + len(SITE):] for text in sequences[:2]]
    write(folder / "some.fa", sequences)
    head = f'model net = load("{NETWORK}")\nlet some = fasta("some.fa")\n'
    show = lambda n: f'show deepshap(on: some, of: net["CTCF"], n: {n})\n'
    [truth] = run(gia, folder, f"set seed = 1000000\n{head}{show(10_000)}")
    truth = np.array([one["values"] for one in truth["sequences"]])
    inside = {10: [], 20: [], 50: []}
    for seed in range(seeds):
        maps = run(gia, folder, f"set seed = {seed}\n{head}" + "".join(map(show, inside)))
        for n, found in zip(inside, maps):
            values = np.array([one["values"] for one in found["sequences"]])
            half = np.array([one["half_widths"] for one in found["sequences"]])
            # Shuffles keep the first and the last base, whose contributions do not vary.
            inside[n].append((abs(values - truth) <= half)[half > 0].mean())
    return {n: float(np.mean(shares)) for n, shares in inside.items()}


def ranks(gia, folder, count):
    rng = np.random.default_rng(2)
    write(folder / "plain.fa", random_sequences(rng, count))
    planted = random_sequences(rng, count)
    write(folder / "planted.fa", [text[:40] + SITE + text[40 + len(SITE):] for text in planted])
    plain, planted = run(
        gia,
        folder,
        f'model net = load("{NETWORK}")\n'
        'show deepshap(on: fasta("plain.fa"), of: net["CTCF"], n: 5, shuffles: 19)\n'
        'show deepshap(on: fasta("planted.fa"), of: net["CTCF"], n: 5, shuffles: 19)\n',
    )
    least = np.array([min(one["p"]) for one in plain["sequences"]])
    p = np.array([one["p"] for one in planted["sequences"]]) <= 0.05
    within = p[:, 40:40 + len(SITE)].any(axis=1).mean()
    outside = np.delete(p, range(30, 50 + len(SITE)), axis=1).any(axis=1).mean()
    return {alpha: float((least <= alpha + 1e-9).mean()) for alpha in (0.05, 0.1, 0.2, 0.5)}, float(within), float(outside)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gia", required=True)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--sequences", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        covered = coverage(given.gia, folder, given.seeds)
        for n, share in covered.items():
            print(f"{n} references: intervals cover {100 * share:.1f} % of contributions against 10,000")
        least, within, outside = ranks(given.gia, folder, given.sequences)
        for alpha, share in least.items():
            print(f"random sequences with a position of p <= {alpha}: {100 * share:.1f} %")
        print(f"planted sites with a significant position: {100 * within:.1f} %; sequences with one elsewhere: {100 * outside:.1f} %")
    error = 4 * np.sqrt(0.05 * 0.95 / given.sequences)
    assert all(0.93 <= share <= 0.97 for share in covered.values()), covered
    assert abs(least[0.05] - 0.05) <= error, least
    assert within > 0.9, within


main()

"""How fast is gia beside tangermeme, PyTorch and onnxruntime on this machine? Run by `make bench`.

    python benches/bench.py [--works NAME ...] [--networks NAME ...] [--rounds 5] [--quick] [--threads 2] [--gia PATH]
    python benches/bench.py --page

Every figure is a median over rounds, and within a round the programs take turns. All are given the same weights and
sequences, and their answers are held against each other before anything is timed. Raw times go to docs/performance.json,
each with the machine and the versions that it was taken with; works that were not asked for keep the times that they have.
docs/performance.md is written from that file, by `--page` without timing.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

import cold
import contest
import contributions
import gia
import length
import networks
import page
import plain
import shuffles
from works import WORKS

ROOT = Path(__file__).parent.parent
ALL = [*WORKS, "contributions", "shuffles", "demo", "length", "passes"]


def machine(threads):
    """In words that name no host."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    cores = sum(line.startswith("processor") for line in lines)
    kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    return f"{model}, {cores} cores, {round(kilobytes / 2 ** 20)} GiB of memory; {threads} threads for each program"


def versions(options):
    own = gia.call([options.gia, "--version"])[1].split()[1]
    return {"gia": own, **{name: importlib.metadata.version(name) for name in ("torch", "tangermeme", "onnxruntime")}}


def say(what):
    print(what, file=sys.stderr, flush=True)


def contests(options, folder, peers):
    """(work, network or "all", contest); networks are exported and batch sizes found on the way."""
    for name in options.works:
        if name in WORKS:
            for network in filter(options.networks.__contains__, WORKS[name].floors):
                yield name, network, contest.Contest(WORKS[name], network, folder, peers, options)
        elif name == "passes":
            for network in options.networks:
                yield name, network, plain.Contest(network, folder, options)
        elif name == "contributions":
            for network in filter(options.networks.__contains__, contributions.FLOORS):
                yield name, network, contributions.Contest(network, folder, peers, options)
        elif name == "shuffles":
            yield name, "all", shuffles.Contest(folder, peers, options)
        elif name == "demo":
            yield name, "all", cold.Contest(folder, options)
        elif name == "length":
            yield name, "all", length.Contest(folder, peers, options)


def measure(options, known):
    """What was known, with the works that are asked for in place of what it had of them."""
    about = {"machine": machine(options.threads), "versions": versions(options)}
    with tempfile.TemporaryDirectory() as name:
        folder, peers = Path(name), contest.Peers(options.threads)
        # Batches as gia finds them from a network's shape, whatever was measured here before.
        os.environ["GIA_CACHE"] = str(folder / "cache")
        try:
            entered = []
            for work, network, one in contests(options, folder, peers):
                say(f"{work}, {network}: the same answers?")
                one.agree()
                entered.append((work, network, one))
            if "passes" in options.works:
                known["check"] = {**about, "seconds": plain.checking(options, folder)}
            for number in range(1, options.rounds + 1):
                for work, network, one in entered:
                    say(f"round {number} of {options.rounds}: {work}, {network}")
                    one.round()
        finally:
            peers.close()
    for work, network, one in entered:
        entry = {**about, "rounds": options.rounds, "quick": options.quick, **one.found()}
        known["sections"].setdefault(work, {})[network] = entry
    return known


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", nargs="+", choices=ALL, default=ALL)
    parser.add_argument("--networks", nargs="+", choices=networks.SHAPES, default=list(networks.SHAPES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="time the peers on a part of the longest works, and scale")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--gia", type=Path, default=ROOT / "target" / "release" / "gia")
    parser.add_argument("--page", action="store_true", help="write the page again from the raw times, and time nothing")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance.md")
    return parser.parse_args()


def main():
    options = arguments()
    raw = options.out.with_suffix(".json")
    known = json.loads(raw.read_text()) if raw.exists() else None
    if options.page:
        if known is None:
            raise SystemExit(f"{raw} is not there; `make bench` makes it")
    else:
        if not options.gia.exists():
            raise SystemExit("gia is not built; `cargo build --release` makes target/release/gia")
        known = measure(options, known or {"sections": {}})
        raw.parent.mkdir(parents=True, exist_ok=True)
        raw.write_text(json.dumps(known, indent=1) + "\n")
        known = json.loads(raw.read_text())
    print(page.write(known, options.out))


if __name__ == "__main__":
    main()

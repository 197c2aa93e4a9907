"""Has anything become slower? Times two builds of gia beside each other on the works of `make bench`. Run by `make bench-quick`.

    python benches/builds.py BEFORE AFTER [--rounds 5] [--threads 2] [--works NAME ...]

The two builds take turns, and which goes first alternates. Each line is a work on a network: the medians and their ratio, and
the range of the ratios of single rounds, which says how noisy the machine is. The exit status is 1 if a build takes more than
1.1 times as long as the other in a work of at least 50 ms, in the median and in most rounds.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import cold
import gia
import networks
from works import WORKS

LIMIT = 1.10
#: Seconds below which a ratio says more about the machine than about the program.
SHORT = 0.05


def jobs(folder):
    """(name, function of a build that returns seconds), for every work."""
    threads = ARGUMENTS.threads
    out = folder / "out.json"
    for work in WORKS.values():
        for network in work.floors:
            networks.export_once(network, folder)
            script = folder / f"{work.name}_{network}.gia"
            script.write_text(work.script(network))
            if work.given:
                gia.write_fasta(folder / f"{work.name}_{network}.fa", networks.SHAPES[network].length, work.sequences)

            def run(build, script=script):
                timing, _ = gia.timed(build, ["run", script, "--quiet"], out, threads)
                return timing["total"] - timing["start"] - timing["load"]

            yield work.name, f"{work.title}, {networks.SHAPES[network].title}", run
    for network, shape in networks.SHAPES.items():
        networks.export_once(network, folder)
        fasta = gia.write_fasta(folder / f"{network}.fa", shape.length, shape.plain)

        def predict(build, model=folder / f"{network}.pt2", fasta=fasta):
            return gia.predict(build, model, fasta, out, threads)["passes"]

        yield "passes", f"Plain prediction, {shape.title}", predict
    yield "demo", "The demo, cold", lambda build: gia.call([build, "run", cold.SCRIPT, "--threads", threads])[0]
    long_script = gia.write_long_script(folder)
    yield "check", "gia check of 50 lines", lambda build: statistics.median(gia.check(build, long_script) for _ in range(20))


def main():
    builds = [ARGUMENTS.before, ARGUMENTS.after]
    slower = []
    print(f"{'work':<82} {'before':>9} {'after':>9} {'ratio':>6}  rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Batches as gia finds them from a network's shape, whatever was measured here before.
        os.environ["GIA_CACHE"] = str(folder / "cache")
        for work, title, job in jobs(folder):
            if ARGUMENTS.works and work not in ARGUMENTS.works:
                continue
            times = [], []
            for number in range(ARGUMENTS.rounds):
                for which in (0, 1) if number % 2 == 0 else (1, 0):
                    times[which].append(job(builds[which]))
            before, after = map(statistics.median, times)
            ratios = [b / a for a, b in zip(*times, strict=True)]
            print(f"{title:<82} {before:8.3f}s {after:8.3f}s {after / before:6.2f}  {min(ratios):.2f}..{max(ratios):.2f}", flush=True)
            if before >= SHORT and after / before > LIMIT and statistics.median(ratios) > LIMIT:
                slower.append(title)
    if slower:
        sys.exit(f"slower by more than {LIMIT - 1:.0%}: {'; '.join(slower)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=lambda path: Path(path).resolve(), help="the `gia` of an earlier build, its `gia-worker` beside it")
    parser.add_argument("after", type=lambda path: Path(path).resolve())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--works", nargs="+", choices=[*WORKS, "passes", "demo", "check"])
    ARGUMENTS = parser.parse_args()
    main()

"""How fast is gia beside PyTorch and onnxruntime on this machine? Run by `make bench`.

    python benches/bench.py [--networks NAME ...] [--rounds 5] [--threads 2] [--gia PATH] [--pytorch-only]

Every figure is a median over rounds, and within a round each network's runs take turns: PyTorch and onnxruntime with glibc's
allocator as it is, both with its thresholds raised, plain prediction by gia, the motif experiment by gia. Writes
docs/performance.md and prints its table.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
from pathlib import Path

import gia
import networks
import profile_run

ROOT = Path(__file__).parent.parent
#: glibc gives large freed blocks back at once; with these it keeps them for the next batch.
ALLOCATORS = {
    "default": {},
    "raised": {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 32)},
}
AGREEMENT = 1e-4
CHECKS = 20
#: Backgrounds of a profiled run: enough that starting libtorch is not all that is seen.
PROFILED = 2_000
CHECK_TARGET = 0.050
MOTIF_TARGET = 1.10
ONNXRUNTIME_TARGET = 0.9


def passes(runtime, name, threads, allocator, *step):
    command = [sys.executable, "-W", "ignore", Path(__file__).with_name("passes.py"), runtime, name, "--threads", threads, *step]
    return {int(key): value for key, value in json.loads(gia.call(command, ALLOCATORS[allocator])[1]).items()}


def best_batch(runtime, name, threads, allocator):
    """The batch size with the least time a sequence."""
    found = passes(runtime, name, threads, allocator, "search")
    return min(found, key=found.get)


class Contest:
    """The runs of one network."""

    def __init__(self, name, folder, options):
        self.name, self.folder, self.options = name, folder, options
        self.shape = networks.SHAPES[name]
        runtimes = ["pytorch"] if options.pytorch_only else ["pytorch", "onnxruntime"]
        self.batches = {(runtime, allocator): best_batch(runtime, name, options.threads, allocator)
                        for runtime in runtimes for allocator in ALLOCATORS}
        self.times = {}
        if not options.pytorch_only:
            self.model = networks.export(name, folder)
            self.fasta = gia.write_fasta(folder / f"{name}.fa", self.shape.length, self.shape.plain)
            self.script = gia.write_script(folder, name)

    def agree(self):
        worst = gia.disagreement(self.options.gia, self.name, self.script, self.folder, self.options.threads)
        if worst > AGREEMENT:
            raise SystemExit(f"{self.name}: gia and PyTorch differ by {worst:.1e} on the same sequences")
        return worst

    def add(self, what, seconds):
        self.times.setdefault(what, []).append(seconds)

    def round(self):
        for (runtime, allocator), batch in self.batches.items():
            found = passes(runtime, self.name, self.options.threads, allocator, "time", batch, self.shape.plain, gia.BACKGROUNDS)
            self.add(f"{runtime} {allocator}", found[self.shape.plain])
            self.add(f"{runtime} {allocator} 1000", found[gia.BACKGROUNDS])
        if self.options.pytorch_only:
            return
        arguments = self.options.gia, self.folder / "out.json", self.options.threads
        plain = gia.predict(arguments[0], self.model, self.fasta, *arguments[1:])
        self.add("predict", plain["passes"])
        self.add("predict process", plain["process"])
        motif = gia.motif(arguments[0], self.script, *arguments[1:])
        # All but checking, starting the network's process and reading the weights.
        self.add("motif", motif["total"] - motif["check"] - motif["start"] - motif["load"])
        self.add("motif process", motif["process"])

    def median(self, what):
        return statistics.median(self.times[what])

    def best(self, runtime, suffix=""):
        return min(self.median(f"{runtime} {allocator}{suffix}") for allocator in ALLOCATORS)


def write_check_script(folder):
    if not (folder / "ctcf_pu1.pt2").exists():
        networks.export("ctcf_pu1", folder)
    return gia.write_long_script(folder)


# Report ---------------------------------------------------------------------------------------------------------------

def machine(threads):
    """In words that name no host."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    cores = sum(line.startswith("processor") for line in lines)
    kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    return f"{model}, {cores} cores, {round(kilobytes / 2 ** 20)} GiB of memory; {threads} threads for each program"


def ratio(value, good):
    return f"**{value:.2f}**" if good else f"{value:.2f} (short of the target)"


def seconds(value):
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def runtime_rows(contests, runtime):
    yield "| network | sequences | default allocator | batch | raised thresholds | batch |"
    yield "|---|---:|---:|---:|---:|---:|"
    for c in contests:
        cells = [f"{seconds(c.median(f'{runtime} {allocator}'))} | {c.batches[runtime, allocator]}" for allocator in ALLOCATORS]
        yield f"| {c.shape.title} | {c.shape.plain:,} | " + " | ".join(cells) + " |"


def plain_rows(contests):
    yield ("| network | sequences | gia | PyTorch | onnxruntime | speed of gia over PyTorch (target: at least 1) | "
           "over onnxruntime (at least 0.9) |")
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for c in contests:
        own, pytorch, onnxruntime = c.median("predict"), c.best("pytorch"), c.best("onnxruntime")
        yield (f"| {c.shape.title} | {c.shape.plain:,} | {seconds(own)} | {seconds(pytorch)} | {seconds(onnxruntime)} | "
               f"{ratio(pytorch / own, pytorch >= own)} | {ratio(onnxruntime / own, onnxruntime >= ONNXRUNTIME_TARGET * own)} |")


def motif_rows(contests):
    yield "| network | gia | two plain passes of PyTorch | gia over two passes (target: at most 1.10) | whole process |"
    yield "|---|---:|---:|---:|---:|"
    for c in contests:
        passes = 2 * c.best("pytorch", " 1000")
        cost = c.median("motif") / passes
        yield (f"| {c.shape.title} | {seconds(c.median('motif'))} | {seconds(passes)} | "
               f"{ratio(cost, cost <= MOTIF_TARGET)} | {seconds(c.median('motif process'))} |")


def profile_rows(profiles):
    yield "| network | all of `gia` but the network | of which sampling | one-hot and conversions |"
    yield "|---|---:|---:|---:|"
    for name, profile in profiles.items():
        yield (f"| {networks.SHAPES[name].title} | {profile.program:.2f} % | {profile.sampling:.2f} % | "
               f"{profile.one_hot:.2f} % |")


def report(contests, options, check, disagreements, profiles):
    """docs/performance.md, by parts: (heading, lines)."""
    yield "# How fast", [
        f"Made by `make bench` on {machine(options.threads)}. Medians over {options.rounds} rounds of one run, in which the "
        "programs took turns. Ratios carry over to other machines better than seconds do.",
    ]
    yield "## PyTorch", [
        "Eager mode, `inference_mode`, the fastest batch size of 1, 2, 4, ... 256 for each network and allocator setting. "
        "glibc gives large blocks back to the system after each batch; raising `MALLOC_MMAP_THRESHOLD_` and "
        "`MALLOC_TRIM_THRESHOLD_` spares PyTorch the page faults, so it is timed both ways, and the better one is what "
        "gia is compared with.", "", *runtime_rows(contests, "pytorch")]
    if options.pytorch_only:
        return
    yield "## onnxruntime", [
        "The same networks as PyTorch exports them to ONNX (operator set 17), batch norms folded by the exporter, searched and "
        "timed in the same way.", "", *runtime_rows(contests, "onnxruntime")]
    yield "## Plain prediction", [
        "`gia predict` over a FASTA file: the time from the first piece of work handed to the network's process to the last "
        "number back. The others' clocks start later, with one-hot sequences in memory and one batch already through; "
        "each is shown with its better allocator.",
        "", *plain_rows(contests)]
    yield f"## One motif in {gia.BACKGROUNDS:,} backgrounds", [
        "`gia run`: planning, sampling the backgrounds, writing the motif, both passes, statistics; without checking, "
        "starting the network's process and loading the weights, which the whole process includes.", "", *motif_rows(contests)]
    if profiles:
        yield "## Where the time goes", [
            f"The same script over {PROFILED:,} backgrounds under `perf record`, shares of the processor's time of both "
            "processes, start and loading included. \"All of `gia`\" is checking, planning, sampling, writing the "
            "motif, statistics and the report; the last is what the network's process spends on turning bases into "
            "one-hot numbers, with every other conversion between kinds of number counted in.",
            "", *profile_rows(profiles)]
    yield "## Checking", [
        f"`gia check` of a script of 50 lines, the whole process: {check * 1000:.1f} ms (median of {CHECKS}; target: under "
        f"{CHECK_TARGET * 1000:.0f} ms)."]
    worst = ", ".join(f"{networks.SHAPES[name].title} {value:.0e}" for name, value in disagreements.items())
    yield "## Same answers", [
        "Before anything is timed, the sequences that `gia run --sequences` wrote are given to PyTorch. Largest relative "
        f"difference of an arm's mean or standard deviation: {worst}."]


def markdown(parts):
    return "\n\n".join(f"{heading}\n\n" + "\n".join(lines) for heading, lines in parts) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=networks.SHAPES, default=list(networks.SHAPES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--gia", type=Path, default=ROOT / "target" / "release" / "gia")
    parser.add_argument("--pytorch-only", action="store_true", help="time PyTorch alone and write no file")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance.md")
    return parser.parse_args()


def main():
    options = arguments()
    if not options.pytorch_only and not options.gia.exists():
        raise SystemExit("gia is not built; `cargo build --release` makes target/release/gia")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contests, disagreements, profiles, check = [], {}, {}, None
        for network in options.networks:
            print(f"{network}: best batch sizes", file=sys.stderr, flush=True)
            contests.append(Contest(network, folder, options))
        if not options.pytorch_only:
            disagreements = {c.name: c.agree() for c in contests}
            script = write_check_script(folder)
            check = statistics.median(gia.check(options.gia, script) for _ in range(CHECKS))
            if profile_run.available():
                for c in contests:
                    long_run = gia.write_script(folder, c.name, PROFILED, "profiled")
                    profiles[c.name] = profile_run.measure(options.gia, long_run, folder, options.threads)
        for number in range(1, options.rounds + 1):
            print(f"round {number} of {options.rounds}", file=sys.stderr, flush=True)
            for contest in contests:
                contest.round()
        text = markdown(report(contests, options, check, disagreements, profiles))
    print(text)
    if not options.pytorch_only:
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(text)


if __name__ == "__main__":
    main()

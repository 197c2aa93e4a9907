"""Where the processor's time of one `gia run` goes, from Linux's `perf`: is any of it sampling or one-hot encoding?"""

import shutil
import subprocess
from dataclasses import dataclass

#: Samples a second. Every thread of both processes is sampled while it is on a processor.
RATE = 2_000


@dataclass(frozen=True)
class Profile:
    """Percentages of all samples of one run."""

    #: The whole of `gia`: check, plan, sampling, writing motifs, statistics, report.
    program: float
    #: The sampler alone, which is part of `program`.
    sampling: float
    #: In the network's process: comparison of bases with channels and every conversion between kinds of number.
    one_hot: float


def available():
    """perf may be missing, or a container may not allow it."""
    if shutil.which("perf") is None:
        return False
    return subprocess.run(["perf", "stat", "-e", "cpu-clock", "true"], capture_output=True).returncode == 0


def measure(gia, script, folder, threads):
    data = folder / "perf.data"
    subprocess.run(["perf", "record", "-F", str(RATE), "-e", "cpu-clock", "-o", data, gia, "run", script,
                    "--threads", str(threads)], check=True, capture_output=True)
    text = subprocess.run(["perf", "report", "-i", data, "--no-inline", "--sort", "comm,sym", "--stdio", "-t", "|"],
                          check=True, capture_output=True, text=True).stdout
    return shares(text)


def shares(text):
    """The sums over the lines `PERCENT% |COMMAND|SYMBOL` of perf's report."""
    program = sampling = one_hot = 0.0
    for line in text.splitlines():
        cells = line.split("|", 2)
        if line.startswith("#") or len(cells) != 3:
            continue
        percent, command, symbol = float(cells[0].strip().rstrip("%")), cells[1].strip(), cells[2]
        if command == "gia":
            program += percent
            if "domain::sampler" in symbol or "domain::population" in symbol or "rand" in symbol:
                sampling += percent
        elif command == "gia-worker":
            if "copy_kernel" in symbol or ("eq_kernel" in symbol and "unsigned char" in symbol):
                one_hot += percent
    if program == 0.0:
        raise SystemExit("perf saw nothing of gia; its report has another form than this script reads")
    return Profile(program, sampling, one_hot)

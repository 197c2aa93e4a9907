"""Holds the memory that `gia plan` states against what `gia` and its worker take.

    python3 benches/memory.py --gia target/release/gia [--only NAME ...] [--shared FOLDER] [--write docs/memory.md]

Each situation is a script that is planned and run. Measured is the peak of the summed resident memory (VmRSS) of `gia` and all
processes that it starts, read from /proc every 5 ms. A ratio of stated to measured outside of 0.8 to 1.25 fails.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAST, MOST = 0.8, 1.25
MEGABYTE = 1 << 20


def script(model, length, sample, body, background=None):
    """A script with one experiment."""
    return f"""model net = {model}
{background or f"null drawn = uniform(length: {length}bp)"}
experiment study {{
{body}
    background drawn
    sample {sample}
}}
"""


def site(outcome):
    return f'    embed "TGACTCA" at center\n    measure {outcome}'


def grid(*axes, construct="word"):
    varied = "\n".join(f"    vary {axis}" for axis in axes)
    return f'{varied}\n    embed {construct} at 20bp\n    measure net["CTCF"]'


def fasta(path, records, length):
    """A FASTA file of random sequences."""
    drawn = random.Random(1)
    with open(path, "w") as file:
        for i in range(records):
            file.write(f">record_{i}\n{''.join(drawn.choices('ACGT', k=length))}\n")


def situations(folder, shared):
    """Name, words, script, and the threads to run it with."""
    small = ROOT / "experiments/ctcf_pu1"
    for path in small.glob("ctcf_pu1.*"):
        shutil.copy(path, folder)
    for name in ["pair", "both_strands"]:
        for path in (ROOT / "tests/models").glob(f"{name}.*"):
            shutil.copy(path, folder)
    for i in range(5):
        shutil.copy(folder / "ctcf_pu1.pt2", folder / f"member_{i}.pt2")
    net = 'load("ctcf_pu1.pt2")'
    gapped = "[first, gap, second]"
    words = ("first in kmers(4)", "second in kmers(4)")
    few, many = (*words, "gap in [0bp, 10bp]"), (*words, "gap in 0bp to 14bp")
    ensemble = "ensemble([" + ", ".join(f'load("member_{i}.pt2")' for i in range(5)) + "])"
    fasta(folder / "large.fa", 100_000, 500)
    real = 'let drawn = fasta("large.fa", width: 100bp)'
    yield "one", "1 grid point", script(net, 100, 1000, site('net["CTCF"]')), (1, 2)
    yield "thousand", "1,024 grid points", script(net, 100, 100, grid("word in kmers(5)")), (1, 2)
    yield "hundred_thousand", "131,072 grid points", script(net, 100, 2, grid(*few, construct=gapped)), (1,)
    yield "million", "983,040 grid points", script(net, 100, 2, grid(*many, construct=gapped)), (1,)
    yield "two_inputs", "a network with two inputs", script('load("pair.pt2")', 60, 2000, site('net["GATA"]')), (1, 2)
    yield "ensemble", "an ensemble of five", script(ensemble, 100, 1000, site("net[0]")), (1, 2)
    yield "fasta", "a FASTA file of 50 MB", script(net, 100, 1000, site('net["CTCF"]'), real), (1,)
    if shared is None:
        return
    for name in ["explainn", "spi1_irf"]:
        shutil.copy(shared / f"{name}.pt2", folder)
        length = {"explainn": 200, "spi1_irf": 500}[name]
        yield name, f"{name}, {length} bp", script(f'load("{name}.pt2")', length, 2000, site("net[0]")), (1, 2)
    for i in range(5):
        shutil.copy(shared / "spi1_irf.pt2", folder / f"wide_{i}.pt2")
    wide = "ensemble([" + ", ".join(f'load("wide_{i}.pt2")' for i in range(5)) + "])"
    yield "wide_ensemble", "an ensemble of five, 500 bp", script(wide, 500, 2000, site("net[0]")), (1, 2)


def processes(pid):
    """A process and all that it started, but for copies of itself that have not become another program yet."""
    found = [pid]
    try:
        own = pathlib.Path(f"/proc/{pid}/comm").read_text()
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text() != own:
                    found += processes(int(child))
    except OSError:
        pass
    return found


def resident(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else 0


def peak(command, folder):
    """The most that a command took, in bytes, and its seconds."""
    started = time.time()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        most = max(most, sum(resident(pid) for pid in processes(process.pid)))
        time.sleep(0.005)
    if process.returncode not in (0, 1):
        sys.exit(f"memory: {' '.join(map(str, command))} ended with {process.returncode}\n{process.stderr.read()}")
    return most, time.time() - started


def stated(gia, path, folder):
    """Bytes that the plan states on one thread, and on each further one."""
    text = subprocess.run([gia, "plan", path], cwd=folder, check=True, capture_output=True, text=True).stdout
    line = next(line for line in text.splitlines() if "in all" in line)
    numbers = [int(word.replace(",", "")) for word in re.findall(r"\d[\d,]*", line)]
    return [number * MEGABYTE for number in (*numbers, 0)[:2]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gia", required=True, type=pathlib.Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--shared", type=pathlib.Path, help="a folder with explainn.pt2 and spi1_irf.pt2")
    parser.add_argument("--write", type=pathlib.Path, help="a page whose table is replaced")
    arguments = parser.parse_args()
    gia = arguments.gia.resolve()
    lines = ["| run | threads | stated, MB | measured, MB | stated / measured | seconds |", "|---|--:|--:|--:|--:|--:|"]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, words, text, threads in situations(folder, arguments.shared):
            if arguments.only and name not in arguments.only:
                continue
            path = folder / f"{name}.gia"
            path.write_text(text)
            one, more = stated(gia, path, folder)
            for number in threads:
                command = [gia, "run", path, "--quiet", "--device", "cpu", "--threads", str(number)]
                most, seconds = peak(command, folder)
                said = one + (number - 1) * more
                ratio = said / most
                lines.append(f"| {words} | {number} | {said // MEGABYTE:,} | {most // MEGABYTE:,} | {ratio:.2f} | {seconds:.0f} |")
                print(lines[-1], flush=True)
                if not LEAST <= ratio <= MOST:
                    wrong.append(f"{name} on {number} threads: {ratio:.2f}")
    if arguments.write:
        page = arguments.write.read_text()
        mark = "<!-- table: benches/memory.py -->\n"
        head, _, tail = page.partition(mark)
        tail = re.sub(r"\A(\|.*\n)*", "", tail)
        arguments.write.write_text(head + mark + "\n".join(lines) + "\n" + tail)
    if wrong:
        sys.exit("memory: outside of " + f"{LEAST} to {MOST}: " + "; ".join(wrong))


if __name__ == "__main__":
    main()

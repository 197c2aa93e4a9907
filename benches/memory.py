"""Holds the memory that `gia plan` states against what `gia` and its worker take.

    python3 benches/memory.py --gia target/release/gia [--only NAME ...] [--shared FOLDER] [--networks FOLDER] [--write docs/memory.md]

Each situation is a script that is planned and run. Measured is the peak of the summed resident memory of `gia` and all workers that
it starts, read from /proc every 5 ms: anonymous and shared pages, and mapped files up to CODE. More of a library is mapped where the
file cache holds it in large pieces, as it does after the library was written; the system takes that back when memory is short.
A ratio of stated to measured outside of 0.8 to 1.2 fails. `--networks` names a folder with basset.pt2 and bpnet.pt2, as
`benches/networks.py` exports them.
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
LEAST, MOST = 0.8, 1.2
MEGABYTE = 1 << 20
# What is usually mapped of the code of `gia` and libtorch.
CODE = 88 * MEGABYTE


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


def grid(*axes, construct="word", outcome='net["CTCF"]'):
    varied = "\n".join(f"    vary {axis}" for axis in axes)
    return f"{varied}\n    embed {construct} at 20bp\n    measure {outcome}"


def fasta(path, records, length):
    """A FASTA file of sequences, each a stretch of a random megabyte."""
    drawn = random.Random(1)
    letters = "".join(drawn.choices("ACGT", k=MEGABYTE))
    with open(path, "w") as file:
        for i in range(records):
            start = drawn.randrange(MEGABYTE - length)
            file.write(f">record_{i}\n{letters[start:start + length]}\n")


def five(folder, path, length, outcome="net[0]"):
    """An ensemble of five copies of a network, measured at one site."""
    for i in range(5):
        shutil.copy(path, folder / f"{path.stem}_{i}.pt2")
        if (declared := path.with_suffix(".toml")).exists():
            shutil.copy(declared, folder / f"{path.stem}_{i}.toml")
    members = ", ".join(f'load("{path.stem}_{i}.pt2")' for i in range(5))
    return script(f"ensemble([{members}])", length, 1000, site(outcome))


def situations(folder, shared, networks):
    """Name, words, script, and the threads to run it with."""
    small = ROOT / "experiments/ctcf_pu1"
    for path in small.glob("ctcf_pu1.*"):
        shutil.copy(path, folder)
    for path in (ROOT / "tests/models").glob("pair.*"):
        shutil.copy(path, folder)
    net = 'load("ctcf_pu1.pt2")'
    gapped = "[first, gap, second]"
    words = ("first in kmers(4)", "second in kmers(4)")
    few, many = (*words, "gap in [0bp, 10bp]"), (*words, "gap in 0bp to 14bp")
    sums = 'additive({"GATA": 2.0, "TGACTCA": 1.0})'
    fasta(folder / "large.fa", 1_000_000, 500)
    real = 'let drawn = fasta("large.fa", width: 100bp)'
    yield "one", "1 grid point", script(net, 100, 1000, site('net["CTCF"]')), (1, 2)
    yield "thousand", "1,024 grid points", script(net, 100, 100, grid("word in kmers(5)")), (1, 2)
    yield "hundred_thousand", "131,072 grid points", script(net, 100, 2, grid(*few, construct=gapped)), (1, 2)
    yield "million", "983,040 grid points", script(net, 100, 2, grid(*many, construct=gapped)), (1,)
    of_sums = script(sums, 100, 2, grid(*many, construct=gapped, outcome="net"))
    yield "million_sums", "983,040 grid points of a formula", of_sums, (1,)
    yield "two_inputs", "a network with two inputs", script('load("pair.pt2")', 60, 2000, site('net["GATA"]')), (1, 2)
    yield "ensemble", "an ensemble of five, 100 bp", five(folder, small / "ctcf_pu1.pt2", 100), (1, 2)
    yield "fasta", "50 sequences of a FASTA file of 500 MB", script(net, 100, 50, site('net["CTCF"]'), real), (1, 2)
    if shared is not None:
        for name, length in [("explainn", 200), ("spi1_irf", 500)]:
            shutil.copy(shared / f"{name}.pt2", folder)
            yield name, f"{name}, {length} bp", script(f'load("{name}.pt2")', length, 2000, site("net[0]")), (1, 2)
        wide = five(folder, shared / "spi1_irf.pt2", 500)
        yield "wide_ensemble", "an ensemble of five, 500 bp", wide, (1, 2)
    if networks is not None:
        for name, length in [("basset", 600), ("bpnet", 2114)]:
            for path in networks.glob(f"{name}.*"):
                shutil.copy(path, folder)
            one = script(f'load("{name}.pt2")', length, 1000, site("net[0]"))
            yield name, f"{name}, {length:,} bp", one, (1, 2)
            members = five(folder, networks / f"{name}.pt2", length)
            yield f"{name}_ensemble", f"an ensemble of five, {name}, {length:,} bp", members, (1, 2)


def processes(pid):
    """A process and the workers that it started: `git` and copies of `gia` that have not become another program yet are left out."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "gia-worker\n":
                    found += processes(int(child))
    except OSError:
        pass
    return found


def resident(pid):
    """Bytes of a process: its own, and those of mapped files."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0, 0
    of = {name: int(kilobytes) * 1024 for name, kilobytes in re.findall(r"(Rss\w+):\s+(\d+) kB", text)}
    return of.get("RssAnon", 0) + of.get("RssShmem", 0), of.get("RssFile", 0)


def peak(command, folder):
    """The most that a command took, in bytes, and its seconds."""
    started = time.time()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        own, files = map(sum, zip(*(resident(pid) for pid in processes(process.pid))))
        most = max(most, own + min(files, CODE))
        time.sleep(0.005)
    if process.returncode not in (0, 1):
        sys.exit(f"memory: {' '.join(map(str, command))} ended with {process.returncode}\n{process.stderr.read()}")
    return most, time.time() - started


def stated(gia, path, folder):
    """Bytes that the plan states on one thread, and on each further one."""
    text = subprocess.run([gia, "plan", path], cwd=folder, check=True, capture_output=True, text=True).stdout
    line = next(line for line in text.splitlines() if "MB  in total" in line)
    numbers = [int(word.replace(",", "")) for word in re.findall(r"\d[\d,]*", line)]
    return [number * MEGABYTE for number in (*numbers, 0)[:2]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gia", required=True, type=pathlib.Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--shared", type=pathlib.Path, help="a folder with explainn.pt2 and spi1_irf.pt2")
    parser.add_argument("--networks", type=pathlib.Path, help="a folder with basset.pt2 and bpnet.pt2")
    parser.add_argument("--write", type=pathlib.Path, help="a page whose table is replaced")
    arguments = parser.parse_args()
    gia = arguments.gia.resolve()
    lines = ["| run | threads | stated, MB | measured, MB | stated / measured | seconds |", "|---|--:|--:|--:|--:|--:|"]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, words, text, threads in situations(folder, arguments.shared, arguments.networks):
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

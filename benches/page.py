"""docs/performance.md from docs/performance.json: the raw times of `make bench` as tables of medians.

Nothing is timed here, so the page can be written again without timing again. A figure that was scaled up from a part is marked.
"""

import collections
import statistics

import cold
import contest
import contributions
import figure
import gia
import networks
import plain
import shuffles
from works import WORKS

CHECK_TARGET = 0.050
MOTIF_TARGET = 1.10
ONNXRUNTIME_TARGET = 0.9
FIGURE = "figures/time_against_length.svg"


def seconds(value):
    if value < 0.01:
        return f"{value * 1000:.2f} ms"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def ratio(value, good):
    return f"**{value:.2f}**" if good else f"{value:.2f} (short of the target)"


def times_faster(opponent, own, floor):
    found = opponent / own
    return f"**{found:.1f}x** (floor {floor:g}x)" if found >= floor else f"{found:.1f}x (short of the floor of {floor:g}x)"


def median(entry, what):
    return statistics.median(entry["times"][what])


def best(entry, runtime, suffix=""):
    return min(median(entry, f"{runtime} {allocator}{suffix}") for allocator in contest.ALLOCATORS)


#: What a section is called in a sentence.
NAMES = {"motif": "one motif", "pairs": "two motifs", "kmers": "6-mers", "saturation": "saturation mutagenesis", "contributions": "DeepSHAP", "shuffles": "shuffles",
         "demo": "the demo", "length": "time against length", "passes": "plain prediction"}

#: In the order of the table.
LEFT = [
    "- *As it comes.* These floors were set for a tangermeme whose defaults are half as fast as what can be tuned. The "
    "defaults of 1.6.0 are as fast as the tuned settings for one motif and for saturation mutagenesis. There, a floor of 3x "
    "or 15x is higher than the ceiling and the faster plain passes allow together.",
    "- *Saturation mutagenesis on BPNet's shape.* The job is long enough for tangermeme's own partial recomputation, which "
    "then does what gia does. Both floors were set against full passes.",
    "- *The ceiling counts multiplications*, and plain passes of gia are faster than PyTorch's ([below](#plain-prediction)), "
    "so that one motif is above it. By gia's own plain passes it is at 1.3 to 1.7 of 1.9: the backgrounds' passes are most of "
    "what is left, then the windows, which are brought together and written back, and whose convolutions are narrow.",
    "- *Two motifs and saturation mutagenesis on BPNet's shape.* The windows of the last dilated layers are 500 and 1,000 of "
    "2,114 positions wide. Their residual sums and activations are limited by memory bandwidth, not by multiplications. One "
    "kernel for convolution, activation and sum would save about a fifth.",
    "- *Saturation mutagenesis on DeepSTARR's shape* takes about 0.1 s, a sixth of which is planning and statistics of 996 "
    "places and bases; its windows are so small that starting an operator takes as long as computing it.",
]

# Beside tangermeme -----------------------------------------------------------------------------------------------------

def floors(sections):
    """Each work and network with its title and floor, in the order of the page."""
    for work in WORKS.values():
        for network, entry in sections.get(work.name, {}).items():
            yield work.title, networks.SHAPES[network].title, entry, work.floors[network]
    for network, entry in sections.get("contributions", {}).items():
        title = f"DeepSHAP of {contributions.SEQUENCES[network]} sequences, {contributions.REFERENCES} references each"
        yield title, networks.SHAPES[network].title, entry, contributions.FLOORS[network]
    for name, title, floor in [("shuffles", f"{shuffles.SHUFFLES:,} dinucleotide shuffles of {shuffles.LENGTH:,} bp", shuffles.FLOOR),
                               ("demo", "The demo, cold", cold.FLOOR)]:
        if name in sections:
            yield title, "", sections[name]["all"], floor


def scaled(entry, what):
    return f"{seconds(median(entry, what))}{' (scaled)' if entry['scale'] != 1 else ''}"


def floor_rows(sections):
    yield "| work | network | gia | tangermeme tuned | as it comes | against tuned | against as it comes | ceiling |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for title, network, entry, floor in floors(sections):
        own, tuned, plain_ = (median(entry, what) for what in ("gia", "tuned", "as it comes"))
        ceiling = f"{floor.ceiling}x" if floor.ceiling else ""
        yield (f"| {title} | {network} | {seconds(own)} | {scaled(entry, 'tuned')} | {scaled(entry, 'as it comes')} | "
               f"{times_faster(tuned, own, floor.tuned)} | {times_faster(plain_, own, floor.as_it_comes)} | {ceiling} |")


def chosen(entry, what):
    """The methods that tangermeme chose over the rounds, each with how often where they differ."""
    counts = collections.Counter(entry.get("methods", {}).get(what, []))
    return ", ".join(method if len(counts) == 1 else f"{method} ({count} of {counts.total()} rounds)" for method, count in counts.items())


def other_rows(sections):
    yield ("| work | network | batch | PyTorch | gia against PyTorch | tangermeme's partial recomputation, forced | gia against it | "
           "what tangermeme chose, tuned | as it comes |")
    yield "|---|---|---:|---:|---:|---:|---:|---|---|"
    for title, network, entry, _ in floors(sections):
        if "pytorch" in entry["times"]:
            own, cells = median(entry, "gia"), []
            for what in ("pytorch", "forced"):
                known = what in entry["times"]
                cells += [scaled(entry, what), f"{median(entry, what) / own:.1f}x"] if known else ["", ""]
            cells += [chosen(entry, what) for what in ("tuned", "as it comes")]
            yield f"| {title} | {network} | {entry['batch']} | {' | '.join(cells)} |"


# Against length --------------------------------------------------------------------------------------------------------

def length_rows(times):
    yield "| length | gia | gia --exact | PyTorch | gia against gia --exact | against PyTorch |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for length in sorted(times["gia"], key=int):
        own, exact, pytorch = (statistics.median(times[way][length]) for way in ("gia", "gia --exact", "pytorch"))
        yield (f"| {int(length):,} bp | {seconds(own)} | {seconds(exact)} | {seconds(pytorch)} | {exact / own:.1f}x | "
               f"{pytorch / own:.1f}x |")


# Plain passes ----------------------------------------------------------------------------------------------------------

def runtime_rows(entries, runtime):
    yield "| network | sequences | default allocator | batch | raised thresholds | batch |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, entry in entries.items():
        ways = [f"{runtime} {allocator}" for allocator in contest.ALLOCATORS]
        cells = [f"{seconds(median(entry, way))} | {entry['batches'][way]}" for way in ways]
        yield f"| {networks.SHAPES[name].title} | {networks.SHAPES[name].plain:,} | " + " | ".join(cells) + " |"


def plain_rows(entries):
    yield ("| network | sequences | gia | PyTorch | onnxruntime | speed of gia over PyTorch (target: at least 1) | "
           "over onnxruntime (at least 0.9) |")
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, entry in entries.items():
        own, pytorch, onnxruntime = median(entry, "predict"), best(entry, "pytorch"), best(entry, "onnxruntime")
        yield (f"| {networks.SHAPES[name].title} | {networks.SHAPES[name].plain:,} | {seconds(own)} | {seconds(pytorch)} | "
               f"{seconds(onnxruntime)} | {ratio(pytorch / own, pytorch >= own)} | "
               f"{ratio(onnxruntime / own, onnxruntime >= ONNXRUNTIME_TARGET * own)} |")


def motif_rows(entries):
    yield "| network | gia | two plain passes of PyTorch | gia over two passes (target: at most 1.10) | whole process |"
    yield "|---|---:|---:|---:|---:|"
    for name, entry in entries.items():
        passes = 2 * best(entry, "pytorch", " 1000")
        cost = median(entry, "motif") / passes
        yield (f"| {networks.SHAPES[name].title} | {seconds(median(entry, 'motif'))} | {seconds(passes)} | "
               f"{ratio(cost, cost <= MOTIF_TARGET)} | {seconds(median(entry, 'motif process'))} |")


def profile_rows(entries):
    yield "| network | all of `gia` but the network | of which sampling | one-hot and conversions |"
    yield "|---|---:|---:|---:|"
    for name, entry in entries.items():
        found = entry["profile"]
        if found:
            yield (f"| {networks.SHAPES[name].title} | {found['program']:.2f} % | {found['sampling']:.2f} % | "
                   f"{found['one_hot']:.2f} % |")


# The page --------------------------------------------------------------------------------------------------------------

def beside_tangermeme(sections):
    yield "## Whole experiments, beside tangermeme", [
        "Works that are given to gia and to tangermeme alike. Tangermeme runs *as it comes* (its defaults, batches of 32) and "
        "*tuned*, with three changes. It uses the batch size that is fastest here. Each background is predicted once, where "
        "tangermeme's functions predict it again at every call. And glibc keeps large blocks (`MALLOC_MMAP_THRESHOLD_`, "
        "`MALLOC_TRIM_THRESHOLD_`). In saturation mutagenesis tangermeme chooses its method by the size of the job: it tries "
        "its own partial recomputation where full passes would take 30 s or more, and uses it if a trial shows it to be "
        "faster. That is left on, whole jobs are timed, and [Others](#others) says what it chose. Its clock starts with the "
        "network built, sequences one-hot in memory and the calls run once. That of gia covers checking, planning, sampling, "
        "all passes and the statistics, without starting the network's process and reading the weights. *Ceiling*: what "
        "counting the multiplications that an edit can reach allows.", "", *floor_rows(sections), ""] + [
        "The two rows without a network are of other kinds. *Shuffles.* gia's time is that of a whole process without forward "
        "passes, from its start. It is extrapolated from two runs, one with a single prediction for each sequence and one "
        "with more. gia draws from all shuffles with equal probability, tangermeme only from some of them "
        "([coming_from.md](coming_from.md#shuffles)). Tuned, tangermeme's shuffles stay packed and use both cores. *Demo.* "
        "The time runs from the start of a process to its table, for gia and for a Python script with its imports "
        "(`benches/demo.py`)."] + list(of_contributions(sections))
    yield "### What is left, and why", LEFT
    rows = list(other_rows(sections))
    if len(rows) > 2:
        yield "### Others", [
            "PyTorch: a loop written by hand, eager, at the batch size named. Tangermeme's partial recomputation (after fastISM): "
            "also where tangermeme would not use it by itself, at the same batch size.", "", *rows]


def of_contributions(sections):
    entries = sections.get("contributions", {}).values()
    if entries:
        worst = max(entry["root_mean_square"] for entry in entries)
        yield ("*DeepSHAP.* Tangermeme is given the references that gia drew. Both compute in float32, where a unit at its kink may fall "
               f"to either side; the root mean square of the differences is at most {worst:.0e} of that of the contributions. The ceiling "
               "counts the passes: two for a reference and one for the sequence, where tangermeme takes four for each pair, times the "
               "ratio of plain passes. It is passed where element-wise operators, and not multiplications, take tangermeme's time.")


def growth(times, way, first, last):
    shortest, longest = (statistics.median(times[way][length]) for length in (first, last))
    return f"{longest / shortest:.1f}"


def against_length(sections):
    entry = sections["length"]["all"]
    times = entry["times"]
    # From the first length that is well beyond what a base reaches.
    first, *_, last = sorted((length for length in times["gia"] if int(length) >= 2_000), key=int)
    yield "## Time against length", [
        "The marginal cost of an edit: 12 bases are written at many positions of sequences of 500 to 50,000 bp, and a "
        "BPNet-shaped network predicts the results. The cost of one more edit is the difference in time between two runs, "
        "divided by the difference in their numbers of edits. So the passes of the backgrounds, and the sample that gia "
        "checks with full passes, do not count. A base affects about 1,040 bp of this network. The aim is a cost that grows "
        "with the region that an edit affects and not with the length of the sequence. `--exact` computes a full pass for "
        f"every sequence. From {int(first):,} to {int(last):,} bp the cost grows by a factor of "
        f"{growth(times, 'gia', first, last)}; with `--exact` it grows by {growth(times, 'gia --exact', first, last)}, and in "
        f"PyTorch by {growth(times, 'pytorch', first, last)}.", "",
        f"![Time for one edit more against the length of the sequence]({FIGURE})", "", *length_rows(times)]


def passes(entries):
    yield "## PyTorch", [
        "Eager mode, `inference_mode`, the fastest batch size of 1, 2, 4, ... 256 for each network and allocator setting. "
        "glibc gives large blocks back to the system after each batch; raising `MALLOC_MMAP_THRESHOLD_` and "
        "`MALLOC_TRIM_THRESHOLD_` spares PyTorch the page faults, so it is timed both ways, and the better one is what "
        "gia is compared with.", "", *runtime_rows(entries, "pytorch")]
    yield "## onnxruntime", [
        "The same networks as PyTorch exports them to ONNX (operator set 17), batch norms folded by the exporter, searched and "
        "timed in the same way.", "", *runtime_rows(entries, "onnxruntime")]
    yield "## Plain prediction", [
        "`gia predict` over a FASTA file: the time from the first piece of work handed to the network's process to the last "
        "number back. The others' clocks start later, with one-hot sequences in memory and one batch already through; "
        "each is shown with its better allocator.",
        "", *plain_rows(entries)]
    yield f"## One motif in {gia.BACKGROUNDS:,} backgrounds", [
        "`gia run`: planning, sampling the backgrounds, writing the motif, both passes, statistics; without checking, "
        "starting the network's process and loading the weights, which the whole process includes.", "", *motif_rows(entries)]
    rows = list(profile_rows(entries))
    if len(rows) > 2:
        yield "## Where the time goes", [
            "The table shows the shares of processor time of both processes, from `perf record` of the same script with "
            f"{plain.PROFILED:,} backgrounds. Start and loading are included. \"All of `gia`\" is checking, planning, sampling, "
            "writing the motif, statistics and the report. The last row is the one-hot encoding of bases in the worker, "
            "together with all other conversions between number types.", "", *rows]


def agreement(sections):
    every = [entry["difference"] for entries in sections.values() for entry in entries.values() if "difference" in entry]
    return "## Same answers", [
        "The others are given the sequences that `gia run --sequences` wrote and the same weights. An eighth of their answers before "
        f"anything is timed, and all of them after each round, must agree to {contest.AGREEMENT:.0e} with those of "
        "gia: mean and standard deviation of each arm at each grid point, relative to their size and spread. The largest difference "
        f"is {max(every, default=0):.0e}. Of shuffles, the counts of dinucleotides must be those of the given sequences."]


def measured_on(sections):
    """Which works were timed on which machine, with which versions, in a sentence each."""
    groups = {}
    for work, entries in sections.items():
        for entry in entries.values():
            versions = ", ".join(f"{name} {version}" for name, version in entry["versions"].items())
            groups.setdefault(f"{entry['machine']}; {versions}", {})[work] = None
    if len(groups) == 1:
        return f"Machine and versions: {next(iter(groups))}."
    return " ".join(f"{', '.join(NAMES[work] for work in works).capitalize()}: {about}." for about, works in groups.items())


def parts(found):
    """The page, by parts: (heading, lines)."""
    sections = found["sections"]
    rounds = {entry["rounds"] for entries in sections.values() for entry in entries.values()}
    quick = any(entry["quick"] for entries in sections.values() for entry in entries.values())
    yield "# How fast", [
        f"Made by `make bench`. {measured_on(sections)} Medians over {' or '.join(map(str, sorted(rounds)))} rounds, in "
        "which the programs took turns. Ratios carry over to other machines better than seconds do. The raw times are in [performance.json](performance.json)."
        + (" The peers' figures that are marked as scaled are of a part of the work, every fifth gap or every 64th word, and "
           "multiplied; gia did all of it. Saturation mutagenesis is never scaled." if quick else "")]
    if any(floors(sections)):
        yield from beside_tangermeme(sections)
    if "length" in sections:
        yield from against_length(sections)
    if "passes" in sections:
        yield from passes(sections["passes"])
    if "check" in found:
        yield "## Checking", [
            f"`gia check` of a script of 50 lines, the whole process: {statistics.median(found['check']['seconds']) * 1000:.1f} ms (median of "
            f"{len(found['check']['seconds'])}; target: under {CHECK_TARGET * 1000:.0f} ms)."]
    yield agreement(sections)


def write(found, path):
    """Writes the page and its figure; returns the page."""
    text = "\n\n".join(f"{heading}\n\n" + "\n".join(lines) for heading, lines in parts(found)) + "\n"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    if "length" in found["sections"]:
        figure.draw(found["sections"]["length"]["all"]["times"], path.parent / FIGURE)
    return text

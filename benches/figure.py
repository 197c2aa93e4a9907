"""Time against length, drawn from the raw times: docs/figures/time_against_length.svg."""

import statistics

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

#: Colours that are told apart without seeing red and green apart too.
LINES = {"gia": "#0072b2", "gia --exact": "#d55e00", "pytorch": "#444444"}
NAMES = {"pytorch": "PyTorch"}


def draw(times, path):
    """`times`: for each way, seconds for one edit by length, of all rounds."""
    matplotlib.rcParams.update({"svg.hashsalt": "gia", "font.family": "sans-serif", "font.size": 10})
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for way, colour in LINES.items():
        lengths = sorted(times[way], key=int)
        seconds = [statistics.median(times[way][length]) * 1000 for length in lengths]
        axes.plot([int(length) for length in lengths], seconds, marker="o", markersize=4, color=colour, label=NAMES.get(way, way))
    axes.legend(frameon=False)
    axes.set(xscale="log", yscale="log", xlabel="length of the sequence (bp)", ylabel="time for one edit more (ms)")
    ticks = sorted(int(length) for length in times["gia"])
    axes.set_xticks(ticks, [f"{length:,}" for length in ticks])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)

"""Published delta scores and positions of SpliceAI, from scripts as a user would write them.

    python check.py --gia PATH/gia [--cache DIR]

The weights come from SpliceAI's package of PyPI (their licence is theirs: nothing of it is kept in the tree), and are exported by torch.export
as they are. The scores are those of the package's own unit tests (tests/test_delta_score.py): two variants of TUBB8 on GRCh37 chromosome 10, with
a distance of 500. tubb8.fa has the bases of the transcript on the forward strand; SpliceAI reads N outside of it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import h5py
import torch

HERE = Path(__file__).parent
PACKAGE = "spliceai==1.3.1"
DISTANCE, CONTEXT = 500, 5000
WIDTH = 2 * (DISTANCE + CONTEXT) + 1
FIRST = 92893  # of the transcript, from 1
# Position, alleles, and what the tests of SpliceAI print for them: gain and loss of an acceptor and of a donor, and their places.
PUBLISHED = [
    (94077, "A", "C", "0.15|0.27|0.00|0.05|89|-23|-267|193"),
    (94555, "C", "T", "0.01|0.18|0.15|0.62|-2|110|-190|0"),
]
COMPLEMENT = dict(zip("ACGT", "TGCA"))


class Keras(torch.nn.Module):
    """A model of convolutions, batch norms and sums, layer by layer as its file describes it."""

    def __init__(self, path):
        super().__init__()
        with h5py.File(path) as file:
            config = file.attrs["model_config"]
            config = json.loads(config if isinstance(config, str) else config.decode())
            self.steps = []
            self.parts = torch.nn.ModuleDict()
            for layer in config["config"]["layers"]:
                name, kind, of = layer["name"], layer["class_name"], layer["config"]
                inputs = [node[0] for node in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
                self.steps.append((name, kind, of.get("activation"), of.get("cropping"), inputs))
                group = file["model_weights"][name]
                weights = [torch.tensor(group[key][()]) for key in group.attrs["weight_names"]]
                if kind == "Conv1D":
                    kernel, bias = weights
                    conv = torch.nn.Conv1d(
                        kernel.shape[1], kernel.shape[2], kernel.shape[0], dilation=of["dilation_rate"][0], padding=of["padding"]
                    )
                    conv.weight.data, conv.bias.data = kernel.permute(2, 1, 0).contiguous(), bias
                    self.parts[name] = conv
                elif kind == "BatchNormalization":
                    scale, shift, mean, variance = weights
                    norm = torch.nn.BatchNorm1d(len(mean), eps=of["epsilon"])
                    norm.weight.data, norm.bias.data = scale, shift
                    norm.running_mean.data, norm.running_var.data = mean, variance
                    self.parts[name] = norm
        self.eval()

    def forward(self, x):
        known = {}
        for name, kind, activation, cropping, inputs in self.steps:
            given = [known[i] for i in inputs]
            if kind == "InputLayer":
                y = x
            elif kind == "Add":
                y = given[0]
                for other in given[1:]:
                    y = y + other
            elif kind == "Cropping1D":
                y = given[0][:, :, cropping[0] : -cropping[1]]
            elif kind == "Activation":
                y = torch.relu(given[0])
            else:
                y = self.parts[name](given[0])
            if activation == "softmax":
                y = torch.softmax(y, dim=1)
            known[name] = y
        return y


def networks(cache):
    """The five networks as .pt2 with their declarations, made once."""
    folder = cache / "networks"
    if (folder / "spliceai5.toml").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", cache, PACKAGE], check=True)
    wheel = next(cache.glob("spliceai-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        for number in range(1, 6):
            archive.extract(f"spliceai/models/spliceai{number}.h5", cache)
            model = Keras(cache / f"spliceai/models/spliceai{number}.h5")
            example = torch.zeros(2, 4, WIDTH)
            batch = torch.export.Dim("batch")
            program = torch.export.export(model, (example,), dynamic_shapes=({0: batch},))
            torch.export.save(program, folder / f"spliceai{number}.pt2")
            (folder / f"spliceai{number}.toml").write_text(
                f'length  = {WIDTH}\nlayout  = "channels_first"\nunknown = "zeros"\n\n'
                '[[output]]\ntasks = ["neither", "acceptor", "donor"]\nbin   = 1\n'
            )
    return folder


def genome(path):
    """Chromosome 10 up to past the variants, N outside of the transcript."""
    bases = "".join((HERE / "tubb8.fa").read_text().split("\n")[1:])
    before = "N" * (FIRST - 1)
    path.write_text(f">chr10\n{before}{bases}{'N' * 10000}\n")


SCRIPT = """model net = load("{networks}")

## chr10:{position} {reference}>{alternate}, read on the strand of the gene.
experiment delta {{
    background locus("chr10:{start}-{end}", genome: "genome.fa", strand: "-", unknown: "keep")
    mutate center with "{written}"
    measure acceptor_gain = max(net["acceptor"] - control), acceptor_gain_at = argmax(net["acceptor"] - control),
            acceptor_loss = max(-(net["acceptor"] - control)), acceptor_loss_at = argmax(-(net["acceptor"] - control)),
            donor_gain = max(net["donor"] - control), donor_gain_at = argmax(net["donor"] - control),
            donor_loss = max(-(net["donor"] - control)), donor_loss_at = argmax(-(net["donor"] - control))
}}
"""


def scores(gia, folder, cache, position, reference, alternate):
    half = WIDTH // 2
    text = SCRIPT.format(
        networks=networks(cache),
        position=position,
        reference=reference,
        alternate=alternate,
        start=position - half,
        end=position + half,
        written=COMPLEMENT[alternate],
    )
    (folder / "delta.gia").write_text(text)
    study = folder / "study.json"
    subprocess.run([gia, "run", folder / "delta.gia", "-q", "--json", study], check=True)
    arms = json.loads(study.read_text())["experiments"][0]["arms"]
    of = {arm["outcome"]: arm["mean"] for arm in arms if arm["arm"] == "treated"}
    kinds = ["acceptor_gain", "acceptor_loss", "donor_gain", "donor_loss"]
    numbers = [f"{of[kind]:.2f}" for kind in kinds]
    # On the reverse strand a later place of the window is an earlier one of the chromosome.
    places = [f"{round(half - of[kind + '_at'])}" for kind in kinds]
    return "|".join(numbers + places)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gia", required=True)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/gia/spliceai")
    arguments = parser.parse_args()
    gia = os.path.abspath(arguments.gia)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        genome(folder / "genome.fa")
        for position, reference, alternate, published in PUBLISHED:
            found = scores(gia, folder, arguments.cache, position, reference, alternate)
            same = found == published
            wrong += not same
            print(f"chr10:{position} {reference}>{alternate}  {found}  {'as published' if same else 'published: ' + published}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()

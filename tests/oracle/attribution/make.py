"""Makes the networks and the numbers that tests/attribute.rs holds `gia attribute` against.

    python tests/oracle/attribution/make.py --gia PATH

The networks use what tangermeme 1.6.0 has exact rules for: convolution, batch norm, GELU, overlapping max pooling, a layer norm, a softmax
and products. The references are those that `gia attribute` draws; for each, tangermeme computes hypothetical contributions in float64, and
captum 0.9.0 integrated gradients at 50 points of Gauss and Legendre. tangermeme also gives saturation mutagenesis, and PyTorch the predictions
of sequences whose windows are those of the references; its dependency map of the corrected gradient; and what each base contributes to each output (PISA). SciPy says how alike saturation mutagenesis and occlusion are. Needs tangermeme and captum (`make peers`).
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.spatial
import scipy.stats
import torch
from captum.attr import IntegratedGradients
from tangermeme.deep_lift_shap import deep_lift_shap, hypothetical_attributions
from tangermeme.dependency_map import dependency_map
from tangermeme.pisa import pisa
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from torch import nn

HERE = Path(__file__).resolve().parent
LENGTH, REFERENCES, WIDTH = 60, 3, 7


def pooled():
    return nn.Sequential(
        nn.Conv1d(4, 8, 9, padding=4), nn.BatchNorm1d(8), nn.GELU(), nn.MaxPool1d(4, 2), nn.Conv1d(8, 6, 5), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)
    )


class Normed(nn.Module):
    """Features of each position, normalised, as shares that are averaged."""

    def __init__(self):
        super().__init__()
        self.first, self.tanh, self.norm = nn.Conv1d(4, 6, 7), nn.Tanh(), nn.LayerNorm(6)
        self.mixed, self.softmax, self.last = nn.Linear(6, 5), nn.Softmax(dim=-1), nn.Linear(5, 2)

    def forward(self, x):
        features = self.norm(self.tanh(self.first(x)).transpose(1, 2))
        return self.last(self.softmax(self.mixed(features)).mean(1))


@torch.no_grad()
def occluded(network, sequence, references):
    """The output less its mean where the window around each position is that of a reference, position by position."""
    value = network(sequence[None])[0, 1]
    found = []
    for position in range(LENGTH):
        window = slice(max(0, position - WIDTH // 2), position + WIDTH // 2 + 1)
        changed = sequence.repeat(len(references), 1, 1)
        changed[:, :, window] = references[:, :, window]
        found.append((value - network(changed)[:, 1]).mean().item())
    return np.array(found)


def agreement(a, b):
    """Pearson, Spearman, cosine, the share of products that agree in sign, and the overlap of the tenth that contributes most."""
    tops = [set(np.argsort(-np.abs(x), kind="stable")[: LENGTH // 10]) for x in (a, b)]
    products = a * b
    return [
        scipy.stats.pearsonr(a, b).statistic,
        scipy.stats.spearmanr(a, b).statistic,
        1 - scipy.spatial.distance.cosine(a, b),
        products[products > 0].sum() / np.abs(products).sum(),
        len(tops[0] & tops[1]) / len(tops[0] | tops[1]),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gia", required=True)
    gia = parser.parse_args().gia
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    texts = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(2)]
    (HERE / "sequences.fa").write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
    for name, network in {"pooled": pooled(), "normed": Normed()}.items():
        example = torch.zeros(2, 4, LENGTH)
        network.train()
        network(torch.eye(4)[torch.randint(4, (64, LENGTH))].transpose(1, 2))
        network.eval()
        path = HERE / f"{name}.pt2"
        torch.export.save(torch.export.export(network, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},)), path)
        with tempfile.TemporaryDirectory() as folder:
            found = Path(folder) / "found.npz"
            command = [gia, "attribute", path, HERE / "sequences.fa", "--of", "1", "--references", str(REFERENCES), "--seed", "1", "--npz", found, "--dtype", "float64"]
            subprocess.run(command, check=True, capture_output=True)
            references = np.load(found)["references"]
        one_hot = lambda codes: torch.eye(4, dtype=torch.float64)[torch.as_tensor(codes.astype(int))].mT
        inputs = one_hot(np.array([["ACGT".index(base) for base in text] for text in texts]))
        given = one_hot(references)
        multipliers = deep_lift_shap(network.double(), inputs, target=1, references=given, raw_outputs=True, dtype=torch.float64, device="cpu", warning_threshold=1.0)
        expected = []
        for sequence, own, reference in zip(inputs, multipliers, given):
            each = [hypothetical_attributions((m[None],), (sequence[None],), (r[None],))[0][0] for m, r in zip(own, reference)]
            expected.append(torch.stack(each).mean(0))
        integrated = []
        for sequence, own in zip(inputs, given):
            lines = IntegratedGradients(network).attribute(sequence.expand_as(own), own, target=1, n_steps=50, method="gausslegendre")
            integrated.append(lines.sum(1).mean(0))
        dependencies = dependency_map(network, inputs[:1], start=20, end=30, target=1, device="cpu")[0]
        influence = pisa(network, inputs, references=given, device="cpu", warning_threshold=1.0).sum(2)
        occlusion = np.stack([occluded(network, sequence, own) for sequence, own in zip(inputs, given)])
        mutated = saturation_mutagenesis(network, inputs, target=1, fast=False, device="cpu").sum(1)
        np.savez(
            HERE / f"{name}.npz",
            references=references,
            hypothetical=torch.stack(expected).numpy(),
            integrated=torch.stack(integrated).detach().numpy(),
            saturation=mutated.numpy(),
            agreement=np.array([agreement(a, b) for a, b in zip(mutated.numpy(), occlusion)]),
            influence=influence.numpy(),
            dependencies=dependencies.numpy(),
            occlusion=occlusion,
        )


main()

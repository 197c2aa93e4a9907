"""Are the claims of the scripts beside this file true of the networks? Asked of PyTorch, not of gia.

    python verify.py SHARED

SHARED is the folder that `@SHARED@` stands for in the scripts. Every `expect` line of every script is looked up in the
contrasts that are worked out here from random uniform backgrounds, and must hold at each of its grid points by at least
five standard errors. Exit status 1 if one does not.
"""

import re
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

BASES = "ACGT"
MARGIN = 5.0


def load(shared, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.export.load(shared / "models" / f"{name}.pt2").module()


def uniform(n, length, seed):
    return np.random.default_rng(seed).integers(0, 4, (n, length)).astype(np.uint8)


@torch.no_grad()
def predict(model, codes, batch=100):
    outputs = []
    for part in np.array_split(codes, max(1, len(codes) // batch)):
        x = torch.nn.functional.one_hot(torch.as_tensor(part, dtype=torch.long), 4)
        outputs.append(model(x.transpose(1, 2).float()))
    return torch.cat(outputs).double().numpy()


def embed(codes, *placed):
    """Writes (start, letters) pairs; N keeps the background."""
    codes = codes.copy()
    for start, letters in placed:
        for offset, letter in enumerate(letters):
            if letter != "N":
                codes[:, start + offset] = BASES.index(letter)
    return codes


def reverse_complement(letters):
    return letters[::-1].translate(str.maketrans("ACGT", "TGCA"))


# Contrasts of each script: {experiment: {(grid point as sorted pairs): {contrast: (n, outcomes)}}} --------------------

def ctcf_pu1(shared):
    model, x = load(shared, "ctcf_pu1"), uniform(1000, 100, 1)
    ctcf, pu1, ap1 = "CCACCAGGGGGCGC", "AAAGAGGAAGTG", "GATGAGTCATC"
    f = lambda *placed: predict(model, embed(x, *placed))
    control, site, reverse = f(), f((43, ctcf)), f((43, reverse_complement(ctcf)))
    return ["ctcf", "pu1"], {"sites": {(): {
        "ctcf_effect": site - control,
        "ctcf_reverse_effect": reverse - control,
        "pu1_effect": f((43, pu1)) - control,
        "ap1_effect": f((43, ap1)) - control,
        "strand": site - reverse,
    }}}


def explainn(shared):
    model, x = load(shared, "explainn"), uniform(300, 200, 2)
    ap1 = "GATGAGTCATC"
    f = lambda *placed: predict(model, embed(x, *placed))
    control = f()
    row = [f(*[(60 + 16 * i, ap1) for i in range(n)]) for n in range(5)]
    return ["MAX", "FOXA1", "JUND"], {
        "own_motifs": {(): {
            "ebox_effect": f((94, "GCCACGTGGC")) - control,
            "forkhead_effect": f((94, "TGTTTACTTTG")) - control,
            "ap1_effect": f((94, ap1)) - control,
        }},
        "copies": {(("n", n),): {"effect": row[n] - control} for n in range(1, 5)},
        "further_copies": {(): {
            "first_copy": (row[1] - row[0])[:, 2:],
            "second_copy": (row[2] - row[1])[:, 2:],
            "third_copy": (row[3] - row[2])[:, 2:],
            "fourth_copy": (row[4] - row[3])[:, 2:],
            "falling_off": (row[1] - row[0] - row[4] + row[3])[:, 2:],
        }},
    }


def spi1_irf(shared):
    model, x = load(shared, "spi1_irf"), uniform(150, 500, 3)
    spi1, irf = "AAAGAGGAAGTG", "GGAAACTGAAACT"
    f = lambda *placed: predict(model, embed(x, *placed))
    control, alone = f(), f((230, spi1))
    window, turned = {}, {}
    for gap in [0, 1, 2, 3, 4, 5, 6, 7, 10, 20, 40]:
        second, both = f((242 + gap, irf)), f((230, spi1), (242 + gap, irf))
        window[(("gap", gap),)] = {
            "spi1_alone": alone - control,
            "irf_alone": second - control,
            "pair": both - control,
            "synergy": both - alone - second + control,
        }
    for gap in [3, 4, 5, 6]:
        turned[(("gap", gap),)] = {
            "swapped_effect": f((230, irf), (243 + gap, spi1)) - control,
            "spi1_flipped_effect": f((230, reverse_complement(spi1)), (242 + gap, irf)) - control,
            "irf_flipped_effect": f((230, spi1), (242 + gap, reverse_complement(irf))) - control,
        }
    return ["SPI1-IRF"], {"window": window, "order_and_strand": turned}


def mmsplice_donor(shared):
    model, x = load(shared, "mmsplice_donor"), uniform(200, 18, 4)
    f = lambda letters: predict(model, embed(x, (0, letters)))
    site = f("CACAGGTAAGTATCCTNN")
    second = {base: f(f"CACAGG{base}AAGTATCCTNN") for base in "ACG"}
    return ["donor"], {
        "first_intron_base": {(("base", base),): {
            "score": site,
            "change": f(f"CACAG{base}TAAGTATCCTNN") - site,
        } for base in "ACT"},
        "second_intron_base": {(): {
            "to_a": second["A"] - site,
            "to_c": second["C"] - site,
            "to_g": second["G"] - site,
            "a_below_c": second["A"] - second["C"],
        }},
    }


# Claims of the scripts ------------------------------------------------------------------------------------------------

EXPECT = re.compile(r"expect (\w+)(?:\.(\w+))? ([<>]) (-?[\d.]+)(?: where (.+))?$")


def claims(path):
    """(experiment, contrast, outcome or None, relation, threshold, condition or None) for each `expect` of a script."""
    experiment = None
    for line in path.read_text().splitlines():
        line = line.strip()
        if opened := re.match(r"experiment (\w+) \{", line):
            experiment = opened[1]
        elif line.startswith("expect"):
            found = EXPECT.match(line)
            if found is None:
                raise SystemExit(f"{path.name}: cannot read `{line}`")
            contrast, outcome, relation, threshold, condition = found.groups()
            yield line, experiment, contrast, outcome, relation, float(threshold), condition


def holds(condition, point):
    """A condition of comparisons between an axis and a number, joined by `and` or `or`."""
    return condition is None or eval(re.sub(r"(\d)bp", r"\1", condition), {"__builtins__": {}}, dict(point))


def check(path, outcomes, results):
    failed = 0
    for line, experiment, contrast, outcome, relation, threshold, condition in claims(path):
        points = {point: r for point, r in results[experiment].items() if holds(condition, point)}
        assert points, f"{path.name}: {line}: holds at no grid point"
        closest = None
        for point, contrasts in points.items():
            values = contrasts[contrast]
            values = values[:, outcomes.index(outcome) if outcome else 0]
            error = values.std(ddof=1) / len(values) ** 0.5
            distance = (values.mean() - threshold) * (1 if relation == ">" else -1) / error
            if closest is None or distance < closest[0]:
                closest = distance, values.mean(), error, point
        distance, mean, error, point = closest
        failed += distance < MARGIN
        where = " at " + ", ".join(f"{axis} = {value}" for axis, value in point) if point else ""
        print(f"{'ok ' if distance >= MARGIN else 'NOT'} {path.stem}: {line}: {mean:+.3f} (se {error:.3f}){where}, "
              f"{distance:.0f} se away")
    return failed


def main():
    torch.set_num_threads(1)
    shared, here = Path(sys.argv[1]), Path(__file__).parent
    failed = 0
    for script in (ctcf_pu1, explainn, spi1_irf, mmsplice_donor):
        failed += check(here / f"{script.__name__}.gia", *script(shared))
    print(f"{failed} claims fail")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

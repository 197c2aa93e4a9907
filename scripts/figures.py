"""Makes the figure of each study of the gallery: python3 figures.py GIA

Runs the study's script with `--figures` and keeps the figure that its README shows, as figure.svg beside it.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

STUDIES = Path(__file__).resolve().parent.parent / "experiments"
# The script of each study whose figure is shown, and which of its figures.
SHOWN = {
    "bpnet": ("cooperativity.gia", "distance_with_sweep"),
    "creme": ("necessity.gia", "tiles_net__CTCF_sweep"),
    "ctcf_pu1": ("ctcf_pu1.gia", "position_ctcf_sweep"),
    "deepstarr": ("cooperativity.gia", "scale_log_of_sum_sweep"),
    "koo2021": ("3_position.gia", "positional_bias_binding_sweep"),
}


def main(gia):
    for study, (script, figure) in SHOWN.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [gia, "run", STUDIES / study / script, "--quiet", "--figures", folder]
            # Status 1 is a claim that is not supported: there are figures all the same.
            status = subprocess.run(command).returncode
            if status not in (0, 1):
                sys.exit(f"figures: {script} of {study} ended with {status}")
            found = Path(folder) / f"{figure}.svg"
            if not found.is_file():
                there = ", ".join(sorted(path.stem for path in Path(folder).glob("*.svg")))
                sys.exit(f"figures: {script} of {study} has no figure {figure}, but {there}")
            shutil.copyfile(found, STUDIES / study / "figure.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Figures of a study, as the program draws them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Union


@dataclass(frozen=True)
class Figure:
    """A figure as SVG and PNG. A notebook shows it; `save` writes the format that the name ends in."""

    name: str
    svg: str
    png: bytes

    def save(self, path: Union[str, Path]) -> None:
        """Writes the figure as `.svg` or `.png`."""
        path = Path(path)
        if path.suffix == ".svg":
            path.write_text(self.svg, encoding="utf-8")
        elif path.suffix == ".png":
            path.write_bytes(self.png)
        else:
            raise ValueError(f"a figure is saved as .svg or .png, not as `{path.name}`")

    def __repr__(self) -> str:
        return f"<figure {self.name}>"

    def _repr_svg_(self) -> str:
        return self.svg


def read_folder(folder: Path) -> dict[str, Figure]:
    """The figures in a folder that `--figures` wrote, by name."""
    paths = sorted(folder.glob("*.svg"))
    return {path.stem: Figure(path.stem, path.read_text(encoding="utf-8"), path.with_suffix(".png").read_bytes()) for path in paths}


def file_name(name: str) -> str:
    """A name as figures are called: `_` for every character that is not a letter, a digit or `-`."""
    return "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in name)


def of_experiment(figures: dict[str, Figure], experiment: str, all_experiments: list[str]) -> dict[str, Figure]:
    """The figures of one experiment. One whose name begins another's does not get the other's figures."""
    owners = sorted(map(file_name, all_experiments), key=len, reverse=True)
    owner_of = lambda name: next((owner for owner in owners if name.startswith(f"{owner}_")), None)
    own = file_name(experiment)
    return {name.removeprefix(f"{own}_") if hasattr(str, "removeprefix") else name[len(own) + 1 :]: figure for name, figure in figures.items() if owner_of(name) == own}

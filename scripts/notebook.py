"""Makes a notebook of a Python file with cells, and runs it.

    python scripts/notebook.py docs/notebooks/module_to_figure.py OUT.ipynb [--run] [--html OUT.html]

A cell begins at a line `# %%`, a cell of prose at `# %% [markdown]`. A magic stands behind `# ` at the beginning of its cell, so that
the file is Python but for the scripts of `%%gia`. Needs nbformat; with `--run` nbclient and ipykernel, with `--html` nbconvert.
"""

import argparse
from pathlib import Path

START = "# %%"


def cells(text):
    """The cells of a file: whether each is prose, and its text."""
    found = []
    for line in text.splitlines():
        if line == START or line == f"{START} [markdown]":
            found.append((line != START, []))
        elif found:
            found[-1][1].append(line)
    for is_prose, lines in found:
        if is_prose:
            lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
        elif lines and lines[0].startswith("# %"):
            lines = [lines[0].removeprefix("# "), *lines[1:]]
        yield is_prose, "\n".join(lines).strip()


def notebook(text):
    import nbformat

    made = nbformat.v4.new_notebook()
    for i, (is_prose, source) in enumerate(cells(text)):
        cell = nbformat.v4.new_markdown_cell(source) if is_prose else nbformat.v4.new_code_cell(source)
        # The same file gives the same notebook.
        cell["id"] = f"cell-{i}"
        made.cells.append(cell)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def run(made, folder, timeout=600):
    """Runs all cells; an error ends it."""
    from nbclient import NotebookClient

    return NotebookClient(made, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--html", type=Path)
    arguments = parser.parse_args()
    made = notebook(arguments.source.read_text())
    if arguments.run:
        made = run(made, arguments.out.parent)
    import nbformat

    nbformat.write(made, arguments.out)
    if arguments.html:
        from nbconvert import HTMLExporter

        arguments.html.write_text(HTMLExporter().from_notebook_node(made)[0])


if __name__ == "__main__":
    main()

"""The notebook of the book runs from its first cell to its last."""

import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

SOURCE = ROOT / "docs" / "notebooks" / "module_to_figure.py"


def test_cells_are_code_prose_and_magics():
    import notebook

    text = "# %% [markdown]\n# # Title\n#\n# Prose.\n\n# %%\nx = 1\n\n# %%\n# %%gia -o s\nexperiment e {\n    # a comment\n}\n"
    assert list(notebook.cells(text)) == [(True, "# Title\n\nProse."), (False, "x = 1"), (False, "%%gia -o s\nexperiment e {\n    # a comment\n}")]


def test_ten_lines_lead_from_a_module_to_a_figure():
    import notebook

    found = list(notebook.cells(SOURCE.read_text()))
    (heading,) = [i for i, (_, text) in enumerate(found) if text.startswith("## Ten lines")]
    assert len(found[heading + 1][1].splitlines()) == 10


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    for package in ("nbclient", "ipykernel", "torch", "pandas"):
        pytest.importorskip(package)
    import notebook

    # The kernel finds the package where these tests do.
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(ROOT / "python"), prepend=":")
    try:
        return notebook.run(notebook.notebook(SOURCE.read_text()), tmp_path_factory.mktemp("notebook"))
    finally:
        patch.undo()


def outputs(executed, kind):
    found = [output.data for cell in executed.cells for output in cell.get("outputs", []) if "data" in output]
    return ["".join(data[kind]) for data in found if kind in data]


def test_the_notebook_shows_verdicts_and_figures(executed):
    pages = [html for html in outputs(executed, "text/html") if "gia-study" in html]
    assert len(pages) == 3
    for page in pages:
        body = page.partition("</style>")[2]
        assert "supported</p>" in body or ">supported<" in body or 'class="supported"' in body, body[:2000]
        assert "refuted" not in body and "undecided" not in body
        assert "<svg" in body
    (figure,) = outputs(executed, "image/svg+xml")
    assert figure.startswith("<svg")


def test_the_notebook_underlines_its_mistake(executed):
    (shown,) = [html for html in outputs(executed, "text/html") if "gia-diagnostic" in html]
    assert "E0103" in shown and "&quot;GTAA&quot;</span>" in shown and "did you mean" in shown


def test_no_progress_and_no_warning_is_left(executed):
    streams = [output for cell in executed.cells for output in cell.get("outputs", []) if output.output_type == "stream"]
    assert [stream.text for stream in streams if stream.name == "stderr"] == []
    assert not any("<progress" in html for html in outputs(executed, "text/html"))

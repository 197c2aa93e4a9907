"""What a notebook shows."""

import re
from html.parser import HTMLParser

import pytest

VOID = {"br", "meta", "img", "hr", "link", "input", "rect", "line", "polyline", "polygon", "circle", "path", "use", "ellipse"}


class Page(HTMLParser):
    """The tags of a page, checked for balance, with identifiers and references."""

    def __init__(self):
        super().__init__()
        self.open, self.identifiers, self.references, self.tags = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        self.identifiers += [given["id"]] if "id" in given else []
        for name in ("aria-labelledby", "aria-describedby"):
            self.references += (given.get(name) or "").split()
        if (given.get("href") or "").startswith("#"):
            self.references.append(given["href"][1:])

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
            self.open.pop()


def parsed(html):
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


def test_outputs_on_one_page_share_no_identifier(study):
    page = parsed(study._repr_html_() + study._repr_html_() + study["sweep"]._repr_html_())
    assert len(set(page.identifiers)) == len(page.identifiers)
    assert set(page.references) <= set(page.identifiers)
    assert page.references
    assert not {"html", "head", "body"} & set(page.tags)


def test_the_whole_report_is_shown(study, tmp_path):
    study.report(tmp_path / "report.html")
    page, output = parsed((tmp_path / "report.html").read_text()), parsed(study._repr_html_())
    for tag in ("svg", "table", "section", "figure"):
        assert output.tags.count(tag) == page.tags.count(tag) > 0, tag


def test_an_experiment_shows_itself_alone(study):
    html = study["site"]._repr_html_()
    assert "Does a GATA site add its weight?" in html
    assert parsed(html).tags.count("section") == 1
    assert ">sweep<" not in html


def test_the_style_sheet_is_confined(study):
    html = study._repr_html_()
    name = re.match(r'<div class="gia-study" id="([^"]*)"><style>', html)[1]
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1].strip()
    # One rule for the output, which holds all others: nothing of it reaches the rest of the page.
    assert style.startswith(f"#{name} {{")
    depth = 0
    for i, letter in enumerate(style):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth > 0 or i == len(style) - 1 or i < style.index("{")
    assert not re.search(r"(^|[\s,}]):root|(^|[\s,}])(body|html)\s*[,{]", style)
    assert "prefers-color-scheme" not in style


def test_figures_are_those_of_the_program(study, tmp_path):
    figures = study["sweep"].figures
    assert set(study.figures) == {f"site_{name}" for name in study["site"].figures} | {f"sweep_{name}" for name in figures}
    figure = study["site"].figure
    assert figure._repr_svg_().startswith("<svg")
    figure.save(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="figure.pdf"):
        figure.save(tmp_path / "figure.pdf")


def test_figures_of_names_that_begin_alike_are_told_apart():
    from gia_lang.figures import Figure, of_experiment

    figures = {name: Figure(name, "", b"") for name in ("a_design", "a_b_design", "a_b_estimates")}
    assert list(of_experiment(figures, "a", ["a", "a b"])) == ["design"]
    assert list(of_experiment(figures, "a b", ["a", "a b"])) == ["design", "estimates"]


def test_tables_are_escaped(study):
    table = study["site"].effects
    assert "<th>effect</th>" in table._repr_html_()
    import numpy as np

    from gia_lang.tables import Table

    assert "<b>" not in Table({"<b>": np.array(["<b>"], dtype=object)})._repr_html_()


def test_short_forms_name_the_verdicts(study):
    assert repr(study) == "<study standard input: site, sweep; 1 supported, 1 refuted>"
    assert "✗ refuted  effect > 5" in repr(study["site"])
    assert "── site" in str(study)

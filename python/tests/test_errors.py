"""Wrong scripts and broken runs: exceptions with a code, a place and help."""

import json

import pytest

from conftest import DEMO, FORMULA
from gia_lang import diagnostics

WRONG = FORMULA.replace("measure sums", "measure summs")


def test_a_wrong_text_has_code_place_and_help(gia):
    with pytest.raises(gia.ScriptError) as caught:
        gia.run(text=WRONG)
    error = caught.value
    line = WRONG.splitlines().index("    measure summs") + 1
    assert (error.code, error.line, error.column) == ("E0101", line, 13)
    assert "sums" in error.help
    marked = str(error).splitlines()
    at = marked.index(f"{line} |     measure summs")
    assert marked[at + 1].split("|")[1].index("^") == marked[at].split("|")[1].index("summs")


def test_a_wrong_file_names_the_file(gia, tmp_path):
    path = tmp_path / "wrong.gia"
    path.write_text(WRONG)
    with pytest.raises(gia.ScriptError) as caught:
        gia.run(path)
    assert caught.value.file == str(path)
    assert "measure summs" in str(caught.value)


def test_a_suggestion_corrects_the_script(gia):
    (found,) = [one for one in gia.check(text=WRONG) if one.is_error]
    corrected = found.suggestions[0].apply(WRONG)
    assert corrected == FORMULA
    assert [one for one in gia.check(text=corrected) if one.is_error] == []


def test_replacements_count_characters_and_lines():
    replacement = diagnostics.Label("x", 2, 3, 3, 2, "new")
    assert diagnostics.Suggestion("", (replacement,)).apply("één\nab\u00e9d\nefg\n") == "één\nabnewfg\n"


def test_a_missing_file_is_a_script_error(gia, tmp_path):
    with pytest.raises(gia.ScriptError) as caught:
        gia.run(tmp_path / "none.gia")
    assert caught.value.code == "E0002"
    assert caught.value.line is None


def test_a_refused_option_says_what_the_program_said(gia):
    with pytest.raises(gia.ScriptError, match="dtype"):
        gia.run(text=FORMULA, dtype="float12")


def test_a_missing_device_breaks_the_run(gia):
    with pytest.raises(gia.RunError) as caught:
        gia.run(DEMO / "ctcf_pu1.gia", device="cuda:77")
    assert caught.value.code == "E0603"


@pytest.mark.parametrize("given", [{}, {"script": "a.gia", "text": "x"}])
def test_a_script_is_a_file_or_a_text(gia, given):
    with pytest.raises(TypeError):
        gia.check(**given)


def test_text_in_place_of_a_path_is_pointed_out(gia):
    with pytest.raises(ValueError, match="text="):
        gia.run(FORMULA)


def test_lines_that_are_no_diagnostics_are_left_alone():
    assert diagnostics.parse("took 1.5 s") is None
    assert diagnostics.parse('{"progress": {}}') is None
    assert diagnostics.parse("{not json") is None


def test_html_is_escaped_and_marks_the_place():
    label = {"file": "standard input", "line": 1, "column": 3, "end_line": 1, "end_column": 6, "text": "<here>"}
    line = json.dumps({"code": "E0101", "severity": "error", "message": "<b>", "help": None, "labels": [label]})
    html = diagnostics.html([diagnostics.parse(line)], {"standard input": "a <x> & b"})
    assert "<b>" not in html and "<here>" not in html and "<x>" not in html
    assert ">&lt;x&gt;</span> &amp; b" in html


def test_ipython_shows_no_frames_of_this_package(gia):
    with pytest.raises(gia.ScriptError) as caught:
        gia.run(text=WRONG)
    shown = "\n".join(caught.value._render_traceback_())
    assert "E0101" in shown and "Traceback" not in shown

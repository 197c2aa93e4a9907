"""`%%gia`, in a shell without a notebook."""

import pytest

from conftest import FORMULA

pytest.importorskip("IPython")


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "gia_lang")
    yield shell
    InteractiveShell.clear_instance()


def test_a_cell_is_a_script_and_its_study_is_bound(shell, gia):
    shown = shell.run_cell_magic("gia", "-o found", FORMULA)
    assert isinstance(shown, gia.Study)
    assert shell.user_ns["found"] is shown


def test_models_are_expressions(shell):
    from gia_lang import magic

    shell.user_ns["paths"] = {"a": "net.pt2"}
    assert magic._evaluated(shell, "net=paths['a']") == ("net", "net.pt2")


def test_checking_and_planning_run_nothing(shell):
    assert list(shell.run_cell_magic("gia", "--check", FORMULA)) == []
    wrong = shell.run_cell_magic("gia", "--check", FORMULA.replace("measure sums", "measure summs"))
    assert [found.code for found in wrong] == ["E0101"]
    assert "summs</span>" in wrong._repr_html_()
    assert "experiment site" in shell.run_cell_magic("gia", "--plan", FORMULA)


def test_a_wrong_cell_fails_and_shows_the_place(shell, gia, capsys):
    with pytest.raises(gia.ScriptError) as caught:
        shell.run_cell_magic("gia", "", FORMULA.replace("measure sums", "measure summs"))
    assert "measure summs" in capsys.readouterr().out
    # What was shown is not printed again.
    assert len(caught.value._render_traceback_()) == 1
    assert "\n" not in caught.value._render_traceback_()[0]


@pytest.mark.parametrize("line", ["--model net", "--nothing", "-o 1x", "--batch many"])
def test_a_wrong_line_is_a_usage_error(shell, line):
    from IPython.core.error import UsageError

    with pytest.raises(UsageError):
        shell.run_cell_magic("gia", line, FORMULA)


def test_help_ends_no_kernel(shell, capsys):
    assert shell.run_cell_magic("gia", "--help", FORMULA) is None
    assert "--model" in capsys.readouterr().out

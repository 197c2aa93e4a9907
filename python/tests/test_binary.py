"""Finding the program."""

import os
import sysconfig
from pathlib import Path

import pytest

from gia_lang import binary
from gia_lang.errors import BinaryNotFound


@pytest.fixture
def program(tmp_path):
    def make(folder):
        path = tmp_path / folder / "gia"
        path.parent.mkdir()
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    return make


def test_the_variable_goes_before_everything(monkeypatch, program):
    path = program("named")
    monkeypatch.setenv("GIA", str(path))
    monkeypatch.setenv("PATH", str(program("other").parent))
    assert binary.find() == path


def test_scripts_of_this_python_go_before_path(monkeypatch, program):
    installed, other = program("scripts"), program("bin")
    monkeypatch.delenv("GIA")
    monkeypatch.setenv("PATH", str(other.parent))
    monkeypatch.setattr(sysconfig, "get_path", lambda name, scheme=None: str(installed.parent))
    assert binary.find() == installed
    installed.unlink()
    assert binary.find() == other


def test_a_file_that_cannot_be_run_is_not_the_program(monkeypatch, program):
    path, other = program("scripts"), program("bin")
    path.chmod(0o644)
    monkeypatch.delenv("GIA")
    monkeypatch.setenv("PATH", str(other.parent))
    monkeypatch.setattr(sysconfig, "get_path", lambda name, scheme=None: str(path.parent))
    assert binary.find() == other


@pytest.mark.parametrize("variable", [None, "/does/not/exist/gia"])
def test_a_missing_program_is_an_error_with_help(monkeypatch, tmp_path, variable):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda name, scheme=None: str(tmp_path))
    if variable:
        monkeypatch.setenv("GIA", variable)
    else:
        monkeypatch.delenv("GIA")
    with pytest.raises(BinaryNotFound) as caught:
        binary.find()
    assert caught.value.help
    assert isinstance(caught.value, FileNotFoundError)

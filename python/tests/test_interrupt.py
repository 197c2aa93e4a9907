"""Ctrl-C and progress."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from conftest import ROOT

SCRIPT = """\
model sums = additive({"GATA": 4.0, "AA": 0.25})
experiment quick {
    background uniform(length: 50bp)
    sample 20
    embed "GATA" at center
    measure sums
}
experiment slow {
    background uniform(length: 2000bp)
    sample 2000000
    embed "GATA" at center
    measure sums
}
"""
ONLY_SLOW = SCRIPT[: SCRIPT.index("experiment quick")] + SCRIPT[SCRIPT.index("experiment slow") :]


def interrupt_once(after):
    """Sends SIGINT to this process once the function has been called `after` times, as a terminal and a kernel do."""
    calls = []

    def progress(phase, done, total):
        calls.append((phase, done, total))
        if len(calls) == after:
            os.kill(os.getpid(), signal.SIGINT)

    return progress, calls


def test_what_is_finished_is_kept(gia):
    progress, calls = interrupt_once(after=8)
    with pytest.warns(gia.GiaWarning):
        study = gia.run(text=SCRIPT, progress=progress)
    assert list(study) == ["quick"]
    assert study.interrupted["left_out"] == ["slow"]
    assert "interrupted" in repr(study)
    assert all(done <= total for _, done, total in calls if total)
    assert len(study["quick"].values.to_numpy("effect")) == 20


def test_nothing_finished_is_an_interrupt(gia):
    progress, _ = interrupt_once(after=3)
    with pytest.raises(KeyboardInterrupt):
        gia.run(text=ONLY_SLOW, progress=progress)


def test_progress_reaches_its_total(gia):
    seen = []
    gia.run(text=SCRIPT[: SCRIPT.index("experiment slow")], progress=lambda *state: seen.append(state))
    assert seen and any(done == total > 0 for _, done, total in seen)


def test_the_program_ends_with_its_python(tmp_path):
    code = f"""
        import sys; sys.path.insert(0, {str(ROOT / "python")!r})
        import gia_lang as gia
        print("started", flush=True)
        gia.run(text={ONLY_SLOW!r}, progress=lambda *state: print("running", flush=True))
    """
    python = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    while "running" not in python.stdout.readline():
        assert python.poll() is None
    (child,) = children(python.pid)
    python.kill()
    python.wait()
    for _ in range(300):
        if not is_running(child):
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the program outlived the Python that started it")


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = open(f"/proc/{entry}/stat").read().rpartition(")")[2].split()
            except OSError:
                continue
            found += [int(entry)] if int(fields[1]) == pid else []
    return found


def is_running(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Screen:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_that_is_removed(gia, monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    gia.run(text=SCRIPT[: SCRIPT.index("experiment slow")], progress=True)
    assert "passes" in screen.text
    assert screen.text.endswith("\r\x1b[K")

"""Runs the program and reads what it says.

Invariant: an interrupt reaches the program once, however it was sent, so that it keeps what is finished; a second one ends it.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Callable, Mapping, Optional, Sequence

from . import binary
from .diagnostics import Diagnostic, parse
from .errors import GiaError, RunError, ScriptError

#: Exit statuses of the program.
WRONG, BROKEN, INTERRUPTED = 2, 3, 130
#: `prctl` option of Linux: the signal that a process gets when the thread that started it ends.
_PR_SET_PDEATHSIG = 1

#: Called with the name of the phase, the passes done, and the passes in total.
ProgressCallback = Callable[[str, int, int], None]


@dataclass
class Finished:
    """What a program said until it ended."""

    status: int
    output: str = ""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    #: Lines of standard error that are no diagnostics.
    messages: list[str] = field(default_factory=list)
    was_interrupted: bool = False

    @property
    def warnings(self) -> list[Diagnostic]:
        return [diagnostic for diagnostic in self.diagnostics if not diagnostic.is_error]


def run(
    arguments: Sequence[str],
    *,
    text: Optional[str] = None,
    environment: Optional[Mapping[str, str]] = None,
    on_progress: Optional[ProgressCallback] = None,
) -> Finished:
    """Runs `gia` with these arguments to its end; `text` is its standard input."""
    command = [str(binary.find()), *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        encoding="utf-8",
        errors="replace",
        # Ctrl-C goes to all processes of a terminal's or a kernel's group; the program would take the second as "at once".
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    events: queue.SimpleQueue[Optional[str]] = queue.SimpleQueue()
    finished = Finished(status=0)
    output: list[str] = []
    threads = [
        threading.Thread(target=_write, args=(process, text), daemon=True),
        threading.Thread(target=lambda: output.append(process.stdout.read()), daemon=True),  # type: ignore[union-attr]
        threading.Thread(target=_read_lines, args=(process, events), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        while True:
            try:
                line = events.get()
                if line is None:
                    break
                _take(line, finished, on_progress)
            except KeyboardInterrupt:
                if finished.was_interrupted:
                    raise
                finished.was_interrupted = True
                process.send_signal(signal.SIGINT)
        for thread in threads:
            thread.join()
        finished.status = process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    finished.output = "".join(output)
    return finished


def run_or_raise(
    arguments: Sequence[str],
    *,
    text: Optional[str] = None,
    sources: Optional[Mapping[str, str]] = None,
    environment: Optional[Mapping[str, str]] = None,
) -> Finished:
    """Runs a command whose only good status is 0."""
    finished = run(arguments, text=text, environment=environment)
    if finished.status != 0:
        raise error_of(finished, sources)
    return finished


def error_of(finished: Finished, sources: Optional[Mapping[str, str]] = None) -> GiaError:
    """The exception for a program that failed."""
    kind = ScriptError if finished.status == WRONG else RunError
    errors = [diagnostic for diagnostic in finished.diagnostics if diagnostic.is_error]
    if not errors:
        said = "\n".join(finished.messages).strip() or f"gia ended with status {finished.status} and said nothing"
        return kind(said, finished.diagnostics, sources)
    first = str(errors[0])
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return kind(first + more, finished.diagnostics, sources)


def _take(line: str, finished: Finished, on_progress: Optional[ProgressCallback]) -> None:
    if line.startswith('{"progress":'):
        if on_progress is not None:
            read = json.loads(line)["progress"]
            on_progress(read["phase"], read["done"], read["total"])
        return
    diagnostic = parse(line)
    if diagnostic is not None:
        finished.diagnostics.append(diagnostic)
    elif line.strip():
        finished.messages.append(line.rstrip())


def _write(process: subprocess.Popen[str], text: Optional[str]) -> None:
    if text is None or process.stdin is None:
        return
    try:
        process.stdin.write(text)
        process.stdin.close()
    except BrokenPipeError:
        # The program ended before it read the script, and says why.
        pass


def _read_lines(process: subprocess.Popen[str], events: queue.SimpleQueue[Optional[str]]) -> None:
    for line in process.stderr:  # type: ignore[union-attr]
        events.put(line)
    events.put(None)


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Asks for SIGTERM when this Python ends: in a session of its own, the program outlives even a kernel that is killed."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

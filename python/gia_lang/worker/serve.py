"""Serves requests on standard input and output, which the network's own code does not get to see."""

import os
import sys
import threading
import time

from .session import Session

# Seconds between two looks at whether the program that started this one still runs.
PARENT_INTERVAL = 1.0


def take_pipes():
    """The pipes of standard input and output. What anything else prints goes to standard error, and it reads nothing."""
    source = os.fdopen(os.dup(0), "rb", buffering=1 << 20)
    target = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    sys.stdout.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, target


def end_with_parent():
    """Ends this process when the one that started it has ended, also in the middle of a long pass."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(PARENT_INTERVAL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main():
    source, target = take_pipes()
    end_with_parent()
    try:
        Session().serve(source, target)
    except BrokenPipeError:
        pass

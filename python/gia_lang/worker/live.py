"""Serves networks that live in this Python program, as they are and where they are, to the `gia` that it starts."""

import os
import socket
import sys
import tempfile
import threading
import traceback

from .relay import SOCKET_VARIABLE
from .session import Session

PYTHON_VARIABLE = "GIA_PYTHON"


class LiveNetworks:
    """Answers on a socket while `gia` runs. Use it as a context; `environment` has the variables for `gia`, which also needs
    `--allow-python` and a declaration with `kind = "python"` and the network's name as its `entry`."""

    def __init__(self, networks):
        self.networks = dict(networks)
        for name in self.networks:
            if not name.isidentifier():
                raise ValueError(f"{name!r} is not a name")

    def __enter__(self):
        # Only this user can enter the folder.
        self.folder = tempfile.TemporaryDirectory(prefix="gia-")
        path = os.path.join(self.folder.name, "worker")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        self.lock = threading.Lock()
        self.environment = {SOCKET_VARIABLE: path, PYTHON_VARIABLE: sys.executable}
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Closing alone does not wake a thread that accepts.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.folder.cleanup()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection, connection.makefile("rb") as source, connection.makefile("wb") as target:
            try:
                Session(self.networks, self.lock).serve(source, target)
            except (BrokenPipeError, ConnectionResetError):
                pass
            except Exception:
                # `gia` reports that the connection ended; why is for this program.
                traceback.print_exc()

"""A worker process that computes nothing: it joins its pipes with the socket of a Python program, in which the networks are."""

import contextlib
import os
import socket
import sys
import threading

from .serve import end_with_parent, take_pipes

# Environment variable with the path of the socket.
SOCKET_VARIABLE = "GIA_WORKER_SOCKET"

CHUNK_BYTES = 1 << 20


def main(path):
    source, target = take_pipes()
    end_with_parent()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError as error:
            sys.exit(f"the Python program with the networks is not reached: {error}")
        threading.Thread(target=forward, args=(source, connection), daemon=True).start()
        while chunk := connection.recv(CHUNK_BYTES):
            target.write(chunk)
            target.flush()
    # The thread may wait for `source`, which a normal exit would wait for.
    os._exit(0)


def forward(source, connection):
    try:
        while chunk := source.read1(CHUNK_BYTES):
            connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        # The other side has closed the connection, which ends the process.
        pass


@contextlib.contextmanager
def serving(networks):
    """Serves networks of this program, by their names, for as long as the context lasts; gives the variables for the environment of
    `gia`."""
    from .live import LiveNetworks

    with LiveNetworks(networks) as live:
        yield live.environment

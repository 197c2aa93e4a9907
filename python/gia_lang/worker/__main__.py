"""The worker: `python3 -m gia_lang.worker`, which `gia` starts."""

import os
import sys

if sys.version_info < (3, 10):
    sys.exit("gia_lang needs Python 3.10 or newer; set GIA_PYTHON to one")

try:
    import numpy  # noqa: F401
except ModuleNotFoundError:
    sys.exit(f"numpy is missing from {sys.executable}; install it, or set GIA_PYTHON to a Python that has it")

from . import relay, serve

if __name__ == "__main__":
    socket = os.environ.get(relay.SOCKET_VARIABLE)
    if socket:
        relay.main(socket)
    else:
        serve.main()

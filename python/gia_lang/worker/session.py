"""Answers requests, one reply to each, whatever carries them."""

import os
import sys
import threading

import numpy as np

from . import frames
from . import postcard as pc
from . import replies, requests
from .failures import BAD_MODEL, DEVICE_MISSING, OUT_OF_MEMORY, WORKER_FAILED, Failure, is_out_of_memory
from .loaded import Loaded
from .rows import Rows, RowsError


class Settings:
    """Device, threads and precision of a session."""

    def __init__(self, hello):
        self.threads = min(max(hello.threads, 1), 1024)
        self.precision = hello.precision
        self.device, self.device_name = select_device(hello.device)

    def torch_device(self):
        return self.device


class Session:
    """The networks that one `gia` has opened. `live` holds objects that entries without a colon name."""

    def __init__(self, live=None, lock=None):
        self.live = live or {}
        # Requests of several sessions in one program take turns.
        self.lock = lock or threading.Lock()
        self.settings = None
        self.networks = {}

    def serve(self, source, target):
        """Answers requests until `source` ends."""
        while (frame := frames.receive(source)) is not None:
            with self.lock:
                reply, payload = self.answer(*frame)
            frames.send(target, pc.write(replies.REPLY, reply), payload)

    def answer(self, header, payload):
        """The reply to a request, and its payload."""
        try:
            if (version := requests.read_version(header)) not in (None, requests.VERSION):
                raise other_version(version)
            return self.reply(pc.read(requests.REQUEST, header), payload)
        except Failure as failure:
            return replies.Failed(failure.code, failure.message, failure.help), b""
        except (pc.FormatError, RowsError) as error:
            return replies.Failed(WORKER_FAILED, f"`gia` sent a malformed request: {error}"), b""
        except Exception as error:
            if is_out_of_memory(error):
                return replies.Failed(OUT_OF_MEMORY, f"memory ended in the worker: {error}"), b""
            raise

    def reply(self, request, payload):
        match request:
            case requests.Hello():
                if self.settings:
                    raise Failure(WORKER_FAILED, "`gia` sent a second `Hello`")
                self.settings = Settings(request)
                return replies.Hello(requests.VERSION, self.settings.device_name), b""
            case requests.Open():
                if not self.settings:
                    raise Failure(WORKER_FAILED, "`gia` sent no `Hello`")
                loaded = Loaded(request, self.settings, self.live)
                self.networks[request.model] = loaded
                return replies.Opened(loaded.columns, loaded.batch, loaded.shapes, loaded.identity), b""
            case requests.Measure():
                loaded = self.network(request.model)
                tried = loaded.measure()
                return replies.Measured(loaded.batch, tried), b""
            case requests.Prepare():
                self.network(request.model).prepare(request.rows)
                return replies.DONE, b""
            case requests.Run():
                values = self.network(request.model).predict(Rows.read(payload), request.columns)
            case requests.Gradients():
                rows = Rows.read(payload)
                columns = len(request.columns)
                weights = request.weights
                if len(weights) != columns:
                    if len(weights) != len(rows) * columns:
                        message = f"`gia` sent {len(weights)} weights for {columns} columns of {len(rows)} rows"
                        raise Failure(WORKER_FAILED, message)
                    weights = np.reshape(weights, (len(rows), columns))
                values = self.network(request.model).gradients(rows, request.columns, weights)
            case requests.Along():
                values = self.network(request.model).along(Rows.read(payload), request)
            case requests.Contributions():
                raise Failure(
                    BAD_MODEL,
                    f"`{self.network(request.model).name}` runs in Python, where its operators are not known, so its output cannot be attributed by DeepLIFT",
                    "export it with torch.export, as `.pt2`, or use in silico mutagenesis or gradients",
                )
        return replies.Values(), memoryview(np.ascontiguousarray(values)).cast("B") if values.size else b""

    def network(self, number):
        if number not in self.networks:
            raise Failure(WORKER_FAILED, "`gia` named a network that it never opened")
        return self.networks[number]


def other_version(version):
    return Failure(
        WORKER_FAILED,
        f"`gia` uses version {version} of the worker protocol, but `gia_lang` for Python uses version {requests.VERSION}",
        f"install the versions of both that belong together; this Python is {sys.executable}",
    )


def select_device(requested):
    """The device of PyTorch, and its name. Libraries other than PyTorch choose theirs themselves."""
    match requested:
        case "Cpu":
            return "cpu", "cpu"
        case "Auto":
            found = cuda(0) if has_nvidia_device() else "this machine has no NVIDIA device"
            return ("cpu", "cpu") if isinstance(found, str) else found
        case ("Cuda", index):
            found = cuda(index)
            if isinstance(found, str):
                raise Failure(
                    DEVICE_MISSING,
                    f"cuda:{index} cannot be used by Python: {found}",
                    "run with `--device cpu`, or with `--device auto` to take a GPU only where there is one",
                )
            return found


def has_nvidia_device():
    return os.path.exists("/dev/nvidiactl") or os.path.exists("/dev/dxg")


def cuda(index):
    """A CUDA device and its name, or why it cannot be used."""
    try:
        import torch
    except ImportError as error:
        return str(error)
    if not torch.cuda.is_available():
        return "PyTorch finds no CUDA driver or no CUDA device"
    if index >= torch.cuda.device_count():
        return f"there are {torch.cuda.device_count()} CUDA devices, numbered from 0"
    return f"cuda:{index}", f"cuda:{index} ({torch.cuda.get_device_name(index)})"

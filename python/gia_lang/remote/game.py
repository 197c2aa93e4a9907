"""A client of GAME, the Genomic API for Model Evaluation of the de Boer lab, over HTTP: any of its predictors is a network.

A task has a name, a type such as "accessibility", "expression" or "binding_CTCF", a cell type, a species and a scale. The service answers
for each task with numbers for each sequence; those of a readout along the sequence are an array."""

import http.client
import json
import urllib.error
import urllib.request

import numpy as np

from .calls import Calls, Temporary
from .letters import sequences

READOUTS = ("point", "track")
TASK_KEYS = ("name", "type", "cell_type", "species")
# Statuses of HTTP after which the same request may succeed.
TEMPORARY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
TIMEOUT_SECONDS = 600.0
MAX_REPLY_BYTES = 1 << 31


class GameError(RuntimeError):
    """The service refused a request, or answered with something else than predictions."""


class Game:
    """A predictor of GAME as a network: it takes one-hot sequences, (batch, 4, length), and returns (batch, tasks) for the readout "point",
    (batch, tasks, bins) for "track"."""

    def __init__(self, url, tasks, readout="point", *, max_calls, per_minute=None, retries=5, headers=None, upstream="", downstream=""):
        if readout not in READOUTS:
            raise ValueError(f"the readout is one of {', '.join(READOUTS)}")
        self.url = url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is not an address of HTTP")
        self.tasks = [checked_task(task) for task in tasks]
        names = [task["name"] for task in self.tasks]
        if not names or len(set(names)) < len(names):
            raise ValueError("there is at least one task, and each has a name of its own")
        self.readout = readout
        self.flanks = {"upstream_seq": upstream, "downstream_seq": downstream}
        self.headers = headers or {}
        self.calls = Calls(max_calls, per_minute, retries)
        self.served = None

    @property
    def identity(self):
        """The service, what it says of itself, and the tasks: the weights are not seen."""
        if self.served is None:
            self.served = self.calls.call(lambda: self.request("/help", None))
        return json.dumps([self.url, self.served, self.tasks, self.readout, self.flanks], sort_keys=True)

    def __call__(self, one_hot):
        letters = sequences(one_hot)
        body = {
            "readout": self.readout,
            "prediction_tasks": self.tasks,
            "sequences": {f"s{number}": text for number, text in enumerate(letters)},
            **{key: flank for key, flank in self.flanks.items() if flank},
        }
        reply = self.calls.call(lambda: self.request("/predict", body))
        return np.stack([self.of_task(reply, task["name"], len(letters)) for task in self.tasks], axis=1)

    def of_task(self, reply, name, count):
        """The numbers of a task, for each sequence."""
        answered = reply.get("prediction_tasks") if isinstance(reply, dict) else None
        found = [task for task in answered or [] if isinstance(task, dict) and task.get("name") == name]
        if len(found) != 1 or not isinstance(found[0].get("predictions"), dict):
            raise GameError(f"{self.url} answered without predictions for the task {name!r}: {shortened(reply)}")
        rows = []
        for number in range(count):
            if f"s{number}" not in found[0]["predictions"]:
                raise GameError(f"{self.url} left out a sequence of the task {name!r}")
            values = found[0]["predictions"][f"s{number}"]
            try:
                row = np.asarray(values, np.float32)
            except (TypeError, ValueError) as error:
                raise GameError(f"{self.url} answered {shortened(values)} for the task {name!r}, which is not numbers") from error
            rows.append(row.reshape(-1))
        if len({len(row) for row in rows}) != 1:
            raise GameError(f"{self.url} answered with different numbers of values for sequences of one length")
        table = np.stack(rows)
        if self.readout == "track":
            return table
        if table.shape[1] != 1:
            raise GameError(f"{self.url} answered with {table.shape[1]} values in the place of a point; ask for the readout \"track\"")
        return table[:, 0]

    def request(self, path, body):
        """The JSON that the service answers with: to `body` by POST, without one by GET."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", **({"Content-Type": "application/json"} if data else {}), **self.headers}
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                text = answer.read(MAX_REPLY_BYTES + 1)
        except urllib.error.HTTPError as error:
            said = shortened(error.read(4096).decode(errors="replace"))
            message = f"{self.url}{path} answered with status {error.code}: {said}"
            if error.code in TEMPORARY_STATUSES:
                raise Temporary(message, seconds_of(error.headers.get("Retry-After"))) from error
            raise GameError(message) from error
        except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise Temporary(f"{self.url} is not reached: {getattr(error, 'reason', error)}") from error
        if len(text) > MAX_REPLY_BYTES:
            raise GameError(f"{self.url} answered with more than {MAX_REPLY_BYTES} bytes")
        try:
            return json.loads(text)
        except ValueError as error:
            raise GameError(f"{self.url} answered with something else than JSON: {shortened(text.decode(errors='replace'))}") from error


def checked_task(task):
    missing = [key for key in TASK_KEYS if key not in task]
    if missing:
        raise ValueError(f"a task needs {', '.join(missing)}: {task}")
    return dict(task)


def seconds_of(text):
    """Seconds of a header `Retry-After`; none if it is a date or missing."""
    return float(text) if text and text.isdigit() else None


def shortened(value):
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 200 else text[:200] + "..."

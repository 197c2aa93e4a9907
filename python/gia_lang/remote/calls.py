"""Calls of a service: a cap on their number, a limit of their rate, and retries with growing pauses."""

import random
import threading
import time

FIRST_PAUSE = 1.0
MAX_PAUSE = 60.0


class TooManyCalls(RuntimeError):
    """The cap on calls is reached, so nothing more is asked of the service."""


class Temporary(Exception):
    """An error of a service after which the same call may succeed; `after` is how many seconds it asks to wait, if it says so."""

    def __init__(self, message, after=None):
        super().__init__(message)
        self.after = after


class Calls:
    """Makes calls one after another, at most `max_calls` in all and `per_minute` in any minute. Retries count as calls."""

    def __init__(self, max_calls, per_minute=None, retries=5, clock=time.monotonic, sleep=time.sleep):
        if max_calls < 1:
            raise ValueError("`max_calls` is at least 1")
        if per_minute is not None and per_minute < 1:
            raise ValueError("`per_minute` is at least 1")
        self.max_calls, self.per_minute, self.retries = max_calls, per_minute, retries
        self.clock, self.sleep = clock, sleep
        self.made = 0
        self.recent = []
        self.lock = threading.Lock()

    def call(self, function):
        """What `function()` returns. A `Temporary` error is tried again after a pause; the last one is raised."""
        with self.lock:
            pause = FIRST_PAUSE
            for attempt in range(self.retries + 1):
                self.admit()
                try:
                    return function()
                except Temporary as error:
                    if attempt == self.retries:
                        raise
                    # Pauses differ at random, so that several clients do not come back together.
                    wait = pause * random.uniform(0.75, 1.25)
                    self.sleep(min(max(wait, error.after or 0.0), max(MAX_PAUSE, error.after or 0.0)))
                    pause = min(2 * pause, MAX_PAUSE)

    def admit(self):
        """Waits until a further call keeps to the rate."""
        if self.made >= self.max_calls:
            raise TooManyCalls(
                f"{self.made} calls were made, as many as `max_calls` allows; raise it, or take fewer sequences"
            )
        if self.per_minute is not None:
            self.forget()
            if len(self.recent) >= self.per_minute:
                self.sleep(max(self.recent[0] + 60.0 - self.clock(), 0.0))
                self.forget()
            self.recent.append(self.clock())
        self.made += 1

    def forget(self):
        now = self.clock()
        self.recent = [at for at in self.recent if now - at < 60.0]

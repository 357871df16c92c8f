"""A circuit breaker: a server that keeps failing is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from index.errors import ModelFailedError


class CircuitBreaker:
    """Opens after `failures` in a row; after `rest_s` one request may try, and its success closes it."""

    def __init__(
        self,
        name: str,
        *,
        failures: int = 5,
        rest_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._limit = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = Lock()
        self._failed = 0
        self._closed_from = 0.0

    def admit(self) -> None:
        """Let a request through. Raises `ModelFailedError` while the circuit is open."""
        with self._lock:
            if self._failed < self._limit:
                return
            wait = self._closed_from - self._clock()
            if wait > 0:
                raise ModelFailedError(
                    f"{self._name} failed {self._failed} times in a row and is left alone. "
                    f"Ask again in {wait:.0f} seconds."
                )
            # This one tries; the others wait until it has told.
            self._closed_from = self._clock() + self._rest_s

    def succeeded(self) -> None:
        """Tell that a request was served."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """Tell that a request was not served."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit:
                self._closed_from = self._clock() + self._rest_s

"""Letting questions go first: what is not waited for as an answer is waits for those who ask.

Torch takes every processor for whatever it embeds, so that a question beside it takes twice as long. Passages
are therefore embedded a few at a time while nobody waits for an answer, and the threads that do it stand
behind the others where the system lets single threads stand back. Where nobody has asked for a while they are
embedded as many at once as is fastest.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition

import numpy as np

from index.embed import Embedder
from index.types import FloatArray

log = logging.getLogger(__name__)

FEW = 4
"""Passages between two looks at who is waiting while questions come: a tenth of a second on one core."""

MANY = 64
"""Passages between two looks while none come: the first question after a pause may be slow for a second."""

_PAUSE_S = 10.0
"""Time without a question from which on none are expected at once."""

_NICENESS = 10
"""A tenth of the time that others take, where there is not enough for all: behind, and never stuck."""


class Askers:
    """Those who wait for an answer, counted, so that other work can step aside for them."""

    def __init__(self) -> None:
        self._waiting = 0
        self._last = -math.inf
        self._changed = Condition()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Be counted inside the block."""
        with self._changed:
            self._waiting += 1
        try:
            yield
        finally:
            with self._changed:
                self._waiting -= 1
                self._last = time.monotonic()
                if not self._waiting:
                    self._changed.notify_all()

    @property
    def quiet(self) -> bool:
        """Whether nobody has asked for a while."""
        with self._changed:
            return not self._waiting and time.monotonic() - self._last > _PAUSE_S

    def step_aside(self, at_most_s: float) -> None:
        """Wait until nobody waits for an answer, but so long at most: questions never end other work."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, at_most_s)


def embedded_beside(askers: Askers, embedder: Embedder, texts: Sequence[str], at_most_s: float) -> FloatArray:
    """Embed texts to be found, stepping aside so long at most before each few; in a pause, before many."""
    vectors = np.zeros((len(texts), embedder.space.dimension), dtype=np.float32)
    # Texts of like length together: short ones are padded to the longest of those embedded with them.
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    while order:
        askers.step_aside(at_most_s)
        count = MANY if askers.quiet else FEW
        some, order = order[:count], order[count:]
        vectors[some] = embedder.embed_passages([texts[i] for i in some])
    return vectors


def stand_back() -> None:
    """Put this thread, and those it starts, behind the other threads of this machine; for good.

    Only Linux gives single threads a priority of their own; elsewhere, and where the system forbids it,
    nothing changes.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        try:
            os.setpriority(os.PRIO_PROCESS, thread, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
        except OSError as error:
            log.warning("a thread keeps its priority beside the questions: %s", error)

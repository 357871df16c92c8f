"""Letting questions go first: what is not waited for as an answer is waits for those who ask.

Torch takes every processor for whatever it embeds, so that a question beside it takes twice as long. Passages
are therefore embedded a few at a time while nobody waits for an answer, and the threads that do it stand
behind the others where the system lets single threads stand back.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition

import numpy as np

from index.embed import Embedder
from index.types import FloatArray

FEW = 4
"""Passages embedded between two looks at who is waiting: a tenth of a second on one core, and no dearer a
passage than many at once."""

_NICENESS = 10
"""A tenth of the time that others take, where there is not enough for all: behind, and never stuck."""


class Askers:
    """Those who wait for an answer, counted, so that other work can step aside for them."""

    def __init__(self) -> None:
        self._waiting = 0
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
                if not self._waiting:
                    self._changed.notify_all()

    def step_aside(self, at_most_s: float) -> None:
        """Wait until nobody waits for an answer, but so long at most: questions never end other work."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, at_most_s)


def embedded_beside(askers: Askers, embedder: Embedder, texts: Sequence[str], at_most_s: float) -> FloatArray:
    """Embed texts to be found, stepping aside so long at most before each few of them."""
    vectors = np.zeros((len(texts), embedder.space.dimension), dtype=np.float32)
    # Texts of like length together: short ones are padded to the longest of those embedded with them.
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    for start in range(0, len(order), FEW):
        few = order[start : start + FEW]
        askers.step_aside(at_most_s)
        vectors[few] = embedder.embed_passages([texts[i] for i in few])
    return vectors


def stand_back() -> None:
    """Put this thread, and those it starts, behind the other threads of this machine; for good.

    Only Linux gives single threads a priority of their own; elsewhere nothing changes.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))

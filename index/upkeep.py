"""Work on the caches beside questions and changes: merging what is new, mending what is damaged.

A thread of its own does it, or whoever asked to be told what is due: the service makes it a job that people
can follow.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal, TypeAlias

from index.catalog_reader import CatalogReader
from index.errors import GroundwireError
from index.generations import tidy
from index.types import Space

if TYPE_CHECKING:
    from index.dense import DenseCache, DenseSnapshot
    from index.lexical import LexicalCache
    from index.lexical_index import LexicalSnapshot

log = logging.getLogger(__name__)

UpkeepKind: TypeAlias = Literal["merge", "mend"]
Progress: TypeAlias = Callable[[float], None]
Ask: TypeAlias = Callable[[UpkeepKind], bool]
"""Told what is due, again and again until it was done; tells whether it will be, or is to be put off.

Raises `GroundwireError` where it cannot be asked.
"""

AGAIN_AFTER_S, AGAIN_AT_LATEST_S = 60.0, 3600.0
"""Pause after work that failed or was cancelled; it doubles each time up to the longest one."""

LEXICAL_AT_START, DENSE_AT_START = 5_000, 50_000
"""Passages that are put into an index before questions are taken: about five seconds' work."""


class UpkeepStoppedError(Exception):
    """Raised inside the work to end it, because the library is to be closed soon."""


class Upkeep:
    """Does each kind of work once at a time, when it is due."""

    def __init__(self, works: Mapping[UpkeepKind, Callable[[Progress], None]]) -> None:
        self._works = works
        self._threads: dict[UpkeepKind, Thread] = {}
        self._put_off: dict[UpkeepKind, tuple[float, float]] = {}
        self._stopping = Event()
        self._ask: Ask | None = None

    def by(self, ask: Ask | None) -> None:
        """Have work done by somebody who calls `run` when asked to; by threads where there is nobody."""
        self._ask = ask

    def begin(self, kind: UpkeepKind) -> None:
        """Have work that is due done, unless it is being done or ended badly a moment ago."""
        thread = self._threads.get(kind)
        if self._stopping.is_set() or (thread is not None and thread.is_alive()):
            return
        since, pause = self._put_off.get(kind, (0.0, 0.0))
        if time.monotonic() - since < pause:
            return
        if self._ask is not None:
            try:
                if not self._ask(kind):
                    self._put_it_off(kind)
                return
            except GroundwireError as error:
                log.error("nobody could be asked to %s: %s", kind, error)
        thread = Thread(target=self._run_and_tell, args=(kind,), name=kind, daemon=True)
        self._threads[kind] = thread
        thread.start()

    def run(self, kind: UpkeepKind, progress: Progress) -> None:
        """Do the work now; `progress` is told the share done. Raises `GroundwireError`."""
        try:
            self._works[kind](progress)
        except BaseException:
            self._put_it_off(kind)
            raise
        self._put_off.pop(kind, None)

    def _put_it_off(self, kind: UpkeepKind) -> None:
        _, pause = self._put_off.get(kind, (0.0, 0.0))
        pause = min(AGAIN_AT_LATEST_S, max(AGAIN_AFTER_S, 2 * pause))
        self._put_off[kind] = time.monotonic(), pause

    def _run_and_tell(self, kind: UpkeepKind) -> None:
        try:
            self.run(kind, self._go_on)
        except UpkeepStoppedError:
            log.info("stopped to %s: the next opening goes on", kind)
        except GroundwireError as error:
            log.error("%s", error)

    def _go_on(self, fraction: float) -> None:
        if self._stopping.is_set():
            raise UpkeepStoppedError

    def wait(self, kind: UpkeepKind) -> None:
        """Wait until a thread's work is done."""
        if thread := self._threads.get(kind):
            thread.join()

    def stop(self) -> None:
        """End the threads' work at its next step and begin no other."""
        self._stopping.set()

    @property
    def closed(self) -> bool:
        """Whether the library was let go."""
        return not self._works

    def close(self) -> None:
        """Begin nothing more, and let go of the library: its open files go with its last user."""
        self.stop()
        self._works = {}


def leave_out_what_lacks_much(
    dense: DenseCache, lexical: LexicalCache, catalog: CatalogReader, space: Space
) -> None:
    """Have an index that lacks most of the library made beside, where the other one can answer meanwhile.

    One that holds more than it lacks answers: what it lacks is put beside its main index before questions
    are taken, and merged after. Raises `StoreWriteError`.
    """
    active = catalog.active_space()
    if active is None or active.id != space.id:
        # There is nothing to make it of: whoever opens the library is told so.
        return
    lexical_lacks = _lacks_most(lexical.snapshot, catalog, LEXICAL_AT_START)
    dense_lacks = _lacks_most(dense.snapshot, catalog, DENSE_AT_START)
    if lexical_lacks and not dense_lacks:
        lexical.leave_out()
    elif dense_lacks and not lexical_lacks:
        dense.leave_out()


def _lacks_most(there: DenseSnapshot | LexicalSnapshot, catalog: CatalogReader, at_start: int) -> bool:
    changes = catalog.changes_after(there.seq)
    return len(changes.added) > max(at_start, there.count - len(changes.removed))


def tidy_up(folder: Path, catalog: CatalogReader) -> None:
    """Remove what is none of the catalog's dense indexes from a data folder."""
    space = catalog.active_space()
    tidy(folder / "dense", catalog.seq(), space.id if space else None)

"""The dense leg: FAISS over passage vectors, a cache of the catalog.

A main index, read from a certified generation, and small ones for what came since. None is ever changed
once it is searched; what was removed is left out by a selector. When the small ones have grown, a new
main index is made in the background.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np

from index.canaries import dense_canaries, replay_dense
from index.catalog_reader import Changes
from index.dense_index import (
    NO_KEYS,
    ClusteredPart,
    DensePart,
    FlatPart,
    Progress,
    build_part,
    read_part,
    write_part,
)
from index.durable import remove_entries
from index.errors import StoreWriteError
from index.generations import Content, generations, newest_seq, write_generation
from index.types import BoolArray, FloatArray, IntArray, ScoredKey, Space

log = logging.getLogger(__name__)

MERGE_AFTER = 2048
"""Passages added or removed since the main index after which a new one is made, at the least."""

MERGE_SHARE = 8
"""A larger main index is made anew when the changes are one in so many of its passages."""

REPLAY_AT_MOST = 256
"""Changes that are left to be replayed at the next opening: it takes less time than writing the cache."""

REPLAY_SHARE = 64
"""Beside a larger main index, which takes longer to write, they are one in so many of its passages."""

_SMALL = 256
"""Passages in the last of the small indexes from which on another one is begun."""

_ALIKE = 8
"""Small indexes of like size that become one."""

_KEYS, _INDEX = "keys.bin", "index.faiss"


class Vectors(Protocol):
    """What the dense leg asks of a catalog."""

    def reading(self) -> AbstractContextManager[None]:
        """Hold one state for all reads of this thread."""

    def seq(self) -> int:
        """Number of the last change."""

    def changes_after(self, seq: int) -> Changes:
        """Give the passages that came and went after `seq`."""

    def live_keys(self) -> IntArray:
        """Give the keys of all live passages, ascending."""

    def vectors(self, keys: IntArray, space: Space) -> FloatArray:
        """Give vectors by key."""


@dataclass(frozen=True)
class Shelf:
    """An index and which of its rows are gone; none where all are there."""

    part: DensePart
    gone: BoolArray | None = None

    @property
    def count(self) -> int:
        """Number of passages that are there."""
        return len(self.part.keys) - self.gone_count

    @property
    def gone_count(self) -> int:
        """Number of passages that are gone."""
        return 0 if self.gone is None else int(self.gone.sum())

    @property
    def keys(self) -> IntArray:
        """Keys of the passages that are there, ascending."""
        return self.part.keys if self.gone is None else self.part.keys[~self.gone]

    def without(self, removed: IntArray) -> Shelf:
        """Give the shelf without these keys (ascending), as far as it has them."""
        rows = np.searchsorted(self.part.keys, removed)
        inside = rows < len(self.part.keys)
        rows, keys = rows[inside], removed[inside]
        rows = rows[self.part.keys[rows] == keys]
        if not len(rows):
            return self
        gone = np.zeros(len(self.part.keys), dtype=bool) if self.gone is None else self.gone.copy()
        gone[rows] = True
        return Shelf(self.part, gone)

    def search(self, query: FloatArray, k: int, allowed: IntArray | None) -> list[ScoredKey]:
        """Give the k best passages that are there and allowed."""
        wanted = None if self.gone is None else ~self.gone
        if allowed is not None:
            inside = np.isin(self.part.keys, allowed, assume_unique=True)
            wanted = inside if wanted is None else wanted & inside
        return self.part.search(query, k, wanted)


@dataclass(frozen=True)
class DenseSnapshot:
    """One immutable state of the dense leg: the main index first, then small ones."""

    seq: int
    shelves: tuple[Shelf, ...]

    @property
    def count(self) -> int:
        """Number of passages that can be found."""
        return sum(shelf.count for shelf in self.shelves)

    @property
    def pending(self) -> int:
        """Number of changes that the main index does not hold."""
        return self.shelves[0].gone_count + sum(len(shelf.part.keys) for shelf in self.shelves[1:])

    @property
    def facts(self) -> dict[str, Any]:
        """Type of the main index with its measured recall."""
        return dict(self.shelves[0].part.facts)

    def search(self, query: FloatArray, k: int, allowed: IntArray | None) -> list[ScoredKey]:
        """Give the k passages nearest to a unit query vector, best first; ties by key.

        `allowed` restricts the result to these keys (ascending).
        """
        found = [hit for shelf in self.shelves for hit in shelf.search(query, k, allowed)]
        return sorted(found, key=lambda hit: (-hit.score, hit.key))[:k]


class DenseCache:
    """Keeps a dense snapshot equal to the catalog.

    `catch_up` is called by one thread at a time; `merge`, `rebuild` and `checkpoint` may run beside it.
    """

    def __init__(self, folder: Path, catalog: Vectors, space: Space, *, writable: bool = True) -> None:
        self._folder = folder
        self._catalog = catalog
        self._space = space
        self._writable = writable
        self._merging = Lock()
        self._ready: DenseSnapshot | None = None
        self.fault = ""
        self._heals = False
        self.left_out = False
        self.snapshot = self._read_newest() or self._empty()
        self._main_seq = self.snapshot.seq

    def _empty(self) -> DenseSnapshot:
        nothing = np.empty((0, self._space.dimension), dtype=np.float32)
        return DenseSnapshot(0, (Shelf(FlatPart.from_vectors(NO_KEYS, nothing, self._space.dimension)),))

    def _read_newest(self) -> DenseSnapshot | None:
        """Read the newest generation of this space that verifies and whose canaries sing.

        The process that writes removes newer ones: `fault` tells of them until a sound one is written.
        """
        for path, manifest in generations(self._folder):
            if manifest is not None and manifest.get("space") != self._space.id:
                log.warning("the cache %s is of the space %s: rebuilding it", path, manifest.get("space"))
                continue
            try:
                if manifest is None:
                    raise ValueError("its files are not those of its manifest")
                part = _read_part(path, manifest)
            except (ValueError, KeyError, OSError) as error:
                log.warning("the cache %s is damaged (%s) and is made again from the catalog", path, error)
                if self._writable and path.exists():
                    remove_entries(self._folder, [path])
                    self.fault = "a damaged dense index was left out; a sound one is being written"
                    self._heals = True
                continue
            return DenseSnapshot(int(manifest["seq"]), (Shelf(part),))
        return None

    def leave_out(self) -> None:
        """Find nothing until `rebuild` has made the index anew, instead of making it at once."""
        self.left_out, self.snapshot = True, self._empty()
        self.fault = "the dense index is being made anew; until then questions are answered by words alone"
        log.error("%s", self.fault)

    def catch_up(self, seq: int) -> None:
        """Replay the changes up to `seq` into a new snapshot; readers of the old one keep it."""
        ready, self._ready = self._ready, None
        old = ready or self.snapshot
        if ready is None and (self.left_out or seq == old.seq):
            return
        if ready is not None:
            self._main_seq, self.left_out = ready.seq, False
        changes = self._catalog.changes_after(old.seq)
        if len(changes.added) > max(MERGE_AFTER, old.count):
            self.snapshot = DenseSnapshot(seq, (Shelf(self._built(self._catalog.live_keys())),))
            self._main_seq = 0
            return
        shelves = [shelf.without(changes.removed) for shelf in old.shelves]
        if len(changes.added):
            shelves = self._with(shelves, changes.added)
        self.snapshot = DenseSnapshot(seq, tuple(shelves))

    def _with(self, shelves: list[Shelf], added: IntArray) -> list[Shelf]:
        last = _to_make_anew([len(shelf.part.keys) for shelf in shelves[1:]])
        kept, anew = shelves[: len(shelves) - last], shelves[len(shelves) - last :]
        keys = np.concatenate([*(shelf.keys for shelf in anew), added])
        rows = [_rows(anew, self._space.dimension), self._catalog.vectors(added, self._space)]
        return [*kept, Shelf(FlatPart.from_vectors(keys, np.concatenate(rows), self._space.dimension))]

    def _built(self, keys: IntArray, progress: Progress = lambda fraction: None) -> DensePart:
        return build_part(keys, self._read, self._space.dimension, progress)

    def _read(self, keys: IntArray) -> FloatArray:
        return self._catalog.vectors(keys, self._space)

    @property
    def merge_is_due(self) -> bool:
        """Whether so much has changed that a new main index is worth making, or another process made it."""
        if self._heals or self.left_out:
            return not self.left_out
        snapshot = self.snapshot
        limit = max(MERGE_AFTER, len(snapshot.shelves[0].part.keys) // MERGE_SHARE)
        if snapshot.pending <= limit:
            return False
        return self._writable or (newest_seq(self._folder) or 0) > self._main_seq

    def merge(self, progress: Progress = lambda fraction: None) -> None:
        """Make one main index of the newest snapshot and write it; the next `catch_up` takes it.

        A process that only reads takes the newest that the writing one has written. Raises `StoreWriteError`
        where it cannot be written; it is used all the same.
        """
        with self._merging:
            if not self._writable:
                self._ready = self._read_newest()
            elif not self.left_out:
                self._take(self._merged(self.snapshot, progress))

    def _take(self, made: DenseSnapshot) -> None:
        # What cannot be written is as good as what can, as long as this process lives.
        self._ready, self._heals = made, False
        self._write(made)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Wait for what is being made beside, and hold off the next.

        To be entered before changes are held off: they would wait as well.
        """
        with self._merging:
            yield

    def retire(self) -> None:
        """Write nothing more, because another space is searched; to be called while it is `resting`."""
        self._writable = False

    def _merged(self, old: DenseSnapshot, progress: Progress = lambda fraction: None) -> DenseSnapshot:
        main, small = old.shelves[0], old.shelves[1:]
        added = [shelf.keys for shelf in small]
        keys = np.concatenate([main.keys, *added])
        if isinstance(main.part, ClusteredPart):
            if main.part.can_grow_to(len(keys)):
                gone = NO_KEYS if main.gone is None else main.part.keys[main.gone]
                rows = _rows(small, self._space.dimension)
                part: DensePart = main.part.grown(gone, np.concatenate([NO_KEYS, *added]), rows)
            else:
                return self._from_catalog(progress)
        else:
            rows = _rows(old.shelves, self._space.dimension)
            part = build_part(
                keys, lambda wanted: rows[np.searchsorted(keys, wanted)], self._space.dimension, progress
            )
        return DenseSnapshot(old.seq, (Shelf(part),))

    def _from_catalog(self, progress: Progress = lambda fraction: None) -> DenseSnapshot:
        with self._catalog.reading():
            return DenseSnapshot(
                self._catalog.seq(), (Shelf(self._built(self._catalog.live_keys(), progress)),)
            )

    def rebuild(self, progress: Progress) -> None:
        """Make the main index anew from the catalog and write it; the next `catch_up` takes it."""
        with self._merging:
            rebuilt = self._from_catalog(progress)
            if self.left_out:
                return self._take(rebuilt)
            self._write(rebuilt)
            self._ready = rebuilt

    def checkpoint(self, *, wait: bool = True) -> bool:
        """Write a new generation where the newest on disk is far behind or damaged; tells whether it did.

        May run beside changes; the next `catch_up` takes it. Without `wait` nothing is written where one is
        being made. Raises `StoreWriteError`.
        """
        if not self._merging.acquire(blocking=wait):
            return False
        try:
            needed = not self.left_out and self._writable and not self._is_written()
            if needed:
                self._take(self._merged(self.snapshot))
            return needed
        finally:
            self._merging.release()

    def _is_written(self) -> bool:
        if self.fault:
            return False
        if self._ready is not None:
            return True
        left = max(REPLAY_AT_MOST, len(self.snapshot.shelves[0].part.keys) // REPLAY_SHARE)
        return newest_seq(self._folder) == self._main_seq and self.snapshot.pending <= left

    def _write(self, snapshot: DenseSnapshot) -> None:
        part = snapshot.shelves[0].part
        facts = {
            **part.facts,
            "space": self._space.id,
            "passages": len(part.keys),
            "canaries": dense_canaries(part),
        }
        files: dict[str, Content] = {
            _KEYS: part.keys.tobytes(),
            _INDEX: lambda write: write_part(part, write),
        }
        try:
            write_generation(self._folder, files, facts, snapshot.seq)
        except StoreWriteError:
            self.fault = "the dense index on disk could not be written, so that the next start takes longer"
            raise
        self.fault = ""


def _read_part(generation: Path, manifest: Mapping[str, Any]) -> DensePart:
    """Read the index of a generation whose files verify. Raises `ValueError` where it is not what it says."""
    keys = np.frombuffer((generation / _KEYS).read_bytes(), dtype=np.int64)
    with (generation / _INDEX).open("rb") as file:
        part = read_part(keys, file, (generation / _INDEX).stat().st_size, manifest)
    replay_dense(manifest["canaries"], part)
    return part


def _to_make_anew(sizes: Sequence[int]) -> int:
    """Tell how many of the last small indexes are made one with what is added next.

    The last one where it is small; beyond it those of like size where there are `_ALIKE` of them. So their
    number grows with the logarithm of what they hold, and each passage is copied as many times.
    """
    last = 1 if sizes and sizes[-1] < _SMALL else 0
    limit = _SMALL * _ALIKE
    while True:
        alike = 0
        while last + alike < len(sizes) and sizes[-1 - last - alike] < limit:
            alike += 1
        if alike < _ALIKE:
            return last
        last, limit = last + alike, limit * _ALIKE


def _rows(shelves: Sequence[Shelf], dimension: int) -> FloatArray:
    blocks = [np.empty((0, dimension), dtype=np.float32)]
    for shelf in shelves:
        assert isinstance(shelf.part, FlatPart)
        blocks.append(shelf.part.vectors if shelf.gone is None else shelf.part.vectors[~shelf.gone])
    return np.concatenate(blocks)

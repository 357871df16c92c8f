"""The dense leg: FAISS over passage vectors, a cache of the catalog.

A main index, read from a certified generation, and a small delta made anew at every change. Neither is
ever changed once it is searched: adding to a FAISS index during a search kills the process.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.catalog import Catalog
from index.generations import newest_generation, write_generation
from index.types import BoolArray, FloatArray, IntArray, ScoredKey, Space

if TYPE_CHECKING:
    import faiss

log = logging.getLogger(__name__)

MERGE_AFTER = 2048
"""Passages in the delta, or removed from the main index, after which a new main index is made."""

_KEYS, _INDEX = "keys.bin", "index.faiss"
_NO_KEYS: IntArray = np.empty(0, dtype=np.int64)


class DensePart:
    """An immutable exact index: row i holds the vector of passage `keys[i]`; keys ascend."""

    def __init__(self, keys: IntArray, index: faiss.Index) -> None:
        if len(keys) != index.ntotal:
            raise ValueError(f"{len(keys)} keys for {index.ntotal} vectors")
        self.keys = keys
        self._index = index

    @classmethod
    def from_vectors(cls, keys: IntArray, vectors: FloatArray, dimension: int) -> DensePart:
        """Make a part of unit rows."""
        import faiss

        index = faiss.IndexFlatIP(dimension)
        if len(keys):
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(keys, index)

    @classmethod
    def from_bytes(cls, keys: bytes, index: bytes) -> DensePart:
        """Read a part that `to_bytes` wrote. The bytes must have been verified."""
        import faiss

        return cls(
            np.frombuffer(keys, dtype=np.int64), faiss.deserialize_index(np.frombuffer(index, dtype=np.uint8))
        )

    def to_bytes(self) -> tuple[bytes, bytes]:
        """Give keys and index as bytes."""
        import faiss

        return self.keys.tobytes(), faiss.serialize_index(self._index).tobytes()

    @cached_property
    def vectors(self) -> FloatArray:
        """The rows of the index, copied out."""
        rows: FloatArray = self._index.reconstruct_n(0, len(self.keys))
        return rows

    def search(self, query: FloatArray, k: int, wanted: BoolArray | None) -> list[ScoredKey]:
        """Give the k best rows among the wanted ones (a mask over rows; none wants all)."""
        import faiss

        k = min(k, len(self.keys) if wanted is None else int(wanted.sum()))
        if k == 0:
            return []
        parameters: Any = None
        if wanted is not None:
            bits = np.packbits(wanted, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(bits) * 8, faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, rows = self._index.search(query.reshape(1, -1), k, params=parameters)
        # FAISS fills missing results with row -1.
        return [
            ScoredKey(int(self.keys[row]), float(score))
            for row, score in zip(rows[0], scores[0], strict=True)
            if row >= 0
        ]


@dataclass(frozen=True)
class DenseSnapshot:
    """One immutable state of the dense leg."""

    seq: int
    main: DensePart
    delta: DensePart
    removed: IntArray

    def search(self, query: FloatArray, k: int, allowed: IntArray | None) -> list[ScoredKey]:
        """Give the k passages nearest to a unit query vector, best first; ties by key.

        `allowed` restricts the result to these keys (ascending).
        """
        found: list[ScoredKey] = []
        for part in (self.main, self.delta):
            wanted = None
            if len(self.removed) and part is self.main:
                wanted = ~np.isin(part.keys, self.removed, assume_unique=True)
            if allowed is not None:
                inside = np.isin(part.keys, allowed, assume_unique=True)
                wanted = inside if wanted is None else wanted & inside
            found.extend(part.search(query, k, wanted))
        return sorted(found, key=lambda hit: (-hit.score, hit.key))[:k]


class DenseCache:
    """Keeps a dense snapshot equal to the catalog. Used by one thread at a time."""

    def __init__(self, folder: Path, catalog: Catalog, space: Space) -> None:
        self._folder = folder
        self._catalog = catalog
        self._space = space
        self.snapshot = self._opened()
        self._written_seq = self.snapshot.seq

    def _opened(self) -> DenseSnapshot:
        found = newest_generation(self._folder)
        if found is not None:
            path, manifest = found
            if manifest.get("space") == self._space.id:
                keys, index = ((path / name).read_bytes() for name in (_KEYS, _INDEX))
                main = DensePart.from_bytes(keys, index)
                return DenseSnapshot(int(str(manifest["seq"])), main, self._part(_NO_KEYS), _NO_KEYS)
            log.warning(
                "the dense cache is of space %s, not %s: rebuilding it", manifest.get("space"), self._space.id
            )
        return DenseSnapshot(0, self._part(_NO_KEYS), self._part(_NO_KEYS), _NO_KEYS)

    def _part(self, keys: IntArray) -> DensePart:
        return DensePart.from_vectors(keys, self._catalog.vectors(keys, self._space), self._space.dimension)

    def catch_up(self, seq: int) -> None:
        """Replay the changes up to `seq` into a new snapshot; readers of the old one keep it."""
        old = self.snapshot
        if seq == old.seq:
            return
        changes = self._catalog.changes_after(old.seq)
        kept = ~np.isin(old.delta.keys, changes.removed)
        delta = DensePart.from_vectors(
            np.concatenate([old.delta.keys[kept], changes.added]),
            np.concatenate([old.delta.vectors[kept], self._catalog.vectors(changes.added, self._space)]),
            self._space.dimension,
        )
        removed = np.union1d(old.removed, np.intersect1d(changes.removed, old.main.keys))
        self.snapshot = DenseSnapshot(seq, old.main, delta, removed)
        if len(delta.keys) + len(removed) > MERGE_AFTER:
            self._merge()

    def _merge(self) -> None:
        old = self.snapshot
        kept = ~np.isin(old.main.keys, old.removed, assume_unique=True)
        main = DensePart.from_vectors(
            np.concatenate([old.main.keys[kept], old.delta.keys]),
            np.concatenate([old.main.vectors[kept], old.delta.vectors]),
            self._space.dimension,
        )
        self.snapshot = DenseSnapshot(old.seq, main, self._part(_NO_KEYS), _NO_KEYS)

    def checkpoint(self) -> None:
        """Write the snapshot as a new generation where the newest on disk is older."""
        if self.snapshot.seq == self._written_seq and newest_generation(self._folder) is not None:
            return
        self._merge()
        keys, index = self.snapshot.main.to_bytes()
        facts = {"space": self._space.id, "passages": len(self.snapshot.main.keys)}
        write_generation(self._folder, {_KEYS: keys, _INDEX: index}, facts, self.snapshot.seq)
        self._written_seq = self.snapshot.seq

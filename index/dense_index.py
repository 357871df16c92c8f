"""The vectors of passages as FAISS indexes: exact while that is fast, clustered beyond.

An index that is searched is never changed: adding to a FAISS index during a search kills the process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from index.types import BoolArray, FloatArray, IntArray, ScoredKey

if TYPE_CHECKING:
    import faiss

log = logging.getLogger(__name__)

EXACT_UP_TO = 50_000
"""Passages that are searched one by one: about 15 ms on one core at 384 dimensions.

A clustered index of 100,000 answers in 1 to 3 ms where the exact one takes 36.
"""

RECALL_AT_LEAST = 0.98
"""Share of the exact ten nearest that a clustered index must find among its ten."""

_RECALL_AIM = 0.985
_PROBES = 100
_PROBE_COSINE = 0.7
"""How near a question lies to the passage that answers it, more or less."""

_LISTS_PER_ROOT = 4
_TRAIN_PER_LIST = 40
_ROWS_AT_ONCE = 20_000
_LOOP_LIMIT = 1_000_000

ReadVectors: TypeAlias = Callable[[IntArray], FloatArray]
Progress: TypeAlias = Callable[[float], None]
NO_KEYS: IntArray = np.empty(0, dtype=np.int64)


class FlatPart:
    """An exact index: row i holds the vector of passage `keys[i]`; keys ascend."""

    def __init__(self, keys: IntArray, index: faiss.Index) -> None:
        if len(keys) != index.ntotal:
            raise ValueError(f"{len(keys)} keys for {index.ntotal} vectors")
        self.keys = keys
        self.index = index

    @classmethod
    def from_vectors(cls, keys: IntArray, vectors: FloatArray, dimension: int) -> FlatPart:
        """Make a part of unit rows."""
        return cls(keys, _flat([vectors], dimension))

    @property
    def vectors(self) -> FloatArray:
        """The rows of the index, copied out."""
        rows: FloatArray = self.index.reconstruct_n(0, len(self.keys))
        return rows

    def sample(self, count: int) -> FloatArray:
        """Give some of the vectors, from all over the index."""
        rows = np.unique(np.linspace(0, len(self.keys) - 1, min(count, len(self.keys))).astype(np.int64))
        return np.array([self.index.reconstruct(int(row)) for row in rows], dtype=np.float32)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a manifest keeps of the index."""
        return {"index": "flat"}

    def search(self, query: FloatArray, k: int, wanted: BoolArray | None) -> list[ScoredKey]:
        """Give the k best rows among the wanted ones (a mask over rows; none wants all)."""
        import faiss

        k = min(k, len(self.keys) if wanted is None else int(wanted.sum()))
        if k == 0:
            return []
        parameters: Any = None
        if wanted is not None:
            bits = np.packbits(wanted, bitorder="little")
            parameters = faiss.SearchParameters(sel=_bitmap(bits))  # type: ignore[call-arg]  # made by SWIG
        scores, rows = self.index.search(query.reshape(1, -1), k, params=parameters)
        return _scored(self.keys[rows[0]], scores[0], rows[0])


class ClusteredPart:
    """Inverted lists with vectors of one byte a dimension; the index knows vectors by passage key."""

    def __init__(
        self, keys: IntArray, index: faiss.IndexIVFScalarQuantizer, *, probe: int, recall: float, trained: int
    ) -> None:
        if len(keys) != index.ntotal:
            raise ValueError(f"{len(keys)} keys for {index.ntotal} vectors")
        self.keys = keys
        self.index = index
        self._probe = probe
        self._recall = recall
        self._trained = trained

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a manifest keeps of the index."""
        return {
            "index": "clustered",
            "probe": self._probe,
            "recall_at_10": round(self._recall, 4),
            "trained_on": self._trained,
        }

    def search(self, query: FloatArray, k: int, wanted: BoolArray | None) -> list[ScoredKey]:
        """Give the k best rows among the wanted ones (a mask over keys; none wants all)."""
        import faiss

        k = min(k, len(self.keys) if wanted is None else int(wanted.sum()))
        if k == 0:
            return []
        probe = self._probe
        parameters: dict[str, Any] = {"nprobe": probe}
        if wanted is not None:
            parameters["sel"] = _bitmap(self._bits(wanted))
            # The fewer are wanted, the more lists must be read to meet them.
            parameters["nprobe"] = min(self.index.nlist, int(probe * len(self.keys) / int(wanted.sum())) + 1)
        scores, found = self.index.search(
            query.reshape(1, -1),
            k,
            params=faiss.SearchParametersIVF(**parameters),
        )
        return _scored(found[0], scores[0], found[0])

    def _bits(self, wanted: BoolArray) -> npt.NDArray[np.uint8]:
        mask = np.zeros(int(self.keys[-1]) + 1, dtype=bool)
        mask[self.keys[wanted]] = True
        return np.packbits(mask, bitorder="little")

    def sample(self, count: int) -> FloatArray:
        """Give some centres of clusters."""
        rows = np.linspace(0, self.index.nlist - 1, count).astype(np.int64)
        return np.array([self.index.quantizer.reconstruct(int(row)) for row in rows], dtype=np.float32)

    def can_grow_to(self, count: int) -> bool:
        """Tell whether the clusters still fit that many passages."""
        return self._trained // 2 <= count <= self._trained * 2

    def grown(self, gone: IntArray, keys: IntArray, vectors: FloatArray) -> ClusteredPart:
        """Give a part without some keys and with others; this one stays as it is."""
        import faiss

        index = faiss.clone_index(self.index)
        assert isinstance(index, faiss.IndexIVFScalarQuantizer)
        if len(gone):
            index.remove_ids(faiss.IDSelectorBatch(gone))
        if len(keys):
            index.add_with_ids(vectors, keys)
        kept = self.keys[~np.isin(self.keys, gone, assume_unique=True)]
        return ClusteredPart(
            np.concatenate([kept, keys]), index, probe=self._probe, recall=self._recall, trained=self._trained
        )


DensePart: TypeAlias = FlatPart | ClusteredPart


def build_part(
    keys: IntArray, read: ReadVectors, dimension: int, progress: Progress = lambda fraction: None
) -> DensePart:
    """Make an index of the vectors of keys (ascending), of the type that fits their number."""
    if len(keys) > EXACT_UP_TO:
        clustered = _clustered(keys, read, dimension, progress)
        if clustered is not None:
            return clustered
    return FlatPart(keys, _flat((rows for _, rows in _read(keys, read, progress)), dimension))


def write_part(part: DensePart, write: Callable[[bytes], object]) -> None:
    """Write the index of a part piece by piece."""
    import faiss

    faiss.write_index(part.index, faiss.PyCallbackIOWriter(write))  # type: ignore[attr-defined]  # made by SWIG


def read_part(keys: IntArray, file: IO[bytes], size: int, facts: Mapping[str, Any]) -> DensePart:
    """Read a part whose bytes were verified. Raises `ValueError` where it is not what `facts` say."""
    import faiss

    # No length inside a file can be larger than the file.
    faiss.set_deserialization_vector_byte_limit(size)
    faiss.set_deserialization_loop_limit(_LOOP_LIMIT)
    try:
        index = faiss.read_index(faiss.PyCallbackIOReader(file.read))  # type: ignore[attr-defined]  # made by SWIG
    except RuntimeError as error:
        raise ValueError(f"the index cannot be read: {error}") from error
    if facts.get("index") == "clustered" and isinstance(index, faiss.IndexIVFScalarQuantizer):
        return ClusteredPart(
            keys, index, probe=facts["probe"], recall=facts["recall_at_10"], trained=facts["trained_on"]
        )
    if facts.get("index") == "flat" and isinstance(index, faiss.IndexFlatIP):
        return FlatPart(keys, index)
    raise ValueError(f"the index is not of the type {facts.get('index')!r}")


def _flat(blocks: Iterator[FloatArray] | list[FloatArray], dimension: int) -> faiss.IndexFlatIP:
    import faiss

    index = faiss.IndexFlatIP(dimension)
    for rows in blocks:
        if len(rows):
            index.add(np.ascontiguousarray(rows, dtype=np.float32))
    return index


def _clustered(keys: IntArray, read: ReadVectors, dimension: int, progress: Progress) -> ClusteredPart | None:
    import faiss

    chance = np.random.default_rng(len(keys))
    lists = int(_LISTS_PER_ROOT * len(keys) ** 0.5)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        True,
    )
    index.cp.max_points_per_centroid = _TRAIN_PER_LIST
    sample = np.sort(chance.choice(keys, min(len(keys), lists * _TRAIN_PER_LIST), replace=False))
    index.train(np.concatenate([rows for _, rows in _read(sample, read, lambda fraction: None)]))
    probes = _near(read(np.sort(chance.choice(keys, _PROBES, replace=False))), chance)
    nearest = _Nearest(probes, 10)
    for part, rows in _read(keys, read, progress):
        index.add_with_ids(rows, part)
        nearest.see(part, rows)
    probe, recall = _probe_for(index, probes, nearest.keys)
    log.info("clustered %d passages: %d of %d lists read, recall@10 %.3f", len(keys), probe, lists, recall)
    if recall < RECALL_AT_LEAST:
        log.warning("a clustered index of these vectors finds %.3f of the nearest, so it stays exact", recall)
        return None
    return ClusteredPart(keys, index, probe=probe, recall=recall, trained=len(keys))


def _read(keys: IntArray, read: ReadVectors, progress: Progress) -> Iterator[tuple[IntArray, FloatArray]]:
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        part = keys[start : start + _ROWS_AT_ONCE]
        yield part, read(part)
        progress((start + len(part)) / len(keys))


def _near(rows: FloatArray, chance: np.random.Generator) -> FloatArray:
    """Move unit rows to a cosine from where they were, each in a direction of its own."""
    noise = chance.standard_normal(rows.shape).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    moved = _PROBE_COSINE * rows + (1 - _PROBE_COSINE**2) ** 0.5 * noise
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


class _Nearest:
    """The exact nearest keys of some queries among all rows seen."""

    def __init__(self, queries: FloatArray, k: int) -> None:
        self._queries = queries
        self._k = k
        self.keys: IntArray = np.zeros((len(queries), 0), dtype=np.int64)
        self._scores: FloatArray = np.zeros((len(queries), 0), dtype=np.float32)

    def see(self, keys: IntArray, rows: FloatArray) -> None:
        scores = np.concatenate([self._scores, self._queries @ rows.T], axis=1)
        all_keys = np.concatenate([self.keys, np.broadcast_to(keys, (len(self._queries), len(keys)))], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, : self._k]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self.keys = np.take_along_axis(all_keys, best, axis=1)


def _probe_for(
    index: faiss.IndexIVFScalarQuantizer, probes: FloatArray, nearest: IntArray
) -> tuple[int, float]:
    """Give the number of lists to read for the aimed recall, and the recall that it has."""
    import faiss

    probe, recall = 8, 0.0
    while recall < _RECALL_AIM and probe < index.nlist:
        probe = min(index.nlist, probe * 2)
        parameters = faiss.SearchParametersIVF(nprobe=probe)  # type: ignore[call-arg]  # made by SWIG
        _, found = index.search(probes, nearest.shape[1], params=parameters)
        shared = [len(np.intersect1d(a, b)) for a, b in zip(found, nearest, strict=True)]
        recall = float(np.mean(shared)) / nearest.shape[1]
    return probe, recall


def _bitmap(bits: npt.NDArray[np.uint8]) -> faiss.IDSelectorBitmap:
    import faiss

    return faiss.IDSelectorBitmap(len(bits) * 8, faiss.swig_ptr(bits))


def _scored(keys: IntArray, scores: FloatArray, rows: IntArray) -> list[ScoredKey]:
    # FAISS fills missing results with row -1.
    return [
        ScoredKey(int(key), float(score))
        for key, score, row in zip(keys, scores, rows, strict=True)
        if row >= 0
    ]

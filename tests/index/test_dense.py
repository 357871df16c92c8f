from dataclasses import dataclass, field

import numpy as np
import pytest
from fakes import FakeEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from index import dense
from index.catalog import Changes
from index.dense import DenseCache, DensePart
from index.types import Space

DIMENSION = 16
SPACE = Space("exact", "0" * 64, DIMENSION)


def unit_rows(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def exactly(vectors: dict[int, np.ndarray], query: np.ndarray, k: int) -> list[tuple[int, float]]:
    """All products, in double precision, sorted."""
    scores = {
        key: float(vector.astype(np.float64) @ query.astype(np.float64)) for key, vector in vectors.items()
    }
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]


def assert_equal(found, expected):
    assert [hit.key for hit in found] == [key for key, _ in expected]
    assert [hit.score for hit in found] == pytest.approx([score for _, score in expected], abs=1e-5)


@given(st.integers(0, 300), st.integers(0, 2**32), st.integers(1, 400), st.data())
@settings(max_examples=100)
def test_a_part_finds_what_exact_search_finds_among_the_wanted(count, seed, k, data):
    vectors = unit_rows(count, seed)
    keys = np.sort(np.random.default_rng(seed).choice(10_000, count, replace=False)).astype(np.int64)
    part = DensePart.from_vectors(keys, vectors, DIMENSION)
    query = unit_rows(1, seed + 1)[0]
    share = data.draw(st.sampled_from([None, 0.0, 0.02, 0.5, 1.0]))
    wanted = None if share is None else np.random.default_rng(seed).random(count) < share
    inside = {
        int(key): vector
        for i, (key, vector) in enumerate(zip(keys, vectors, strict=True))
        if wanted is None or wanted[i]
    }
    assert_equal(part.search(query, k, wanted), exactly(inside, query, k))


@given(st.integers(0, 50), st.integers(0, 2**32))
def test_a_part_comes_back_from_its_bytes(count, seed):
    keys, vectors = np.arange(count, dtype=np.int64) * 3, unit_rows(count, seed)
    part = DensePart.from_bytes(*DensePart.from_vectors(keys, vectors, DIMENSION).to_bytes())
    assert part.keys.tolist() == keys.tolist()
    assert np.array_equal(part.vectors, vectors.reshape(count, DIMENSION))


def test_keys_without_vectors_are_no_part():
    two = DensePart.from_vectors(np.array([1, 2]), unit_rows(2, 0), DIMENSION)
    with pytest.raises(ValueError, match="3 keys for 2 vectors"):
        DensePart.from_bytes(np.array([1, 2, 3]).tobytes(), two.to_bytes()[1])


@dataclass
class Truth:
    """What the dense cache asks of a catalog, in two dictionaries."""

    count: int = 0
    vector: dict[int, np.ndarray] = field(default_factory=dict)
    added: dict[int, int] = field(default_factory=dict)
    removed: dict[int, int] = field(default_factory=dict)
    changes: int = 0

    def seq(self) -> int:
        return self.changes

    def add(self, many: int) -> None:
        self.changes += 1
        for row in unit_rows(many, self.changes):
            self.count += 1
            self.vector[self.count], self.added[self.count] = row, self.changes

    def remove(self, keys: list[int]) -> None:
        self.changes += 1
        self.removed.update(dict.fromkeys(keys, self.changes))

    @property
    def live(self) -> dict[int, np.ndarray]:
        return {key: row for key, row in self.vector.items() if key not in self.removed}

    def vectors(self, keys: np.ndarray, space: Space) -> np.ndarray:
        return np.array([self.vector[int(key)] for key in keys], np.float32).reshape(-1, space.dimension)

    def changes_after(self, seq: int) -> Changes:
        added = [key for key in self.live if self.added[key] > seq]
        removed = [key for key, when in self.removed.items() if when > seq and self.added[key] <= seq]
        return Changes(np.array(added, np.int64), np.array(sorted(removed), np.int64))


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 6)),
        st.tuples(st.just("remove"), st.sets(st.integers(1, 40), min_size=1, max_size=4)),
        st.tuples(st.sampled_from(["catch up", "checkpoint", "reopen"]), st.none()),
    ),
    max_size=15,
)


@given(OPERATIONS, st.sampled_from([3, 8, 2048]), st.sets(st.integers(1, 60)))
@settings(max_examples=60)
def test_a_cache_finds_what_exact_search_finds_after_any_changes(
    tmp_path_factory, operations, merge_after, allowed
):
    folder, truth = tmp_path_factory.mktemp("dense"), Truth()
    cache = DenseCache(folder, truth, SPACE)
    query = unit_rows(1, 99)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "MERGE_AFTER", merge_after)
        for name, argument in operations:
            if name == "add":
                truth.add(argument)
            elif name == "remove":
                truth.remove(sorted(argument & truth.live.keys()))
            elif name == "reopen":
                cache = DenseCache(folder, truth, SPACE)
            cache.catch_up(truth.changes)
            if name == "checkpoint":
                cache.checkpoint()
            for k in (1, 5, 100):
                assert_equal(cache.snapshot.search(query, k, None), exactly(truth.live, query, k))
                inside = {key: row for key, row in truth.live.items() if key in allowed}
                found = cache.snapshot.search(query, k, np.array(sorted(allowed), np.int64))
                assert_equal(found, exactly(inside, query, k))


def test_a_snapshot_in_hand_never_changes(tmp_path):
    truth = Truth()
    truth.add(5)
    cache = DenseCache(tmp_path, truth, SPACE)
    cache.catch_up(truth.changes)
    held, before, query = cache.snapshot, dict(truth.live), unit_rows(1, 99)[0]
    truth.add(5)
    truth.remove([1, 2])
    cache.catch_up(truth.changes)
    cache.checkpoint()
    assert_equal(held.search(query, 10, None), exactly(before, query, 10))


def test_a_generation_of_another_space_is_not_used(tmp_path):
    truth = Truth()
    truth.add(3)
    cache = DenseCache(tmp_path, truth, SPACE)
    cache.catch_up(truth.changes)
    cache.checkpoint()
    other = DenseCache(tmp_path, truth, Space("other", "1" * 64, DIMENSION))
    assert other.snapshot.seq == 0
    assert DenseCache(tmp_path, truth, SPACE).snapshot.seq == truth.changes


def test_equal_passages_are_found_in_the_order_of_their_keys():
    row = FakeEmbedder(DIMENSION).embed_passages(["bank port"])
    part = DensePart.from_vectors(np.array([4, 5, 6]), np.repeat(row, 3, axis=0), DIMENSION)
    snapshot = dense.DenseSnapshot(
        1, part, DensePart.from_vectors(np.array([9]), row, DIMENSION), np.empty(0, np.int64)
    )
    assert [hit.key for hit in snapshot.search(row[0], 4, None)] == [4, 5, 6, 9]

import io
import json
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import pytest
from fakes import FakeEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from index import dense, dense_index
from index.catalog_reader import Changes
from index.dense import DenseCache, DenseSnapshot, Shelf
from index.dense_index import FlatPart, read_part, write_part
from index.generations import write_generation
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
    part = FlatPart.from_vectors(keys, vectors, DIMENSION)
    query = unit_rows(1, seed + 1)[0]
    share = data.draw(st.sampled_from([None, 0.0, 0.02, 0.5, 1.0]))
    wanted = None if share is None else np.random.default_rng(seed).random(count) < share
    inside = {
        int(key): vector
        for i, (key, vector) in enumerate(zip(keys, vectors, strict=True))
        if wanted is None or wanted[i]
    }
    assert_equal(part.search(query, k, wanted), exactly(inside, query, k))


def written(part) -> io.BytesIO:
    file = io.BytesIO()
    write_part(part, file.write)
    file.seek(0)
    return file


@given(st.integers(0, 50), st.integers(0, 2**32))
def test_a_part_comes_back_from_its_bytes(count, seed):
    keys, vectors = np.arange(count, dtype=np.int64) * 3, unit_rows(count, seed)
    file = written(FlatPart.from_vectors(keys, vectors, DIMENSION))
    part = read_part(keys, file, len(file.getvalue()), {"index": "flat"})
    assert part.keys.tolist() == keys.tolist()
    assert np.array_equal(part.vectors, vectors.reshape(count, DIMENSION))


def test_keys_without_vectors_are_no_part():
    two = written(FlatPart.from_vectors(np.array([1, 2]), unit_rows(2, 0), DIMENSION))
    with pytest.raises(ValueError, match="3 keys for 2 vectors"):
        read_part(np.array([1, 2, 3]), two, len(two.getvalue()), {"index": "flat"})


def test_a_part_that_claims_more_than_its_file_holds_is_refused():
    file = written(FlatPart.from_vectors(np.arange(9), unit_rows(9, 0), DIMENSION))
    with pytest.raises(ValueError, match="cannot be read"):
        read_part(np.arange(9), file, 64, {"index": "flat"})


@dataclass
class Truth:
    """What the dense cache asks of a catalog, in two dictionaries."""

    count: int = 0
    vector: dict[int, np.ndarray] = field(default_factory=dict)
    added: dict[int, int] = field(default_factory=dict)
    removed: dict[int, int] = field(default_factory=dict)
    changes: int = 0

    def reading(self):
        return nullcontext()

    def seq(self) -> int:
        return self.changes

    def live_keys(self) -> np.ndarray:
        return np.array(sorted(self.live), np.int64)

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
        st.tuples(st.sampled_from(["catch up", "checkpoint", "reopen", "merge", "rebuild"]), st.none()),
    ),
    max_size=15,
)


@given(OPERATIONS, st.sampled_from([3, 2048]), st.sampled_from([0, 4]), st.sets(st.integers(1, 60)))
@settings(max_examples=60)
def test_a_cache_finds_what_exact_search_finds_after_any_changes(
    tmp_path_factory, operations, merge_after, small, allowed
):
    folder, truth = tmp_path_factory.mktemp("dense"), Truth()
    cache = DenseCache(folder, truth, SPACE)
    query = unit_rows(1, 99)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "MERGE_AFTER", merge_after)
        patch.setattr(dense, "REPLAY_AT_MOST", small)
        patch.setattr(dense, "_SMALL", small)
        patch.setattr(dense, "_ALIKE", 2)
        for name, argument in operations:
            if name == "add":
                truth.add(argument)
            elif name == "remove":
                truth.remove(sorted(argument & truth.live.keys()))
            elif name == "reopen":
                cache = DenseCache(folder, truth, SPACE)
            elif name == "merge":
                cache.merge()
            elif name == "rebuild":
                cache.rebuild(lambda fraction: None)
            cache.catch_up(truth.changes)
            assert cache.snapshot.count == len(truth.live)
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


def test_the_small_indexes_stay_few_however_much_is_added_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(dense, "_SMALL", 1)
    truth = Truth()
    cache = DenseCache(tmp_path, truth, SPACE)
    most = 0
    for number in range(600):
        truth.add(1)
        if number % 50 == 7:
            truth.remove([number - 3])
        cache.catch_up(truth.changes)
        most = max(most, len(cache.snapshot.shelves))
    # Of each size at most as many as become one: 1, 9, 81 and 729 passages.
    assert most <= 1 + 3 * (dense._ALIKE + 1)
    assert cache.snapshot.count == len(truth.live)
    query = unit_rows(1, 99)[0]
    assert_equal(cache.snapshot.search(query, 600, None), exactly(truth.live, query, 600))


def test_a_large_main_index_is_not_written_anew_for_each_few_passages(tmp_path, monkeypatch):
    monkeypatch.setattr(dense, "REPLAY_AT_MOST", 2)
    monkeypatch.setattr(dense, "REPLAY_SHARE", 4)
    truth = Truth()
    cache = DenseCache(tmp_path, truth, SPACE)
    truth.add(20)
    cache.catch_up(truth.changes)
    assert cache.checkpoint()
    cache.catch_up(truth.changes)
    written = []
    for _ in range(6):
        truth.add(1)
        cache.catch_up(truth.changes)
        written.append(cache.checkpoint())
    assert written == [False] * 5 + [True]
    cache.catch_up(truth.changes)
    assert cache.snapshot.pending == 0


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
    part = FlatPart.from_vectors(np.array([4, 5, 6]), np.repeat(row, 3, axis=0), DIMENSION)
    snapshot = DenseSnapshot(1, (Shelf(part), Shelf(FlatPart.from_vectors(np.array([9]), row, DIMENSION))))
    assert [hit.key for hit in snapshot.search(row[0], 4, None)] == [4, 5, 6, 9]


def test_a_merge_beside_changes_loses_none_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(dense, "MERGE_AFTER", 4)
    truth = Truth()
    cache = DenseCache(tmp_path, truth, SPACE)
    for _ in range(3):
        truth.add(2)
        cache.catch_up(truth.changes)
    assert cache.merge_is_due
    cache.merge()
    truth.add(2)
    truth.remove([1, 7])
    cache.catch_up(truth.changes)
    query = unit_rows(1, 99)[0]
    assert_equal(cache.snapshot.search(query, 10, None), exactly(truth.live, query, 10))
    assert (len(cache.snapshot.shelves[0].part.keys), cache.snapshot.pending) == (6, 2)
    assert not cache.merge_is_due


def test_a_process_that_reads_takes_the_main_index_that_the_writing_one_made(tmp_path, monkeypatch):
    monkeypatch.setattr(dense, "MERGE_AFTER", 4)
    truth = Truth()
    writer, reader = DenseCache(tmp_path, truth, SPACE), DenseCache(tmp_path, truth, SPACE, writable=False)
    for many in (4, 4):
        truth.add(many)
        writer.catch_up(truth.changes)
        reader.catch_up(truth.changes)
    assert writer.merge_is_due
    assert not reader.merge_is_due
    writer.merge()
    truth.add(1)
    reader.catch_up(truth.changes)
    assert reader.merge_is_due
    reader.merge()
    reader.catch_up(truth.changes)
    assert reader.snapshot.pending == 1
    assert reader.snapshot.count == 9


def test_a_generation_whose_canaries_find_something_else_is_not_used(tmp_path, caplog):
    truth = Truth()
    truth.add(20)
    cache = DenseCache(tmp_path, truth, SPACE)
    cache.catch_up(truth.changes)
    cache.checkpoint()
    [generation] = tmp_path.iterdir()
    manifest = json.loads((generation / "MANIFEST.json").read_bytes())
    assert len(manifest["canaries"]) == 16
    assert DenseCache(tmp_path, truth, SPACE).snapshot.seq == 1
    # Every file is as its manifest says, but the vectors stand in another order than the keys.
    part = FlatPart.from_vectors(truth.live_keys(), truth.vectors(truth.live_keys()[::-1], SPACE), DIMENSION)
    facts = {name: manifest[name] for name in ("space", "passages", "canaries", "index")}
    files = {"keys.bin": part.keys.tobytes(), "index.faiss": written(part).getvalue()}
    write_generation(tmp_path, files, facts, 1)
    reopened = DenseCache(tmp_path, truth, SPACE)
    assert "canary query" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["g000000000001"]
    query = unit_rows(1, 99)[0]
    assert_equal(reopened.snapshot.search(query, 10, None), exactly(truth.live, query, 10))


def recall(snapshot, vectors, queries):
    shared = [
        len(
            {hit.key for hit in snapshot.search(query, 10, None)}
            & {key for key, _ in exactly(vectors, query, 10)}
        )
        for query in queries
    ]
    return sum(shared) / 10 / len(queries)


def test_a_large_library_is_clustered_and_finds_nearly_what_exact_search_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(dense_index, "EXACT_UP_TO", 2000)
    truth = Truth()
    truth.add(3000)
    cache = DenseCache(tmp_path, truth, SPACE)
    cache.catch_up(truth.changes)
    cache.checkpoint()
    assert cache.snapshot.facts["index"] == "clustered"
    assert cache.snapshot.facts["recall_at_10"] >= 0.98
    queries = unit_rows(50, 1234)
    assert recall(cache.snapshot, truth.live, queries) >= 0.95
    truth.remove(list(range(1, 501)))
    truth.add(300)
    cache.catch_up(truth.changes)
    for _ in range(2):
        assert cache.snapshot.count == len(truth.live)
        assert recall(cache.snapshot, truth.live, queries) >= 0.95
        allowed = np.arange(600, 700)
        inside = {key: row for key, row in truth.live.items() if 600 <= key < 700}
        found = {hit.key for hit in cache.snapshot.search(queries[0], 10, allowed)}
        assert len(found & {key for key, _ in exactly(inside, queries[0], 10)}) >= 9
        cache.merge()
        cache.catch_up(truth.changes)
    assert cache.snapshot.pending == 0
    again = DenseCache(tmp_path, truth, SPACE)
    assert again.snapshot.facts == cache.snapshot.facts
    held = [hit.key for hit in cache.snapshot.search(queries[0], 10, None)]
    assert [hit.key for hit in again.snapshot.search(queries[0], 10, None)] == held
    truth.add(4000)
    cache.catch_up(truth.changes)
    assert len(cache.snapshot.shelves) == 1
    assert cache.snapshot.facts["trained_on"] == len(truth.live)


def test_vectors_that_clusters_do_not_find_again_stay_exact(monkeypatch, caplog):
    monkeypatch.setattr(dense_index, "EXACT_UP_TO", 500)
    monkeypatch.setattr(dense_index, "_probe_for", lambda index, probes, nearest: (8, 0.97))
    keys, vectors = np.arange(600), unit_rows(600, 3)
    part = dense_index.build_part(keys, lambda wanted: vectors[wanted], DIMENSION)
    assert part.facts == {"index": "flat"}
    assert "stays exact" in caplog.text

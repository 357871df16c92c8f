"""The caches of a library: damaged, missing, of another catalog or model, behind, merged."""

import json
import shutil
import threading
from pathlib import Path

import pytest
from cache_checks import answers, article, assert_caches_agree, flip, names, truncate
from fakes import FakeEmbedder

from index.catalog import Catalog
from index.dense import DenseCache
from index.errors import ModelError, StoreWriteError
from index.generations import MANIFEST
from index.lexical import KEPT
from index.library import open_library


@pytest.mark.parametrize("cache", ["dense", "lexical"])
@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_damage_to_any_file_of_a_cache_is_noticed_and_mended(damage, cache, written, tmp_path, caplog):
    folder, expected = written
    files = [
        path.relative_to(folder)
        for path in sorted((folder / cache).rglob("*"))
        if path.is_file() and not path.name.endswith(".lock") and path.parent.name != KEPT
    ]
    assert len(files) >= 3
    for number, name in enumerate(files):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        damage(copy / name)
        caplog.clear()
        library = open_library(copy, FakeEmbedder())
        assert "from the catalog" in caplog.text, name
        assert answers(library) == expected
        library.close()
        caplog.clear()
        library = open_library(copy, FakeEmbedder())
        assert caplog.text == ""
        assert answers(library) == expected
        library.close()


def test_a_library_whose_caches_are_gone_makes_them_again(written, tmp_path):
    folder, expected = written
    shutil.copytree(folder, tmp_path / "x")
    for cache in ("dense", "lexical"):
        shutil.rmtree(tmp_path / "x" / cache)
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert answers(library) == expected
    assert_caches_agree(library)
    library.close()


def test_a_damaged_newest_dense_index_gives_way_to_the_one_before_and_is_healed(
    written, tmp_path, monkeypatch, caplog
):
    folder, _ = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())
    monkeypatch.setattr("index.dense.REPLAY_AT_MOST", 0)
    for number in range(30, 33):
        library.put(article(number))
    library.delete("a2")
    library.checkpoint()
    expected = answers(library)
    library.close()
    dense = tmp_path / "x" / "dense"
    assert names(dense) == ["g000000000001", "g000000000005"]
    flip(dense / "g000000000005" / "index.faiss")
    read = []
    vectors = Catalog.vectors
    monkeypatch.setattr(
        Catalog,
        "vectors",
        lambda catalog, keys, space: read.append(len(keys)) or vectors(catalog, keys, space),
    )
    held = threading.Event()
    merged = DenseCache.merge
    monkeypatch.setattr(
        DenseCache, "merge", lambda cache, progress: held.wait(60) and merged(cache, progress)
    )
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert "g000000000005 is damaged" in caplog.text
    # What came since is read from the catalog, and no more.
    assert read == [3]
    assert answers(library) == expected
    assert library.state().degraded == ("a damaged dense index was left out; a sound one is being written",)
    held.set()
    library.upkeep.wait("merge")
    assert library.state().degraded == ()
    assert answers(library) == expected
    library.close()
    assert names(dense) == ["g000000000001", "g000000000005"]
    caplog.clear()
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert caplog.text == ""
    assert answers(library) == expected
    library.close()


def test_where_the_dense_index_cannot_be_written_everything_else_goes_on(library, monkeypatch):
    def full(*arguments):
        raise StoreWriteError("The disk is full. Free space.")

    with monkeypatch.context() as patch:
        patch.setattr("index.dense.write_generation", full)
        library.put_many([article(number) for number in range(3)], lambda result: None, pytest.fail)
        [told] = library.state().degraded
        assert "dense index on disk could not be written" in told
        assert_caches_agree(library)
    library.checkpoint()
    assert library.state().degraded == ()


def test_an_older_catalog_that_was_put_back_is_not_answered_from_newer_caches(written, tmp_path):
    folder, expected = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())
    for number in range(30, 40):
        library.put(article(number))
    library.close()
    shutil.copy(folder / "library.sqlite3", tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert answers(library) == expected
    assert_caches_agree(library)
    for number in range(60, 80):
        library.put(article(number))
    assert_caches_agree(library)
    library.close()


def test_a_checkpoint_leaves_nothing_to_replay_and_one_generation_to_go_back_to(
    library, tmp_path, monkeypatch
):
    monkeypatch.setattr("index.dense.REPLAY_AT_MOST", 0)
    folder = tmp_path / "library" / "dense"
    for number in range(3):
        library.put(article(number))
        library.checkpoint()
        assert names(folder) == [f"g{seq:012d}" for seq in (number, number + 1) if seq]
    before = (folder / "g000000000003" / MANIFEST).stat().st_mtime_ns
    library.checkpoint()
    assert (folder / "g000000000003" / MANIFEST).stat().st_mtime_ns == before
    manifest = json.loads((folder / "g000000000003" / MANIFEST).read_bytes())
    assert (manifest["seq"], manifest["passages"], manifest["space"]) == (3, 3, "fake@000000000000")


def test_caches_that_grew_change_by_change_answer_as_those_made_at_once(written, tmp_path):
    _, expected = written
    library = open_library(tmp_path / "grown", FakeEmbedder())
    for number in range(30):
        library.put(article(number))
    assert answers(library) == expected
    library.close()


def test_few_changes_are_left_to_be_replayed_and_many_are_written(library, tmp_path, monkeypatch):
    folder = tmp_path / "library" / "dense"
    library.put(article(0))
    library.checkpoint()
    for number in range(1, 6):
        library.put(article(number))
    library.checkpoint()
    assert names(folder) == ["g000000000001"]
    monkeypatch.setattr("index.dense.REPLAY_AT_MOST", 4)
    library.checkpoint()
    assert names(folder) == ["g000000000001", "g000000000006"]


def test_a_lexical_index_that_cut_words_in_another_way_is_made_anew(written, tmp_path, monkeypatch, caplog):
    folder, expected = written
    shutil.copytree(folder, tmp_path / "x")
    with monkeypatch.context() as patch:
        patch.setattr("index.lexical_index.lexical_tokens", lambda text: [word[:2] for word in text.split()])
        other = open_library(tmp_path / "x", FakeEmbedder())
        assert "removing" in caplog.text
        other.close()
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert answers(library) == expected
    library.close()


class Swapped(FakeEmbedder):
    """Another revision under the same name."""

    def _rows(self, texts):
        return super()._rows([text[::-1] for text in texts])


def test_a_model_that_was_swapped_is_noticed_before_its_first_vector_is_stored(written, tmp_path):
    folder, _ = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", Swapped())
    with pytest.raises(ModelError, match=r"other vectors than those stored .*Put back the model"):
        library.put(article(77))
    with pytest.raises(ModelError):
        library.check_model()
    assert library.state().articles == 30
    library.close()
    library = open_library(tmp_path / "x", FakeEmbedder())
    library.check_model()
    library.put(article(77))
    library.close()


def test_a_large_change_is_merged_in_the_background(tmp_path, monkeypatch):
    monkeypatch.setattr("index.dense.MERGE_AFTER", 8)
    library = open_library(tmp_path / "x", FakeEmbedder())
    for number in range(40):
        library.put(article(number))
    library.upkeep.wait("merge")
    assert library.snapshot().dense_leg.pending <= 9
    assert len(library.snapshot().dense_leg.shelves[0].part.keys) > 20
    assert_caches_agree(library)
    library.close()


def test_on_a_nearly_full_disk_nothing_is_stored_and_questions_and_deletes_go_on(library, monkeypatch):
    library.put(article(1))
    monkeypatch.setattr("index.library.FREE_BYTES_AT_LEAST", 1 << 62)
    with pytest.raises(StoreWriteError, match=r"Only \d+ MiB are free"):
        library.put(article(2))
    assert len(library.snapshot().lexical("title", 9)) == 1
    library.delete("a1")
    assert library.snapshot().passage_count == 0

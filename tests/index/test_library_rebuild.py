"""Caches made anew beside those that are served."""

import shutil
import threading

import pytest
from cache_checks import answers, article, assert_caches_agree, names
from fakes import FakeEmbedder

from index.errors import StoreWriteError
from index.library import open_library


def test_a_rebuild_gives_the_same_answers_in_new_caches(written, tmp_path):
    folder, expected = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())
    held, told = library.snapshot(), []
    library.rebuild(told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert answers(library) == expected
    assert library.snapshot() is not held
    assert names(tmp_path / "x" / "dense") == ["g000000000001", "g000000000001-1"]
    assert names(tmp_path / "x" / "lexical") == ["certified", "index-000002"]
    assert [hit.key for hit in held.lexical("bank", 3)] == [
        hit.key for hit in library.snapshot().lexical("bank", 3)
    ]
    library.put(article(30))
    assert_caches_agree(library)
    library.close()
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert_caches_agree(library)
    library.close()


def test_changes_made_while_a_rebuild_runs_are_in_it(written, tmp_path):
    folder, _ = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())
    reader = open_library(tmp_path / "x", FakeEmbedder())
    meanwhile = iter([lambda: library.put(article(50)), lambda: library.delete("a3")])

    def change(fraction):
        # From another thread, as requests are.
        thread = threading.Thread(target=next(meanwhile, lambda: None))
        thread.start()
        thread.join()

    library.rebuild(change)
    for each in (library, reader):
        assert_caches_agree(each)
        assert "a3" not in each.catalog.known_ids()
    assert next(meanwhile, None) is None
    reader.close()
    library.close()


def test_a_rebuild_that_is_ended_or_fails_leaves_everything_as_it_was(written, tmp_path, monkeypatch):
    folder, expected = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())

    def end(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.rebuild(end)

    def full(*arguments):
        raise StoreWriteError("The disk is full. Free space.")

    with monkeypatch.context() as patch, pytest.raises(StoreWriteError):
        patch.setattr("index.lexical.certify", full)
        library.rebuild()
    assert answers(library) == expected
    assert names(tmp_path / "x" / "lexical") == ["certified", "index-000001"]
    library.put(article(31))
    assert_caches_agree(library)
    library.close()


def test_a_library_is_not_closed_under_a_thread_that_rebuilds_it(tmp_path):
    library = open_library(tmp_path, FakeEmbedder())
    library.put(article(1))
    begun, go_on, order = threading.Event(), threading.Event(), []

    def wait_once(fraction):
        if fraction > 0.5 and not begun.is_set():
            begun.set()
            assert go_on.wait(20)

    def rebuild():
        library.rebuild(wait_once)
        order.append("rebuilt")

    def close():
        library.close()
        order.append("closed")

    rebuilding, closing_it = threading.Thread(target=rebuild), threading.Thread(target=close)
    rebuilding.start()
    assert begun.wait(20)
    closing_it.start()
    closing_it.join(0.5)
    go_on.set()
    rebuilding.join(20)
    closing_it.join(20)
    assert order == ["rebuilt", "closed"]

"""What was committed and not yet in the caches reaches them; what a cut-off commit left does not."""

import hashlib
import shutil

import pytest
from cache_checks import answers, article, assert_caches_agree, flip, names
from fakes import FakeEmbedder

from index.catalog import Catalog, PreparedArticle
from index.chunk import chunk
from index.database import Database
from index.errors import StoreWriteError
from index.generations import MANIFEST
from index.lexical import KEPT
from index.lexical_index import write
from index.library import open_library


def test_what_was_committed_before_a_crash_reaches_the_caches(written, tmp_path):
    folder, _ = written
    shutil.copytree(folder, tmp_path / "x")
    embedder = FakeEmbedder()
    catalog = Catalog(Database(tmp_path / "x" / "library.sqlite3", writable=True))
    prepared = []
    for changed in (article(3, "x"), article(40), article(41)):
        passages = chunk(changed)
        hashes = tuple(hashlib.sha256(f"{changed.text}{p.ordinal}".encode()).digest() for p in passages)
        prepared.append(PreparedArticle(changed, passages, hashes))
    texts = {item.content_hashes[0]: item.article.text for item in prepared}
    vectors = dict(zip(texts, embedder.embed_passages(list(texts.values())), strict=True))
    catalog.put(prepared[:2], vectors, embedder.space)
    catalog.put(prepared[2:], {}, embedder.space)
    catalog.delete("a7")
    catalog.close()
    library = open_library(tmp_path / "x", embedder)
    assert library.state().dense_seq == library.state().lexical_seq == library.state().seq == 4
    assert library.state().articles == 31
    assert_caches_agree(library)
    assert (
        library.snapshot()
        .passages([hit.key for hit in library.snapshot().lexical("41", 1)])[33]
        .text.endswith("41.")
    )
    library.close()


def killed(*arguments):
    raise KeyboardInterrupt


def lexical_commits(monkeypatch) -> list[list[int]]:
    """The passages of each commit of a lexical index from now on."""
    commits = []

    def told(index, catalog, changes, *rest):
        commits.append(changes.added.tolist())
        return write(index, catalog, changes, *rest)

    monkeypatch.setattr("index.lexical.write", told)
    return commits


@pytest.mark.parametrize("cut", ["certify", "keep"])
def test_after_a_crash_behind_an_index_commit_only_what_came_since_is_replayed(
    cut, written, tmp_path, monkeypatch
):
    folder, _ = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"index.lexical.{cut}", killed)
        library.put(article(40))
    library.catalog.close()
    library._lock.release()
    commits = lexical_commits(monkeypatch)
    again = open_library(tmp_path / "x", FakeEmbedder())
    assert commits == ([[31]] if cut == "certify" else [])
    assert_caches_agree(again)
    again.put(article(41))
    assert commits[-1] == [32]
    assert_caches_agree(again)
    again.close()


def test_what_a_failed_commit_left_in_an_index_is_gone_after_the_next(written, tmp_path, monkeypatch):
    folder, expected = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())

    def broken(*arguments):
        raise StoreWriteError("The disk failed. Mend it.")

    with monkeypatch.context() as patch:
        patch.setattr("index.lexical.certify", broken)
        for change in (lambda: library.put(article(40)), lambda: library.delete("a40")):
            with pytest.raises(StoreWriteError, match=r"The disk failed\."):
                change()
        assert library.state().lexical_seq == 1
        [told] = library.state().degraded
        assert "after change 1 is stored and not found yet" in told
    commits = lexical_commits(monkeypatch)
    assert answers(library) == expected
    assert commits == [[]]
    assert library.state().degraded == ()
    assert_caches_agree(library)
    library.close()


def test_without_links_a_cut_off_commit_costs_a_new_index_and_the_log_says_so_once(
    written, tmp_path, monkeypatch, caplog
):
    folder, _ = written
    shutil.copytree(folder, tmp_path / "x")

    def none(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", none)
    library = open_library(tmp_path / "x", FakeEmbedder())
    library.put(article(40))
    assert caplog.text.count("cannot be kept: [Errno 1] Operation not permitted") == 1
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("index.lexical.certify", killed)
        library.put(article(41))
    commits = lexical_commits(monkeypatch)
    assert_caches_agree(library)
    assert commits == [list(range(1, 33))]
    library.close()


def test_a_damaged_state_that_was_kept_is_not_taken_up(written, tmp_path, monkeypatch):
    folder, _ = written
    shutil.copytree(folder, tmp_path / "x")
    library = open_library(tmp_path / "x", FakeEmbedder())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("index.lexical.certify", killed)
        library.put(article(40))
    library.catalog.close()
    library._lock.release()
    [kept, *_] = sorted((tmp_path / "x" / "lexical" / KEPT).glob("*.term"))
    flip(kept)
    commits = lexical_commits(monkeypatch)
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert commits == [list(range(1, 32))]
    assert_caches_agree(library)
    library.close()


def test_what_a_cut_off_write_left_is_removed_when_the_library_is_opened(written, tmp_path):
    folder, expected = written
    shutil.copytree(folder, tmp_path / "x")
    (tmp_path / "x" / "dense" / "tmp-99-7").mkdir()
    (tmp_path / "x" / "dense" / "tmp-99-7" / "keys.bin").write_bytes(b"half")
    (tmp_path / "x" / "lexical" / "index-000001" / f"{MANIFEST}.tmp").write_bytes(b"{")
    (tmp_path / "x" / "lexical" / "tmp-99-2").mkdir()
    library = open_library(tmp_path / "x", FakeEmbedder())
    assert names(tmp_path / "x" / "dense") == ["g000000000001"]
    assert answers(library) == expected
    library.put(article(50))
    assert not (tmp_path / "x" / "lexical" / "index-000001" / f"{MANIFEST}.tmp").exists()
    assert names(tmp_path / "x" / "lexical") == ["certified", "index-000001"]
    library.close()

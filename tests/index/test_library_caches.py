import hashlib
import json
import shutil
import threading
from pathlib import Path

import pytest
from fakes import FakeEmbedder

from index.catalog import Catalog, PreparedArticle
from index.chunk import chunk
from index.database import Database
from index.dense import DenseCache
from index.errors import ModelError, StoreWriteError
from index.generations import MANIFEST, certify, generations, verified_manifest, write_generation
from index.lexical import KEPT
from index.lexical_index import write
from index.library import open_library
from index.types import Article

WORDS = "bank port gold kimi rain moon zebra walrus 银行 上海".split()
QUESTIONS = ("bank", "zebra moon", "上海银行", "port of gold", "nothing")


def article(number: int, addition: str = "") -> Article:
    chosen = [WORDS[number % 10], WORDS[number % 7], WORDS[number % 3]]
    return Article(f"Title {number}", f"{' '.join(chosen)} {number}{addition}.", article_id=f"a{number}")


def answers(library):
    """Keys and scores of both legs for some questions."""
    snapshot = library.snapshot()
    return [
        [(hit.key, pytest.approx(hit.score, abs=1e-5)) for hit in leg(question, 50)]
        for question in QUESTIONS
        for leg in (snapshot.dense, snapshot.lexical)
    ]


def assert_caches_agree(library):
    """Both legs hold the live passages of the catalog, each once."""
    snapshot, live = library.snapshot(), library.catalog.live_keys().tolist()
    assert sorted(hit.key for hit in snapshot.dense("bank", len(live) + 50)) == live
    assert snapshot.passage_count == snapshot.lexical_leg.searcher.num_docs == len(live)
    for key in live:
        assert key in [hit.key for hit in snapshot.lexical(snapshot.passages([key])[key].text, 50)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A closed library of thirty articles, and what it answers."""
    folder = tmp_path_factory.mktemp("written")
    library = open_library(folder, FakeEmbedder())
    library.put_many([article(number) for number in range(30)], lambda result: None, pytest.fail)
    expected = answers(library)
    library.close()
    return folder, expected


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


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


def test_any_flipped_bit_and_any_truncation_of_a_generation_is_noticed(tmp_path):
    generation = write_generation(tmp_path, {"a.bin": bytes(range(60)), "b.bin": b"b"}, {"space": "s"}, 1204)
    original = verified_manifest(generation)
    assert original["seq"] == 1204
    for path in generation.iterdir():
        content = path.read_bytes()
        for position, byte in enumerate(content):
            for bit in (position % 8, (position + 5) % 8):
                path.write_bytes(content[:position] + bytes([byte ^ 1 << bit]) + content[position + 1 :])
                assert verified_manifest(generation) is None, (path.name, position, bit)
            path.write_bytes(content[:position])
            assert verified_manifest(generation) is None, (path.name, position)
        path.write_bytes(content)
    assert verified_manifest(generation) == original


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"null", b"{}", b'{"format": 1}', b"\xff", b"1" * 5000, b"[" * 100_000]
)
def test_a_manifest_that_is_none_certifies_nothing(manifest, tmp_path):
    (tmp_path / MANIFEST).write_bytes(manifest)
    assert verified_manifest(tmp_path) is None


def test_a_generation_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    write_generation(tmp_path, {"a": b"1"}, {}, 1)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreWriteError, match="No space left on device"):
        write_generation(tmp_path, {"a": b"2"}, {}, 2)
    [(path, manifest)] = generations(tmp_path)
    assert (manifest["seq"], (path / "a").read_bytes()) == (1, b"1")
    assert [child.name for child in tmp_path.iterdir()] == [path.name]
    with pytest.raises(StoreWriteError):
        certify(path, ["a"], {}, 3, {})
    assert verified_manifest(path) == manifest


def test_the_newest_generation_that_verifies_is_taken(tmp_path):
    write_generation(tmp_path / "one", {"a": b"1"}, {}, 1)
    write_generation(tmp_path / "two", {"a": b"2"}, {}, 2)
    shutil.move(tmp_path / "two" / "g000000000002", tmp_path / "one")
    assert [manifest["seq"] for _, manifest in generations(tmp_path / "one")] == [2, 1]
    flip(tmp_path / "one" / "g000000000002" / "a")
    (_, damaged), (_, older) = generations(tmp_path / "one")
    assert (damaged, older["seq"]) == (None, 1)


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

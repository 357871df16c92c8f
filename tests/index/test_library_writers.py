"""Many articles, many threads, a full disk: what is stored is whole and nothing is lost."""

import threading
from dataclasses import replace

import pytest
from library_articles import KIMI, PORT, found, seq_of

from index import lexical
from index import library as library_module
from index.errors import StoreWriteError
from index.types import Article


def test_refused_articles_of_a_batch_are_told_and_the_others_go_on(library):
    results, refusals = [], []
    articles = [KIMI, replace(PORT, text=""), replace(PORT, metadata={"a": float("nan")}), PORT, KIMI]
    library.put_many(
        articles, results.append, lambda position, refusal: refusals.append((position, refusal.field))
    )
    assert [(result.article_id, result.status) for result in results] == [
        ("kimi", "created"),
        ("port", "created"),
        ("kimi", "unchanged"),
    ]
    assert refusals == [(1, "text"), (2, "metadata")]
    assert library.state().articles == 2


def test_versions_of_one_article_in_a_batch_follow_each_other(library):
    library.put(KIMI)
    results = []
    changed = replace(KIMI, text="Kimi raised three billion.")
    library.put_many([changed, KIMI, changed], results.append, pytest.fail)
    assert [(result.version, result.status) for result in results] == [
        (2, "updated"),
        (3, "updated"),
        (4, "updated"),
    ]
    assert found(library, "kimi") == [changed.text]
    assert len(library.snapshot().dense("kimi", 9)) == 1


def test_a_long_load_is_committed_in_batches(library, monkeypatch):
    monkeypatch.setattr(library_module, "BATCH_PASSAGES", 4)
    told = []
    articles = (replace(KIMI, article_id=f"a{number}") for number in range(10))
    library.put_many(articles, lambda result: told.append((result.seq, library.catalog.seq())), pytest.fail)
    assert told == [(1, 1)] * 4 + [(2, 2)] * 4 + [(3, 3)] * 2


def test_an_empty_load_changes_nothing(library):
    library.put_many([], pytest.fail, pytest.fail)
    assert seq_of(library) == 0


def test_a_delete_while_an_article_is_embedded_takes_no_vector_from_it(library, embedder, monkeypatch):
    library.put(KIMI)
    embed = type(embedder).embed_passages

    def meanwhile(texts):
        monkeypatch.setattr(embedder, "embed_passages", lambda texts: embed(embedder, texts))
        library.delete("kimi")
        return embed(embedder, texts)

    monkeypatch.setattr(embedder, "embed_passages", meanwhile)
    # The first passage is that of the deleted article, whose vector was there when it was asked for.
    shared = replace(KIMI, article_id="copy")
    library.put_many([shared, PORT], lambda result: None, pytest.fail)
    assert [hit.key for hit in library.snapshot().dense("zebra", 1)] == [2]
    assert sorted(library.catalog.known_ids()) == ["copy", "port"]


def test_many_threads_read_while_one_writes(library):
    library.put(KIMI)
    problems, done = [], threading.Event()

    def read():
        while not done.is_set():
            try:
                snapshot = library.snapshot()
                keys = {hit.key for hit in [*snapshot.lexical("kimi", 50), *snapshot.dense("kimi", 50)]}
                passages = snapshot.passages(sorted(keys))
                assert len(snapshot.dense("kimi", 1000)) == snapshot.passage_count
                assert all("Kimi" in passage.title for passage in passages.values())
            except BaseException as error:
                problems.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(40):
        library.put(replace(KIMI, article_id=f"a{number % 10}", text=f"Kimi round {number}."))
        if number % 4 == 3:
            library.delete(f"a{number % 10}")
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []


def test_a_question_does_not_wait_for_a_change_that_is_under_way(library, monkeypatch):
    library.put(KIMI)
    begun, go_on, write = threading.Event(), threading.Event(), lexical.write

    def held(*arguments):
        begun.set()
        assert go_on.wait(30)
        write(*arguments)

    monkeypatch.setattr(lexical, "write", held)
    results = []
    putting = threading.Thread(target=lambda: results.append(library.put(PORT)))
    putting.start()
    try:
        assert begun.wait(30)
        assert library.catalog.seq() == 2
        asked = []
        asking = threading.Thread(target=lambda: asked.append(library.snapshot()), daemon=True)
        asking.start()
        asking.join(10)
        assert [snapshot.seq for snapshot in asked] == [1]
        assert found(library, "zebra port", asked[0]) == [KIMI.text]
        assert results == []
    finally:
        go_on.set()
        putting.join()
    assert [result.seq for result in results] == [2]
    assert seq_of(library) == 2
    assert sorted(found(library, "zebra port")) == sorted([KIMI.text, PORT.text])


def test_writers_of_several_threads_take_turns(library):
    threads = [
        threading.Thread(
            target=lambda start=start: [
                library.put(replace(KIMI, article_id=f"a{start}-{number}", text=f"Round {start} {number}."))
                for number in range(8)
            ]
        )
        for start in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seq_of(library) == 24
    assert library.snapshot().passage_count == len(library.snapshot().lexical("round", 99)) == 24


def test_on_a_full_disk_writes_fail_whole_and_reading_goes_on(library):
    library.put(KIMI)
    connection = library.catalog._database.connection()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreWriteError, match="Nothing of it was kept; free disk space"):
        library.put(Article("Long", "A port. " * 20_000, article_id="long"))
    assert seq_of(library) == 1
    assert found(library, "zebra") == [KIMI.text]
    connection.execute("PRAGMA max_page_count = 1000000")
    assert library.put(PORT).seq == 2


def test_where_a_cache_cannot_be_written_questions_go_on_and_nothing_is_lost(library, monkeypatch):
    library.put(KIMI)

    def full(*arguments):
        raise StoreWriteError("The disk is full. Free space.")

    with monkeypatch.context() as patch:
        patch.setattr("index.lexical.certify", full)
        with pytest.raises(StoreWriteError):
            library.put(PORT)
        assert found(library, "zebra") == [KIMI.text]
        assert library.state().lexical_seq == 1
    assert found(library, "shanghai") == [PORT.text]
    assert library.put(PORT).status == "unchanged"
    assert len(library.snapshot().lexical("port", 9)) == len(library.snapshot().dense("port", 9)) - 1 == 1

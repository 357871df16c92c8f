import sqlite3
import threading

import pytest
from fakes import FakeEmbedder

from index.backup import back_up, restore
from index.errors import InvalidInputError, StoreError, StoreLockedError
from index.library import open_library
from index.types import Article, Filters
from index.verify import verify


def article(number, text=""):
    return Article(f"T{number}", text or f"Bank {number} rose.", article_id=f"a{number}")


def contents(library):
    items, _, _ = library.catalog.articles(Filters(), limit=500, after=0)
    return {item.article_id: library.catalog.article(item.article_id).text for item in items}


def answers(library):
    snapshot = library.snapshot()
    questions = [f"bank {number}" for number in range(20)]
    # What was deleted still counts in the statistics of words until it is merged away: keys, not scores.
    lexical = [{hit.key for hit in snapshot.lexical(question, 50)} for question in questions]
    return lexical, [
        [(hit.key, round(hit.score, 4)) for hit in snapshot.dense(question, 5)] for question in questions
    ]


def test_a_backup_is_restored_with_the_same_articles_and_answers(library, tmp_path):
    for number in range(10):
        library.put(article(number))
    library.delete("a3")
    expected, told = contents(library), answers(library)
    back_up(tmp_path / "library", tmp_path / "backup")
    library.put(article(50))
    library.delete("a4")
    library.close()
    before = tmp_path / "library" / "before-restore-1"
    assert restore(tmp_path / "backup", tmp_path / "library") == before
    assert restore(tmp_path / "backup", tmp_path / "elsewhere") is None
    again = open_library(tmp_path / "library", FakeEmbedder())
    assert contents(again) == expected
    assert answers(again) == told
    assert verify(tmp_path / "library", FakeEmbedder()).faults == ()
    again.close()
    kept = open_library(before, FakeEmbedder())
    assert "a50" in kept.catalog.known_ids()
    kept.close()


def test_a_backup_taken_while_articles_come_and_go_holds_one_state_of_the_library(library, tmp_path):
    states, done = {0: {}}, threading.Event()

    def load():
        number = 0
        state = {}
        while not done.is_set():
            item = article(number % 12, f"Bank {number} rose.")
            states[library.put(item).seq] = state = {**state, item.article_id: item.text}
            if number % 5 == 4:
                state = {key: text for key, text in state.items() if key != item.article_id}
                states[library.delete(item.article_id)] = state
            number += 1

    writer = threading.Thread(target=load)
    writer.start()
    try:
        for number in range(4):
            back_up(tmp_path / "library", tmp_path / f"backup-{number}")
    finally:
        done.set()
        writer.join()
    for number in range(4):
        restore(tmp_path / f"backup-{number}", tmp_path / f"restored-{number}")
        restored = open_library(tmp_path / f"restored-{number}", FakeEmbedder())
        assert contents(restored) == states[restored.catalog.seq()]
        assert verify(tmp_path / f"restored-{number}", FakeEmbedder()).faults == ()
        restored.close()


def test_other_databases_go_with_a_backup(library, tmp_path):
    connection = sqlite3.connect(tmp_path / "library" / "other.sqlite3")
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    back_up(tmp_path / "library", tmp_path / "backup", ("other.sqlite3", "absent.sqlite3"))
    assert sorted(path.name for path in (tmp_path / "backup").iterdir()) == [
        "library.sqlite3",
        "other.sqlite3",
    ]


def test_a_library_in_use_is_not_replaced(library, tmp_path):
    library.put(article(1))
    back_up(tmp_path / "library", tmp_path / "backup")
    with pytest.raises(StoreLockedError, match="Stop it, then restore"):
        restore(tmp_path / "backup", tmp_path / "library")
    assert contents(library) == {"a1": "Bank 1 rose."}


def test_what_is_no_backup_is_refused_and_nothing_is_replaced(library, tmp_path):
    library.put(article(1))
    library.close()
    back_up(tmp_path / "library", tmp_path / "backup")
    with pytest.raises(InvalidInputError, match="is there already"):
        back_up(tmp_path / "library", tmp_path / "backup")
    with pytest.raises(StoreError, match="There is no library"):
        back_up(tmp_path / "nowhere", tmp_path / "other")
    with pytest.raises(InvalidInputError, match="is not a backup"):
        restore(tmp_path / "nowhere", tmp_path / "library")
    damaged = tmp_path / "backup" / "library.sqlite3"
    content = bytearray(damaged.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    damaged.write_bytes(content)
    with pytest.raises(StoreError, match="Take another"):
        restore(tmp_path / "backup", tmp_path / "library")
    (tmp_path / "backup" / "library.sqlite3").write_bytes(b"")
    with pytest.raises(StoreError, match="Take another"):
        restore(tmp_path / "backup", tmp_path / "library")
    again = open_library(tmp_path / "library", FakeEmbedder())
    assert contents(again) == {"a1": "Bank 1 rose."}
    with pytest.raises(InvalidInputError, match="is a library in use"):
        restore(tmp_path / "library", tmp_path / "other")
    again.close()


def test_a_backup_without_room_leaves_nothing(library, tmp_path, monkeypatch):
    library.put(article(1))

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="No space left"):
        patch.setattr("os.fsync", full)
        back_up(tmp_path / "library", tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library"]

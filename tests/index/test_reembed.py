import threading

import pytest
from fakes import FakeEmbedder

from index.errors import StoreError
from index.library import open_library
from index.reembed import fill, reembed
from index.types import Article


class RefusedError(StoreError):
    pass


def article(number, words="bank port"):
    return Article(f"T{number}", f"{words} {number}.", article_id=f"a{number}")


def open_(before, after):
    pass


def refuse(before, after):
    raise RefusedError


@pytest.fixture
def other():
    return FakeEmbedder(32, "other")


@pytest.fixture
def filled(library):
    library.put_many([article(number) for number in range(12)], lambda result: None, pytest.fail)
    return library


def dense_keys(library):
    return sorted(hit.key for hit in library.snapshot().dense("bank", 100))


def test_a_library_is_moved_into_another_space_and_back(filled, embedder, other, tmp_path):
    told = []
    move = reembed(filled, other, open_, told.append)
    assert (move.left, move.entered, move.embedded) == (embedder.space.id, other.space.id, 12)
    assert move.seq == filled.snapshot().seq == filled.catalog.seq() == 2
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert filled.state().space == other.space.id
    assert dense_keys(filled) == filled.catalog.live_keys().tolist()
    filled.put(article(50))
    filled.delete("a3")
    assert [space.model for space in filled.catalog.left_spaces()] == ["fake"]
    embedder.embedded.clear()
    back = reembed(filled, embedder, open_)
    assert (back.embedded, len(embedder.embedded)) == (1, 1)
    assert dense_keys(filled) == filled.catalog.live_keys().tolist()
    filled.close()
    again = open_library(tmp_path / "library", FakeEmbedder())
    assert dense_keys(again) == again.catalog.live_keys().tolist()
    again.close()


def test_the_other_space_is_in_use_after_the_library_is_opened_again(filled, other, tmp_path):
    reembed(filled, other, open_)
    filled.close()
    library = open_library(tmp_path / "library", FakeEmbedder(32, "other"))
    assert library.snapshot().dense_leg.pending == 0
    assert dense_keys(library) == library.catalog.live_keys().tolist()
    library.close()


def test_a_gate_that_refuses_leaves_the_library_as_it_was(filled, embedder, other):
    seq = filled.catalog.seq()
    with pytest.raises(RefusedError):
        reembed(filled, other, refuse)
    assert (filled.catalog.seq(), filled.state().space) == (seq, embedder.space.id)
    assert filled.catalog.active_space().id == embedder.space.id
    other.embedded.clear()
    reembed(filled, other, open_)
    assert other.embedded == []


def test_the_gate_sees_the_same_state_in_both_spaces(filled, other):
    seen = []
    reembed(filled, other, lambda before, after: seen.append((before, after)))
    [(before, after)] = seen
    assert (before.seq, before.passage_count) == (after.seq, after.passage_count) == (1, 12)
    assert before.dense("bank", 1)[0].score != after.dense("bank", 1)[0].score
    assert before.lexical("bank", 5) == after.lexical("bank", 5)


def test_a_move_that_was_stopped_goes_on_where_it_was(filled, other, monkeypatch):
    monkeypatch.setattr("index.reembed._BATCH", 4)

    def stop(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reembed(filled, other, open_, stop)
    assert len(other.embedded) == 4
    assert filled.catalog.seq() == 1
    assert reembed(filled, other, open_).embedded == 8
    assert len(other.embedded) == 12


def test_changes_made_during_a_move_are_in_it(filled, other, monkeypatch):
    monkeypatch.setattr("index.reembed._BATCH", 4)
    changes = iter(
        [
            lambda: filled.put(article(20, "zebra")),
            lambda: filled.delete("a1"),
            lambda: filled.put(article(2, "zebra")),
            lambda: filled.put(article(21, "zebra")),
        ]
    )

    def change(*arguments):
        thread = threading.Thread(target=next(changes, lambda: None))
        thread.start()
        thread.join()

    # Two while vectors are made, one more at the gate.
    reembed(filled, other, change, lambda fraction: change() if fraction < 0.8 else None)
    for remaining in changes:
        remaining()
    live = filled.catalog.live_keys().tolist()
    assert dense_keys(filled) == live
    assert filled.snapshot().passage_count == len(live) == 13
    assert "a1" not in filled.catalog.known_ids()


def test_what_is_deleted_while_it_is_embedded_does_not_leave_a_vector(filled, other, monkeypatch):
    embed = type(other).embed_passages

    def meanwhile(texts):
        monkeypatch.setattr(other, "embed_passages", lambda texts: embed(other, texts))
        filled.delete("a5")
        return embed(other, texts)

    monkeypatch.setattr(other, "embed_passages", meanwhile)
    reembed(filled, other, open_)
    connection = filled.catalog._database.connection()
    counts = connection.execute("SELECT space, count(*) FROM vectors GROUP BY space").fetchall()
    assert {count for _, count in counts} == {11}


def test_a_reader_follows_into_the_other_space(filled, other, tmp_path):
    loaded = []

    def load(model):
        loaded.append(model)
        return FakeEmbedder(32, model)

    reader = open_library(tmp_path / "library", FakeEmbedder(), load)
    reembed(filled, other, open_)
    assert dense_keys(reader) == reader.catalog.live_keys().tolist()
    assert (loaded, reader.state().space) == (["other"], other.space.id)
    filled.put(article(60))
    assert reader.snapshot().passage_count == 13
    reader.close()


@pytest.mark.parametrize("at_once", [2, 5, 2000])
def test_vectors_of_every_space_but_the_one_in_use_are_dropped(at_once, filled, embedder, other, monkeypatch):
    monkeypatch.setattr("index.catalog._DROPPED_AT_ONCE", at_once)
    assert (filled.catalog.droppable_bytes(), filled.catalog.drop_other_spaces()) == (0, 0)
    third = FakeEmbedder(16, "third")
    for space in (other, third):
        reembed(filled, space, open_)
    assert [space.id for space in filled.catalog.left_spaces()] == [other.space.id, embedder.space.id]
    assert filled.catalog.droppable_bytes() == 12 * (64 * 2 + 64 + 32 * 2 + 64)
    # What a move that was stopped has left goes too.
    stopped = FakeEmbedder(8, "stopped")
    fill(filled.catalog, stopped, lambda fraction: None, filled.askers)
    told, seq = [], filled.catalog.seq()
    assert filled.catalog.drop_other_spaces(told.append) == 36
    assert told == sorted(told)
    connection = filled.catalog._database.connection()
    counts = connection.execute("SELECT space, count(*) FROM vectors GROUP BY space").fetchall()
    assert [tuple(row) for row in counts] == [(third.space.id, 12)]
    assert (filled.catalog.left_spaces(), filled.catalog.seq()) == ([], seq)
    assert dense_keys(filled) == filled.catalog.live_keys().tolist()

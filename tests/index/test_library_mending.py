"""A damaged index of a large library is made anew beside questions, which the other leg answers."""

import itertools
import shutil
import threading

import pytest
from fakes import FakeEmbedder

from index import upkeep
from index.dense import DenseCache
from index.errors import StoreWriteError
from index.lexical import LexicalCache
from index.library import open_library
from index.types import Article
from index.verify import verify

COUNT = 6
TOLD = {
    "lexical": "the lexical index is being made anew; until then questions are answered by meaning alone",
    "dense": "the dense index is being made anew; until then questions are answered by words alone",
}
CACHES = {"lexical": LexicalCache, "dense": DenseCache}


def article(number, edition=1):
    return Article(f"Title {number}", f"Word{number}x{edition} moved.", article_id=f"a{number}")


def found_by(library, word):
    """Give the articles that hold a word by leg: all that have it, and the one that is nearest to it."""
    snapshot = library.snapshot()
    lexical = [hit.key for hit in snapshot.lexical(word, 9)]
    dense = [hit.key for hit in snapshot.dense(word, 1)]
    names = snapshot.article_ids(lexical + dense)
    return {"lexical": [names[key] for key in lexical], "dense": [names[key] for key in dense]}


@pytest.fixture
def large(tmp_path, monkeypatch):
    """The folder of a library whose caches take long to make."""
    library = open_library(tmp_path / "library", FakeEmbedder(1024))
    for number in range(COUNT):
        library.put(article(number))
    library.close()
    for name in ("LEXICAL_AT_START", "DENSE_AT_START", "AGAIN_AFTER_S"):
        monkeypatch.setattr(upkeep, name, 0)
    return tmp_path / "library"


@pytest.fixture
def held(monkeypatch):
    """Hold the making of an index until the event is set."""
    event = threading.Event()
    for cache in CACHES.values():
        rebuild = cache.rebuild
        monkeypatch.setattr(
            cache, "rebuild", lambda *given, rebuild=rebuild: event.wait(60) and rebuild(*given)
        )
    yield event
    event.set()


def opened(folder):
    return open_library(folder, FakeEmbedder(1024))


def damage(folder, cache):
    for path in (folder / cache).rglob("*"):
        if path.is_file() and not path.name.startswith("MANIFEST"):
            # Another file of that name: to cut one that is mapped into memory kills the process.
            path.unlink()
            path.write_bytes(b"?")


@pytest.mark.parametrize(("damaged", "sound"), [("lexical", "dense"), ("dense", "lexical")])
def test_questions_are_answered_by_the_other_leg_while_one_is_made_anew(damaged, sound, large, held):
    damage(large, damaged)
    library = opened(large)
    assert library.state().degraded == (TOLD[damaged],)
    assert found_by(library, "word3x1") == {sound: ["a3"], damaged: []}
    assert library.snapshot().passage_count == COUNT
    # What changes meanwhile is effective at once, and in the index that is made.
    library.put(article(7))
    library.put(article(2, 2))
    library.delete("a3")
    assert found_by(library, "word7x1") == {sound: ["a7"], damaged: []}
    assert "a3" not in found_by(library, "word3x1")[sound]
    library.checkpoint()
    assert library.state().degraded == (TOLD[damaged],)
    held.set()
    library.upkeep.wait("mend")
    assert library.state().degraded == ()
    assert library.state().dense_seq == library.state().lexical_seq == library.state().seq
    for word, there in (("word7x1", "a7"), ("word2x2", "a2"), ("word5x1", "a5")):
        assert found_by(library, word) == {"dense": [there], "lexical": [there]}
    for word in ("word3x1", "word2x1"):
        assert found_by(library, word)["lexical"] == []
    library.close()
    assert verify(large, FakeEmbedder(1024)).faults == ()
    again = opened(large)
    assert again.state().degraded == ()
    again.close()


def test_where_both_legs_lack_much_nothing_is_served_before_they_are_made(large, held):
    held.set()
    for cache in CACHES:
        shutil.rmtree(large / cache)
    library = opened(large)
    assert library.state().degraded == ()
    assert found_by(library, "word3x1") == {"dense": ["a3"], "lexical": ["a3"]}
    library.close()


@pytest.mark.parametrize("damaged", CACHES)
def test_mending_that_was_cut_off_is_begun_again_at_the_next_opening(damaged, large, held):
    damage(large, damaged)
    library = opened(large)
    assert library.state().degraded == (TOLD[damaged],)
    library.upkeep.stop()
    held.set()
    library.close()
    library = opened(large)
    assert library.state().degraded == (TOLD[damaged],)
    library.close()
    # Closing waits for what is being mended.
    library = opened(large)
    assert library.state().degraded == ()
    assert found_by(library, "word3x1") == {"dense": ["a3"], "lexical": ["a3"]}
    library.close()


def test_mending_that_fails_is_told_and_tried_again(large, monkeypatch, caplog):
    damage(large, "lexical")

    def full(*arguments):
        raise ValueError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("index.lexical.write", full)
        library = opened(large)
        assert library.state().degraded == (TOLD["lexical"],)
        library.upkeep.wait("mend")
        assert "The lexical index could not be rebuilt: no space left" in caplog.text
        assert library.snapshot().lexical("word3x1", 9) == []
    library.upkeep.wait("mend")
    assert library.snapshot().passage_count == COUNT
    library.upkeep.wait("mend")
    assert library.state().degraded == ()
    assert found_by(library, "word3x1") == {"dense": ["a3"], "lexical": ["a3"]}
    library.close()


def test_work_that_failed_is_not_begun_again_at_once(large, monkeypatch):
    monkeypatch.setattr(upkeep, "AGAIN_AFTER_S", 3600)
    damage(large, "lexical")
    tries = []

    def full(*arguments):
        tries.append(1)
        raise StoreWriteError("The disk is full. Free space.")

    monkeypatch.setattr(LexicalCache, "rebuild", full)
    library = opened(large)
    for number in range(9):
        library.put(article(number, 2))
        library.upkeep.wait("mend")
    assert tries == [1]
    library.close()


def test_a_rebuild_that_somebody_asks_for_mends_as_well(large, held):
    damage(large, "lexical")
    library = opened(large)
    assert library.state().degraded == (TOLD["lexical"],)
    held.set()
    library.rebuild()
    assert library.state().degraded == ()
    assert found_by(library, "word3x1") == {"dense": ["a3"], "lexical": ["a3"]}
    library.close()


def test_a_process_that_reads_waits_for_no_index_that_is_being_mended_and_takes_it_when_it_is_there(
    large, held
):
    damage(large, "lexical")
    writer = opened(large)
    reader = opened(large)
    assert not reader.writable
    for number in (7, 8):
        assert reader.state().degraded == (TOLD["lexical"],)
        writer.put(article(number))
        assert found_by(reader, f"word{number}x1") == {"dense": [f"a{number}"], "lexical": []}
    held.set()
    writer.upkeep.wait("mend")
    assert reader.state().degraded == ()
    assert found_by(reader, "word8x1") == {"dense": ["a8"], "lexical": ["a8"]}
    reader.close()
    writer.close()


def test_a_small_library_is_mended_before_it_serves(large, held, monkeypatch):
    held.set()
    monkeypatch.setattr(upkeep, "LEXICAL_AT_START", COUNT)
    damage(large, "lexical")
    library = opened(large)
    assert library.state().degraded == ()
    assert found_by(library, "word3x1") == {"dense": ["a3"], "lexical": ["a3"]}
    library.close()


@pytest.mark.parametrize("damaged", CACHES)
def test_an_index_that_is_removed_is_never_found_in_part_under_its_name(damaged, large, held, monkeypatch):
    damage(large, damaged)
    removed = []
    rmtree = shutil.rmtree
    monkeypatch.setattr(
        shutil, "rmtree", lambda path, **named: removed.append(path.name) or rmtree(path, **named)
    )
    held.set()
    library = opened(large)
    library.upkeep.wait("mend")
    library.rebuild()
    library.close()
    whole = [name for name in removed if name.startswith(("g", "index-"))]
    assert removed and not whole


def test_an_index_that_cannot_be_left_out_is_told_with_its_remedy(large, monkeypatch):
    damage(large, "lexical")

    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(LexicalCache, "_move_to", full)
        with pytest.raises(StoreWriteError, match=r"No space left on device.*Free disk space"):
            opened(large)
    library = opened(large)
    assert library.state().degraded == (TOLD["lexical"],)
    library.upkeep.wait("mend")
    assert found_by(library, "word3x1") == {"dense": ["a3"], "lexical": ["a3"]}
    library.close()


def test_a_reader_that_cannot_leave_out_an_index_does_not_become_the_writer(large, monkeypatch):
    writer, reader = opened(large), opened(large)
    writer.close()
    damage(large, "lexical")

    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(LexicalCache, "_move_to", full)
        with pytest.raises(StoreWriteError, match="Free disk space"):
            reader.take_over()
    assert not reader.writable
    assert reader.take_over()
    assert reader.state().degraded == (TOLD["lexical"],)
    reader.upkeep.wait("mend")
    assert found_by(reader, "word3x1") == {"dense": ["a3"], "lexical": ["a3"]}
    reader.close()


@pytest.mark.parametrize("cache", CACHES)
def test_an_index_that_holds_more_than_it_lacks_answers_with_all_that_is_stored(cache, large, tmp_path, held):
    shutil.copytree(large / cache, tmp_path / "before")
    held.set()
    library = opened(large)
    for number in range(COUNT, COUNT + 3):
        library.put(article(number))
    library.delete("a1")
    library.close()
    held.clear()
    shutil.rmtree(large / cache)
    shutil.copytree(tmp_path / "before", large / cache)
    library = opened(large)
    assert library.state().degraded == ()
    for word, there in (("word3x1", "a3"), ("word7x1", "a7")):
        assert found_by(library, word) == {"dense": [there], "lexical": [there]}
    assert found_by(library, "word1x1")["lexical"] == []
    library.close()


def test_no_change_waits_for_an_index_that_is_made_beside(large, monkeypatch):
    made, begun = threading.Event(), threading.Event()
    from_catalog = DenseCache._from_catalog

    def slowly(*given):
        begun.set()
        assert made.wait(60)
        return from_catalog(*given)

    monkeypatch.setattr(DenseCache, "_from_catalog", slowly)
    monkeypatch.setattr("index.dense.REPLAY_AT_MOST", 0)
    damage(large, "dense")
    library = opened(large)
    assert library.state().degraded == (TOLD["dense"],)
    assert begun.wait(60)
    checkpoint = threading.Thread(target=library.checkpoint, daemon=True)
    checkpoint.start()

    def change():
        library.put_many([article(20), article(21)], lambda result: None, pytest.fail)
        library.put(article(22))
        library.delete("a20")

    changing = threading.Thread(target=change, daemon=True)
    changing.start()
    changing.join(30)
    waited = changing.is_alive()
    made.set()
    for thread in (changing, checkpoint):
        thread.join(60)
    assert not waited
    library.upkeep.wait("mend")
    assert library.state().degraded == ()
    assert found_by(library, "word22x1") == {"dense": ["a22"], "lexical": ["a22"]}
    library.close()


def test_the_pause_after_work_that_fails_doubles_and_success_ends_it(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(upkeep, "AGAIN_AFTER_S", 60.0)
    tries, sound = [], []

    def mend(progress):
        tries.append(now[0])
        if not sound:
            raise StoreWriteError("The disk is full. Free space.")

    work = upkeep.Upkeep({"mend": mend})

    def minutes(until):
        while now[0] < until:
            work.begin("mend")
            work.wait("mend")
            now[0] += 30.0

    minutes(4 * 3600.0)
    gaps = [b - a for a, b in itertools.pairwise(tries)]
    assert gaps == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0]
    sound.append(True)
    minutes(6 * 3600.0)
    assert tries[-1] - tries[-2] == 30.0

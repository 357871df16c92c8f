import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from fakes import FakeEmbedder

from index.backup import back_up, restore
from index.errors import StoreError, StoreLockedError, StoreVersionError
from index.library import open_library
from index.lock import lock_holder, writer_is_free
from index.schema import APPLICATION_ID, SCHEMA_VERSION
from index.types import Article

KIMI = Article("Kimi", "The zebra round closed.", article_id="kimi")
ROOT = Path(__file__).parents[2]


def hits(library):
    return [hit.key for hit in library.snapshot().lexical("zebra", 9)]


def foreign(path: Path, *statements: str) -> bytes:
    path.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


def test_a_library_is_there_again_when_it_is_opened_again(tmp_path, embedder):
    library = open_library(tmp_path / "new" / "folder", embedder)
    library.put(KIMI)
    library.close()
    again = open_library(tmp_path / "new" / "folder", embedder)
    assert hits(again) == [hit.key for hit in again.snapshot().dense("zebra", 9)] == [1]
    assert again.state().seq == again.state().dense_seq == again.state().lexical_seq == 1
    again.close()


def test_the_folder_of_a_library_is_for_its_owner_alone(tmp_path, embedder):
    open_library(tmp_path / "x", embedder).close()
    assert (tmp_path / "x").stat().st_mode & 0o077 == 0


def test_the_file_says_what_it_is_and_is_written_through(tmp_path, library):
    library.put(KIMI)
    connection = library.catalog._database.connection()
    assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    assert connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert connection.execute("PRAGMA secure_delete").fetchone()[0] == 1
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_library_of_a_newer_groundwire_is_refused_and_left_as_it_is(tmp_path, embedder):
    open_library(tmp_path, embedder).close()
    before = foreign(tmp_path / "library.sqlite3", f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(
        StoreVersionError, match=rf"format {SCHEMA_VERSION + 1}.*Install the newer Groundwire"
    ):
        open_library(tmp_path, embedder)
    assert (tmp_path / "library.sqlite3").read_bytes() == before
    assert writer_is_free(tmp_path)


@pytest.mark.parametrize(
    "statements", [["CREATE TABLE a (b)"], ["PRAGMA application_id = 7", "CREATE TABLE a (b)"]]
)
def test_a_database_of_another_application_is_refused_and_left_as_it_is(statements, tmp_path, embedder):
    before = foreign(tmp_path / "library.sqlite3", *statements)
    with pytest.raises(
        StoreError, match=r"is not a Groundwire library\. Choose another folder in GROUNDWIRE_DATA"
    ):
        open_library(tmp_path, embedder)
    assert (tmp_path / "library.sqlite3").read_bytes() == before
    assert writer_is_free(tmp_path)


@pytest.mark.parametrize("content", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(content, tmp_path, embedder):
    (tmp_path / "library.sqlite3").write_bytes(content)
    with pytest.raises(StoreError, match=r"cannot be opened: .*GROUNDWIRE_DATA"):
        open_library(tmp_path, embedder)
    assert (tmp_path / "library.sqlite3").read_bytes() == content
    assert writer_is_free(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path, embedder):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match=r"cannot be made: .*Choose another in GROUNDWIRE_DATA"):
            open_library(folder, embedder)


@pytest.fixture
def read_only_folder():
    """A folder that this process may not write to, with rights given up where it has all of them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        if os.geteuid():
            yield Path(folder)
        else:
            os.seteuid(65534)
            try:
                yield Path(folder)
            finally:
                os.seteuid(0)
        Path(folder).chmod(0o755)


def test_a_folder_that_cannot_be_written_is_refused_with_the_remedy(read_only_folder, embedder):
    with pytest.raises(StoreError, match=r"cannot be written: .*GROUNDWIRE_DATA"):
        open_library(read_only_folder, embedder)


def test_the_second_to_open_a_library_reads_what_the_first_writes_at_once(library, tmp_path):
    second = open_library(tmp_path / "library", FakeEmbedder())
    assert (library.writable, second.writable) == (True, False)
    assert hits(second) == []
    library.put(KIMI)
    assert hits(second) == [1]
    assert second.snapshot().seq == 1
    library.put(Article("Other", "A zebra ran.", article_id="other"))
    library.delete("kimi")
    assert hits(second) == [2]
    assert [hit.key for hit in second.snapshot().dense("zebra", 9)] == [2]
    second.close()


def test_the_second_to_open_a_library_cannot_write(library, tmp_path):
    library.put(KIMI)
    second = open_library(tmp_path / "library", FakeEmbedder())
    for change in (
        lambda: second.put(Article("A", "B.")),
        lambda: second.put_many([KIMI], pytest.fail, pytest.fail),
        lambda: second.delete("kimi"),
    ):
        with pytest.raises(
            StoreLockedError, match=rf"Another process \({os.getpid()}\) writes .*POST /v1/articles"
        ):
            change()
    second.checkpoint()
    second.close()
    assert not (tmp_path / "library" / "dense").exists()
    assert not writer_is_free(tmp_path / "library")
    assert library.put(Article("A", "B.")).seq == 2


def test_a_reader_writes_when_the_writing_process_is_gone(library, tmp_path):
    reader = open_library(tmp_path / "library", FakeEmbedder())
    third = open_library(tmp_path / "library", FakeEmbedder())
    library.put(KIMI)
    assert not reader.take_over()
    # As a process that was killed leaves it: nothing written at the end, the lock free.
    library._lock.release()
    assert reader.put(Article("Port", "A zebra ran.", article_id="port")).seq == 2
    assert (reader.writable, lock_holder(tmp_path / "library")) == (True, str(os.getpid()))
    assert sorted(hits(reader)) == sorted(hits(third)) == [1, 2]
    with pytest.raises(StoreLockedError):
        third.put(KIMI)
    reader.delete("kimi")
    assert hits(third) == [2]
    third.close()
    reader.close()
    again = open_library(tmp_path / "library", FakeEmbedder())
    assert hits(again) == [2]
    again.close()


def test_a_reader_brings_forward_what_the_writing_process_left_behind(library, tmp_path, monkeypatch):
    library.put(Article("Other", "A zebra ran.", article_id="other"))
    reader = open_library(tmp_path / "library", FakeEmbedder())

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("index.lexical.certify", killed)
        library.put(KIMI)
    monkeypatch.setattr("index.lexical._READER_PATIENCE_S", 0.1)
    with pytest.raises(StoreError, match="has stood at change 1 of 2"):
        reader.snapshot()
    library._lock.release()
    assert sorted(hits(reader)) == [1, 2]
    assert reader.writable
    reader.close()


def test_a_reader_does_not_write_to_a_library_that_was_replaced(tmp_path):
    writer = open_library(tmp_path / "library", FakeEmbedder())
    writer.put(KIMI)
    reader = open_library(tmp_path / "library", FakeEmbedder())
    back_up(tmp_path / "library", tmp_path / "backup")
    writer.close()
    restore(tmp_path / "backup", tmp_path / "library")
    with pytest.raises(StoreError, match=r"Another library was put in the place .*Start this process again"):
        reader.put(Article("Port", "A zebra ran."))
    assert writer_is_free(tmp_path / "library")
    reader.close()
    again = open_library(tmp_path / "library", FakeEmbedder())
    assert again.catalog.known_ids() == {"kimi"}
    again.close()


def test_a_reader_does_not_open_what_is_not_yet_made(tmp_path, embedder):
    tmp_path.joinpath("writer.lock").touch()
    import fcntl

    with tmp_path.joinpath("writer.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="not prepared yet"):
            open_library(tmp_path, embedder)


def test_the_lock_is_free_after_closing_in_another_thread(tmp_path, embedder):
    library = open_library(tmp_path, embedder)
    assert lock_holder(tmp_path) == str(os.getpid())
    assert not writer_is_free(tmp_path)
    closing = threading.Thread(target=library.close)
    closing.start()
    closing.join()
    assert writer_is_free(tmp_path)


def test_the_lock_of_a_killed_process_is_free(tmp_path, embedder):
    script = (
        "import sys, time; from pathlib import Path; from fakes import FakeEmbedder;"
        "from index.library import open_library; from index.types import Article;"
        "library = open_library(Path(sys.argv[1]), FakeEmbedder());"
        "library.put(Article('Kimi', 'The zebra round closed.', article_id='kimi'));"
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert lock_holder(tmp_path) == str(holder.pid)
        reader = open_library(tmp_path, embedder)
        assert not reader.writable
        assert hits(reader) == [1]
        reader.close()
        holder.send_signal(signal.SIGKILL)
    library = open_library(tmp_path, embedder)
    assert library.writable
    assert hits(library) == [1]
    library.close()

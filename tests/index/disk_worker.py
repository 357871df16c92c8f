"""Change a library whose disk fails: `disk_worker.py FOLDER COUNT [MUTANT]`, run under `strace`.

Says on standard output what it begins, what was acknowledged, and each error that came instead, one line
each. After an error it asks for everything that was acknowledged, and where nothing more is written it opens
the library again; what fails again and again it leaves. It ends with DONE, or a fault was found.
A MUTANT is a fault that the proofs must notice.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fakes import FakeEmbedder
from kill_worker import article

from index import dense
from index import library as library_module
from index.database import Change, Database
from index.errors import StoreError, StoreWriteError
from index.library import Library, open_library
from index.types import Article, PutResult

DELETED_EVERY = 3
TRIES = 5


def say(*words: object) -> None:
    # No call that an error is injected into.
    os.writev(1, [(" ".join(map(str, words)) + "\n").encode()])


def opened(folder: Path) -> Library:
    for _ in range(TRIES):
        try:
            return open_library(folder, FakeEmbedder())
        except StoreError as error:
            say("UNOPENED", error)
    say("DONE")
    sys.exit(0)


def changes(count: int) -> list[tuple[str, int]]:
    """Puts, each third followed by the delete of what was put before."""
    planned: list[tuple[str, int]] = []
    for number in range(count):
        planned.append(("STORED", number))
        if number % DELETED_EVERY == DELETED_EVERY - 1:
            planned.append(("DELETED", number - 1))
    return planned


def change(library: Library, kind: str, number: int) -> None:
    if kind == "DELETED":
        library.delete(f"a{number}")
    elif number % 2:
        library.put(article(number))
    else:
        results: list[PutResult] = []
        library.put_many([article(number)], results.append, lambda position, refusal: sys.exit(str(refusal)))
        assert [result.article_id for result in results] == [f"a{number}"]


def ask(library: Library, acknowledged: dict[int, str]) -> None:
    """Ask for every article that was acknowledged: both legs answer, and right."""
    snapshot = library.snapshot()
    for number, last in acknowledged.items():
        hits = [
            snapshot.lexical(f"word{number}", 9),
            snapshot.dense(f"Title {number}\n{article(number).text}", 1),
        ]
        found = [set(snapshot.article_ids([hit.key for hit in leg]).values()) for leg in hits]
        if last == "STORED":
            assert found == [{f"a{number}"}] * 2, (number, found)
        else:
            assert f"a{number}" not in found[0] | found[1], (number, found)


def write_no_file_through() -> None:
    os.fsync = lambda handle: None


def write_no_folder_through() -> None:
    fsync = os.fsync
    os.fsync = lambda handle: None if stat.S_ISDIR(os.fstat(handle).st_mode) else fsync(handle)


def write_the_catalog_through_some_time() -> None:
    connection = Database.connection

    def mutant(database: Database) -> sqlite3.Connection:
        opened = connection(database)
        if not opened.in_transaction:
            opened.execute("PRAGMA synchronous = OFF")
        return opened

    Database.connection = mutant


def carry_on_after_a_lost_write() -> None:
    transaction = Database.transaction

    @contextmanager
    def mutant(database: Database, *, counted: bool = True) -> Iterator[Change]:
        database.failure = ""
        with transaction(database, counted=counted) as change:
            yield change

    Database.transaction = mutant


def acknowledge_what_failed() -> None:
    put = Library.put

    def mutant(library: Library, item: Article) -> PutResult:
        try:
            return put(library, item)
        except StoreWriteError:
            return PutResult(item.article_id, 1, "created", library.catalog.seq())

    Library.put = mutant


ORDER_MUTANTS = {
    mutant.__name__: mutant
    for mutant in (write_no_file_through, write_no_folder_through, write_the_catalog_through_some_time)
}
ERROR_MUTANTS = {mutant.__name__: mutant for mutant in (carry_on_after_a_lost_write, acknowledge_what_failed)}


def main(folder: Path, count: int, mutant: str = "") -> None:
    if mutant:
        (ORDER_MUTANTS | ERROR_MUTANTS)[mutant]()
    dense.MERGE_AFTER, dense.REPLAY_AT_MOST = 4, 0
    library_module.FREE_BYTES_AT_LEAST = 0
    say("START")
    library = opened(folder)
    acknowledged: dict[int, str] = {}
    for kind, number in changes(count):
        if kind == "DELETED" and number not in acknowledged:
            continue
        say("BEGIN", f"a{number}")
        acknowledged.pop(number, None)
        for _ in range(TRIES):
            try:
                change(library, kind, number)
            except StoreWriteError as error:
                say("FAILED", error)
                ask(library, acknowledged)
                if library.catalog.failure:
                    refused(library)
                    library.close()
                    library = opened(folder)
            else:
                acknowledged[number] = kind
                say(kind, f"a{number}")
                break
    ask(library, acknowledged)
    library.close()
    say("DONE")


def refused(library: Library) -> None:
    """A library whose disk lost a write takes no other, whatever the disk does since."""
    for refuse in (lambda: library.put(article(999_999)), lambda: library.delete("a0")):
        expect_failure(refuse)
    assert "a999999" not in library.catalog.known_ids()


def expect_failure(work: Callable[[], object]) -> None:
    try:
        work()
    except StoreWriteError:
        return
    raise SystemExit("the library went on writing")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

"""Load articles into a library until done or killed: `kill_worker.py FOLDER COUNT WAY [MUTANT]`.

WAY is `put`, `put_many`, or `all`: one by one, with merges and rebuilds beside. Says on standard output what
it begins and what it has stored or deleted, one line each. Every seventh article is deleted again, some
articles later. A MUTANT is a fault that the proof must notice.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from fakes import FakeEmbedder

from index import dense, lexical
from index import library as library_module
from index.catalog import Catalog
from index.catalog_reader import CatalogReader, Changes
from index.database import Change, Database
from index.library import Library, open_library
from index.types import Article, PutResult

DELETED_EVERY = 7
DELETED_AFTER = 20


def article(number: int) -> Article:
    return Article(
        f"Title {number}", f"Word{number} moved. Bank {number % 13} rose.", article_id=f"a{number}"
    )


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def stored(result: PutResult) -> None:
    say("STORED", result.article_id)


def begun(numbers: range) -> Iterator[Article]:
    for number in numbers:
        say("BEGIN", f"a{number}")
        yield article(number)


def delete(library: Library, numbers: range) -> None:
    for number in numbers:
        if number % DELETED_EVERY == 0:
            say("BEGIN", f"a{number}")
            library.delete(f"a{number}")
            say("DELETED", f"a{number}")


def rebuild_again_and_again(library: Library, ended: threading.Event) -> None:
    while not ended.wait(0.05):
        library.rebuild()


def say_before_it_is_done() -> None:
    put = Library.put

    def mutant(library: Library, item: Article) -> PutResult:
        say("STORED", item.article_id)
        # As long as a change would wait in a queue.
        time.sleep(0.05)
        return put(library, item)

    Library.put = mutant


def forget_deletes_in_the_caches() -> None:
    changes_after = CatalogReader.changes_after

    def mutant(catalog: CatalogReader, seq: int) -> Changes:
        return replace(changes_after(catalog, seq), removed=np.empty(0, dtype=np.int64))

    CatalogReader.changes_after = mutant


def certify_what_is_not_written() -> None:
    lexical.write = lambda index, catalog, changes, progress=None: None


def commit_each_statement() -> None:
    @contextmanager
    def mutant(database: Database, *, counted: bool = True) -> Iterator[Change]:
        connection = database.connection()
        (seq,) = connection.execute("SELECT seq + 1 FROM state").fetchone()
        yield Change(connection, seq, "")
        connection.execute("UPDATE state SET seq = ?", (seq,))

    Database.transaction = mutant


def delete_only_from_the_list() -> None:
    def mutant(catalog: Catalog, identity: str) -> int:
        with catalog._database.transaction() as change:
            change.connection.execute("UPDATE articles SET deleted = 1 WHERE id = ?", (identity,))
            return change.seq

    Catalog.delete = mutant


MUTANTS = {
    mutant.__name__: mutant
    for mutant in (
        say_before_it_is_done,
        forget_deletes_in_the_caches,
        certify_what_is_not_written,
        commit_each_statement,
        delete_only_from_the_list,
    )
}


def main(folder: Path, count: int, way: str, mutant: str = "") -> None:
    library_module.BATCH_PASSAGES = 16
    if mutant:
        MUTANTS[mutant]()
    if way == "all":
        dense.MERGE_AFTER = 8
    say("START")
    library = open_library(folder, FakeEmbedder())
    ended = threading.Event()
    if way == "all":
        threading.Thread(target=rebuild_again_and_again, args=(library, ended), daemon=True).start()
    step = 100 if way == "put_many" else DELETED_AFTER
    for start in range(0, count, step):
        numbers = range(start, min(count, start + step))
        if way == "put_many":
            library.put_many(begun(numbers), stored, lambda position, refusal: sys.exit(str(refusal)))
        else:
            for item in begun(numbers):
                stored(library.put(item))
        delete(library, numbers)
    ended.set()
    library.close()
    say("DONE")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

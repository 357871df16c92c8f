"""Load articles into a library until done or killed: `kill_worker.py FOLDER COUNT put|put_many`.

Says on standard output what it begins and what it has stored or deleted, one line each. Every seventh
article is deleted again, some articles later.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from fakes import FakeEmbedder

from index import library as library_module
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


def main(folder: Path, count: int, way: str) -> None:
    library_module.BATCH_PASSAGES = 16
    say("START")
    library = open_library(folder, FakeEmbedder())
    step = 100 if way == "put_many" else DELETED_AFTER
    for start in range(0, count, step):
        numbers = range(start, min(count, start + step))
        if way == "put_many":
            library.put_many(begun(numbers), stored, lambda position, refusal: sys.exit(str(refusal)))
        else:
            for item in begun(numbers):
                stored(library.put(item))
        delete(library, numbers)
    library.close()
    say("DONE")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

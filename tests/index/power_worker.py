"""Change a library in every way: `power_worker.py FOLDER FIRST [MUTANT]`, recorded under `strace`.

Says on standard output what it begins and what is acknowledged, one line each: `BEGIN ID EDITION` and
`DONE ID EDITION`, where edition 0 is none. A run on a folder that has articles begins with number FIRST.
A MUTANT is a fault that the proof must notice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from disk_worker import ORDER_MUTANTS
from fakes import FakeEmbedder

from index import dense
from index import library as library_module
from index.catalog_spaces import active_space
from index.library import Library, open_library
from index.reembed import reembed
from index.types import Article

OTHER = "other"


def article(number: int, edition: int) -> Article:
    return Article(
        f"Title {number}",
        f"Word{number}x{edition} moved. Bank {number % 13} rose.",
        article_id=f"a{number}",
    )


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def put(library: Library, number: int, edition: int = 1) -> None:
    say("BEGIN", f"a{number}", edition)
    library.put(article(number, edition))
    say("DONE", f"a{number}", edition)


def put_many(library: Library, numbers: range) -> None:
    def begun() -> Iterator[Article]:
        for number in numbers:
            say("BEGIN", f"a{number}", 1)
            yield article(number, 1)

    library.put_many(
        begun(),
        lambda result: say("DONE", result.article_id, 1),
        lambda position, refusal: sys.exit(str(refusal)),
    )


def delete(library: Library, number: int) -> None:
    say("BEGIN", f"a{number}", 0)
    library.delete(f"a{number}")
    say("DONE", f"a{number}", 0)


def opened(folder: Path) -> Library:
    """Open a library in the space that it is in."""
    space = active_space(folder)
    return open_library(folder, FakeEmbedder(model=space.model if space else "fake"))


def make_small() -> None:
    """Have merges, batches and written caches after a few passages."""
    dense.MERGE_AFTER, dense.REPLAY_AT_MOST = 4, 2
    library_module.BATCH_PASSAGES = 3


def main(folder: Path, first: int, mutant: str = "") -> None:
    if mutant:
        ORDER_MUTANTS[mutant]()
    make_small()
    say("START")
    library = opened(folder)
    for number in range(first, first + 4):
        put(library, number)
    put(library, first, 2)
    delete(library, first + 1)
    library.rebuild()
    put_many(library, range(first + 4, first + 12))
    delete(library, first + 5)
    put(library, first + 5, 3)
    library.close()
    library = opened(folder)
    put(library, first + 12)
    delete(library, first + 2)
    if library.embedder.space.model != OTHER:
        reembed(library, FakeEmbedder(model=OTHER), lambda before, after: None)
    put(library, first + 13)
    put(library, first + 12, 2)
    library.close()
    say("END")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

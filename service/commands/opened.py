"""The engine that a command works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service import show
from service.settings import Settings

if TYPE_CHECKING:
    from service.engine import Engine


@contextmanager
def opened_engine(settings: Settings) -> Iterator[Engine]:
    """Open the engine of the settings; the first use of an empty library loads the shipped articles."""
    from service.engine import load_corpus_once, open_engine

    engine = open_engine(settings)
    try:
        if settings.corpus and engine.library.writable and not engine.library.catalog.seq():
            with show.progress("loading the articles that ship with Groundwire", hidden=False) as tell:
                load_corpus_once(engine, settings, tell)
        yield engine
    finally:
        engine.close()

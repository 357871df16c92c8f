"""The command line with fakes behind it, in a process of its own: `cli_worker.py ARGUMENT…`."""

from __future__ import annotations

from fakes import FakeEmbedder, FakeScorer, ScriptedGenerator

import index.library
import service.engine
from index.library import open_library
from service.cli import main
from service.engine import Engine
from service.settings import Settings


def open_with_fakes(settings: Settings) -> Engine:
    return Engine(open_library(settings.data, FakeEmbedder()), FakeScorer(), ScriptedGenerator())


if __name__ == "__main__":
    service.engine.open_engine = open_with_fakes
    # Many commits where there would be two: a kill shall meet one.
    index.library.BATCH_PASSAGES = 64
    main()

"""The gate over the small fixed set: the shipped articles in a library of their own, the default pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.fixed import fixed_set
from eval.report import Report
from eval.types import QuestionSet
from service.engine import Engine, open_engine
from service.evaluation import RunOptions, Tell, evaluate
from service.ingest import add_paths
from service.settings import SHIPPED_CORPUS, Settings


def run_fixed(settings: Settings, tell: Tell, *, workers: int = 1) -> Report:
    """Run the fixed set with the models of the settings."""
    with fixed_engine(settings) as engine:
        return evaluate(questions(engine), engine, settings, RunOptions(workers=workers, resume=False), tell)


@contextmanager
def fixed_engine(settings: Settings, corpus: Path = SHIPPED_CORPUS) -> Iterator[Engine]:
    """Open a new library of the shipped articles and no others; it is gone behind the `with` statement."""
    with TemporaryDirectory() as place:
        engine = open_engine(settings.model_copy(update={"data": Path(place)}))
        try:
            add_paths([corpus], engine.library)
            yield engine
        finally:
            engine.close()


def questions(engine: Engine, corpus: Path = SHIPPED_CORPUS) -> QuestionSet:
    """Read the fixed set for a library of the shipped articles."""
    catalog = engine.library.catalog
    return fixed_set(corpus, catalog.qa_pairs(), lambda article_id: catalog.article(article_id).text)

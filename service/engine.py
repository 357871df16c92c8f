"""The parts of a running Groundwire, made from settings: library, evidence scorer, generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.embed import load_embedder
from index.errors import InvalidInputError
from index.library import Library, open_library
from rag.answer import answer
from rag.evidence import EvidenceScorer
from rag.generate import Generator
from rag.generate.extractive import ExtractiveGenerator
from rag.scorers import load_scorer
from rag.types import Answer, Question, ScoredPassage, Understanding
from service.ingest import Summary, add_paths
from service.settings import Settings


@dataclass(frozen=True)
class Engine:
    """Everything that answers need, held for the life of a process."""

    library: Library
    scorer: EvidenceScorer
    generator: Generator

    def check(self, question: Question) -> None:
        """Refuse a question that asks for a generator that is not loaded."""
        if question.generator and question.generator != self.generator.name:
            raise InvalidInputError(
                "generator",
                "names a generator that is not loaded.",
                f"Use {self.generator.name!r}, or set GROUNDWIRE_GENERATOR.",
            )

    def answer(
        self,
        question: Question,
        on_retrieval: Callable[
            [Understanding, Sequence[ScoredPassage]], None
        ] = lambda understanding, passages: None,
    ) -> Answer:
        """Answer a question. Raises `InvalidInputError` for one that cannot be read."""
        return answer(
            question,
            library=self.library,
            scorer=self.scorer,
            generator=self.generator,
            on_retrieval=on_retrieval,
        )

    def close(self) -> None:
        """Write the caches and release the library."""
        self.library.close()


def open_engine(settings: Settings) -> Engine:
    """Open the library and the models of the settings. Raises `GroundwireError`."""
    embedder = load_embedder(settings.embedder)
    library = open_library(settings.data, embedder)
    return Engine(library, load_scorer(settings.evidence, embedder), ExtractiveGenerator())


def load_corpus_once(
    engine: Engine, settings: Settings, on_progress: Callable[[Summary], None] | None = None
) -> Summary | None:
    """Load the shipped articles into a library that never held anything; tells what was loaded."""
    if settings.corpus is None or not engine.library.writable or engine.library.catalog.seq():
        return None
    return add_paths([settings.corpus], engine.library, on_progress)

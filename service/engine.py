"""The parts of a running Groundwire, made from settings: library, evidence scorer, generator."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from index.catalog_spaces import active_space
from index.embed import Embedder, load_embedder
from index.errors import InvalidInputError, ModelFailedError, ModelTimeoutError
from index.library import Library, open_library
from rag.aliases import Aliases, read_aliases
from rag.answer import answer
from rag.evidence import EvidenceScorer
from rag.generate import Generator, OnDelta, unheard
from rag.generate.extractive import ExtractiveGenerator
from rag.generate.load import EXTRACTIVE, load_generator
from rag.scorers import SIMILARITY, load_scorer
from rag.support import SupportScorer
from rag.supporters import load_support
from rag.types import Answer, Question, ScoredPassage, Understanding
from service.ingest import Summary, add_paths
from service.settings import Settings

log = logging.getLogger(__name__)


class UnansweredError(ModelFailedError):
    """A language model failed after passages were found; it says what the model's own error says."""

    def __init__(
        self, cause: ModelFailedError, question: Understanding, hits: Sequence[ScoredPassage]
    ) -> None:
        super().__init__(str(cause))
        self.question = question
        self.hits = hits


class LateError(UnansweredError, ModelTimeoutError):
    """The same where the language model ran out of time."""


@dataclass(frozen=True)
class Engine:
    """Everything that answers need, held for the life of a process.

    Where `support` is not given, the library's embedder judges what the rules of the check leave open.
    """

    library: Library
    scorer: EvidenceScorer
    generator: Generator
    aliases: Aliases = field(default_factory=dict)
    configured: str = EXTRACTIVE
    support: SupportScorer | None = None

    def check(self, question: Question) -> None:
        """Refuse a question that asks for a generator that is not loaded."""
        self._generator_of(question)

    def _generator_of(self, question: Question) -> Generator:
        """Give the generator that a question names: the configured one, or the extractive one."""
        if question.generator in ("", self.configured, self.generator.name):
            return self.generator
        if question.generator == EXTRACTIVE:
            return ExtractiveGenerator()
        names = sorted({self.configured, EXTRACTIVE})
        raise InvalidInputError(
            "generator",
            "names a generator that is not loaded.",
            f"Use {' or '.join(names)}, or set GROUNDWIRE_GENERATOR.",
        )

    def answer(
        self,
        question: Question,
        on_retrieval: Callable[
            [Understanding, Sequence[ScoredPassage]], None
        ] = lambda understanding, passages: None,
        on_delta: OnDelta = unheard,
    ) -> Answer:
        """Answer a question. Raises `InvalidInputError` for one that cannot be read.

        Raises `UnansweredError` with what was found where a language model fails.
        """
        found: list[tuple[Understanding, Sequence[ScoredPassage]]] = []

        def retrieved(understanding: Understanding, passages: Sequence[ScoredPassage]) -> None:
            found.append((understanding, passages))
            on_retrieval(understanding, passages)

        try:
            return answer(
                question,
                library=self.library,
                scorer=self.scorer,
                generator=self._generator_of(question),
                aliases=self.aliases,
                support=self.support,
                on_retrieval=retrieved,
                on_delta=on_delta,
            )
        except ModelFailedError as error:
            kind = LateError if isinstance(error, ModelTimeoutError) else UnansweredError
            raise kind(error, *found[0]) from error

    def close(self) -> None:
        """Write the caches and release the library."""
        self.library.close()


def open_engine(settings: Settings) -> Engine:
    """Open the library and the models of the settings. Raises `GroundwireError`."""
    names = settings.data / "aliases.txt"
    aliases = read_aliases(names) if names.is_file() else {}
    embedder = load_library_embedder(settings)
    library = open_library(settings.data, embedder)
    generator = load_generator(settings.generator, settings.limits, settings.endpoint)
    scorer = load_scorer(settings.evidence, embedder)
    # Similarity is measured by whatever model the library is in, also after it moved to another.
    support = None if settings.support == SIMILARITY else load_support(settings.support, embedder)
    return Engine(library, scorer, generator, aliases, settings.generator, support)


def load_library_embedder(settings: Settings) -> Embedder:
    """Load the model whose space the library is in; a new library takes the one of the settings."""
    active = active_space(settings.data)
    name = active.model if active else settings.embedder
    if name != settings.embedder:
        log.warning(
            "the library is in the space of %s, not of %s as the settings say; "
            "`groundwire rebuild --embedder %s` moves it",
            name,
            settings.embedder,
            settings.embedder,
        )
    return load_embedder(name)


def load_corpus_once(
    engine: Engine, settings: Settings, on_progress: Callable[[Summary], None] | None = None
) -> Summary | None:
    """Load the shipped articles into a library that never held anything; tells what was loaded."""
    if settings.corpus is None or not engine.library.writable or engine.library.catalog.seq():
        return None
    return add_paths([settings.corpus], engine.library, on_progress)

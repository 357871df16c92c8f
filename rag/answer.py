"""The recipe: a question in, a checked and cited answer out."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from index.library import Library, Snapshot
from rag.compose import compose
from rag.evidence import EvidenceScorer, Reranker
from rag.generate import Generator
from rag.retrieve import Retrieval, retrieve
from rag.types import (
    Answer,
    AnsweredPart,
    AnswerStatus,
    Evidence,
    IndexStamp,
    ModelStamp,
    Question,
    Reason,
    ScoredPassage,
    Timings,
    Understanding,
)
from rag.understand import understand
from rag.verify import support


@dataclass
class _Clock:
    """Milliseconds by stage; each call of `lap` ends one."""

    started: float = field(default_factory=time.perf_counter)
    laps: dict[str, float] = field(default_factory=dict)

    def lap(self, stage: str) -> None:
        spent = (time.perf_counter() - self.started) * 1000 - sum(self.laps.values())
        self.laps[stage] = spent


@dataclass(frozen=True)
class Found:
    """What was read out of a question and what the library holds for it."""

    understanding: Understanding
    snapshot: Snapshot
    retrieval: Retrieval
    passages: tuple[ScoredPassage, ...]


def find(
    question: Question, *, library: Library, scorer: EvidenceScorer, clock: _Clock | None = None
) -> Found:
    """Understand a question, retrieve passages from one state of the library and score them as evidence.

    Raises `InvalidInputError` for a question that cannot be read.
    """
    clock = clock or _Clock()
    understanding = understand(question)
    clock.lap("understand")
    snapshot = library.snapshot()
    retrieval = retrieve(understanding, snapshot, top_k=question.top_k)
    clock.lap("retrieve")
    passages = scorer.score(understanding.text, retrieval.hits)
    clock.lap("evidence")
    return Found(understanding, snapshot, retrieval, passages)


def answer(
    question: Question,
    *,
    library: Library,
    scorer: EvidenceScorer,
    generator: Generator,
    on_retrieval: Callable[[Understanding, Sequence[ScoredPassage]], None] = lambda understanding, passages: (
        None
    ),
) -> Answer:
    """Answer a question from one state of the library.

    `on_retrieval` is told the scored passages before the answer is drafted; what it raises ends the
    work. Raises `InvalidInputError` for a question that cannot be read.
    """
    clock = _Clock()
    found = find(question, library=library, scorer=scorer, clock=clock)
    understanding, snapshot = found.understanding, found.snapshot
    on_retrieval(understanding, found.passages)
    evidence = _evidence(found.passages, scorer.threshold)
    drafts = generator.generate(understanding, evidence) if evidence else []
    clock.lap("generate")
    checked = [(draft, support(draft, evidence)) for draft in drafts]
    kept = [pair for pair in checked if question.unsupported == "mark" or pair[1].label == "supported"]
    text, statements, citations = compose(kept, evidence, understanding.language)
    clock.lap("verify")
    status: AnswerStatus = "answered" if statements else "abstained"
    return Answer(
        id=f"ans_{uuid.uuid4().hex}",
        question=understanding.text,
        status=status,
        reason=None if statements else _reason(snapshot, found.retrieval, drafted=bool(drafts)),
        text=text,
        statements=statements,
        citations=citations,
        conflicts=(),
        parts=tuple(AnsweredPart(part.text, status) for part in understanding.parts),
        applied_filters=understanding.filters,
        hits=scorer.rerank(found.passages) if isinstance(scorer, Reranker) else found.passages,
        index=IndexStamp(snapshot.seq, snapshot.changed_at, library.embedder.space.id),
        models=ModelStamp(library.embedder.space.id, scorer.name, generator.name),
        timings=Timings(**clock.laps, total=sum(clock.laps.values())),
    )


def _evidence(passages: Sequence[ScoredPassage], threshold: float) -> list[Evidence]:
    """Give the sentences that count as evidence, best first; their places are what marks name."""
    sentences = [sentence for passage in passages for sentence in passage.sentences]
    return sorted((s for s in sentences if s.score >= threshold), key=lambda s: -s.score)


def _reason(snapshot: Snapshot, retrieval: Retrieval, *, drafted: bool) -> Reason:
    if drafted:
        return "unsupported_draft"
    if not snapshot.passage_count:
        return "empty_library"
    return "outside_filters" if retrieval.outside_filters else "no_evidence"

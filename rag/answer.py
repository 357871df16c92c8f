"""The recipe: a question in, a checked and cited answer out."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from index.library import Library
from index.snapshot import Snapshot
from index.types import Hit
from rag.aliases import Aliases
from rag.compose import compose
from rag.conflict import differences, told
from rag.digest import leads
from rag.evidence import EvidenceScorer, Reranker, answerable
from rag.familiar import names_nothing_found
from rag.generate import Generator, OnDelta, unheard
from rag.kinds import asks_why
from rag.retrieve import Retrieval, retrieve_parts
from rag.select import evidence_of, levelled, with_sentences_before, with_summaries
from rag.support import SimilaritySupport, SupportScorer
from rag.types import (
    Answer,
    AnsweredPart,
    AnswerStatus,
    Conflict,
    DraftStatement,
    Evidence,
    IndexStamp,
    ModelStamp,
    Position,
    Question,
    Reason,
    ScoredPassage,
    Statement,
    Support,
    Timings,
    Understanding,
)
from rag.understand import understand
from rag.verify import Verifier

NO_ALIASES: Aliases = {}


@dataclass
class _Clock:
    """Milliseconds by stage; each call of `lap` ends one, or goes on with it."""

    started: float = field(default_factory=time.perf_counter)
    laps: dict[str, float] = field(default_factory=dict)

    def lap(self, stage: str) -> None:
        spent = (time.perf_counter() - self.started) * 1000 - sum(self.laps.values())
        self.laps[stage] = self.laps.get(stage, 0.0) + spent


@dataclass(frozen=True)
class Found:
    """What was read out of a question and what the library holds for it.

    `by_part` has the passages scored for each part of a question that asks several things, `answered` whether
    they answer it by itself; `answerable` is the probability that the question or a part of it is answered,
    `enough` whether that is enough to answer.
    """

    understanding: Understanding
    snapshot: Snapshot
    retrieval: Retrieval
    passages: tuple[ScoredPassage, ...]
    by_part: tuple[tuple[ScoredPassage, ...], ...]
    answered: tuple[bool, ...]
    answerable: float
    enough: bool

    @property
    def without_missing(self) -> Found:
        """The same without the parts that nothing answers: weak sentences on them would only pad. Where no
        part is answered by itself, the whole question is, and all of them stay.
        """
        if not any(self.answered) or all(self.answered):
            return self
        parts = tuple(compress(self.understanding.parts, self.answered))
        by_part = tuple(compress(self.by_part, self.answered))
        return replace(self, understanding=replace(self.understanding, parts=parts), by_part=by_part)


def find(
    question: Question,
    *,
    library: Library,
    scorer: EvidenceScorer,
    aliases: Aliases = NO_ALIASES,
    clock: _Clock | None = None,
) -> Found:
    """Understand a question, retrieve passages from one state of the library and score them as evidence.

    An article's body is asked first: a summary says what it sums up in fewer words and at times wrongly.
    Only where the bodies rather do not answer are summaries read beside them, and kept where they rather do.
    Raises `InvalidInputError` for a question that cannot be read.
    """
    clock = clock or _Clock()
    understanding = understand(question)
    clock.lap("understand")
    snapshot = library.snapshot()

    def read(*, summaries: bool) -> Found:
        retrieval = retrieve_parts(
            understanding, snapshot, top_k=question.top_k, aliases=aliases, summaries=summaries
        )
        clock.lap("retrieve")
        found = _scored(replace(understanding, filters=retrieval.filters), snapshot, retrieval, scorer)
        clock.lap("evidence")
        return found

    bodies = read(summaries=False)
    if not bodies.retrieval.summaries_aside or bodies.answerable >= _RATHER:
        return bodies
    whole = read(summaries=True)
    return bodies if bodies.enough and whole.answerable < _RATHER else whole


_RATHER = 0.5


def _scored(
    understanding: Understanding, snapshot: Snapshot, retrieval: Retrieval, scorer: EvidenceScorer
) -> Found:
    passages = scorer.score(understanding.query, retrieval.hits)
    if isinstance(scorer, Reranker):
        passages = scorer.rerank(passages)
    parts = understanding.parts if len(understanding.parts) > 1 else ()
    kept = [passage.hit for passage in passages]
    by_part = tuple(
        scorer.score(part.query, _ranked(kept, ranks))
        for part, ranks in zip(parts, retrieval.part_ranks or ({},) * len(parts), strict=True)
    )
    asked = [(understanding.query, passages), *zip((part.query for part in parts), by_part, strict=True)]
    judged = [answerable(scorer, text, scored, snapshot.embedder.space.id) for text, scored in asked]
    return Found(
        understanding,
        snapshot,
        retrieval,
        passages,
        by_part,
        tuple(enough for _, enough in judged[1:]),
        max(probability for probability, _ in judged),
        any(enough for _, enough in judged),
    )


def _ranked(hits: Sequence[Hit], ranks: Mapping[int, int]) -> list[Hit]:
    """Give hits with their places in another search, those that it did not bring behind its last."""
    return [replace(hit, rank=ranks.get(hit.passage.key, len(ranks) + 1)) for hit in hits]


def answer(
    question: Question,
    *,
    library: Library,
    scorer: EvidenceScorer,
    generator: Generator,
    aliases: Aliases = NO_ALIASES,
    support: SupportScorer | None = None,
    on_retrieval: Callable[[Understanding, Sequence[ScoredPassage]], None] = lambda understanding, passages: (
        None
    ),
    on_delta: OnDelta = unheard,
) -> Answer:
    """Answer a question from one state of the library.

    `on_retrieval` is told the scored passages before the answer is drafted, `on_delta` the text of the
    draft; what they raise ends the work. `support` judges what the rules of the check leave open; without
    one the library's embedder does. Raises `InvalidInputError` for a question that cannot be read.
    """
    clock = _Clock()
    found = find(question, library=library, scorer=scorer, aliases=aliases, clock=clock)
    understanding, snapshot = found.understanding, found.snapshot
    on_retrieval(understanding, found.passages)
    strange = names_nothing_found(understanding, found.passages, found.retrieval.aliases)
    asked = found.without_missing
    evidence = [] if strange or not found.enough else _evidence(asked)
    if understanding.digest and understanding.filters == understanding.window:
        evidence = leads(found.passages, snapshot, understanding.language)
    drafts = list(generator.generate(asked.understanding, evidence, on_delta)) if evidence else []
    clock.lap("generate")
    verifier = Verifier(found.retrieval.aliases, support or SimilaritySupport.of(snapshot.embedder))
    kept = _checked(drafts, evidence, verifier, mark=question.unsupported == "mark")
    evidence = with_summaries(evidence, _cited(kept, evidence), snapshot)
    disputed = _disputed(understanding, evidence, kept)
    text, statements, citations = compose(
        [*kept, *((draft, _TOLD) for draft, _ in disputed)], evidence, understanding.language
    )
    clock.lap("verify")
    parts = _parts(found, answered=bool(kept))
    return Answer(
        id=f"ans_{uuid.uuid4().hex}",
        question=understanding.text,
        status=_status(parts),
        reason=None if statements else _reason(snapshot, found.retrieval, drafted=bool(drafts)),
        text=text,
        statements=statements,
        citations=citations,
        conflicts=_conflicts(understanding, disputed, statements[len(kept) :]),
        parts=parts,
        applied_filters=understanding.filters,
        hits=found.passages,
        index=IndexStamp(snapshot.seq, snapshot.changed_at, library.embedder.space.id),
        models=ModelStamp(library.embedder.space.id, scorer.name, generator.name),
        timings=Timings(**clock.laps, total=sum(clock.laps.values())),
        answerable=0.0 if strange else found.answerable,
    )


def _evidence(found: Found) -> list[Evidence]:
    passages, by_part, why = found.passages, found.by_part, asks_why(found.understanding.text)
    if found.understanding.brief:
        passages, by_part = levelled(passages), tuple(levelled(scored) for scored in by_part)
    return with_sentences_before(evidence_of(passages, by_part, why=why), found.snapshot, why=why)


LEAST_SUPPORTED = 1 / 3
"""Share of a draft's statements that must be supported; a draft of which less is left was made up."""

_TOLD = Support("supported", 1.0)
"""Of a sentence that tells of a disagreement: it says no more than its two citations."""

_Checked = list[tuple[DraftStatement, Support]]
_Disputes = list[tuple[DraftStatement, tuple[str, str] | None]]


def _checked(
    drafts: Sequence[DraftStatement], evidence: Sequence[Evidence], verifier: Verifier, *, mark: bool
) -> _Checked:
    """Judge drafts; give those that stand, and with `mark` the others as well; nothing where too few
    stand.
    """
    judged = [verifier.check(draft, evidence) for draft in drafts]
    supported = [pair for pair in judged if pair[1].label == "supported"]
    if mark:
        return judged
    return supported if len(supported) >= LEAST_SUPPORTED * len(judged) else []


def _disputed(question: Understanding, evidence: Sequence[Evidence], kept: _Checked) -> _Disputes:
    """Give a sentence for each disagreement about what the answer says, with the two values where it
    is a conflict.
    """
    cited = [mark - 1 for draft, support in kept if support.label == "supported" for mark in draft.marks]
    return [
        (told(item, evidence, question.language), None if item.change else item.values)
        for item in differences(question, evidence, cited)
    ]


def _cited(kept: _Checked, evidence: Sequence[Evidence]) -> list[Evidence]:
    return [evidence[mark - 1] for draft, _ in kept for mark in draft.marks if 1 <= mark <= len(evidence)]


def _conflicts(
    question: Understanding, disputed: _Disputes, statements: Sequence[Statement]
) -> tuple[Conflict, ...]:
    return tuple(
        Conflict(
            question.text,
            tuple(Position(value, (n,)) for value, n in zip(values, statement.citations, strict=True)),
        )
        for (_, values), statement in zip(disputed, statements, strict=True)
        if values is not None
    )


def _parts(found: Found, *, answered: bool) -> tuple[AnsweredPart, ...]:
    """Tell of each part whether it is answered, where anything is. Where no part is by itself, the whole
    question is, and its answer is for all of them.
    """
    each = found.answered if any(found.answered) else (True,) * len(found.understanding.parts)
    return tuple(
        AnsweredPart(part.text, "answered" if answered and one else "abstained")
        for part, one in zip(found.understanding.parts, each, strict=True)
    )


def _status(parts: Sequence[AnsweredPart]) -> AnswerStatus:
    answered = [part.status == "answered" for part in parts]
    if all(answered):
        return "answered"
    return "partial" if any(answered) else "abstained"


def _reason(snapshot: Snapshot, retrieval: Retrieval, *, drafted: bool) -> Reason:
    if drafted:
        return "unsupported_draft"
    if not snapshot.passage_count:
        return "empty_library"
    return "outside_filters" if retrieval.outside_filters else "no_evidence"

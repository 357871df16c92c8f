"""The words of an answer as values: question, evidence, statement, citation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from index.types import Filters, Hit, StoredPassage

AnswerStatus: TypeAlias = Literal["answered", "partial", "abstained"]
Reason: TypeAlias = Literal["no_evidence", "outside_filters", "empty_library", "unsupported_draft"]
UnsupportedMode: TypeAlias = Literal["drop", "mark"]
QuestionKind: TypeAlias = Literal["figure", "fact", "comparison", "analysis"]
SupportLabel: TypeAlias = Literal["supported", "unsupported"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as asked, with what was asked of its answer.

    `as_of` is the moment at which the question is asked (ISO 8601, empty for now); `top_k` is
    the number of passages retrieved; `generator` overrides the configured one where not empty;
    `drafts` asks to see what a language model writes before it is checked; `parts` are the things that
    the question asks, where whoever asks knows them, in the place of those that would be read out of it.
    """

    text: str
    filters: Filters = field(default_factory=Filters)
    as_of: str = ""
    top_k: int = 8
    generator: str = ""
    unsupported: UnsupportedMode = "drop"
    drafts: bool = False
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """One of the things that a question asks.

    `query` is what evidence is looked for with: the text, with the names that it leaves to the other parts.
    `kind` is what this part asks for by itself.
    """

    text: str
    query: str = ""
    kind: QuestionKind = "analysis"


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was read out of a question: its language, kind and parts, and the filters in force.

    `query` is what evidence is looked for with: the text without what every article would match.
    `dated` is the time that the question counts from the day it is asked ("last year"), as articles write it;
    `recent` is set where it asks for the state of things. `window` has the filters with the publication
    dates of
    a question that asks for the news of a time; `reported` the days on which what it asks was most likely
    reported, which bring passages to the front. `digest` is set where it asks for all news of the window.
    """

    text: str
    query: str
    language: str
    parts: tuple[QuestionPart, ...]
    filters: Filters
    kind: QuestionKind = "analysis"
    dated: str = ""
    recent: bool = False
    window: Filters | None = None
    reported: Filters | None = None
    digest: bool = False

    @property
    def brief(self) -> bool:
        """Whether all it asks are figures and single facts: a sentence or two tell each."""
        return all(part.kind in ("figure", "fact") for part in self.parts)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a passage with the probability that it helps to answer the question.

    Offsets are into the text of the passage's article version. `parts` has the probability for each part of a
    question that asks several things; `unranked` is what a scorer that minds ranks would give were the
    passage the first. A sentence with `context` set is no evidence of its own: it stands by because one that
    is leans on it (the sentence before a leading "It", the items of a list).
    """

    passage: StoredPassage
    char_start: int
    char_end: int
    text: str
    score: float
    parts: tuple[float, ...] = ()
    context: bool = False
    unranked: float | None = None


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A hit with the evidence scorer's probability that its passage answers the question.

    `logit` and `best_logit` are what a scorer said of the passage and of its best sentence before it was
    calibrated.
    """

    hit: Hit
    score: float
    sentences: tuple[Evidence, ...]
    logit: float = 0.0
    best_logit: float = 0.0


@dataclass(frozen=True, slots=True)
class DraftStatement:
    """One sentence of a draft; `marks` are numbers (from 1) into the evidence it was given."""

    text: str
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a statement follows from what it cites, and how sure the check is."""

    label: SupportLabel
    score: float


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer; the range is into the answer's text and takes in its marks."""

    text: str
    char_start: int
    char_end: int
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Citation:
    """Exact characters of one version of an article: `text[char_start:char_end] == quote`."""

    n: int
    article_id: str
    version: int
    passage_id: str
    title: str
    source: str
    url: str
    published_at: str
    section: str
    quote: str
    char_start: int
    char_end: int


@dataclass(frozen=True, slots=True)
class Position:
    """One side of a conflict."""

    value: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two or more values that the library gives for one thing."""

    about: str
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class AnsweredPart:
    """One thing that the question asked, and whether the answer covers it."""

    question: str
    status: AnswerStatus


@dataclass(frozen=True, slots=True)
class IndexStamp:
    """Which state of the library an answer was given from."""

    seq: int
    indexed_through: str
    space: str


@dataclass(frozen=True, slots=True)
class ModelStamp:
    """Which models gave an answer, each with the hash of its weights where it has weights."""

    embedder: str
    evidence: str
    generator: str


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds spent in each stage."""

    understand: float
    retrieve: float
    evidence: float
    generate: float
    verify: float
    total: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with everything that is needed to check it.

    `answerable` is the probability that what was retrieved answers the question, by which it is refused.
    """

    id: str
    question: str
    status: AnswerStatus
    reason: Reason | None
    text: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    conflicts: tuple[Conflict, ...]
    parts: tuple[AnsweredPart, ...]
    applied_filters: Filters
    hits: tuple[ScoredPassage, ...]
    index: IndexStamp
    models: ModelStamp
    timings: Timings
    answerable: float = 0.0

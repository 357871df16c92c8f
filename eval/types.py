"""The words of an evaluation as values: case, question set, system, result.

Metrics have dotted names: `retrieval.fused.ndcg@10`, `answer.f1`, `evidence.recall`,
`citations.exact`, `refusal.recall`. A case has a score for exactly the metrics that apply to it. For
all but `citations.*`, `length.*` and `refusal.precision`, which need something to judge, that follows
from the case alone, so that a mean is over the same cases whatever a system does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal, Protocol, TypeAlias

from rag.types import Answer, AnswerStatus, Question, Reason

Diagnosis: TypeAlias = Literal[
    "not_retrieved",
    "retrieved_not_selected",
    "selected_not_used",
    "wrongly_refused",
    "wrongly_answered",
    "not_verbatim",
]
Grouping: TypeAlias = Literal["all", "set", "type", "language"]


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """Characters of an article that support the answer, as an annotator marked them."""

    article_id: str
    char_start: int
    char_end: int
    quote: str


@dataclass(frozen=True, slots=True)
class CitedSpan:
    """Characters of an article that an answer cites."""

    article_id: str
    char_start: int
    char_end: int


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what is known of its answer.

    `answers` are short strings of which one should occur; `answers_all_of` are groups of
    alternatives of which each group should occur; `reference_answer` is an answer in prose, and
    `key_points` the things that it says where somebody listed them. `conflicting` are the
    values that the articles give for one thing, each with its alternatives: an answer should show all.
    `parts` are the single questions that the question puts together, where somebody listed them.
    `grades` are the relevances of `relevant_ids`, all 1 where empty. A case with neither
    `relevant_ids` nor `unanswerable` has no judged retrieval.
    """

    case_id: str
    question: str
    set_name: str
    language: str
    type: str = ""
    answers: tuple[str, ...] = ()
    answers_all_of: tuple[tuple[str, ...], ...] = ()
    reference_answer: str = ""
    relevant_ids: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()
    unanswerable: bool = False
    as_of: str = ""
    evidence: tuple[GoldEvidence, ...] = ()
    key_points: tuple[str, ...] = ()
    conflicting: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.unanswerable and self.relevant_ids:
            raise ValueError(f"case {self.case_id} is unanswerable and has relevant articles")
        if len(self.parts) == 1 or not all(part.strip() for part in self.parts):
            raise ValueError(f"case {self.case_id}: parts are two questions or more, each with words")
        if self.grades and len(self.grades) != len(self.relevant_ids):
            raise ValueError(
                f"case {self.case_id}: {len(self.grades)} grades, {len(self.relevant_ids)} articles"
            )

    @property
    def relevance(self) -> Mapping[str, int]:
        """Grade of each relevant article."""
        return dict(zip(self.relevant_ids, self.grades or (1,) * len(self.relevant_ids), strict=True))


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Cases under one name. `sha256` is of their content, so that equal sets are known as equal.

    `unlocated_evidence` counts evidence quotes that do not stand exactly once in their articles,
    `skipped_rows` the rows of the file that had faults and are no cases.
    """

    name: str
    language: str
    cases: tuple[Case, ...]
    sha256: str
    unlocated_evidence: int = 0
    skipped_rows: int = 0

    @classmethod
    def of(
        cls, name: str, cases: Iterable[Case], *, unlocated_evidence: int = 0, skipped_rows: int = 0
    ) -> QuestionSet:
        """Make a set of cases; its language is `mul` where they have several."""
        kept = tuple(cases)
        keys = [(case.set_name, case.case_id) for case in kept]
        if len(set(keys)) != len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"two cases of the set {twice[0]} have the id {twice[1]}")
        languages = {case.language for case in kept}
        language = languages.pop() if len(languages) == 1 else "mul"
        return cls(name, language, kept, _sha256(kept), unlocated_evidence, skipped_rows)


@dataclass(frozen=True, slots=True)
class MissingArticles:
    """Relevant articles of a case that a library does not hold: the case cannot be answered from it."""

    case_id: str
    article_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """An article of the index that holds a case's answer as Q&A: retrieving it measures nothing."""

    case_id: str
    article_id: str
    char_start: int
    quote: str


def _sha256(cases: Iterable[Case]) -> str:
    digest = hashlib.sha256()
    for case in cases:
        # Empty fields are left out: a field that is added later does not change the hash of old sets.
        content = {key: value for key, value in asdict(case).items() if value and key != "set_name"}
        digest.update(json.dumps(content, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


class System(Protocol):
    """What is measured: the pipeline over one library."""

    def rank(self, question: str, as_of: str, k: int) -> Mapping[str, Sequence[str]]:
        """Give for each leg (`dense`, `lexical`, `fused`) up to `k` article ids, best first, each once."""

    def answer(self, question: Question) -> Answer:
        """Answer a question."""

    def article_text(self, article_id: str, version: int) -> str:
        """Give the text of one version of an article, or raise `NotFoundError`."""

    def describe(self) -> Mapping[str, object]:
        """Give settings, models, `seq` and counts, as values that JSON can hold."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One question of a run: what the system gave and how it scored.

    `error` is empty unless the system failed; what it did not give then scores the worst value.
    `answerable` is the probability by which the question was answered or refused; `top_evidence` is the best
    passage's, both `None` where there was no answer to read them from;
    `top_helps` tells whether its best sentence does help, `None` where the case has nothing to tell by.
    `cited` and `quotes` are what the answer's marks stand for: the first of each is mark 1.
    """

    case_id: str
    set_name: str
    type: str
    language: str
    question: str
    expected: tuple[str, ...]
    unanswerable: bool
    status: AnswerStatus | None
    reason: Reason | None
    answer: str
    cited: tuple[CitedSpan, ...]
    quotes: tuple[str, ...]
    rankings: Mapping[str, tuple[str, ...]]
    scores: Mapping[str, float]
    answerable: float | None
    top_evidence: float | None
    top_helps: bool | None
    timings_ms: Mapping[str, float]
    diagnosis: Diagnosis | None
    error: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The mean of a metric over the cases of a group; no interval where the metric is no mean."""

    grouping: Grouping
    group: str
    metric: str
    n: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds of one stage."""

    n: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """With answers only from `threshold` up: the share of questions answered, the share of these wrong."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class RocPoint:
    """The shares of the unanswerable and of the answerable questions that score `threshold` or more."""

    threshold: float
    unanswerable: float
    answerable: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Questions whose evidence probability lies in one range: the mean of it, the share that it holds for."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class RunResult:
    """A question set run against a system; all means can be computed again from `results`.

    `key` is equal for runs of the same questions by the same program; `oracle` is empty unless a stage was
    replaced by gold, which `gold_cases` of the questions have; `workers` questions were asked at a time.
    `articles_in_set` are the articles that the set brings, of which a part may have been searched; 0 where
    the questions were asked of a library.
    """

    set_name: str
    set_sha256: str
    cases_in_set: int
    unlocated_evidence: int
    skipped_rows: int
    sample: int | None
    seed: int
    started_at: str
    seconds: float
    system: Mapping[str, object]
    results: tuple[CaseResult, ...]
    table: tuple[Aggregate, ...]
    risk_coverage: tuple[CurvePoint, ...]
    reliability: tuple[ReliabilityBin, ...]
    latency_ms: Mapping[str, Percentiles]
    key: str = ""
    oracle: str = ""
    workers: int = 1
    missing: tuple[MissingArticles, ...] = ()
    leaks: tuple[Leak, ...] = ()
    roc: tuple[RocPoint, ...] = ()
    gold_cases: int = 0
    articles_in_set: int = 0

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """Questions that the system raised an error for."""
        return tuple(result for result in self.results if result.error)

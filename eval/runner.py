"""Run a question set against a system: one row a question, then the table."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from eval.bootstrap import mean_interval
from eval.diagnosis import cited, diagnose, is_correct, said
from eval.metrics.answer import contains_all_of, contains_any, exact_match, rouge_l, token_f1
from eval.metrics.citations import marks_resolve, quotes_exact, statements_cited
from eval.metrics.evidence import evidence_scores
from eval.metrics.latency import percentiles
from eval.metrics.refusal import auroc, refusal_scores, risk_coverage
from eval.metrics.retrieval import DEPTH, METRICS, score_rankings
from eval.types import (
    Aggregate,
    Case,
    CaseResult,
    CurvePoint,
    Grouping,
    Percentiles,
    QuestionSet,
    RunResult,
    System,
)
from index.errors import InvalidInputError, NotFoundError
from rag.types import Answer, Question

AUROC = "refusal.auroc"
"""The one metric of the table that is no mean."""

_MISTAKES = (
    TypeError,
    AttributeError,
    NameError,
    LookupError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    ImportError,
)
"""Errors of a program that is wrong: these end a run."""


@dataclass(frozen=True, slots=True)
class _Observation:
    """What a system gave for one question; no answer where it failed."""

    rankings: Mapping[str, tuple[str, ...]]
    answer: Answer | None
    cited_texts: tuple[str, ...]
    error: str


def run(
    question_set: QuestionSet,
    system: System,
    *,
    sample: int | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Ask the questions of a set, or a sample of them, and judge what comes back.

    A question that the system fails at stays in the result with its error and the worst scores; a
    programming error (`TypeError` and the like) ends the run. `on_progress` is told how many of how
    many are done.
    """
    started_at, started = datetime.now(UTC), time.perf_counter()
    cases = sampled(question_set.cases, sample=sample, seed=seed)
    if not cases:
        raise InvalidInputError(
            "question set", f"{question_set.name} has no questions.", "Give one that has."
        )
    observations: list[_Observation] = []
    for done, case in enumerate(cases, start=1):
        observations.append(_observe(case, system))
        if on_progress is not None:
            on_progress(done, len(cases))
    retrieval = _retrieval_scores(cases, observations)
    results = tuple(
        _result(case, observation, scores)
        for case, observation, scores in zip(cases, observations, retrieval, strict=True)
    )
    return RunResult(
        set_name=question_set.name,
        set_sha256=question_set.sha256,
        cases_in_set=len(question_set.cases),
        unlocated_evidence=question_set.unlocated_evidence,
        skipped_rows=question_set.skipped_rows,
        sample=sample,
        seed=seed,
        started_at=started_at.isoformat(timespec="seconds"),
        seconds=time.perf_counter() - started,
        system=dict(system.describe()),
        results=results,
        table=tabulate(results, seed=seed),
        risk_coverage=_risk_coverage(results),
        latency_ms=_latency(results),
    )


def sampled(cases: Sequence[Case], *, sample: int | None, seed: int) -> tuple[Case, ...]:
    """Give `sample` of the cases in their order, all for `None`.

    Each case's place follows from seed and id alone: a larger sample holds a smaller one, and a set
    that grows keeps most of its sample.
    """
    if sample is None:
        return tuple(cases)
    if sample < 1:
        raise InvalidInputError(
            "sample", f"is {sample}.", "Give a number from 1 up, or leave it out for all."
        )

    def place(number: int) -> bytes:
        case = cases[number]
        return hashlib.sha256(f"{seed}\n{case.set_name}\n{case.case_id}".encode()).digest()

    chosen = sorted(range(len(cases)), key=place)[:sample]
    return tuple(cases[number] for number in sorted(chosen))


def tabulate(results: Sequence[CaseResult], *, seed: int) -> tuple[Aggregate, ...]:
    """Give the mean of each metric with its 95 % interval: over all, by set, by type, by language."""
    rows: list[Aggregate] = []
    seen: dict[tuple[int, ...], list[Aggregate]] = {}
    for grouping, group, members in _groups(results):
        if members not in seen:
            seen[members] = list(_aggregates(grouping, group, [results[i] for i in members], seed))
        rows += (
            Aggregate(grouping, group, row.metric, row.n, row.mean, row.low, row.high)
            for row in seen[members]
        )
    return tuple(rows)


def _observe(case: Case, system: System) -> _Observation:
    rankings: Mapping[str, tuple[str, ...]] = {}
    try:
        ranked = system.rank(case.question, case.as_of, DEPTH)
        rankings = {leg: tuple(ranking) for leg, ranking in ranked.items()}
        answer = system.answer(Question(case.question, as_of=case.as_of))
        texts = tuple(_text(system, c.article_id, c.version) for c in answer.citations)
    except _MISTAKES:
        raise
    except Exception as error:  # whatever a model, a disk or a network does to one question
        return _Observation(rankings, None, (), f"{type(error).__name__}: {error}")
    return _Observation(rankings, answer, texts, "")


def _text(system: System, article_id: str, version: int) -> str:
    try:
        return system.article_text(article_id, version)
    except NotFoundError:
        return ""  # a citation of nothing is not exact, and is counted there


def _retrieval_scores(
    cases: Sequence[Case], observations: Sequence[_Observation]
) -> list[Mapping[str, float]]:
    """Give each case its scores of every leg; cases without judged articles have none."""
    judged = {str(number): case.relevance for number, case in enumerate(cases) if case.relevant_ids}
    legs = dict.fromkeys(leg for observation in observations for leg in observation.rankings)
    scores: list[dict[str, float]] = [{} for _ in cases]
    for leg in legs:
        rankings = {number: observations[int(number)].rankings.get(leg, ()) for number in judged}
        for number, values in score_rankings(judged, rankings).per_query.items():
            scores[int(number)] |= {f"retrieval.{leg}.{metric}": values[metric] for metric in METRICS}
    return [*scores]


def _result(case: Case, observation: _Observation, retrieval: Mapping[str, float]) -> CaseResult:
    answer = observation.answer
    return CaseResult(
        case_id=case.case_id,
        set_name=case.set_name,
        type=case.type,
        language=case.language,
        question=case.question,
        expected=_expected(case),
        unanswerable=case.unanswerable,
        status=answer.status if answer else None,
        reason=answer.reason if answer else None,
        answer=answer.text if answer else "",
        cited=cited(answer) if answer else (),
        rankings=observation.rankings,
        scores={**retrieval, **_answer_scores(case, answer), **_checks(case, observation)},
        top_evidence=max((hit.score for hit in answer.hits), default=0.0) if answer else None,
        timings_ms=asdict(answer.timings) if answer else {},
        diagnosis=diagnose(case, answer) if answer else None,
        error=observation.error,
    )


def _expected(case: Case) -> tuple[str, ...]:
    if case.answers_all_of:
        return tuple(" / ".join(group) for group in case.answers_all_of)
    return case.answers or ((case.reference_answer,) if case.reference_answer else ())


def _answer_scores(case: Case, answer: Answer | None) -> Mapping[str, float]:
    """Score an answer against what is known of it; a refusal and a failure say nothing and score 0."""
    if case.unanswerable:
        return {"correct": float(answer is not None and answer.status == "abstained")}
    words = said(answer) if answer and answer.status != "abstained" else ""
    scores: dict[str, float] = {}
    prose = (case.reference_answer,) if case.reference_answer else ()
    if case.answers:
        scores["answer.exact"] = exact_match(words, case.answers, language=case.language) if words else 0.0
        scores["answer.contains"] = float(contains_any(words, case.answers))
    if case.answers_all_of:
        scores["answer.all_of"] = float(contains_all_of(words, case.answers_all_of))
    if golds := case.answers or prose:
        scores["answer.f1"] = token_f1(words, golds, language=case.language) if words else 0.0
    if golds := prose or case.answers:
        scores["answer.rouge_l"] = rouge_l(words, golds, language=case.language) if words else 0.0
    if case.answers or case.answers_all_of:
        scores["correct"] = float(answer is not None and is_correct(case, answer) is True)
    if case.evidence:
        values = asdict(evidence_scores(case.evidence, cited(answer) if answer else ()))
        scores |= {f"evidence.{name}": value for name, value in values.items()}
    return scores


def _checks(case: Case, observation: _Observation) -> Mapping[str, float]:
    """Score what needs no gold answer: citations, and whether the question was refused."""
    answer = observation.answer
    if answer is None:
        return {"refusal.recall": 0.0} if case.unanswerable else {"refusal.wrong": 1.0}
    checks = {
        "citations.exact": quotes_exact(answer.citations, observation.cited_texts),
        "citations.resolved": marks_resolve(answer.text, answer.statements, answer.citations),
        "citations.statements": statements_cited(answer.statements),
    }
    refusal = refusal_scores(refused=answer.status == "abstained", unanswerable=case.unanswerable)
    scores = {name: value for name, value in checks.items() if value is not None}
    return scores | {f"refusal.{name}": value for name, value in refusal.items()}


def _groups(results: Sequence[CaseResult]) -> Iterator[tuple[Grouping, str, tuple[int, ...]]]:
    keys: Mapping[Grouping, Sequence[str]] = {
        "all": ["all"] * len(results),
        "set": [result.set_name for result in results],
        "type": [result.type for result in results],
        "language": [result.language for result in results],
    }
    for grouping, values in keys.items():
        for group in sorted(set(values)):
            yield grouping, group, tuple(i for i, value in enumerate(values) if value == group)


def _aggregates(
    grouping: Grouping, group: str, members: Sequence[CaseResult], seed: int
) -> Iterator[Aggregate]:
    for metric in dict.fromkeys(metric for result in members for metric in result.scores):
        values = [result.scores[metric] for result in members if metric in result.scores]
        interval = mean_interval(values, seed=seed)
        yield Aggregate(grouping, group, metric, len(values), interval.mean, interval.low, interval.high)
    scored = [(r.top_evidence, not r.unanswerable) for r in members if r.top_evidence is not None]
    area = auroc([score for score, _ in scored], [answerable for _, answerable in scored])
    if area is not None:
        yield Aggregate(grouping, group, AUROC, len(scored), area, None, None)


def _risk_coverage(results: Sequence[CaseResult]) -> tuple[CurvePoint, ...]:
    known = [
        (result.top_evidence, result.status != "abstained", result.scores["correct"] == 0.0)
        for result in results
        if result.top_evidence is not None and "correct" in result.scores
    ]
    return risk_coverage([k[0] for k in known], [k[1] for k in known], [k[2] for k in known])


def _latency(results: Sequence[CaseResult]) -> Mapping[str, Percentiles]:
    stages = dict.fromkeys(stage for result in results for stage in result.timings_ms)
    return percentiles(
        {stage: [r.timings_ms[stage] for r in results if stage in r.timings_ms] for stage in stages}
    )

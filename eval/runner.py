"""Run a question set against a system: one row a question, then the table."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from eval.journal import Journal
from eval.metrics.retrieval import DEPTH, METRICS, score_rankings
from eval.scoring import Judge, Observation
from eval.table import calibration, curve, latency, roc_points, tabulate
from eval.types import Case, CaseResult, QuestionSet, RunResult, System
from index.errors import InvalidInputError, NotFoundError
from rag.types import Answer, Question

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


def run(
    question_set: QuestionSet,
    system: System,
    *,
    judge: Judge | None = None,
    sample: int | None = None,
    seed: int = 0,
    workers: int = 1,
    journal: Journal | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Ask the questions of a set, or a sample of them, and judge what comes back.

    A question that the system fails at stays in the result with its error and the worst scores; a
    programming error (`TypeError` and the like) ends the run. Questions whose rows a journal has are
    not asked again. `on_progress` is told how many of how many are done.
    """
    started_at, started = datetime.now(UTC), time.perf_counter()
    cases = sampled(question_set.cases, sample=sample, seed=seed)
    if not cases:
        raise InvalidInputError(
            "question set", f"{question_set.name} has no questions.", "Give one that has."
        )
    rows = _rows(cases, system, judge or Judge(), workers, journal, on_progress)
    results = _with_retrieval(cases, rows)
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
        risk_coverage=curve(results),
        reliability=calibration(results),
        latency_ms=latency(results),
        workers=workers,
        roc=roc_points(results),
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


def _rows(
    cases: Sequence[Case],
    system: System,
    judge: Judge,
    workers: int,
    journal: Journal | None,
    on_progress: Callable[[int, int], None] | None,
) -> list[CaseResult]:
    rows = dict(journal.rows) if journal is not None else {}
    todo = [case for case in cases if (case.set_name, case.case_id) not in rows]
    done = len(cases) - len(todo)
    for row in _judged(todo, system, judge, workers):
        rows[row.set_name, row.case_id] = row
        if journal is not None:
            journal.append(row)
        done += 1
        if on_progress is not None:
            on_progress(done, len(cases))
    return [rows[case.set_name, case.case_id] for case in cases]


def _judged(cases: Sequence[Case], system: System, judge: Judge, workers: int) -> Iterator[CaseResult]:
    """Yield a row for each case in order, `workers` of them asked at a time."""

    def one(case: Case) -> CaseResult:
        return judge.result(case, _observe(case, system, alone=workers == 1))

    if workers == 1:
        yield from map(one, cases)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(one, cases)
    finally:
        pool.shutdown(cancel_futures=True)


def _observe(case: Case, system: System, *, alone: bool) -> Observation:
    rankings: Mapping[str, tuple[str, ...]] = {}
    try:
        ranked = system.rank(case.question, case.as_of, DEPTH)
        rankings = {leg: tuple(ranking) for leg, ranking in ranked.items()}
        started = time.process_time()
        answer = system.answer(Question(case.question, as_of=case.as_of))
        # The processor's time is the process's: with others at work nobody's share can be told.
        spent = (time.process_time() - started) * 1000 if alone else None
        texts = tuple(_text(system, c.article_id, c.version) for c in answer.citations)
        relevant = tuple(_text(system, *article) for article in _relevant(case, answer))
    except _MISTAKES:
        raise
    except Exception as error:  # whatever a model, a disk or a network does to one question
        return Observation(rankings, None, (), f"{type(error).__name__}: {error}")
    return Observation(rankings, answer, texts, "", spent, relevant)


def _relevant(case: Case, answer: Answer) -> Iterable[tuple[str, int]]:
    """Give the relevant articles of which passages came back, with their versions."""
    passages = (scored.hit.passage for scored in answer.hits)
    found = ((one.article_id, one.version) for one in passages if one.article_id in case.relevant_ids)
    return dict.fromkeys(found)


def _text(system: System, article_id: str, version: int) -> str:
    try:
        return system.article_text(article_id, version)
    except NotFoundError:
        return ""  # a citation of nothing is not exact, and is counted there


def _with_retrieval(cases: Sequence[Case], rows: Sequence[CaseResult]) -> tuple[CaseResult, ...]:
    """Give each row its scores of every leg; cases without judged articles have none."""
    judged = {str(number): case.relevance for number, case in enumerate(cases) if case.relevant_ids}
    scores: list[dict[str, float]] = [{} for _ in cases]
    for leg in _legs(rows):
        rankings = {number: rows[int(number)].rankings.get(leg, ()) for number in judged}
        for number, values in score_rankings(judged, rankings).per_query.items():
            scores[int(number)] |= {f"retrieval.{leg}.{metric}": values[metric] for metric in METRICS}
    return tuple(
        replace(row, scores={**found, **row.scores}) for row, found in zip(rows, scores, strict=True)
    )


def _legs(rows: Iterable[CaseResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leg for row in rows for leg in row.rankings))

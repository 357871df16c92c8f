"""Evaluations that somebody asked the service for: run as a job, kept as a report under the job's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from eval.feedback import JudgedAnswer, from_feedback
from eval.report import Report
from eval.types import QuestionSet
from index.errors import InvalidInputError, NotFoundError
from service.engine import Engine
from service.evaluation import RunOptions, evaluate, library_set, save
from service.fixed import run_fixed
from service.settings import Settings
from service.system import Oracle

KIND = "evaluation"
"""The kind of job that an evaluation is."""

SetName: TypeAlias = Literal["library", "feedback", "fixed"]
"""Questions of the articles' own Q&A sections, answers that people judged, the small fixed set."""

_SHOWN = (
    "retrieval.fused.hit@1",
    "retrieval.fused.ndcg@10",
    "correct",
    "answer.f1",
    "evidence.f1",
    "citations.exact",
    "citations.recall",
    "refusal.recall",
    "refusal.wrong",
)


@dataclass(frozen=True, slots=True)
class AskedEvaluation:
    """What was asked for: a set, so many of its questions, from gold or not."""

    set_name: SetName = "library"
    sample: int | None = None
    seed: int = 0
    oracle: Oracle = ""


def run_asked(
    asked: AskedEvaluation,
    identity: str,
    engine: Engine,
    settings: Settings,
    judged: Callable[[], list[JudgedAnswer]],
    progress: Callable[[float], None],
) -> Mapping[str, Any]:
    """Run an evaluation and keep its report under the job's id; gives the headlines as JSON.

    `progress` is told the share that is done; what it raises ends the run, and a run of the same id or
    of the same questions goes on where it was. `judged` gives the answers that people judged.
    """

    def tell(done: int, total: int) -> None:
        progress(done / total if total else 0.0)

    if asked.set_name == "fixed":
        report = run_fixed(settings, tell)
    else:
        question_set = _questions(asked.set_name, engine, judged)
        options = RunOptions(asked.sample, asked.seed, 1, asked.oracle)
        report = evaluate(question_set, engine, settings, options, tell)
    save(report, _place(identity, settings))
    return headlines(report)


def headlines(report: Report) -> dict[str, Any]:
    """Give what a list of evaluations shows of one."""
    run = report.run
    means = {row.metric: round(row.mean, 4) for row in run.table if row.grouping == "all"}
    return {
        "set": run.set_name,
        "questions": len(run.results),
        "failed": len(run.failures),
        "leaks": len(run.leaks),
        "missing": len(run.missing),
        "seconds": round(run.seconds, 1),
        "metrics": {metric: means[metric] for metric in _SHOWN if metric in means},
    }


def report_file(identity: str, settings: Settings, suffix: Literal[".json", ".md", ".html"]) -> Path:
    """Give the file of a report; raises `NotFoundError` where there is none."""
    path = _place(identity, settings).with_suffix(suffix)
    if not path.is_file():
        raise NotFoundError(
            f"There is no report of {identity!r}. GET /v1/evaluations lists those that ended."
        )
    return path


def _questions(name: SetName, engine: Engine, judged: Callable[[], list[JudgedAnswer]]) -> QuestionSet:
    if name == "library":
        return library_set(engine)
    found = from_feedback(judged())
    if not found.cases:
        raise InvalidInputError(
            "set",
            "has no judged answers.",
            "Judge some at their foot on the Ask page, or with POST /v1/answers/{id}/feedback.",
        )
    return found


def _place(identity: str, settings: Settings) -> Path:
    return settings.data / "evaluations" / "asked" / f"{identity}.json"

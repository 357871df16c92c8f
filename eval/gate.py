"""The gate: is this version of the program worse than the one whose scores are the baseline?

Red where a judged metric is significantly worse (paired randomisation test over the fixed questions,
adjusted for all judged metrics), or worse by `LARGE` and more whatever the test says; where a citation
that was exact is not; where a question fails that did not; where the index holds answers as Q&A; and
where an article that the set needs is missing. The rules know no scores of any version, so that a new
baseline changes none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.compare import CaseKey, Comparison, MetricComparison, compare, scores_of
from eval.errors import ReportError
from eval.types import RunResult

FORMAT = 1
LARGE = 0.15
"""Fall of a mean that is red at any significance, over `FEW` questions or more."""

FEW = 20
JUDGED = (
    "correct",
    "retrieval.dense.ndcg@10",
    "retrieval.lexical.ndcg@10",
    "retrieval.fused.hit@1",
    "retrieval.fused.recall@5",
    "retrieval.fused.ndcg@10",
    "answer.f1",
    "answer.rouge_l",
    "answer.key_points",
    "evidence.recall",
    "evidence.precision",
    "citations.statements",
    "citations.recall",
    "citations.precision",
    "refusal.recall",
    "refusal.wrong",
)
INVARIANT = ("failed", "citations.exact", "citations.resolved")
"""Metrics in which no single question may get worse."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an accepted version scored: the judged metrics of each question, and with what."""

    set_sha256: str
    system: Mapping[str, object]
    scores: Mapping[CaseKey, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class GateResult:
    """A run held against a baseline; green without `findings`."""

    comparison: Comparison
    findings: tuple[str, ...]

    @property
    def green(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class _BaselineFile(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    format: int
    set_sha256: str
    system: dict[str, object]
    scores: dict[str, dict[str, float]]


def baseline_of(run: RunResult) -> Baseline:
    """Take a run as the baseline of those to come."""
    kept = (*JUDGED, *INVARIANT)
    return Baseline(
        run.set_sha256,
        {name: value for name, value in run.system.items() if name != "index"},
        {
            key: {metric: round(values[metric], 6) for metric in kept if metric in values}
            for key, values in scores_of(run.results).items()
        },
    )


def held_against(run: RunResult, baseline: Baseline, *, seed: int = 0) -> GateResult:
    """Hold a run against a baseline. Raises `ReportError` where they are of different questions."""
    if run.set_sha256 != baseline.set_sha256:
        raise ReportError(
            "The baseline is of other questions than this run: the set or its articles have changed. "
            "Make a new baseline (`make baseline`) and say in the commit why."
        )
    after = {
        key: {metric: round(value, 6) for metric, value in values.items()}
        for key, values in scores_of(run.results).items()
    }
    comparison = compare(baseline.scores, after, metrics=(*JUDGED, *INVARIANT), seed=seed)
    return GateResult(comparison, (*_guards(run), *_worse(comparison.metrics)))


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline, a question a line, so that a commit shows which of them moved."""
    head = {"format": FORMAT, "set_sha256": baseline.set_sha256, "system": baseline.system}
    lines = [
        f"  {json.dumps('/'.join(key), ensure_ascii=False)}: {json.dumps(values)}"
        for key, values in baseline.scores.items()
    ]
    content = json.dumps(head, indent=1, ensure_ascii=False, default=str).removesuffix("\n}")
    path.write_text(content + ',\n "scores": {\n' + ",\n".join(lines) + "\n }\n}\n", encoding="utf-8")


def load_baseline(path: Path) -> Baseline:
    """Read a baseline back; raises `ReportError` for a file that is none."""
    try:
        found = _BaselineFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReportError(
            f"{path} cannot be read ({error.strerror}). Give a baseline, or make one with `--accept`."
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]["msg"]
        raise ReportError(f"{path} is no baseline ({first}). Make one with `--accept`.") from error
    if found.format != FORMAT:
        raise ReportError(f"{path} has format {found.format}, not {FORMAT}. Make it again with `--accept`.")
    return Baseline(found.set_sha256, found.system, {_key(name): row for name, row in found.scores.items()})


def _key(name: str) -> CaseKey:
    set_name, _, case_id = name.partition("/")
    return set_name, case_id


def _guards(run: RunResult) -> Iterator[str]:
    if run.leaks:
        first = run.leaks[0]
        yield (
            f"the index holds the answers of {len(run.leaks)} questions as Q&A, of {first.case_id} the first "
            f"({first.article_id}, character {first.char_start})"
        )
    if run.missing:
        yield f"{len(run.missing)} questions need articles that the index does not hold"


def _worse(metrics: Sequence[MetricComparison]) -> Iterator[str]:
    for one in metrics:
        if one.metric in INVARIANT:
            if one.lost:
                yield f"{one.metric} got worse for {len(one.lost)} questions, {one.lost[0][1]} the first"
        elif one.verdict == "worse":
            yield f"{_fall(one)}: significant, p {one.p_adjusted:.4f} over {one.n} questions"
        elif one.improvement <= -LARGE and one.n >= FEW:
            yield f"{_fall(one)}: a fall of {LARGE} or more over {one.n} questions"


def _fall(one: MetricComparison) -> str:
    return f"{one.metric} went from {one.before:.3f} to {one.after:.3f}"

"""The table of a run: means by group, the ROC and the risk-coverage curve, reliability and latency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from eval.bootstrap import mean_interval
from eval.metrics.calibration import expected_calibration_error, reliability
from eval.metrics.latency import percentiles
from eval.metrics.refusal import auroc, risk_coverage, roc
from eval.types import Aggregate, CaseResult, CurvePoint, Grouping, Percentiles, ReliabilityBin, RocPoint

AUROC = "refusal.auroc"
ECE = "calibration.ece"


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
    scores, answerable = _refusal_scores(members)
    area = auroc(scores, answerable)
    if area is not None:
        yield Aggregate(grouping, group, AUROC, len(scores), area, None, None)
    bins = calibration(members)
    error = expected_calibration_error(bins)
    if error is not None:
        yield Aggregate(grouping, group, ECE, sum(one.n for one in bins), error, None, None)


def _refusal_scores(results: Sequence[CaseResult]) -> tuple[list[float], list[bool]]:
    """Give the probability by which each question was answered or refused, and whether it is answerable."""
    known = [(r.answerable, not r.unanswerable) for r in results if r.answerable is not None]
    return [score for score, _ in known], [answerable for _, answerable in known]


def roc_points(results: Sequence[CaseResult]) -> tuple[RocPoint, ...]:
    """Give the ROC curve of refusing, whose area is `refusal.auroc`."""
    return roc(*_refusal_scores(results))


def calibration(results: Sequence[CaseResult]) -> tuple[ReliabilityBin, ...]:
    """Give the reliability of the evidence probability over the questions that tell whether it holds."""
    known = [
        (result.top_evidence, result.top_helps)
        for result in results
        if result.top_evidence is not None and result.top_helps is not None
    ]
    return reliability([confidence for confidence, _ in known], [outcome for _, outcome in known])


def curve(results: Sequence[CaseResult]) -> tuple[CurvePoint, ...]:
    """Give the risk-coverage curve over the questions that can be judged."""
    known = [
        (result.answerable, result.status != "abstained", result.scores["correct"] == 0.0)
        for result in results
        if result.answerable is not None and "correct" in result.scores
    ]
    return risk_coverage([k[0] for k in known], [k[1] for k in known], [k[2] for k in known])


def latency(results: Sequence[CaseResult]) -> Mapping[str, Percentiles]:
    """Give the percentiles of each stage."""
    stages = dict.fromkeys(stage for result in results for stage in result.timings_ms)
    return percentiles(
        {stage: [r.timings_ms[stage] for r in results if stage in r.timings_ms] for stage in stages}
    )

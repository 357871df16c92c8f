"""Two runs over the same questions: which metrics differ by more than chance, and which questions moved.

For each metric: the mean difference with its paired bootstrap interval (Efron and Tibshirani 1993; for
system comparison Koehn, EMNLP 2004), the p-value of a paired randomisation test (Smucker et al., CIKM
2007), and that value adjusted for all metrics that are judged together (Holm 1979). A verdict follows
from the adjusted value, so that a comparison of fifty metrics does not find two by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from eval.bootstrap import mean_interval, paired_randomisation
from eval.types import CaseResult, RunResult

Verdict: TypeAlias = Literal["better", "worse", "changed", "no difference", "equal"]
CaseKey: TypeAlias = tuple[str, str]
Scores: TypeAlias = Mapping[CaseKey, Mapping[str, float]]

ALPHA = 0.05
_LOWER_IS_BETTER = frozenset({"refusal.wrong", "failed"})
_NEITHER = ("length.",)
_CONDITIONAL = ("citations.", "length.", "refusal.precision")
"""Metrics that a question has only where a system gave something to judge."""


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One metric of two runs; `difference` is after minus before, `low` and `high` its 95 % interval.

    `gained` and `lost` are the questions that moved, by what is better for this metric.
    """

    metric: str
    n: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    verdict: Verdict
    gained: tuple[CaseKey, ...]
    lost: tuple[CaseKey, ...]

    @property
    def improvement(self) -> float:
        """The difference, negative where it is for the worse."""
        return self.difference * direction(self.metric)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs compared; questions that only one of them has are counted and left out."""

    n: int
    only_before: int
    only_after: int
    metrics: tuple[MetricComparison, ...]


def direction(metric: str) -> int:
    """Tell what is better: 1 for higher, -1 for lower, 0 for neither."""
    if metric.startswith(_NEITHER):
        return 0
    return -1 if metric in _LOWER_IS_BETTER else 1


def scores_of(results: Iterable[CaseResult]) -> Scores:
    """Give the scores of a run by question."""
    return {(result.set_name, result.case_id): result.scores for result in results}


def compare_runs(before: RunResult, after: RunResult, *, seed: int = 0) -> Comparison:
    """Compare the questions that two runs have in common."""
    return compare(scores_of(before.results), scores_of(after.results), seed=seed)


def compare(
    before: Scores, after: Scores, *, metrics: Sequence[str] | None = None, seed: int = 0
) -> Comparison:
    """Compare the questions that both runs have, in the named metrics or in all."""
    common = [key for key in before if key in after]
    named = metrics or sorted({metric for key in common for metric in (*before[key], *after[key])})
    found = [
        _compared(metric, pairs, seed) for metric in named if (pairs := _pairs(metric, common, before, after))
    ]
    adjusted = holm([one.p_value for one in found])
    return Comparison(
        len(common),
        len(before) - len(common),
        len(after) - len(common),
        tuple(_judged(one, p_value) for one, p_value in zip(found, adjusted, strict=True)),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of tests that are read together (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    reached = 0.0
    for rank, place in enumerate(order):
        reached = max(reached, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = reached
    return adjusted


def _pairs(
    metric: str, common: Sequence[CaseKey], before: Scores, after: Scores
) -> Mapping[CaseKey, tuple[float, float]]:
    """Give both values of each question; a value that only one run has is the worst in the other.

    A metric that depends on what was answered is compared where both have it.
    """
    conditional = metric.startswith(_CONDITIONAL)
    worst = 1.0 if metric in _LOWER_IS_BETTER else 0.0
    pairs: dict[CaseKey, tuple[float, float]] = {}
    for key in common:
        ours, theirs = before[key].get(metric), after[key].get(metric)
        if ours is None and theirs is None:
            continue
        if conditional and (ours is None or theirs is None):
            continue
        pairs[key] = (worst if ours is None else ours, worst if theirs is None else theirs)
    return pairs


def _compared(metric: str, pairs: Mapping[CaseKey, tuple[float, float]], seed: int) -> MetricComparison:
    old, new = [pair[0] for pair in pairs.values()], [pair[1] for pair in pairs.values()]
    differences = [b - a for a, b in zip(old, new, strict=True)]
    interval = mean_interval(differences, seed=seed)
    test = paired_randomisation(new, old, seed=seed)
    better = direction(metric) or 1
    return MetricComparison(
        metric=metric,
        n=len(pairs),
        before=sum(old) / len(old),
        after=sum(new) / len(new),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        p_value=test.p_value,
        p_adjusted=test.p_value,
        verdict="equal",
        gained=tuple(key for key, (a, b) in pairs.items() if (b - a) * better > 0),
        lost=tuple(key for key, (a, b) in pairs.items() if (b - a) * better < 0),
    )


def _judged(one: MetricComparison, p_adjusted: float) -> MetricComparison:
    verdict: Verdict = "no difference"
    if not one.gained and not one.lost:
        verdict = "equal"
    elif p_adjusted < ALPHA:
        sign = one.improvement
        verdict = "changed" if sign == 0 else "better" if sign > 0 else "worse"
    return replace(one, p_adjusted=p_adjusted, verdict=verdict)

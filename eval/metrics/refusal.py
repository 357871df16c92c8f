"""Whether a system refuses the questions that it should, and only these.

Recall is the share of unanswerable questions that were refused, precision the share of refusals that
met an unanswerable question (as for the unanswerable class of SQuAD 2.0, Rajpurkar et al. 2018). AUROC
is the probability that a random answerable question has a higher evidence score than a random
unanswerable one, ties counting half (Hanley and McNeil 1982; by scikit-learn): it judges the score
without the threshold, and the ROC curve shows what each threshold would let pass of both. The risk-
coverage curve (El-Yaniv and Wiener 2010) gives for each threshold the share of questions answered and
the share of these answers that are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from eval.types import CurvePoint, RocPoint

Point = TypeVar("Point", CurvePoint, RocPoint)

CURVE_POINTS = 50


def refusal_scores(*, refused: bool, unanswerable: bool) -> Mapping[str, float]:
    """Score one question; the mean of each metric over the questions that have it is the metric.

    `recall` applies to unanswerable questions, `precision` to refused ones, and `wrong`, the share of
    answerable questions that were refused, to answerable ones.
    """
    scores = {"recall": float(refused)} if unanswerable else {"wrong": float(refused)}
    return {**scores, "precision": float(unanswerable)} if refused else scores


def auroc(scores: Sequence[float], answerable: Sequence[bool]) -> float | None:
    """Area under the ROC curve of the evidence score; `None` unless both kinds of question are there."""
    if len(set(answerable)) < 2:
        return None
    return float(roc_auc_score(np.array(answerable), np.array(scores, dtype=np.float64)))


def roc(scores: Sequence[float], answerable: Sequence[bool]) -> tuple[RocPoint, ...]:
    """Give up to `CURVE_POINTS` points of the ROC curve, from the highest threshold down.

    Nothing unless both kinds of question are there. The first point, where nothing passes, has the
    threshold 1 beyond the highest score. Points on a straight line between two others are left out.
    """
    if len(set(answerable)) < 2:
        return ()
    false, true, thresholds = roc_curve(np.array(answerable), np.array(scores, dtype=np.float64))
    # The threshold that lets nothing pass is infinite, which JSON cannot hold.
    thresholds[0] = max(scores) + 1
    points = [RocPoint(*map(float, values)) for values in zip(thresholds, false, true, strict=True)]
    return _thinned(points)


def risk_coverage(
    scores: Sequence[float], answered: Sequence[bool], wrong: Sequence[bool]
) -> tuple[CurvePoint, ...]:
    """Give up to `CURVE_POINTS` points of the curve, from the highest threshold down.

    What a refused question would have been answered with is not known, so the curve ends at the
    share of questions that the system did answer. Equal scores share a point.
    """
    order = sorted(
        ((score, bad) for score, given, bad in zip(scores, answered, wrong, strict=True) if given),
        key=lambda item: -item[0],
    )
    points: list[CurvePoint] = []
    errors = 0
    for place, (score, bad) in enumerate(order, start=1):
        errors += bad
        if place == len(order) or order[place][0] < score:
            points.append(CurvePoint(score, place / len(scores), errors / place))
    return _thinned(points)


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """Give at most `CURVE_POINTS` of the points, evenly, with the first and the last."""
    if len(points) <= CURVE_POINTS:
        return tuple(points)
    return tuple(points[i] for i in np.linspace(0, len(points) - 1, CURVE_POINTS).round().astype(int))

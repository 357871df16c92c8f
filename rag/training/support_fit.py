"""Calibration and threshold of the support check, from held-out statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.types import BoolArray, FloatArray
from rag.reader.calibration import Regression

PASSED = 0.02
"""Share of the false held-out statements that may pass, of those that no rule catches."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A held-out statement: what the network and the words say, and whether the rules leave it open."""

    language: str
    kind: str
    supported: bool
    logit: float
    share: float
    left_open: bool


def fit_support(judged: Sequence[Judged]) -> tuple[Mapping[str, Regression], float]:
    """Fit a regression a language on the statements that the rules leave open, and the threshold on both."""
    open_ones = [item for item in judged if item.left_open]
    calibration = {
        language: _regression([item for item in open_ones if item.language == language])
        for language in ("en", "zh")
    }
    false = np.array([not item.supported for item in open_ones])
    scores = probabilities(open_ones, calibration)
    return calibration, round(float(np.quantile(scores[false], 1 - PASSED)), 4)


def probabilities(judged: Sequence[Judged], calibration: Mapping[str, Regression]) -> FloatArray:
    """Give the calibrated probability of each statement."""
    return np.array(
        [
            float(calibration[j.language].probability(np.array([[j.logit, j.share]], np.float32))[0])
            for j in judged
        ],
        dtype=np.float32,
    )


def support_curve(judged: Sequence[Judged], calibration: Mapping[str, Regression]) -> list[dict[str, float]]:
    """Tell what each threshold keeps of the true and lets pass of the false that the rules leave open."""
    open_ones = [item for item in judged if item.left_open]
    scores = probabilities(open_ones, calibration)
    true: BoolArray = np.array([item.supported for item in open_ones])
    return [
        {
            "threshold": round(float(threshold), 4),
            "true_kept": round(float(np.mean(scores[true] >= threshold)), 4),
            "false_passed": round(float(np.mean(scores[~true] >= threshold)), 4),
        }
        for threshold in np.quantile(scores[~true], (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99))
    ]


def _regression(judged: Sequence[Judged]) -> Regression:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000, C=10.0)
    model.fit(np.array([(j.logit, j.share) for j in judged]), np.array([j.supported for j in judged]))
    return Regression(round(float(model.intercept_[0]), 4), tuple(round(float(w), 4) for w in model.coef_[0]))

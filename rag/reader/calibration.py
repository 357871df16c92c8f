"""From logits to probabilities, and from probabilities to decisions.

A logistic regression a language (Platt 1999, with the place in retrieval and the company of the sentence as
further inputs), fitted on held-out training questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.types import FloatArray
from rag.reader.answerable import SIGNS

SENTENCE = ("logit", "passage_logit", "ahead_of_best", "log_rank")
"""Inputs for a sentence: its logit, its passage's, the gap to the best sentence of all, log of the rank."""

PASSAGE = ("logit", "best_sentence", "ahead_of_best", "log_rank")
"""Inputs for a passage: its logit, its best sentence's, the gap to the best passage, log of the rank."""


_PARTS = {"sentence": SENTENCE, "passage": PASSAGE}


@dataclass(frozen=True, slots=True)
class Regression:
    """Bias and one weight an input."""

    bias: float
    weights: tuple[float, ...]

    def probability(self, rows: FloatArray) -> FloatArray:
        """Give the probability of each row, shape (n,)."""
        logits = rows @ np.array(self.weights, dtype=np.float32) + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What decides by language whether a question is answered: a regression over `SIGNS`, and the probability
    below which it is refused.
    """

    question: Mapping[str, Regression]
    below: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted, by language: regressions for sentences and passages, what decides refusal; the
    threshold of evidence and the weight of reranking.

    How near a passage is to a question means something in one embedding space alone: `refusal` is for the
    space named `space`, `refusal_elsewhere` for every other.
    """

    sentence: Mapping[str, Regression]
    passage: Mapping[str, Regression]
    refusal: Refusal
    refusal_elsewhere: Refusal
    space: str
    threshold: float
    rerank_weight: float

    @classmethod
    def from_json(cls, row: Mapping[str, object]) -> Calibration:
        """Read what `to_json` gave. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        regressions = {part: _regressions(part, row[part], names) for part, names in _PARTS.items()}
        space, threshold, weight = row["space"], row["threshold"], row["rerank_weight"]
        if not isinstance(threshold, float) or not isinstance(weight, float) or not isinstance(space, str):
            raise ValueError("threshold and rerank_weight are numbers, space is a name")
        return cls(
            regressions["sentence"],
            regressions["passage"],
            _refusal("refusal", row["refusal"]),
            _refusal("refusal_elsewhere", row["refusal_elsewhere"]),
            space,
            threshold,
            weight,
        )

    def to_json(self) -> dict[str, object]:
        """Give the values for a JSON document."""
        return {
            "sentence": _told(self.sentence, SENTENCE),
            "passage": _told(self.passage, PASSAGE),
            "refusal": _told_refusal(self.refusal),
            "refusal_elsewhere": _told_refusal(self.refusal_elsewhere),
            "space": self.space,
            "threshold": self.threshold,
            "rerank_weight": self.rerank_weight,
        }


_BELOW = "refused_below"


def _regressions(part: str, languages: object, names: Sequence[str]) -> dict[str, Regression]:
    if not isinstance(languages, Mapping):
        raise ValueError(f"{part} is no object")
    for fit in languages.values():
        if set(fit) != {"bias", *names}:
            raise ValueError(f"{part} weighs {sorted(fit)}, not bias and {sorted(names)}")
    return {
        language: Regression(float(fit["bias"]), tuple(float(fit[name]) for name in names))
        for language, fit in languages.items()
    }


def _refusal(part: str, languages: object) -> Refusal:
    if not isinstance(languages, Mapping):
        raise ValueError(f"{part} is no object")
    fits = {
        language: {name: value for name, value in fit.items() if name != _BELOW}
        for language, fit in languages.items()
    }
    below = {language: float(fit[_BELOW]) for language, fit in languages.items()}
    return Refusal(_regressions(part, fits, SIGNS), below)


def _told(fits: Mapping[str, Regression], names: Sequence[str]) -> dict[str, dict[str, float]]:
    return {
        language: {"bias": fit.bias, **dict(zip(names, fit.weights, strict=True))}
        for language, fit in fits.items()
    }


def _told_refusal(refusal: Refusal) -> dict[str, dict[str, float]]:
    return {
        language: {**fit, _BELOW: refusal.below[language]}
        for language, fit in _told(refusal.question, SIGNS).items()
    }


def inputs(
    passages: Sequence[float], sentences: Sequence[Sequence[float]], ranks: Sequence[int]
) -> tuple[FloatArray, FloatArray]:
    """Give the inputs of all sentences, in order (sentences, 4), and of the passages (passages, 4)."""
    best = [max(row) for row in sentences]
    best_of_all, first = max(best), max(passages)
    rows = [
        (logit, passage, logit - best_of_all, np.log(rank))
        for row, passage, rank in zip(sentences, passages, ranks, strict=True)
        for logit in row
    ]
    about = [
        (logit, top, logit - first, np.log(rank))
        for logit, top, rank in zip(passages, best, ranks, strict=True)
    ]
    return np.array(rows, dtype=np.float32), np.array(about, dtype=np.float32)

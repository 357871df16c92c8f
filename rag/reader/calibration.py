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


_PARTS = {"sentence": SENTENCE, "passage": PASSAGE, "question": SIGNS}


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
class Calibration:
    """What was fitted, by language: regressions for sentences, passages and the whole question, and the
    probability below which a question is refused; the threshold of evidence and the weight of reranking.
    """

    sentence: Mapping[str, Regression]
    passage: Mapping[str, Regression]
    question: Mapping[str, Regression]
    refused_below: Mapping[str, float]
    threshold: float
    rerank_weight: float

    @classmethod
    def from_json(cls, row: Mapping[str, object]) -> Calibration:
        """Read what `to_json` gave. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        regressions = {}
        for part, names in _PARTS.items():
            languages = row[part]
            if not isinstance(languages, Mapping):
                raise ValueError(f"{part} is no object")
            for fit in languages.values():
                if set(fit) != {"bias", *names}:
                    raise ValueError(f"{part} weighs {sorted(fit)}, not bias and {sorted(names)}")
            regressions[part] = {
                language: Regression(float(fit["bias"]), tuple(float(fit[name]) for name in names))
                for language, fit in languages.items()
            }
        threshold, weight, refused = row["threshold"], row["rerank_weight"], row["refused_below"]
        if not isinstance(threshold, float) or not isinstance(weight, float):
            raise ValueError("threshold and rerank_weight are numbers")
        if not isinstance(refused, Mapping):
            raise ValueError("refused_below is no object")
        return cls(
            regressions["sentence"],
            regressions["passage"],
            regressions["question"],
            {language: float(value) for language, value in refused.items()},
            threshold,
            weight,
        )

    def to_json(self) -> dict[str, object]:
        """Give the values for a JSON document."""

        def told(fits: Mapping[str, Regression], names: Sequence[str]) -> dict[str, object]:
            return {
                language: {"bias": fit.bias, **dict(zip(names, fit.weights, strict=True))}
                for language, fit in fits.items()
            }

        return {
            "sentence": told(self.sentence, SENTENCE),
            "passage": told(self.passage, PASSAGE),
            "question": told(self.question, SIGNS),
            "refused_below": dict(self.refused_below),
            "threshold": self.threshold,
            "rerank_weight": self.rerank_weight,
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

"""Whether what retrieval brought answers a question at all: the signs that the decision goes by.

The surest sentence alone cannot tell: something is always the surest. How sure it is before its probability
is set against the others', what else speaks for the answer, and how much of what the question names stands
in any passage tell more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.tokens import lexical_tokens, query_weights, singular_stem
from index.types import FloatArray

SIGNS = ("best", "second", "passage", "logit", "passage_logit", "words_found", "nearness")
"""Log odds of the two surest sentences and of the surest passage, the highest logits of both kinds, and the
share of the question's words, those that carry meaning counting most, that stand in the passages; and the
highest cosine of the question with a passage, nought where the embedder found none."""

_SUREST = 1e-4


@dataclass(frozen=True, slots=True)
class PassageRead:
    """A passage as it was read: its text with title and heading, its probability and those of its sentences,
    the logits of the passage and of its best sentence, and its cosine with the question.
    """

    text: str
    probability: float
    sentences: tuple[float, ...]
    logit: float
    best_logit: float
    nearness: float = 0.0


def signs(question: str, passages: Sequence[PassageRead]) -> FloatArray:
    """Give the values of `SIGNS` for a question and at least one passage, shape (1, 7)."""
    every = [probability for passage in passages for probability in passage.sentences]
    best, second = sorted([*every, 0.0, 0.0], reverse=True)[:2]
    row = (
        _log_odds(best),
        _log_odds(second),
        _log_odds(max(passage.probability for passage in passages)),
        max(passage.best_logit for passage in passages),
        max(passage.logit for passage in passages),
        _found(question, [passage.text for passage in passages]),
        max(passage.nearness for passage in passages),
    )
    return np.array([row], dtype=np.float32)


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _SUREST), 1 - _SUREST)
    return float(np.log(kept / (1 - kept)))


def _found(question: str, texts: Sequence[str]) -> float:
    # A single Chinese character is in nearly every text; the pairs of a word are not.
    weights = {
        singular_stem(token): weight
        for token, weight in query_weights(question).items()
        if len(token) > 1 or token.isdecimal()
    }
    known = {singular_stem(token) for text in texts for token in lexical_tokens(text)}
    total = sum(weights.values())
    return sum(weight for form, weight in weights.items() if form in known) / total if total else 0.0

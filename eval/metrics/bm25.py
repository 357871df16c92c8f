"""BM25 over the sentences at hand: the baseline that any reader of sentences has to clear."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from index.tokens import lexical_tokens, query_weights, stem

_K1, _B = 1.2, 0.75


def bm25_scores(question: str, texts: Sequence[str]) -> list[float]:
    """Score texts against a question, rarity counted among these texts (Robertson and Zaragoza 2009)."""
    counted = [Counter(stem(token) for token in lexical_tokens(text)) for text in texts]
    lengths = [sum(counts.values()) for counts in counted]
    mean = sum(lengths) / max(1, len(lengths)) or 1.0
    frequency = Counter(token for counts in counted for token in counts)
    weights = {stem(token): weight for token, weight in query_weights(question).items()}
    rarity = {
        token: weight * math.log(1 + (len(texts) - frequency[token] + 0.5) / (frequency[token] + 0.5))
        for token, weight in weights.items()
    }
    return [
        sum(
            value * counts[token] * (_K1 + 1) / (counts[token] + _K1 * (1 - _B + _B * length / mean))
            for token, value in rarity.items()
            if counts[token]
        )
        for counts, length in zip(counted, lengths, strict=True)
    ]

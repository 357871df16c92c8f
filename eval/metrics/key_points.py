"""How many of the things that a reference answer says an answer says too.

A key point is a sentence of the reference answer, or what the set lists as its key points. It is
covered where the answer holds every number of it and at least half of its content words, in the
manner of the word-overlap matching of answer nuggets (POURPRE, Lin and Demner-Fushman, HLT-EMNLP
2005); nugget recall itself is of TREC's question answering track (Voorhees 2003). It needs no judge
and cannot see a paraphrase that shares no word.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.sentences import sentence_spans
from index.tokens import lexical_tokens, query_weights

COVERED = 0.5
"""Share of a key point's content words that the answer must hold."""


def key_points_covered(answer: str, points: Sequence[str]) -> float:
    """Share of the points that the answer covers. Raises `ValueError` where there are none."""
    if not points:
        raise ValueError("no key points to look for")
    said = frozenset(lexical_tokens(answer))
    return sum(_is_covered(_content(point), said) for point in points) / len(points)


def sentences_of(reference: str) -> tuple[str, ...]:
    """Give the sentences of a reference answer as its key points."""
    return tuple(reference[span.char_start : span.char_end] for span in sentence_spans(reference))


def _content(point: str) -> frozenset[str]:
    weights = query_weights(point)
    return frozenset(token for token, weight in weights.items() if weight == max(weights.values()))


def _is_covered(point: frozenset[str], said: frozenset[str]) -> bool:
    numbers = {token for token in point if any(character.isdigit() for character in token)}
    return bool(point) and numbers <= said and len(point & said) >= COVERED * len(point)

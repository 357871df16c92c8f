"""Reciprocal rank fusion of ranked lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RANK_CONSTANT = 60
"""The constant of Cormack, Clarke and Buettcher (SIGIR 2009)."""


def reciprocal_rank_fusion(
    rankings: Mapping[str, Sequence[int]], weights: Mapping[str, float], *, constant: float = RANK_CONSTANT
) -> list[tuple[int, float]]:
    """Fuse rankings of keys, best first, to (key, score), best first; ties by key.

    A key scores the sum over the lists of weight / (constant + rank), ranks from 1; a list without
    the key adds nothing. Only ranks count, so the legs' scores need not be comparable.
    """
    scores: dict[int, float] = {}
    for leg, ranking in rankings.items():
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + weights[leg] / (constant + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))

"""Retrieval and evidence together: passages in the order in which they should be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.types import ScoredPassage

_CONSTANT = 5
"""As in the fusion of the legs: with few lists the first ranks decide."""


def reranked(passages: Sequence[ScoredPassage], *, weight: float) -> tuple[ScoredPassage, ...]:
    """Order passages by their place in retrieval and their place as evidence; `weight` is the evidence's.

    Ranks of the hits are given anew, from 1.
    """
    ordered = sorted(passages, key=lambda passage: passage.hit.rank)
    places = reranked_places([passage.score for passage in ordered], weight)
    return tuple(
        replace(ordered[place], hit=replace(ordered[place].hit, rank=rank))
        for rank, place in enumerate(places, start=1)
    )


def reranked_places(scores: Sequence[float], weight: float) -> list[int]:
    """Give the places of passages, best first; `scores` are evidence in the order of retrieval.

    A passage counts 1 / (5 + its rank in retrieval) + weight / (5 + its rank as evidence); ties go to
    retrieval.
    """
    by_evidence = sorted(range(len(scores)), key=lambda place: -scores[place])
    rank = {place: number for number, place in enumerate(by_evidence, start=1)}
    return sorted(
        range(len(scores)),
        key=lambda place: -(1 / (_CONSTANT + place + 1) + weight / (_CONSTANT + rank[place])),
    )

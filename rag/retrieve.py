"""Passages for a question: the dense and the lexical leg side by side, fused by rank."""

from __future__ import annotations

from dataclasses import dataclass

from index.fuse import reciprocal_rank_fusion
from index.library import Snapshot
from index.types import Filters, Hit, ScoredKey

CANDIDATES = 100
"""Passages taken from each leg. Neither leg restricts the other's candidates."""

WEIGHTS = {"dense": 1.0, "lexical": 1.0}


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What each leg found and what their fusion is, best first.

    `outside_filters` is true where filters left no passage at all to search.
    """

    dense: tuple[ScoredKey, ...]
    lexical: tuple[ScoredKey, ...]
    hits: tuple[Hit, ...]
    outside_filters: bool = False


def retrieve(question: str, snapshot: Snapshot, *, top_k: int, filters: Filters | None = None) -> Retrieval:
    """Find the `top_k` passages of a snapshot for a question."""
    allowed = snapshot.keys_matching(filters) if filters else None
    if allowed is not None and not len(allowed):
        return Retrieval((), (), (), outside_filters=True)
    depth = max(CANDIDATES, top_k)
    dense = snapshot.dense(question, depth, allowed)
    lexical = snapshot.lexical(question, depth, allowed)
    return Retrieval(tuple(dense), tuple(lexical), _fused(dense, lexical, snapshot, top_k))


def _fused(dense: list[ScoredKey], lexical: list[ScoredKey], snapshot: Snapshot, top_k: int) -> tuple[Hit, ...]:
    fused = reciprocal_rank_fusion(
        {"dense": [hit.key for hit in dense], "lexical": [hit.key for hit in lexical]}, WEIGHTS
    )
    dense_scores = {hit.key: hit.score for hit in dense}
    lexical_scores = {hit.key: hit.score for hit in lexical}
    # A few more than asked for: a passage deleted since the snapshot was taken is left out.
    passages = snapshot.passages([key for key, _ in fused[: top_k + 8]])
    present = [(key, score) for key, score in fused if key in passages][:top_k]
    return tuple(
        Hit(passages[key], rank, dense_scores.get(key), lexical_scores.get(key), score)
        for rank, (key, score) in enumerate(present, start=1)
    )

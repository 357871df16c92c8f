"""Support: whether what is cited carries a statement in which no figure, date or name is wrong.

The rules of `rag.verify` speak first; what they cannot decide, paraphrase, is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from index.embed import Embedder
from rag.overlap import word_share
from rag.types import Evidence

Similarity = Callable[[str, str], float]
"""How near two texts are in meaning, at most 1."""

_COVERED = 0.5
"""Share of a statement's words, weighed, that its evidence must hold where nothing else speaks for it."""

_COVERED_IF_SIMILAR = 0.25
_SIMILAR = 0.6


class SupportScorer(Protocol):
    """Reads a statement with the sentences that it cites."""

    @property
    def name(self) -> str:
        """The scorer with the hash of its weights, where it has any."""

    @property
    def threshold(self) -> float:
        """The probability from which on a statement counts as supported."""

    def score(self, statement: str, evidence: Sequence[Evidence]) -> float:
        """Give how sure it is that the evidence, one sentence or more, carries the statement, 0 to 1."""


def _no_similarity(one: str, other: str) -> float:
    return 0.0


class SimilaritySupport:
    """Shared words, and where they are few, nearness in meaning to one of the cited sentences."""

    threshold = _COVERED

    def __init__(self, similar: Similarity = _no_similarity, name: str = "words") -> None:
        self._similar = similar
        self.name = name

    @classmethod
    def of(cls, embedder: Embedder) -> SimilaritySupport:
        """Give the check that measures nearness with an embedder."""

        def similar(one: str, other: str) -> float:
            left, right = embedder.embed_passages([one, other])
            return float(left @ right)

        return cls(similar, f"similarity ({embedder.space.id})")

    def score(self, statement: str, evidence: Sequence[Evidence]) -> float:
        """Give the share of words; where that is too small and a sentence is near, how near."""
        share = word_share(statement, "\n".join(item.text for item in evidence))
        if share >= _COVERED or share < _COVERED_IF_SIMILAR:
            return share
        nearness = max(self._similar(statement, item.text) for item in evidence)
        return max(share, nearness) if nearness >= _SIMILAR else share

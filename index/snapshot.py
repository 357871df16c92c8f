"""One state of the library, as a question sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.catalog import Catalog
from index.dense import DenseSnapshot
from index.embed import Embedder
from index.lexical_index import LexicalSnapshot
from index.types import Filters, IntArray, ScoredKey, StoredPassage, Story


@dataclass(frozen=True)
class Snapshot:
    """One state of the library; a question holds it from start to end."""

    seq: int
    changed_at: str
    embedder: Embedder
    catalog: Catalog
    dense_leg: DenseSnapshot
    lexical_leg: LexicalSnapshot

    @property
    def passage_count(self) -> int:
        """Number of passages that can be found."""
        return self.dense_leg.count or self.lexical_leg.count

    def dense(self, question: str, k: int, allowed: IntArray | None = None) -> list[ScoredKey]:
        """Give the k passages nearest to the question in meaning."""
        return self.dense_within(question, k, [allowed])[0]

    def dense_within(
        self, question: str, k: int, selections: Sequence[IntArray | None]
    ) -> list[list[ScoredKey]]:
        """Give the k nearest passages of each selection; the question is embedded once for all."""
        vector = self.embedder.embed_queries([question])[0]
        return [self.dense_leg.search(vector, k, allowed) for allowed in selections]

    def lexical(self, question: str, k: int, allowed: IntArray | None = None) -> list[ScoredKey]:
        """Give the k passages nearest to the question in words."""
        return self.lexical_leg.search(question, k, allowed)

    def article_ids(self, keys: Sequence[int]) -> dict[int, str]:
        """Give the articles of passages; passages deleted since are left out."""
        return self.catalog.article_ids(keys)

    def stories_of(self, article_ids: Sequence[str]) -> dict[str, Story]:
        """Give the stories that articles tell; articles too short to have one are left out."""
        return self.catalog.stories_of(article_ids)

    def passages(self, keys: Sequence[int]) -> dict[int, StoredPassage]:
        """Give passages by key; those deleted since are left out."""
        return self.catalog.passages(keys)

    def passages_before(self, keys: Sequence[int]) -> list[StoredPassage]:
        """Give the passages that stand just before others in their articles."""
        return list(self.passages(self.catalog.keys_before(keys, self.seq)).values())

    def keys_matching(self, filters: Filters) -> IntArray | None:
        """Give the keys that filters allow; nothing where they allow all."""
        return self.catalog.keys_matching(filters, self.seq) if filters else None

    def any_matching(self, filters: Filters) -> bool:
        """Tell whether filters allow any passage."""
        return self.catalog.any_matching(filters, self.seq)

    def in_space(self, embedder: Embedder, dense_leg: DenseSnapshot) -> Snapshot:
        """Give the same state as it is in another space."""
        return replace(self, embedder=embedder, dense_leg=dense_leg)

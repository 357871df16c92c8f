"""The pipeline of this service as an evaluation sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal, TypeAlias

from rag.retrieve import retrieve_parts
from rag.types import Answer, Question
from rag.understand import understand
from service.engine import Engine

Oracle: TypeAlias = Literal["", "passages", "evidence", "parts"]
"""The stage that gold stands in for; empty for none."""

_RANKED_PASSAGES = 100


class EngineSystem:
    """The pipeline as an evaluation sees it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rank(self, question: str, as_of: str, k: int) -> Mapping[str, Sequence[str]]:
        """Give for each leg up to `k` article ids, best first."""
        snapshot = self._engine.library.snapshot()
        understanding = understand(Question(question, as_of=as_of))
        aliases = self._engine.aliases
        found = retrieve_parts(understanding, snapshot, top_k=_RANKED_PASSAGES, aliases=aliases)
        articles = snapshot.article_ids([hit.key for hit in (*found.dense, *found.lexical)])
        legs = {
            "dense": [articles[hit.key] for hit in found.dense if hit.key in articles],
            "lexical": [articles[hit.key] for hit in found.lexical if hit.key in articles],
            "fused": [hit.passage.article_id for hit in found.hits],
        }
        return {leg: list(dict.fromkeys(ids))[:k] for leg, ids in legs.items()}

    def answer(self, question: Question) -> Answer:
        """Answer a question."""
        return self._engine.answer(question)

    def article_text(self, article_id: str, version: int) -> str:
        """Give the text of one version of an article."""
        return self._engine.library.catalog.article(article_id, version).text

    def describe(self) -> Mapping[str, object]:
        """Give models, `seq` and counts."""
        return {
            "index": asdict(self._engine.library.state()),
            "embedder": self._engine.library.embedder.space.id,
            "evidence": self._engine.scorer.name,
            "threshold": self._engine.scorer.threshold,
            "generator": self._engine.generator.name,
            "aliases": {name: sorted(others) for name, others in self._engine.aliases.items()},
        }

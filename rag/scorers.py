"""Evidence scorers by the names that settings give them."""

from __future__ import annotations

from index.embed import Embedder
from index.errors import ModelError
from rag.crossencoder import PREFIX, CrossEncoderScorer
from rag.evidence import EvidenceScorer, SimilarityScorer
from rag.reader.scorer import ReaderScorer

READER, SIMILARITY = "reader", "similarity"


def is_scorer(name: str) -> bool:
    """Tell whether a name is one that `load_scorer` takes."""
    return name in (READER, SIMILARITY) or (name.startswith(PREFIX) and len(name) > len(PREFIX))


def load_scorer(name: str, embedder: Embedder) -> EvidenceScorer:
    """Give the scorer of a name. Raises `ModelError` where it is unknown or cannot be loaded."""
    if name == READER:
        return ReaderScorer.shipped()
    if name == SIMILARITY:
        return SimilarityScorer.fitted(embedder)
    if not is_scorer(name):
        raise ModelError(f"There is no evidence scorer {name!r}. Use {READER}, {SIMILARITY} or {PREFIX}NAME.")
    return CrossEncoderScorer.load(name.removeprefix(PREFIX))

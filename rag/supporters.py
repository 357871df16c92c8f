"""Support checks by the names that settings give them."""

from __future__ import annotations

from index.embed import Embedder
from index.errors import ModelError
from rag.crossencoder import PREFIX
from rag.entailment import EntailmentSupport
from rag.reader.supporter import ReaderSupport
from rag.scorers import READER, SIMILARITY
from rag.support import SimilaritySupport, SupportScorer


def is_support(name: str) -> bool:
    """Tell whether a name is one that `load_support` takes."""
    return name in (READER, SIMILARITY) or (name.startswith(PREFIX) and len(name) > len(PREFIX))


def load_support(name: str, embedder: Embedder) -> SupportScorer:
    """Give the support check of a name. Raises `ModelError` where it is unknown or cannot be loaded."""
    if name == SIMILARITY:
        return SimilaritySupport.of(embedder)
    if name == READER:
        return ReaderSupport.at()
    if not is_support(name):
        raise ModelError(f"There is no support check {name!r}. Use {READER}, {SIMILARITY} or {PREFIX}NAME.")
    return EntailmentSupport.load(name.removeprefix(PREFIX))

"""Evidence scorers by the names that settings give them."""

from __future__ import annotations

from pathlib import Path

from index.embed import Embedder
from index.errors import ModelError
from rag.crossencoder import PREFIX, CrossEncoderScorer
from rag.evidence import EvidenceScorer, SimilarityScorer
from rag.reader.scorer import ReaderScorer

READER, SIMILARITY = "reader", "similarity"
READER_AT = "reader:"
"""Before the folder of a reader that was trained elsewhere."""


def is_scorer(name: str) -> bool:
    """Tell whether a name is one that `load_scorer` takes."""
    return name in (READER, SIMILARITY) or any(
        name.startswith(prefix) and len(name) > len(prefix) for prefix in (PREFIX, READER_AT)
    )


def load_scorer(name: str, embedder: Embedder) -> EvidenceScorer:
    """Give the scorer of a name. Raises `ModelError` where it is unknown or cannot be loaded."""
    if name == SIMILARITY:
        return SimilarityScorer.fitted(embedder)
    if name == READER:
        return ReaderScorer.at()
    if not is_scorer(name):
        raise ModelError(
            f"There is no evidence scorer {name!r}. "
            f"Use {READER}, {READER_AT}FOLDER, {SIMILARITY} or {PREFIX}NAME."
        )
    if name.startswith(READER_AT):
        return ReaderScorer.at(Path(name.removeprefix(READER_AT)))
    return CrossEncoderScorer.load(name.removeprefix(PREFIX))

"""Searches whose results are known: they show a consistent mistake that no checksum can see.

A cache keeps some with it and repeats them when it is opened; the vectors of some passages are made anew
to show that the model is the one that made the library's vectors.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from index.catalog import Catalog
from index.dense_index import DensePart
from index.embed import Embedder
from index.errors import ModelError
from index.prepare import stored_encoder_text
from index.types import FloatArray, Space

DENSE_CANARIES = 16
MODEL_CANARIES = 8

_NEAREST = 5
_SCORE_TOLERANCE = 1e-3
"""Processors add up in different orders; a wrong vector is off by far more."""

_SAME_MODEL_COSINE = 0.99
"""Half the digits (bfloat16) move a vector to a cosine of 0.999; another revision of a model further."""


def dense_canaries(part: DensePart) -> list[dict[str, Any]]:
    """Search for some vectors of an index; gives each with the keys and scores that were found."""
    canaries = []
    for vector in part.sample(DENSE_CANARIES).astype(np.float16):
        hits = part.search(vector.astype(np.float32), _NEAREST, None)
        canaries.append(
            {
                "vector": base64.b64encode(vector.tobytes()).decode(),
                "keys": [hit.key for hit in hits],
                "scores": [round(hit.score, 6) for hit in hits],
            }
        )
    return canaries


def replay_dense(canaries: Sequence[Mapping[str, Any]], part: DensePart) -> None:
    """Repeat the searches of `dense_canaries`. Raises `ValueError` where one finds something else."""
    if len(part.keys) and not canaries:
        raise ValueError("it has no canary queries")
    for canary in canaries:
        vector = np.frombuffer(base64.b64decode(canary["vector"]), dtype=np.float16)
        found = {hit.key: hit.score for hit in part.search(vector.astype(np.float32), _NEAREST, None)}
        worst = min(found.values(), default=-2.0)
        for key, score in zip(canary["keys"], canary["scores"], strict=True):
            # Of passages that are equally near any may be the last.
            if abs(found.get(key, worst) - score) > _SCORE_TOLERANCE:
                raise ValueError(f"a canary query finds passage {key} with another score")


def stored_canaries(catalog: Catalog, space: Space) -> tuple[list[str], FloatArray]:
    """Give what the encoder saw of some stored passages, and their vectors."""
    with catalog.reading():
        keys = catalog.spread_keys(MODEL_CANARIES)
        passages = catalog.passages(keys.tolist())
        vectors = catalog.vectors(keys, space)
    return [stored_encoder_text(passages[int(key)]) for key in keys], vectors


def check_model(embedder: Embedder, texts: Sequence[str], vectors: FloatArray) -> None:
    """Embed texts anew and compare with their stored vectors. Raises `ModelError` where they differ."""
    if not texts:
        return
    worst = float((embedder.embed_passages(texts) * vectors).sum(axis=1).min())
    if worst < _SAME_MODEL_COSINE:
        raise ModelError(
            f"The embedder {embedder.space.id} gives other vectors than those stored under its name "
            f"(cosine {worst:.3f}). Put back the model that the library was made with, or re-embed the "
            "library with `groundwire rebuild --embedder NAME`."
        )

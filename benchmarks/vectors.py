"""Embedders that need no model for passages: for libraries whose making would otherwise take hours."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embed import Embedder
from index.types import FloatArray, Space

CENTRES = 1000
SHARE_OF_CENTRE = 0.6
COSINE_TO_REAL = 0.9
"""How near a vector with noise is to the real one that it was made from."""


class MadeVectors:
    """Gives each text a vector of its own near one of some centres."""

    def __init__(self, dimension: int = 384) -> None:
        self.space = Space("made", "0" * 64, dimension)
        self.languages = frozenset(("en", "zh"))
        centres = np.random.default_rng(0).standard_normal((CENTRES, dimension)).astype(np.float32)
        self._centres = centres / np.linalg.norm(centres, axis=1, keepdims=True)

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Give vectors of passages."""
        rows = np.empty((len(texts), self.space.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            number = zlib.crc32(text.encode())
            own = _direction(number, self.space.dimension)
            row[:] = SHARE_OF_CENTRE * self._centres[number % CENTRES] + (1 - SHARE_OF_CENTRE) * own
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    embed_queries = embed_passages


class NoisyVectors:
    """Gives each passage one of many real vectors, which a file holds, moved in a direction of its own.

    Questions are embedded by the model that made the real vectors: a search costs what it costs.
    """

    def __init__(self, real: Path, model: Embedder) -> None:
        self._real: FloatArray = np.load(real)
        self._model = model
        self.space = Space("noisy", "1" * 64, self._real.shape[1])
        self.languages = frozenset(("en", "zh"))

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Give vectors of passages."""
        rows = np.empty((len(texts), self.space.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            number = zlib.crc32(text.encode())
            own = _direction(number, self.space.dimension)
            row[:] = COSINE_TO_REAL * self._real[number % len(self._real)]
            row += (1 - COSINE_TO_REAL**2) ** 0.5 * own
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_queries(self, texts: Sequence[str]) -> FloatArray:
        """Give the real vectors of questions."""
        return self._model.embed_queries(texts)


def _direction(number: int, dimension: int) -> FloatArray:
    own = np.random.default_rng(number).standard_normal(dimension).astype(np.float32)
    return np.asarray(own / np.linalg.norm(own), dtype=np.float32)

"""Stand-ins whose every value can be worked out by hand."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np

from index.types import FloatArray, Space

_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")


class FakeEmbedder:
    """An `Embedder` that counts words: word `w` adds one to dimension `1 + crc32(w) % (dimension - 1)`.

    Rows are unit length; a text without words is the first axis. `embedded` lists the passages that were
    embedded, in order.
    """

    def __init__(self, dimension: int = 64, model: str = "fake") -> None:
        self.space = Space(model, "0" * 64, dimension)
        self.languages = frozenset(("en", "zh"))
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        self.embedded.extend(texts)
        return self._rows(texts)

    def embed_queries(self, texts: Sequence[str]) -> FloatArray:
        return self._rows(texts)

    def _rows(self, texts: Sequence[str]) -> FloatArray:
        rows = np.zeros((len(texts), self.space.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.casefold()):
                row[1 + zlib.crc32(word.encode()) % (self.space.dimension - 1)] += 1
            if not row.any():
                row[0] = 1
            row /= np.linalg.norm(row)
        return rows

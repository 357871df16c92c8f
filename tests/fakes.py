"""Stand-ins whose every value can be worked out by hand."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from index.types import FloatArray, Hit, Space
from rag.generate import OnDelta, unheard
from rag.types import DraftStatement, Evidence, ScoredPassage, Understanding

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


class FakeScorer:
    """An `EvidenceScorer` whose probability is the share of the question's words that a sentence holds."""

    name = "fake"
    threshold = 0.5

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        asked = _words(question)
        scored = []
        for hit in hits:
            start = hit.passage.char_start
            sentences = []
            for span in hit.passage.sentences:
                text = hit.passage.text[span.char_start - start : span.char_end - start]
                share = len(asked & _words(text)) / len(asked)
                sentences.append(Evidence(hit.passage, span.char_start, span.char_end, text, share))
            scored.append(ScoredPassage(hit, max(item.score for item in sentences), tuple(sentences)))
        return tuple(scored)


class ScriptedGenerator:
    """A `Generator` that writes what it is told: a function from the evidence to (text, marks) pairs.

    Without a script it quotes every sentence of evidence. `asked` lists the questions that reached it.
    """

    name = "scripted"

    def __init__(
        self, script: Callable[[Sequence[Evidence]], list[tuple[str, tuple[int, ...]]]] | None = None
    ):
        self.script = script or (lambda evidence: [(item.text, (n,)) for n, item in enumerate(evidence, 1)])
        self.asked: list[str] = []

    def generate(
        self, question: Understanding, evidence: Sequence[Evidence], on_delta: OnDelta = unheard
    ) -> list[DraftStatement]:
        self.asked.append(question.text)
        return [DraftStatement(text, marks) for text, marks in self.script(evidence)]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))

"""Evidence: which sentences of the retrieved passages help to answer the question.

The similarity scorer reads sentence embeddings and shared words. Its features are combined by a logistic
regression fitted on question sets that were not used to measure it; `eval/fit_similarity.py`
fits it and writes `similarity.json` with the refusal threshold.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol, runtime_checkable

import numpy as np

from index.embed import Embedder
from index.language import detect
from index.tokens import lexical_tokens, stem
from index.types import FloatArray, Hit, StoredPassage
from rag.types import Evidence, ScoredPassage

FEATURES = (
    "similarity",
    "similarity_to_best",
    "neighbour_similarity",
    "overlap",
    "neighbour_overlap",
    "passage_overlap",
    "reciprocal_rank",
    "short",
    "asks",
)
"""Names of the columns of `features`, in order."""


class EvidenceScorer(Protocol):
    """Reads a question with its hits and scores passages and their sentences."""

    @property
    def name(self) -> str:
        """The scorer with the hash of its weights."""

    @property
    def threshold(self) -> float:
        """The probability below which a sentence does not count as evidence."""

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        """Score each hit and its sentences; same order as the hits."""


@runtime_checkable
class Reranker(Protocol):
    """A scorer whose passage scores are worth a place beside retrieval's."""

    def rerank(self, passages: Sequence[ScoredPassage]) -> tuple[ScoredPassage, ...]:
        """Give the same passages in the order in which they should be read, ranks given anew."""


@runtime_checkable
class Judge(Protocol):
    """A scorer that can tell whether passages answer a question at all better than by their best sentence."""

    def judge(self, question: str, passages: Sequence[ScoredPassage], space: str) -> tuple[float, bool]:
        """Give the probability that the passages, as scored for the question, answer it, and whether that is
        enough to answer. `space` is the id of the embedding space in which they were found.
        """


def answerable(
    scorer: EvidenceScorer, question: str, passages: Sequence[ScoredPassage], space: str
) -> tuple[float, bool]:
    """Give the probability that scored passages answer a question, and whether that is enough to answer."""
    if isinstance(scorer, Judge):
        return scorer.judge(question, passages, space)
    best = max((item.score for passage in passages for item in passage.sentences), default=0.0)
    return best, best >= scorer.threshold


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted logistic regression over `FEATURES`: bias and one weight a feature."""

    bias: float
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != len(FEATURES):
            raise ValueError(f"{len(self.weights)} weights for {len(FEATURES)} features")

    def probability(self, rows: FloatArray) -> FloatArray:
        """Give the probability of each row, shape (n,)."""
        logits = rows @ np.array(self.weights, dtype=np.float32) + self.bias
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


class SimilarityScorer:
    """Sentence embeddings and shared words, weighed by a fitted regression for each language."""

    def __init__(self, embedder: Embedder, weights: Mapping[str, Weights], threshold: float) -> None:
        self._embedder = embedder
        self._weights = weights
        self.threshold = threshold
        self.name = f"similarity ({embedder.space.id})"

    @classmethod
    def fitted(cls, embedder: Embedder) -> SimilarityScorer:
        """Load the weights that ship with the project."""
        fit = json.loads((files("rag") / "similarity.json").read_text())
        weights = {
            language: Weights(row["bias"], tuple(row["weights"][name] for name in FEATURES))
            for language, row in fit["languages"].items()
        }
        return cls(embedder, weights, fit["threshold"])

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        """Score each hit and its sentences; a passage scores what its best sentence scores."""
        if not hits:
            return ()
        rows = features(question, hits, self._embedder)
        language = "zh" if detect(question) == "zh" else "en"
        probabilities = self._weights[language].probability(rows)
        scored: list[ScoredPassage] = []
        start = 0
        for hit in hits:
            sentences = sentence_texts(hit.passage)
            scores = probabilities[start : start + len(sentences)]
            start += len(sentences)
            evidence = tuple(
                Evidence(hit.passage, span.char_start, span.char_end, text, float(score))
                for span, text, score in zip(hit.passage.sentences, sentences, scores, strict=True)
            )
            scored.append(ScoredPassage(hit, max(item.score for item in evidence), evidence))
        return tuple(scored)


def features(question: str, hits: Sequence[Hit], embedder: Embedder) -> FloatArray:
    """Describe each sentence of each hit, in order: shape (sentences, len(FEATURES)).

    Overlap is the share of the question's words that a sentence holds, each word weighed by how
    rare it is among the sentences at hand (inverse document frequency).
    """
    texts = [text for hit in hits for text in sentence_texts(hit.passage)]
    vectors = embedder.embed_passages(texts)
    similarity = vectors @ embedder.embed_queries([question])[0]
    words = [_words(text) for text in texts]
    asked = _words(question)
    frequency = Counter(word for found in words for word in found)
    weight = {word: math.log(1 + len(texts) / (0.5 + frequency[word])) for word in asked}
    total = sum(weight.values()) or 1.0
    overlap = np.array([sum(weight[word] for word in asked & found) / total for found in words], np.float32)
    best = float(similarity.max())
    rows: list[FloatArray] = []
    start = 0
    for hit in hits:
        end = start + len(hit.passage.sentences)
        around = _words(f"{hit.passage.title}\n{hit.passage.heading}\n{hit.passage.text}")
        in_passage = sum(weight[word] for word in asked & around) / total
        count = end - start
        rows.append(
            np.column_stack(
                [
                    similarity[start:end],
                    similarity[start:end] - best,
                    _neighbours(similarity[start:end]),
                    overlap[start:end],
                    _neighbours(overlap[start:end]),
                    np.full(count, in_passage),
                    np.full(count, 1 / hit.rank),
                    [1 / (1 + len(text)) ** 0.5 for text in texts[start:end]],
                    [float(text.rstrip().endswith(("?", "？"))) for text in texts[start:end]],
                ]
            ).astype(np.float32)
        )
        start = end
    return np.concatenate(rows)


def sentence_texts(passage: StoredPassage) -> list[str]:
    """Give the texts of a passage's sentences."""
    return [
        passage.text[span.char_start - passage.char_start : span.char_end - passage.char_start]
        for span in passage.sentences
    ]


def _words(text: str) -> frozenset[str]:
    return frozenset(stem(token) for token in lexical_tokens(text))


def _neighbours(values: FloatArray) -> FloatArray:
    """Give for each value the larger of the one before and the one after; 0 where it stands alone."""
    padded = np.concatenate([[0.0], values, [0.0]])
    return np.asarray(np.maximum(padded[:-2], padded[2:]), dtype=np.float32)

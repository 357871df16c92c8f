"""The reader as evidence scorer: batches by length, early exit, calibrated probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from index.chunk import context
from index.language import detect
from index.types import Hit
from rag.evidence import sentence_texts
from rag.reader.answerable import PassageRead, signs
from rag.reader.artefact import SHIPPED, Artefact, read_artefact
from rag.reader.calibration import SENTENCE, inputs
from rag.reader.network import (
    EARLY_LAYERS,
    Batch,
    Weights,
    collate,
    embed,
    encode,
    heads,
    layer_count,
    working_precision,
)
from rag.reader.rerank import reranked
from rag.reader.text import Reading, Window
from rag.types import Evidence, ScoredPassage

if TYPE_CHECKING:
    from torch import Tensor

PIECES_AT_ONCE = 2560
"""Padded pieces of one batch."""

READ_TO_THE_END = 0.5
"""Share of the windows that go through all layers; at least `ALWAYS_READ` of them."""

ALWAYS_READ = 12
"""As many as the passages of a question have unless more are asked for. Were only the better half of ten read
to the end, a fourteenth of the English evidence among the five surest sentences would be lost."""


@dataclass(frozen=True, slots=True)
class Logits:
    """What the network says of one passage and of its sentences."""

    passage: float
    sentences: tuple[float, ...]


class ReaderScorer:
    """The project's own model; weights are loaded when it is first used."""

    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact
        self._reading = Reading(artefact.vocabulary)
        self._lock = Lock()
        self.threshold = artefact.calibration.threshold
        self.name = f"reader@{artefact.fingerprint[:12]}"

    @classmethod
    def at(cls, folder: Path = SHIPPED) -> ReaderScorer:
        """Give the model of a folder, by default the shipped one. Raises `ModelError` for damaged files."""
        return cls(read_artefact(folder))

    @cached_property
    def _weights(self) -> Weights:
        return self._artefact.weights(working_precision())

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        """Score each hit and its sentences; same order as the hits."""
        if not hits:
            return ()
        logits = self.logits(question, hits)
        calibration = self._artefact.calibration
        language = _language(question)
        rows, about = inputs(
            [found.passage for found in logits],
            [found.sentences for found in logits],
            [hit.rank for hit in hits],
        )
        sentences = iter(calibration.sentence[language].probability(rows).tolist())
        rows[:, SENTENCE.index("log_rank")] = 0.0
        unranked = iter(calibration.sentence[language].probability(rows).tolist())
        passages = calibration.passage[language].probability(about).tolist()
        return tuple(
            ScoredPassage(
                hit,
                score,
                tuple(_evidence(hit, sentences, unranked)),
                read.passage,
                max(read.sentences, default=0.0),
            )
            for hit, score, read in zip(hits, passages, logits, strict=True)
        )

    def judge(self, question: str, passages: Sequence[ScoredPassage], space: str) -> tuple[float, bool]:
        """Give the probability that the passages, as scored for the question, answer it, and whether it
        reaches the bound of the question's language.
        """
        if not passages:
            return 0.0, False
        calibration, language = self._artefact.calibration, _language(question)
        near = space == calibration.space and any(passage.hit.dense is not None for passage in passages)
        refusal = calibration.refusal if near else calibration.refusal_elsewhere
        row = signs(question, [_as_read(passage) for passage in passages])
        probability = float(refusal.question[language].probability(row)[0])
        return probability, probability >= refusal.below[language]

    def rerank(self, passages: Sequence[ScoredPassage]) -> tuple[ScoredPassage, ...]:
        """Give the passages by their places in retrieval and as evidence together."""
        return reranked(passages, weight=self._artefact.calibration.rerank_weight)

    def logits(self, question: str, hits: Sequence[Hit]) -> list[Logits]:
        """Read each hit's passage; a passage of several windows is as good as its best one."""
        with self._lock:
            weights = self._weights
        passages = [
            (context(hit.passage.title, hit.passage.heading), sentence_texts(hit.passage)) for hit in hits
        ]
        return read_passages(weights, self._reading, question, passages)


def read_passages(
    weights: Weights, reading: Reading, question: str, passages: Sequence[tuple[str, Sequence[str]]]
) -> list[Logits]:
    """Read passages, each given as its context and its sentences."""
    asked = reading.pieces(question)
    windows: list[Window] = []
    owners: list[int] = []
    for number, (around, sentences) in enumerate(passages):
        pieces = reading.pieces_of([around, *sentences])
        cut = reading.windows(asked, pieces[0], pieces[1:])
        windows += cut
        owners += [number] * len(cut)
    read = read_windows(weights, windows, most=max(ALWAYS_READ, round(len(windows) * READ_TO_THE_END)))
    return [
        _joined([logits for logits, owner in zip(read, owners, strict=True) if owner == number])
        for number in range(len(passages))
    ]


def read_windows(weights: Weights, windows: Sequence[Window], *, most: int) -> list[Logits]:
    """Read windows; only the `most` promising ones go beyond the early layers.

    What leaves early keeps the logits of the early heads, which were trained on the same labels.
    """
    import torch

    found: list[Logits | None] = [None] * len(windows)
    numbers = range(layer_count(weights))
    with torch.inference_mode():
        half: list[tuple[int, float]] = []
        states: dict[int, Tensor] = {}
        for members in _batches(range(len(windows)), windows):
            batch = collate([windows[i] for i in members])
            hidden = encode(weights, embed(weights, batch), batch, numbers[:EARLY_LAYERS])
            for i, row, logits in zip(members, hidden, _told(weights, hidden, batch, "early"), strict=True):
                found[i] = logits
                half.append((i, logits.passage))
                states[i] = row[: len(windows[i].ids)]
        going_on = [i for i, _ in sorted(half, key=lambda item: -item[1])[:most]]
        for members in _batches(going_on, windows):
            batch = collate([windows[i] for i in members])
            hidden = torch.nn.utils.rnn.pad_sequence([states[i] for i in members], batch_first=True)
            hidden = encode(weights, hidden, batch, numbers[EARLY_LAYERS:])
            for i, logits in zip(members, _told(weights, hidden, batch, "head"), strict=True):
                found[i] = logits
    return [logits for logits in found if logits is not None]


def _told(weights: Weights, hidden: Tensor, batch: Batch, name: str) -> list[Logits]:
    sentences, passages = heads(weights, hidden, batch, name)
    counts = batch.present.sum(dim=1).tolist()
    return [
        Logits(passage, tuple(row[:count]))
        for passage, row, count in zip(passages.tolist(), sentences.tolist(), counts, strict=True)
    ]


def _batches(members: Sequence[int], windows: Sequence[Window]) -> list[list[int]]:
    """Put windows of like length together, at most `PIECES_AT_ONCE` padded pieces a batch."""
    batches: list[list[int]] = []
    longest = 0
    for i in sorted(members, key=lambda i: -len(windows[i].ids)):
        if not batches or longest * (len(batches[-1]) + 1) > PIECES_AT_ONCE:
            batches.append([])
            longest = len(windows[i].ids)
        batches[-1].append(i)
    return batches


def _joined(parts: Sequence[Logits]) -> Logits:
    sentences = tuple(logit for logits in parts for logit in logits.sentences)
    return Logits(max(logits.passage for logits in parts), sentences)


def _language(question: str) -> str:
    return "zh" if detect(question) == "zh" else "en"


def _as_read(scored: ScoredPassage) -> PassageRead:
    passage = scored.hit.passage
    around = context(passage.title, passage.heading)
    probabilities = tuple(item.score for item in scored.sentences)
    return PassageRead(
        f"{around}\n{passage.text}",
        scored.score,
        probabilities,
        scored.logit,
        scored.best_logit,
        scored.hit.dense or 0.0,
    )


def _evidence(hit: Hit, scores: Iterator[float], unranked: Iterator[float]) -> Iterator[Evidence]:
    for span, text in zip(hit.passage.sentences, sentence_texts(hit.passage), strict=True):
        yield Evidence(
            hit.passage, span.char_start, span.char_end, text, next(scores), unranked=next(unranked)
        )

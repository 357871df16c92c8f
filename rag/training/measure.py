"""Held-out groups as the reader scores them, and how good the scores are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.chunk import context
from rag.reader.network import Weights, collate, read
from rag.reader.text import Reading, Window, sentence_texts
from rag.training.types import Group


@dataclass(frozen=True, slots=True)
class Scored:
    """A group with the logits of its retrieved passages, best ranked first, and of their sentences."""

    group: Group
    passages: tuple[float, ...]
    sentences: tuple[tuple[float, ...], ...]
    labels: tuple[tuple[int, ...], ...]


def scored(groups: Sequence[Group], weights: Weights, reading: Reading, *, top: int = 5) -> Iterator[Scored]:
    """Score the best `top` retrieved passages of each group. Only the first window of a passage is read."""
    import torch

    for group in groups:
        candidates = [c for c in group.candidates if c.rank][:top]
        asked = reading.pieces(group.question)
        windows: list[Window] = []
        for candidate in candidates:
            pieces = reading.pieces_of(
                [
                    context(candidate.title, candidate.heading),
                    *sentence_texts(candidate.text, candidate.sentences),
                ]
            )
            windows.append(reading.windows(asked, pieces[0], pieces[1:])[0])
        with torch.inference_mode():
            (sentences, passages), _ = read(weights, collate(windows))
        kept = [len(window.sentences) for window in windows]
        yield Scored(
            group,
            tuple(passages.tolist()),
            tuple(tuple(row[:n].tolist()) for row, n in zip(sentences, kept, strict=True)),
            tuple(c.labels[:n] for c, n in zip(candidates, kept, strict=True)),
        )


def figures(results: Sequence[Scored]) -> dict[str, float]:
    """Give by stratum: first sentence right, right among three, share of gold among five, passage first."""
    values: dict[str, list[float]] = {}
    for result in results:
        group = result.group
        logits = np.array([x for row in result.sentences for x in row])
        labels = np.array([x for row in result.labels for x in row])
        if not group.answerable or not (labels == 1).any():
            continue
        name = f"{group.kind} {group.language}"
        order = labels[np.argsort(-logits)] == 1
        gold = sum(label == 1 for c in group.candidates for label in c.labels)
        values.setdefault(f"{name} first", []).append(float(order[0]))
        values.setdefault(f"{name} three", []).append(float(order[:3].any()))
        values.setdefault(f"{name} five", []).append(float(order[:5].sum() / gold))
        best = int(np.argmax(result.passages))
        values.setdefault(f"{name} passage", []).append(float(1 in result.labels[best]))
    return {name: float(np.mean(found)) for name, found in sorted(values.items())}

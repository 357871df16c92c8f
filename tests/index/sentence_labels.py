"""Sentence ends marked by hand, and how well a splitter finds them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

LABELS = Path(__file__).with_name("sentence_labels.json")

Splitter: TypeAlias = Callable[[str, str], Sequence[int]]
"""Takes one line and its language (`en`, `zh`), gives the ends of its sentences."""


@dataclass(frozen=True, slots=True)
class Window:
    """A labelled stretch of an article; `ends` and `optional` are offsets into `text`."""

    language: str
    name: str
    text: str
    ends: frozenset[int]
    optional: frozenset[int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Sentence ends found rightly, wrongly, and not at all; optional ones count neither way."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


def windows(data: Path) -> Iterator[Window]:
    """Give the labelled windows with their texts from the sets below `data`; a changed text is an error."""
    labels = json.loads(LABELS.read_text())["windows"]
    texts = {name: _texts(data, name) for name in {label["set"] for label in labels}}
    for label in labels:
        text = texts[label["set"]][label["id"]]
        if not hashlib.sha256(text.encode()).hexdigest().startswith(label["sha256"]):
            raise ValueError(f"{label['set']} {label['id']} is not the text that was labelled")
        start = label["start"]
        yield Window(
            label["language"],
            f"{label['set']} {label['id']}",
            text[start : label["end"]],
            frozenset(end - start for end in label["ends"]),
            frozenset(end - start for end in label["optional"]),
        )


def _texts(data: Path, name: str) -> dict[str, str]:
    with gzip.open(data / "dev" / name / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {row["id"]: row["text"] for row in map(json.loads, lines)}


def agreement(labelled: Sequence[Window], split: Splitter) -> Agreement:
    """Compare a splitter with the labels. It gets one line at a time, so line breaks are given to it."""
    right = wrong = missed = 0
    for window in labelled:
        found = ends_in_lines(window.text, window.language, split)
        right += len(found & window.ends)
        wrong += len(found - window.ends - window.optional)
        missed += len(window.ends - found)
    return Agreement(right, wrong, missed)


def ends_in_lines(text: str, language: str, split: Splitter) -> frozenset[int]:
    """Give the sentence ends that a splitter finds inside the lines of a text."""
    found: set[int] = set()
    start = 0
    for line in text.split("\n"):
        length = len(line.rstrip())
        found.update(start + end for end in split(line, language) if length and end < length)
        start += len(line) + 1
    return frozenset(found)

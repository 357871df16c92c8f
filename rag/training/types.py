"""What the reader is trained on: a question with its candidate passages and labelled sentences."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from index.types import Span

UNKNOWN = -1
"""Label of a sentence that may or may not help: it is left out of the loss."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One passage of a question; `labels` has 1, 0 or `UNKNOWN` for each of its sentences.

    `rank` is its place in retrieval from 1, or 0 where retrieval missed it; `nearness` its cosine with the
    question, 0 where the embedder did not find it.
    """

    key: str
    article_id: str
    rank: int
    title: str
    heading: str
    text: str
    sentences: tuple[Span, ...]
    labels: tuple[int, ...]
    nearness: float = 0.0

    @property
    def answers(self) -> bool:
        """Whether any sentence is known to help."""
        return 1 in self.labels

    @property
    def doubtful(self) -> bool:
        """Whether no sentence is known to help and some may."""
        return not self.answers and UNKNOWN in self.labels


@dataclass(frozen=True, slots=True)
class Group:
    """One question with its candidates, best first. `kind` is `span` or `analytical`."""

    question: str
    language: str
    set_name: str
    kind: str
    source_id: str
    held_out: bool
    answerable: bool
    candidates: tuple[Candidate, ...]


def write_groups(groups: Iterable[Group], path: Path) -> int:
    """Write groups as JSON Lines; gives their number."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for group in groups:
            file.write(json.dumps(asdict(group), ensure_ascii=False) + "\n")
            count += 1
    return count


def read_groups(path: Path) -> Iterator[Group]:
    """Yield the groups of a file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            row["candidates"] = tuple(_candidate(item) for item in row["candidates"])
            yield Group(**row)


def _candidate(row: dict[str, object]) -> Candidate:
    spans = row.pop("sentences")
    labels = row.pop("labels")
    assert isinstance(spans, list) and isinstance(labels, list)
    sentences = tuple(Span(span["char_start"], span["char_end"]) for span in spans)
    return Candidate(**row, sentences=sentences, labels=tuple(labels))  # type: ignore[arg-type]

"""Headings and paragraphs in their order to the parts of an article, and its Q&A sections out of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.parse.layout import Part
from index.parse.qa import find_unlabelled, is_marked, is_qa_label, is_question, read_pairs
from index.parse.text import unwrap
from index.types import QAPair

SOFT_BREAK = "\x1f"
"""A line break of the source inside a paragraph; the character cannot occur in decoded text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A heading of some level, or a paragraph (level 0); `group` is shared by the items of a list."""

    text: str
    level: int = 0
    group: int = 0


def without_title(blocks: Sequence[Piece], title: str) -> list[Piece]:
    """Drop the heading that is the title, and a first line that repeats it."""
    for number, block in enumerate(blocks):
        if (number == 0 or block.level == 1) and joined(block.text) == title:
            return [*blocks[:number], *blocks[number + 1 :]]
    return list(blocks)


def without_pairs(pieces: Sequence[Piece], pairs: Sequence[QAPair]) -> list[Piece]:
    """Drop a piece that is the question of a pair, and what follows it as far as it is the answer's."""
    answers = {_folded(pair.question): _folded(pair.answer) for pair in pairs}
    kept: list[Piece] = []
    answer = ""
    for piece in pieces:
        text = _folded(piece.text)
        if text in answers:
            answer = answers[text]
        elif not (answer and text in answer):
            answer = ""
            kept.append(piece)
    return kept


def _without_unlabelled(pieces: Sequence[Piece]) -> tuple[Sequence[Piece], list[QAPair]]:
    """Take pairs out that stand, marked as such, without a label; those below a label are found by it."""
    if any(is_qa_label(piece.text) for piece in pieces):
        return pieces, []
    headings = {number for number, piece in enumerate(pieces) if piece.level}
    texts = [piece.text.replace(SOFT_BREAK, "\n") for piece in pieces]
    run = find_unlabelled(texts, headings)
    pairs = read_questions(pieces[run.start : run.stop]) if run else ()
    return [piece for number, piece in enumerate(pieces) if number not in run], list(pairs)


def _folded(text: str) -> str:
    return "".join(text.casefold().split())


def divide(blocks: Sequence[Piece]) -> tuple[list[Part], tuple[QAPair, ...]]:
    """Return the parts under their headings, and the pairs of the Q&A sections between them."""
    blocks, pairs = _without_unlabelled(blocks)
    parts = [_Open("")]
    position = 0
    while position < len(blocks):
        block = blocks[position]
        if is_qa_label(block.text):
            end = _end_of_qa(blocks, position)
            if found := read_questions(blocks[position + 1 : end]):
                pairs.extend(found)
                position = end
                continue
        if block.level:
            parts.append(_Open(joined(block.text)))
        else:
            parts[-1].add(block)
        position += 1
    closed = [Part(part.heading, ["\n".join(lines) for lines in part.paragraphs]) for part in parts]
    return closed, tuple(pairs)


@dataclass(slots=True)
class _Open:
    """A part while it is read: the items of one list become the lines of one paragraph."""

    heading: str
    paragraphs: list[list[str]] = field(default_factory=list)
    group: int = 0

    def add(self, block: Piece) -> None:
        if not block.group or block.group != self.group:
            self.paragraphs.append([])
        self.paragraphs[-1].append(joined(block.text))
        self.group = block.group


def joined(text: str) -> str:
    """Undo the line breaks of the source and keep those of the writer."""
    return "\n".join(
        unwrap([part.strip() for part in line.split(SOFT_BREAK)]).strip() for line in text.split("\n")
    )


def _end_of_qa(blocks: Sequence[Piece], label: int) -> int:
    """Return the next heading that is not below the label, or the next label.

    A label that is a paragraph is below all headings.
    """
    level = blocks[label].level or 7
    for number in range(label + 1, len(blocks)):
        if 0 < blocks[number].level <= level or is_qa_label(blocks[number].text):
            return number
    return len(blocks)


def read_questions(blocks: Sequence[Piece]) -> tuple[QAPair, ...]:
    """Return the pairs in the pieces of a Q&A section."""
    return read_pairs(_qa_lines(blocks))


def _qa_lines(blocks: Sequence[Piece]) -> list[str]:
    """Return the lines of a Q&A section; a heading that asks is a question, any other groups them."""
    lines: list[str] = []
    unanswered = False
    for block in blocks:
        marked = _marked_lines(block.text)
        if block.level and not is_question(marked[0]):
            if not marked[0].endswith(("?", "？")):
                continue
            marked = [f"Q: {marked[0]}"]
        elif unanswered and not is_marked(marked[0]):
            marked[0] = f"A: {marked[0]}"
        unanswered = block.level > 0
        lines.extend(marked)
    return lines


def _marked_lines(text: str) -> list[str]:
    """Divide a block at the lines that bear a mark and join those that do not."""
    runs: list[list[str]] = [[]]
    for line in re.split(f"[{SOFT_BREAK}\n]", text):
        if runs[-1] and is_marked(line):
            runs.append([])
        runs[-1].append(line.strip())
    return [unwrap(run) for run in runs]

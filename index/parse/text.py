"""Plain text: a title line, paragraphs, headings by their looks, perhaps a Q&A section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from index.parse.layout import (
    Block,
    compose,
    find_headings,
    first_sentence,
    language_of,
    no_text,
    not_found,
    parts_of,
    without_title,
)
from index.parse.qa import find_unlabelled, is_qa_label, is_question, read_pairs
from index.types import Article, QAPair

MAX_TITLE_LINE = 200

_WRAP_WIDTHS = range(40, 101)
_WRAP_SPREAD = 30
_ENDED = re.compile(r"[.!?。！？…；;:：][\"'”’」』）)\]】]{0,3}\Z")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]")


def parse_text(text: str, name: str) -> Article:
    """Read plain text; a short first line with a blank line behind it is the title."""
    title, body = _split_title(text)
    blocks, pairs = _take_out_qa(without_title(_blocks(body), title))
    if not pairs:
        blocks, pairs = _take_out_unlabelled(blocks)
    content, sections = compose(parts_of(blocks))
    if not sections:
        raise no_text(name)
    language = language_of(content)
    return Article(
        title=" ".join((title or first_sentence(content)).split()),
        text=content,
        language=language,
        sections=sections,
        qa_pairs=pairs,
        missing=not_found({"title": title, "source": "", "published_at": "", "language": language}),
    )


def _split_title(text: str) -> tuple[str, str]:
    first, _, rest = text.strip().partition("\n")
    title = " ".join(first.split())
    if (
        len(title) > MAX_TITLE_LINE
        or rest.split("\n", 1)[0].strip()
        or not rest.strip()
        or is_qa_label(title)
    ):
        return "", text
    return title, rest


def _blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    for group in re.split(r"\n[^\S\n]*\n\s*", text.strip()):
        lines = [line.strip() for line in group.split("\n")]
        if len(lines) == 1:
            blocks.append(Block(lines[0], alone=True))
        elif _is_wrapped(lines):
            blocks.append(Block(unwrap(lines), alone=False))
        else:
            blocks.extend(Block(paragraph, alone=False) for paragraph in _paragraphs(lines))
    return [block for block in blocks if block.text]


def _width(line: str) -> int:
    return len(line) + len(_WIDE.findall(line))


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Whether line breaks come from a fixed width and not from the writer."""
    widths = [_width(line) for line in lines[:-1]]
    if any(width not in _WRAP_WIDTHS for width in widths) or max(widths) - min(widths) > _WRAP_SPREAD:
        return False
    if _width(lines[-1]) > max(widths) + _WRAP_SPREAD // 2 or any(is_qa_label(line) for line in lines):
        return False
    return 2 * sum(_ENDED.search(line) is not None for line in lines[:-1]) <= len(widths)


def unwrap(lines: Sequence[str]) -> str:
    """Join the lines of one paragraph, with no space between two Chinese characters."""
    pieces = list(lines[:1])
    for before, line in pairwise(lines):
        tight = bool(before and line and _WIDE.match(before[-1]) and _WIDE.match(line[0]))
        pieces.extend((line,) if tight else (" ", line))
    return "".join(pieces)


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Make each line that ends like prose a paragraph, and leave the lines of a list together."""
    paragraphs: list[str] = []
    kept: list[str] = []
    for line in lines:
        label = is_qa_label(line)
        if label and kept:
            paragraphs.append("\n".join(kept))
            kept = []
        kept.append(line)
        if label or _ENDED.search(line) or _width(line) not in range(_WRAP_WIDTHS.stop):
            paragraphs.append("\n".join(kept))
            kept = []
    return [*paragraphs, "\n".join(kept)] if kept else paragraphs


def _take_out_qa(blocks: Sequence[Block]) -> tuple[list[Block], tuple[QAPair, ...]]:
    """Separate Q&A sections from the body.

    A section in which no pair is found stays: it is prose with a familiar heading.
    """
    kept: list[Block] = []
    pairs: list[QAPair] = []
    headings = find_headings(blocks)
    labels = [number for number, block in enumerate(blocks) if is_qa_label(block.text)]
    position = 0
    for label, limit in pairwise([*labels, len(blocks)]):
        end = _end_of_qa(blocks, range(label + 1, limit), headings)
        lines = [line for block in blocks[label + 1 : end] for line in block.text.split("\n")]
        if found := read_pairs(lines):
            pairs.extend(found)
            kept.extend(blocks[position:label])
            position = end
    return [*kept, *blocks[position:]], tuple(pairs)


def _take_out_unlabelled(blocks: Sequence[Block]) -> tuple[list[Block], tuple[QAPair, ...]]:
    run = find_unlabelled([block.text for block in blocks], find_headings(blocks))
    lines = [line for number in run for line in blocks[number].text.split("\n")]
    return [block for number, block in enumerate(blocks) if number not in run], read_pairs(lines)


def _end_of_qa(blocks: Sequence[Block], section: range, headings: frozenset[int]) -> int:
    """Return the first heading after the last question of a section, else the section's end."""
    questions = (n for n in section if any(is_question(line) for line in blocks[n].text.split("\n")))
    last = max(questions, default=section.start)
    return next((number for number in range(last + 1, section.stop) if number in headings), section.stop)

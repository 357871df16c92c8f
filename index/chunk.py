"""Passages: runs of whole sentences of one section, small enough for the encoder."""

from __future__ import annotations

import math
import re

from index.sentences import sentence_spans
from index.tokens import CHINESE
from index.types import Article, Passage, Section, Span

PASSAGE_UNITS = 150.0
"""Size of a passage in units: a word, a number or a punctuation mark is one unit.

About 200 word pieces of the default encoder, which reads 256: room stays for title and heading.
"""

CHINESE_UNIT = 0.65
"""Units of one Chinese character: it says less than an English word, and is one word piece."""

_UNIT = re.compile(rf"(?P<chinese>[{CHINESE}])|[^\W{CHINESE}]+|[^\w\s]")


def chunk(article: Article, *, max_units: float = PASSAGE_UNITS) -> tuple[Passage, ...]:
    """Cut an article into passages, in reading order.

    No passage crosses a section. Within a section the passages are of nearly equal size, so that
    no passage is a lone last sentence. A sentence longer than `max_units` is a passage of its own.
    """
    sections = article.sections or (Section("", 0, len(article.text)),)
    passages: list[Passage] = []
    for index, section in enumerate(sections):
        spans = sentence_spans(article.text, section.char_start, section.char_end)
        for group in _groups(article.text, spans, max_units):
            passages.append(
                Passage(len(passages), index, group[0].char_start, group[-1].char_end, tuple(group))
            )
    return tuple(passages)


def _groups(text: str, spans: tuple[Span, ...], max_units: float) -> list[list[Span]]:
    sizes = [_size(text, span) for span in spans]
    rest = sum(sizes)
    groups: list[list[Span]] = []
    filled = target = 0.0
    for span, size in zip(spans, sizes, strict=True):
        over = filled + size - target
        # A sentence goes where more of it lies; never beyond the maximum unless it stands alone.
        if not groups or filled + size > max_units or over > size / 2:
            # Shared out anew for each passage: what is left over does not end up in the last one.
            target = rest / max(1, math.ceil(rest / max_units))
            groups.append([])
            filled = 0.0
        groups[-1].append(span)
        filled += size
        rest -= size
    return groups


def _size(text: str, span: Span) -> float:
    units = _UNIT.finditer(text, span.char_start, span.char_end)
    return sum(CHINESE_UNIT if unit["chinese"] else 1.0 for unit in units)


def context(title: str, heading: str) -> str:
    """What encoder and lexical index see of a passage beside its text: title and section heading."""
    return "\n".join(part for part in (title.strip()[:200], heading.strip()[:120]) if part)

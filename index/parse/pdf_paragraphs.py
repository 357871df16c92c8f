"""Lines of all pages to headings and paragraphs: running heads out, hyphens mended, pages remembered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from index.parse.pdf_lines import Line

_ENDED: Final = re.compile(r"[.!?。！？…][\"'”’」』）)\]】]{0,3}\Z")
_WIDE: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]")
_HYPHENED: Final = re.compile(r"([^\W\d_]{2,60})[-\u2010]\Z")
_SOFT: Final = "\u00ad"
_LOWER_WORD: Final = re.compile(r"[^\W\d_]+")
_BULLET: Final = re.compile(r"(?:[•‣◦▪■●·–-]|\(?[0-9]{1,2}[.)]|[a-z]\))\s+\S")
_PAGE_NUMBER: Final = re.compile(
    r"(?:page|seite|p\.|-|–|—|第)?\s?[0-9]{1,4}\s?(?:页|頁|-|–|—)?(?:\s?(?:of|von|/|共)\s?[0-9]{1,4}\s?(?:页"
    r"|頁)?)?",
    re.IGNORECASE,
)
_EDGE_LINES: Final = 3
_REPEATED: Final = 0.3
_WIDEST_LEADING: Final = 1.8
_LARGER: Final = 1.12
_LONGEST_HEADING: Final = 200
_LONGEST_BOLD: Final = 120


@dataclass(slots=True)
class Paragraph:
    """A paragraph or heading; `pages` says at which offset of the text each page begins."""

    text: str
    size: float
    bold: bool
    level: int = 0
    listed: bool = False
    pages: list[tuple[int, int]] = field(default_factory=list)


def without_running_heads(pages: Sequence[Sequence[Line]]) -> tuple[list[Line], int]:
    """Return the lines of all pages without headers, footers and page numbers, and how many went."""
    edges = [_edge_lines(lines) for lines in pages]
    seen = Counter(key for lines in edges for key in {_key(line) for line in lines})
    most = max(2, _REPEATED * len(pages))
    kept: list[Line] = []
    for lines, edge in zip(pages, edges, strict=True):
        for line in lines:
            repeated = line in edge and len(pages) > 1 and seen[_key(line)] >= most
            if not repeated and not (line in edge and _PAGE_NUMBER.fullmatch(line.text)):
                kept.append(line)
    return kept, sum(map(len, pages)) - len(kept)


def _edge_lines(lines: Sequence[Line]) -> list[Line]:
    """Return the lines at the top and at the bottom of a page."""
    by_height = sorted(lines, key=lambda line: -line.base)
    return [*by_height[:_EDGE_LINES], *by_height[_EDGE_LINES:][-_EDGE_LINES:]]


def _key(line: Line) -> str:
    return f"{re.sub('[0-9]+', '#', line.text.casefold())} {round(line.base / 4)}"


def paragraphs_of(lines: Sequence[Line]) -> list[Paragraph]:
    """Put lines together to paragraphs and say which are headings."""
    if not lines:
        return []
    weights: Counter[tuple[float, bool]] = Counter()
    for line in lines:
        weights[round(line.size * 2) / 2, line.bold] += len(line.text)
    (body_size, body_bold), _ = weights.most_common(1)[0]
    words = _words(lines)
    gaps = Counter(
        round(a.base - b.base, 1) for a, b in _neighbours(lines) if a.size == b.size and a.base > b.base
    )
    usual = next((gap for gap, _ in gaps.most_common(1)), body_size)
    leading = min(usual, _WIDEST_LEADING * body_size)
    paragraphs: list[Paragraph] = []
    for before, line in zip([None, *lines[:-1]], lines, strict=True):
        if before is None or _opens(before, line, leading):
            paragraphs.append(Paragraph(line.text, line.size, line.bold, pages=[(0, line.page)]))
            paragraphs[-1].listed = _BULLET.match(line.text) is not None
        else:
            _append(paragraphs[-1], line, words)
    _set_levels(paragraphs, body_size, body_bold=body_bold)
    return paragraphs


def _neighbours(lines: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    for before, line in pairwise(lines):
        if (before.page, before.column) == (line.page, line.column):
            yield before, line


def _words(lines: Sequence[Line]) -> frozenset[str]:
    """Words and hyphened words that stand inside of lines: they tell whether a hyphen belongs to its word."""
    return frozenset(
        word for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text.casefold())
    )


def _opens(before: Line, line: Line, leading: float) -> bool:
    """Whether a line begins a paragraph."""
    if abs(before.size - line.size) > 0.6 or before.bold != line.bold:
        return not (abs(before.base - line.base) < 0.1 and before.page == line.page)
    if _BULLET.match(line.text) and not _HYPHENED.search(before.text):
        return True
    if (before.page, before.column) != (line.page, line.column):
        return _ENDED.search(before.text) is not None or line.bold
    gap = before.base - line.base
    if gap > 1.3 * max(leading, 1.05 * line.size) or gap < 0:
        return True
    indented = line.start > line.left + 0.8 * line.size and before.start < before.left + 0.5 * before.size
    short = before.end < before.left + 0.72 * (before.right - before.left)
    return _ENDED.search(before.text) is not None and (indented or short)


def _append(paragraph: Paragraph, line: Line, words: frozenset[str]) -> None:
    """Add a line to a paragraph; a hyphen goes unless the document writes the word with it elsewhere."""
    text = paragraph.text
    first = _LOWER_WORD.match(line.text)
    if text.endswith(_SOFT):
        text = text[:-1]
    elif (stem := _HYPHENED.search(text)) and first and first[0][0].islower():
        whole, hyphened = f"{stem[1]}{first[0]}".casefold(), f"{stem[1]}-{first[0]}".casefold()
        if whole in words or hyphened not in words:
            text = text[:-1]
    elif not text.endswith(("-", "—", "–", "/")) or not line.text[:1].isalnum():
        text += "" if _WIDE.match(text[-1:]) and _WIDE.match(line.text[:1]) else " "
    if paragraph.pages[-1][1] != line.page:
        paragraph.pages.append((len(text), line.page))
    paragraph.text = text + line.text


def _set_levels(paragraphs: Sequence[Paragraph], body_size: float, *, body_bold: bool) -> None:
    """Call large and bold short paragraphs headings; the size gives the level."""
    large = {
        round(p.size, 1)
        for p in paragraphs
        if p.size >= _LARGER * body_size and len(p.text) <= _LONGEST_HEADING
    }
    ranks = {size: rank for rank, size in enumerate(sorted(large, reverse=True), 1)}
    for paragraph in paragraphs:
        if round(paragraph.size, 1) in ranks and len(paragraph.text) <= _LONGEST_HEADING:
            paragraph.level = min(ranks[round(paragraph.size, 1)], 5)
        elif paragraph.bold and not body_bold and len(paragraph.text) <= _LONGEST_BOLD:
            paragraph.level = 0 if paragraph.listed or paragraph.text.endswith((".", "。", ",", ";")) else 6

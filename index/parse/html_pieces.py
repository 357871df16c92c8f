"""Elements to headings and paragraphs: the one reading of bodies, Q&A sections and feed entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from index.parse.pieces import Piece

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_GROUPS: Final = frozenset({"ul", "ol", "dl", "table", "list", "menu"})
_ITEMS: Final = frozenset({"li", "item", "dt", "dd", "caption"})
_ROWS: Final = frozenset({"tr", "row"})
_BREAKS: Final = frozenset({"br", "lb"})
_SKIPPED: Final = frozenset(
    {"graphic", "img", "figcaption", "head", "script", "style", "hr", "svg", "template"}
)
_BLOCKS: Final = frozenset(
    """address article aside blockquote body center code details dialog div fieldset figure footer form header
    hgroup html legend main nav p pre q-a quote section summary tbody tfoot thead ab""".split()
)
_QUESTION_TAGS: Final = frozenset({"dt", "summary"})
_EMPHASIS: Final = frozenset({"strong", "b", "hi"})
_SPACE: Final = re.compile(r"[^\S\n]+")
_AROUND_BREAK: Final = re.compile(r" ?\n ?")
_PROSE: Final = frozenset({"p", "table", "article", *_HEADINGS})
_QUESTION_LEVEL: Final = 6


def pieces_of(root: _Element, *, asking: bool = False) -> list[Piece]:
    """Return the headings and paragraphs below an element, in order.

    With `asking`, what can only be a question of a Q&A section (a term, a summary, a paragraph that is
    all bold and asks) is a heading too.
    """
    return list(_Reader(asking=asking).read(root))


def text_of(element: _Element) -> str:
    """All text of an element on one line."""
    return " ".join("".join(map(str, element.itertext())).split())


class _Reader:
    """Walks a tree once and closes a paragraph wherever a block begins or ends."""

    def __init__(self, *, asking: bool) -> None:
        self._asking = asking
        self._line: list[str] = []
        self._group = 0
        self._depth = 0

    def read(self, element: _Element) -> Iterator[Piece]:
        """Yield the pieces of one element; its tail belongs to whoever holds it."""
        yield from self._child(element)
        yield from self._close()

    def _inside(self, element: _Element) -> Iterator[Piece]:
        self._add(element.text)
        for child in element:
            if isinstance(child.tag, str) and not self._is_skipped(child):
                yield from self._child(child)
            self._add(child.tail)

    @staticmethod
    def _is_skipped(child: _Element) -> bool:
        # The body that trafilatura makes calls its headings head, with their level beside it.
        return child.tag in _SKIPPED and not (child.tag == "head" and child.get("rend"))

    def _child(self, child: _Element) -> Iterator[Piece]:
        tag = str(child.tag)
        if tag in _BREAKS:
            self._line.append("\n")
        elif tag in _ROWS:
            yield from self._row(child)
        elif level := self._level(child):
            yield from self._close()
            yield from self._inside(child)
            yield from self._close(level)
        elif tag in _GROUPS:
            yield from self._grouped(child)
        elif tag in _BLOCKS or tag in _ITEMS:
            yield from self._close()
            yield from self._inside(child)
            yield from self._close()
        else:
            yield from self._inside(child)

    def _level(self, child: _Element) -> int:
        tag = str(child.tag)
        if tag == "head":
            return _HEADINGS.get(child.get("rend") or "", 2)
        if tag in _HEADINGS:
            return _HEADINGS[tag]
        if self._asking and (tag in _QUESTION_TAGS or _is_bold_question(child)):
            return _QUESTION_LEVEL
        return 0

    def _grouped(self, child: _Element) -> Iterator[Piece]:
        yield from self._close()
        self._group += self._depth == 0
        self._depth += 1
        yield from self._inside(child)
        yield from self._close()
        self._depth -= 1

    def _row(self, child: _Element) -> Iterator[Piece]:
        yield from self._close()
        if any(_is_layout(cell) for cell in child):
            yield from self._inside(child)
            yield from self._close()
            return
        cells = [text_of(cell) for cell in child if isinstance(cell.tag, str)]
        if any(cells):
            yield Piece(" | ".join(filter(None, cells)), group=self._group)

    def _add(self, text: str | None) -> None:
        if text:
            self._line.append(" ".join(re.split(r"\s+", text)))

    def _close(self, level: int = 0) -> Iterator[Piece]:
        text = _AROUND_BREAK.sub("\n", _SPACE.sub(" ", "".join(self._line)).strip())
        self._line = []
        if level:
            text = " ".join(text.split())
        # Two breaks in a row are what pages without paragraph tags set between paragraphs.
        for paragraph in filter(None, re.split(r"\n{2,}", text)):
            yield Piece(paragraph, level, self._group if self._depth else 0)


def _is_layout(cell: _Element) -> bool:
    """Whether a cell holds paragraphs: such a table sets columns and tabulates nothing."""
    return sum(isinstance(inner.tag, str) and inner.tag in _PROSE for inner in cell.iter()) > 1


def _is_bold_question(element: _Element) -> bool:
    """Whether a paragraph is one bold question."""
    if element.tag not in ("p", "div") or (element.text or "").strip():
        return False
    children = [child for child in element if isinstance(child.tag, str)]
    return (
        len(children) == 1
        and children[0].tag in _EMPHASIS
        and not (children[0].tail or "").strip()
        and text_of(children[0]).endswith(("?", "？"))
    )

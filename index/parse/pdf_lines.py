"""The lines of a PDF page in reading order, out of pieces of text that are only painted at places."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pypdf import PageObject

_WIDE: Final = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]")
_NARROW: Final = re.compile(r"[ijltfrI.,;:!|'’()\[\] ]")
_UPPER: Final = re.compile(r"[A-ZÄÖÜMWmw@%]")
_EDGE: Final = 4.0
_FEWEST_LINES: Final = 4
_COLUMN_SHARE: Final = 0.18
_NARROWEST: Final = 0.22
_FILLED: Final = 0.55
_ROW_GAP: Final = 2.5
_JUMPS: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its place: `start` and `end` along the reading direction, `base` up across it, in points.

    `end` is an estimate from the letters. `column` counts from the left; `left` and `right` are its edges.
    """

    text: str
    start: float
    end: float
    base: float
    size: float
    bold: bool
    page: int = 0
    column: int = 0
    left: float = 0.0
    right: float = 0.0


def lines_of(page: PageObject, number: int) -> tuple[list[Line], int]:
    """Return a page's lines in reading order, and how many stand across the page's main direction."""
    painted: dict[int, list[Line]] = {}

    def visit(text: str, cm: list[float], tm: list[float], font: dict[str, Any] | None, size: float) -> None:
        if text.strip():
            turn, line = _placed(text, cm, tm, font, size, number)
            painted.setdefault(turn, []).append(line)

    page.extract_text(visitor_text=visit)
    if not painted:
        return [], 0
    main = max(painted, key=lambda turn: sum(len(line.text) for line in painted[turn]))
    across = sum(len(lines) for turn, lines in painted.items() if turn != main)
    return _ordered(painted[main]), across


def _placed(
    text: str, cm: list[float], tm: list[float], font: dict[str, Any] | None, size: float, page: int
) -> tuple[int, Line]:
    """Give a painted text its place in a system where its own direction is to the right."""
    a = tm[0] * cm[0] + tm[1] * cm[2]
    b = tm[0] * cm[1] + tm[1] * cm[3]
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    scale = math.hypot(a, b) or 1.0
    along, up = (x * a + y * b) / scale, (y * a - x * b) / scale
    words = " ".join(text.split())
    real = min(abs(size * scale), 1000.0)
    name = str((font or {}).get("/BaseFont", "")).lower()
    bold = any(mark in name for mark in ("bold", "black", "heavy", "-bd", "semibold", "黑"))
    return round(math.degrees(math.atan2(b, a)) / 15) % 24, Line(
        words, along, along + width(words, real), up, real, bold, page
    )


def width(text: str, size: float) -> float:
    """Estimate how long a text is in a proportional font of a size in points."""
    wide, narrow, upper = (len(pattern.findall(text)) for pattern in (_WIDE, _NARROW, _UPPER))
    return size * (wide + 0.29 * narrow + 0.71 * upper + 0.52 * (len(text) - wide - narrow - upper))


def _ordered(lines: list[Line]) -> list[Line]:
    edges = _column_edges(lines)
    if len(edges) > 1:
        return _by_columns(lines, edges)
    jumps = sum(after.base > before.base + before.size for before, after in pairwise(lines))
    if jumps > _JUMPS:
        lines = sorted(lines, key=lambda line: (-round(line.base), line.start))
    left, right = min(line.start for line in lines), max(line.end for line in lines)
    return [replace(line, left=left, right=right) for line in _joined(lines)]


def _column_edges(lines: Sequence[Line]) -> list[float]:
    """Return where the columns of a page begin; one edge where it has one column, or a table.

    Columns of text fill the way to the next column, those of a table do not.
    """
    starts = Counter(round(line.start / _EDGE) for line in lines)
    most = max(_FEWEST_LINES, _COLUMN_SHARE * len(lines))
    span = max(line.end for line in lines) - min(line.start for line in lines)
    edges: list[float] = []
    for place, _ in sorted(starts.items()):
        near = sum(starts.get(place + step, 0) for step in (-1, 0, 1))
        edge = place * _EDGE
        if near >= most and (not edges or edge - edges[-1] >= _NARROWEST * span):
            edges.append(edge)
    for edge, following in pairwise(edges):
        inside = [
            line for line in lines if abs(line.start - edge) <= 2 * _EDGE and line.end < following + 4 * _EDGE
        ]
        filled = sum(line.end - line.start >= _FILLED * (following - edge) for line in inside)
        if not inside or 2 * filled < len(inside):
            return edges[:1]
    return edges


def _by_columns(lines: Sequence[Line], edges: list[float]) -> list[Line]:
    """Read column by column, between lines that go across all of them."""
    right = max(line.end for line in lines)
    bounds = [*edges[1:], right]
    bands: list[tuple[float, Line | None]] = []
    columns: list[Line] = []
    for line in lines:
        number = max((n for n, edge in enumerate(edges) if line.start >= edge - 2 * _EDGE), default=0)
        centred = number + 1 < len(edges) and line.start > edges[number] + 4 * _EDGE
        crosses = number + 1 < len(edges) and line.end > bounds[number] + (0 if centred else 4 * _EDGE)
        if crosses:
            bands.append((line.base, replace(line, left=edges[0], right=right)))
        else:
            columns.append(replace(line, column=number, left=edges[number], right=bounds[number]))
    ordered: list[Line] = []
    for base, across in [*sorted(bands, key=lambda band: -band[0]), (-math.inf, None)]:
        above = [line for line in columns if line.base > base]
        columns = [line for line in columns if line.base <= base]
        for number in range(len(edges)):
            part = sorted(
                (line for line in above if line.column == number),
                key=lambda line: (-round(line.base), line.start),
            )
            ordered.extend(_joined(part))
        if across:
            ordered.append(across)
    return ordered


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Join what stands on one line; a wide gap is that between the cells of a table."""
    joined: list[Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        if (
            before is None
            or abs(line.base - before.base) > 0.35 * max(line.size, before.size)
            or line.start < before.start
        ):
            joined.append(line)
            continue
        gap = line.start - before.end
        tight = gap < 0.12 * line.size and len(before.text) < 15
        joint = " | " if gap > _ROW_GAP * line.size else ("" if tight else " ")
        joined[-1] = replace(
            before, text=before.text + joint + line.text, end=line.end, size=max(before.size, line.size)
        )
    return joined

"""Plots as SVG that stands in a page: no script, no font to load, readable in both colour schemes.

Colours are CSS variables of the page (`--line-1` …), so that a plot follows its surroundings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 14, 46
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Series:
    """A named line; x and y lie between 0 and 1."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar with a mark at a second value behind it."""

    name: str
    value: float
    mark: float


def line_plot(
    series: Sequence[Series],
    *,
    x: str,
    y: str,
    title: str,
    x_ticks: Sequence[tuple[float, str]] = (),
    diagonal: bool = False,
) -> str:
    """Give lines over the unit square, with their names where there are several."""
    body = [_axes(x, y, x_ticks or [(tick, f"{tick:.1f}") for tick in _TICKS])]
    if diagonal:
        body.append(_diagonal())
    for number, one in enumerate(series, start=1):
        path = " ".join(f"{_x(a):.1f},{_y(b):.1f}" for a, b in one.points)
        body.append(f'<polyline class="line c{number}" points="{path}"/>')
        if one.dots or len(one.points) < 12:
            body += [
                f'<circle class="dot c{number}" cx="{_x(a):.1f}" cy="{_y(b):.1f}" r="3"/>'
                for a, b in one.points
            ]
    if len(series) > 1:
        body.append(_legend([one.name for one in series]))
    return _svg("".join(body), title)


def reliability_plot(bins: Sequence[tuple[float, float, int]], *, x: str, y: str, title: str) -> str:
    """Give the accuracy of each bin against its mean confidence; a circle's area is its questions."""
    most = max((n for _, _, n in bins), default=1)
    body = [_axes(x, y, [(tick, f"{tick:.1f}") for tick in _TICKS])]
    body.append(_diagonal())
    body.append(
        '<polyline class="line c1" points="'
        + " ".join(f"{_x(confidence):.1f},{_y(accuracy):.1f}" for confidence, accuracy, _ in bins)
        + '"/>'
    )
    for confidence, accuracy, n in bins:
        radius = 3 + 9 * (n / most) ** 0.5
        body.append(
            f'<circle class="bubble" cx="{_x(confidence):.1f}" cy="{_y(accuracy):.1f}" r="{radius:.1f}">'
            f"<title>{n} questions: probability {confidence:.2f}, right {accuracy:.2f}</title></circle>"
        )
    return _svg("".join(body), title)


def bar_plot(bars: Sequence[Bar], *, x: str, title: str) -> str:
    """Give a bar a row, its value written behind it."""
    most = max((max(bar.value, bar.mark) for bar in bars), default=0.0) or 1.0
    left, right, row = 96, 112, 34
    height = _TOP + row * len(bars) + 34

    def at(value: float) -> float:
        return left + (WIDTH - left - right) * value / most

    body: list[str] = []
    for number, bar in enumerate(bars):
        top = _TOP + row * number
        middle = top + row / 2
        body.append(f'<text x="{left - 8}" y="{middle + 4:.1f}" class="tick end">{escape(bar.name)}</text>')
        body.append(
            f'<rect class="bar" x="{left}" y="{top + 7}" width="{max(1.0, at(bar.value) - left):.1f}" '
            f'height="{row - 14}" rx="2"/>'
        )
        body.append(
            f'<line class="mark" x1="{at(bar.mark):.1f}" x2="{at(bar.mark):.1f}" y1="{top + 5}" '
            f'y2="{top + row - 5}"/>'
        )
        body.append(
            f'<text x="{at(max(bar.value, bar.mark)) + 8:.1f}" y="{middle + 4:.1f}" class="tick">'
            f"{_short(bar.value)} / {_short(bar.mark)}</text>"
        )
    body.append(f'<text x="{left}" y="{height - 8}" class="label">{escape(x)}</text>')
    return _svg("".join(body), title, height)


def _axes(x: str, y: str, x_ticks: Sequence[tuple[float, str]]) -> str:
    parts: list[str] = []
    for tick in _TICKS:
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{_y(tick):.1f}" y2="{_y(tick):.1f}"/>'
        )
        parts.append(f'<text x="{_LEFT - 8}" y="{_y(tick) + 4:.1f}" class="tick end">{tick:.1f}</text>')
    for place, name in x_ticks:
        parts.append(
            f'<text x="{_x(place):.1f}" y="{HEIGHT - _BOTTOM + 18}" class="tick middle">{escape(name)}</text>'
        )
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    parts.append(f'<text x="{_x(0.5):.1f}" y="{HEIGHT - 8}" class="label middle">{escape(x)}</text>')
    parts.append(
        f'<text x="14" y="{middle}" class="label middle" transform="rotate(-90 14 {middle})">'
        f"{escape(y)}</text>"
    )
    return "".join(parts)


def _diagonal() -> str:
    return f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'


def _legend(names: Sequence[str]) -> str:
    parts: list[str] = []
    for number, name in enumerate(names, start=1):
        top = HEIGHT - _BOTTOM - 12 - 18 * (len(names) - number)
        left = WIDTH - _RIGHT - 110
        parts.append(
            f'<line class="line c{number}" x1="{left}" x2="{left + 22}" y1="{top - 4}" y2="{top - 4}"/>'
        )
        parts.append(f'<text x="{left + 30}" y="{top}" class="tick">{escape(name)}</text>')
    return "".join(parts)


def _svg(body: str, title: str, height: int = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def _x(value: float) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * value


def _y(value: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"

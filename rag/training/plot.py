"""The course of a training run as an SVG picture, drawn without a plotting library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

_WIDTH, _HEIGHT, _MARGIN = 720, 260, 44
_COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e5ea2", "#d68910", "#5d6d7e", "#117a65", "#943126")
_SMOOTHED_OVER = 20

Series = Mapping[str, Sequence[tuple[float, float]]]


def plot_log(log: Path, held_out: Path, target: Path) -> None:
    """Draw the losses by step, smoothed, and under them the held-out figures."""
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    checks = [json.loads(line) for line in held_out.read_text().splitlines()] if held_out.is_file() else []
    losses = {
        name: _smoothed([(row["step"], row[name]) for row in rows])
        for name in ("sentence", "choice", "passage")
    }
    names = [name for name in (checks[0] if checks else {}) if name.endswith(("first", "five"))]
    figures = {name: [(row["step"], row[name]) for row in checks] for name in names}
    parts = [_chart("training losses by step", losses, 0)]
    if figures:
        parts.append(
            _chart("held-out questions: first sentence right, share of gold among five", figures, _HEIGHT)
        )
    height = _HEIGHT * len(parts)
    target.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11"><rect width="{_WIDTH}" height="{height}" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _smoothed(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    smooth = []
    for place in range(_SMOOTHED_OVER - 1, len(points), 5):
        around = [value for _, value in points[place + 1 - _SMOOTHED_OVER : place + 1]]
        smooth.append((points[place][0], sum(around) / len(around)))
    return smooth


def _chart(title: str, series: Series, top: int) -> str:
    points = [point for line in series.values() for point in line]
    last = max((x for x, _ in points), default=1.0)
    high = max((y for _, y in points), default=1.0)
    right, bottom = _WIDTH - 190, top + _HEIGHT - _MARGIN

    def place(x: float, y: float) -> str:
        across = _MARGIN + (right - _MARGIN) * x / last
        return f"{across:.1f},{bottom - (_HEIGHT - 2 * _MARGIN) * y / high:.1f}"

    parts = [f'<text x="{_MARGIN}" y="{top + 24}" font-size="13">{escape(title)}</text>']
    for share in (0.0, 0.5, 1.0):
        y = bottom - (_HEIGHT - 2 * _MARGIN) * share
        parts.append(f'<line x1="{_MARGIN}" x2="{right}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="4" y="{y + 4}">{high * share:.2f}</text>')
    parts.append(f'<text x="{right - 30}" y="{bottom + 16}">{last:.0f}</text>')
    for number, (name, line) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(place(x, y) for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        y = top + _MARGIN + 16 * number
        parts.append(f'<text x="{right + 12}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return "".join(parts)

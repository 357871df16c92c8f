"""Comparisons and the gate's verdict on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.compare import CaseKey, Comparison, MetricComparison
from eval.gate import GateResult
from eval.types import CaseResult

MOVED = 20
"""Questions that are listed for each direction."""

WIDE = 100
"""Columns of a terminal from which intervals are shown."""

_STYLES = {"better": "green", "worse": "bold red", "changed": "yellow"}


def show_comparison(
    comparison: Comparison, console: Console, before: Sequence[CaseResult], after: Sequence[CaseResult]
) -> None:
    """Print a line a metric, then the questions that were won and lost."""
    console.print(f"{comparison.n} questions in both runs", highlight=False)
    if comparison.only_before or comparison.only_after:
        console.print(
            f"left out: {comparison.only_before} of the run before, {comparison.only_after} of the run after",
            highlight=False,
        )
    console.print(_table(comparison.metrics, wide=console.width >= WIDE))
    by_key = (
        {(row.set_name, row.case_id): row for row in before},
        {(row.set_name, row.case_id): row for row in after},
    )
    correct = next((one for one in comparison.metrics if one.metric == "correct"), None)
    if correct is not None:
        _moved("wrong before, right now", correct.gained, *by_key, console)
        _moved("right before, wrong now", correct.lost, *by_key, console)


def show_gate(result: GateResult, console: Console) -> None:
    """Print the comparison and what the gate found."""
    console.print(_table(result.comparison.metrics, wide=console.width >= WIDE))
    for finding in result.findings:
        console.print(Text(f"red: {finding}", style="bold red"))
    if result.green:
        console.print(Text("green: no worse than the baseline", style="bold green"))


def _table(metrics: Sequence[MetricComparison], *, wide: bool) -> Table:
    """Give a line a metric; the interval of the difference where there is room for it."""
    middle = ("change", "95 % interval") if wide else ("change",)
    header = ("metric", "before", "after", *middle, "p", "up", "down", "verdict")
    table = Table(box=SIMPLE, padding=(0, 1), pad_edge=False)
    for column in header:
        justify: Literal["left", "right"] = "left" if column in ("metric", "verdict") else "right"
        table.add_column(column, justify=justify, no_wrap=True)
    for one in metrics:
        interval = (f"{one.low:+.3f} to {one.high:+.3f}",) if wide else ()
        table.add_row(
            one.metric.removeprefix("retrieval."),
            f"{one.before:.3f}",
            f"{one.after:.3f}",
            f"{one.difference:+.3f}",
            *interval,
            f"{one.p_adjusted:.3f}",
            str(len(one.gained)),
            str(len(one.lost)),
            Text(one.verdict, style=_STYLES.get(one.verdict, "")),
        )
    return table


def _moved(
    title: str,
    keys: Sequence[CaseKey],
    before: Mapping[CaseKey, CaseResult],
    after: Mapping[CaseKey, CaseResult],
    console: Console,
) -> None:
    console.print(f"{title}: {len(keys)}", highlight=False)
    for key in keys[:MOVED]:
        old, new = before[key], after[key]
        console.print(Text(f"  {'/'.join(key)}: {new.question}"))
        console.print(Text(f"    before: {_outcome(old)}", style="dim"))
        console.print(Text(f"    now:    {_outcome(new)}", style="dim"))


def _outcome(row: CaseResult) -> str:
    said = row.answer or f"({row.error or row.reason or row.status})"
    reason = f"; {row.diagnosis.replace('_', ' ')}" if row.diagnosis else ""
    return (said if len(said) <= 160 else said[:159] + "…") + reason

"""`groundwire eval sheet` and `groundwire eval judge`: readers' verdicts on the answers of a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import InvalidInputError

if TYPE_CHECKING:
    from eval.report import Report

Printed = Annotated[Path, typer.Argument(metavar="REPORT", help="JSON report of a run with --print.")]


def register(evaluations: typer.Typer) -> None:
    """Add the commands to those of `groundwire eval`."""
    evaluations.command()(sheet)
    evaluations.command()(judge)


def sheet(
    report: Printed,
    out: Annotated[Path, typer.Option(help="New file of verdicts to be filled in (JSON Lines).")],
) -> None:
    """Write a sheet for a reader: a report's answers beside their references, with empty grades."""
    from eval.full_answers import empty_sheet
    from eval.report import write_text

    if out.exists():
        raise InvalidInputError(str(out), "exists and may hold verdicts.", "Name a new file.")
    rows = empty_sheet(_printed(report).in_full)
    write_text(out, rows)
    typer.echo(f"{len(rows.splitlines())} answers to judge in {out}")


def judge(
    report: Printed,
    verdicts: Annotated[Path, typer.Option(help="Readers' verdicts on answers (JSON Lines).")],
) -> None:
    """Put verdicts into a report that is there already; nothing is asked again."""
    from eval.full_answers import grades_line, judged_by, unplaced
    from eval.verdicts import load_verdicts
    from service.evaluation import save

    found = _printed(report)
    given = load_verdicts(verdicts)
    judged = replace(found, in_full=judged_by(found.in_full, given))
    save(judged, report)
    typer.echo(grades_line(judged.in_full))
    if elsewhere := unplaced(found.in_full, given):
        typer.echo(f"Verdicts on questions that the report does not print: {elsewhere}.")


def _printed(path: Path) -> Report:
    from eval.report import load_report

    report = load_report(path)
    if not report.in_full:
        raise InvalidInputError(str(path), "has no answers in full.", "Run the evaluation with --print N.")
    return report

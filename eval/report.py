"""The report of a run: a JSON file with everything, a table for the terminal, and Markdown."""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.errors import ReportError
from eval.full_answers import FullAnswer, grades_line, references_of, verdict_line
from eval.sheets import Sheet, examples, findings, headline, sheets
from eval.types import RunResult

FORMAT = 2
"""Raised when an older Groundwire could misread a report."""

_LIBRARIES = (
    "groundwire",
    "faiss-cpu",
    "ir-measures",
    "numpy",
    "pytrec-eval-terrier",
    "rouge-score",
    "scikit-learn",
    "sentence-transformers",
    "tantivy",
    "torch",
    "transformers",
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What a run was made with."""

    python: str
    libraries: Mapping[str, str]
    platform: str
    machine: str
    cpus: int


@dataclass(frozen=True, slots=True)
class Report:
    """A run with all that is needed to make it again; `in_full` are the answers that are printed."""

    format: int
    created_at: str
    environment: Environment
    run: RunResult
    in_full: tuple[FullAnswer, ...] = ()


_REPORT = TypeAdapter(Report)


def make_report(run: RunResult) -> Report:
    """Give the report of a run that was made here and now."""
    return Report(FORMAT, datetime.now(UTC).isoformat(timespec="seconds"), environment(), run)


def environment() -> Environment:
    """Read versions and machine; libraries that are not installed are left out."""
    libraries: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            continue
    return Environment(
        platform.python_version(), libraries, platform.platform(), platform.machine(), os.cpu_count() or 1
    )


def save_report(report: Report, path: Path) -> None:
    """Write a report whole or not at all."""
    _write(_REPORT.dump_json(report, indent=1), path)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    _write(text.encode(), path)


def _write(content: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def load_report(path: Path) -> Report:
    """Read a report back; raises `ReportError` for a file that is none."""
    try:
        report = _REPORT.validate_json(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path} cannot be read ({error.strerror}). Give the path of a report.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReportError(
            f"{path} is no report of this version ({where}: {first['msg']}). Run the evaluation again."
        ) from error
    if report.format > FORMAT:
        raise ReportError(
            f"{path} has format {report.format}, this version reads up to {FORMAT}. Update Groundwire."
        )
    return report


def show(report: Report, console: Console) -> None:
    """Print the tables of a report."""
    console.print(Text(headline(report.run)))
    for sheet in sheets(report.run):
        table = Table(title=Text(sheet.title), title_justify="left")
        for place, column in enumerate(sheet.header):
            table.add_column(Text(column), justify="right" if place else "left")
        for row in sheet.rows:
            table.add_row(*(Text(value) for value in row))
        console.print(table)
    for line in findings(report.run):
        console.print(Text(line))
    if report.in_full:
        console.print(Text(grades_line(report.in_full)))


def markdown(report: Report) -> str:
    """Give a report as Markdown."""
    run, made = report.run, report.environment
    lines = [f"# Evaluation of {_cell(run.set_name)}", "", headline(run), ""]
    for sheet in sheets(run):
        lines += [f"## {sheet.title}", "", *_grid(sheet), ""]
    lines += ["## What went wrong", "", *(f"- {line}" for line in findings(run)), ""]
    for sheet in examples(run):
        lines += [f"### {sheet.title}", "", *_grid(sheet), ""]
    lines += _answers_in_full(report.in_full)
    lines += ["## Made with", "", f"- Python {made.python} on {made.platform}, {made.cpus} CPUs"]
    lines += [f"- {name} {number}" for name, number in made.libraries.items()]
    lines += [f"- {name}: {_cell(str(value))}" for name, value in run.system.items()]
    return "\n".join(lines) + "\n"


def _answers_in_full(answers: Sequence[FullAnswer]) -> list[str]:
    if not answers:
        return []
    lines = ["## Answers in full", "", grades_line(answers), ""]
    for number, answer in enumerate(answers, start=1):
        about = " · ".join(part for part in (answer.set_name, answer.case_id, answer.type) if part)
        lines += [f"### {number}. {_plain(answer.question)}", "", _plain(about), ""]
        lines += [f"- **reference**: {_plain(text)}" for text in references_of(answer)]
        lines += [f"- **answer**: {_plain(answer.answer)}"]
        for cited in answer.cited:
            gold = "" if cited.is_gold is None else " (gold)" if cited.is_gold else " (not gold)"
            lines.append(f"- **cited** \\[{cited.n}]{gold}: {_plain(cited.quote)}")
        for gold_sentence in answer.gold:
            met = "cited" if gold_sentence.is_cited else "missed"
            lines.append(f"- **gold, {met}**: {_plain(gold_sentence.quote)}")
        lines += [f"- **verdict**: {_plain(verdict_line(answer))}", ""]
    return lines


def _grid(sheet: Sheet) -> list[str]:
    lines = [sheet.header, ["---"] * len(sheet.header), *sheet.rows]
    return ["| " + " | ".join(_cell(value) for value in line) + " |" for line in lines]


def _cell(text: str) -> str:
    """Give foreign text as a cell, cut where it is long."""
    flat = _plain(text)
    return flat if len(flat) <= 300 else flat[:299] + "…"


def _plain(text: str) -> str:
    """Keep foreign text from ending a line or a cell, and from becoming markup."""
    flat = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*")
    return flat.replace("<", "&lt;").replace("`", "\\`").replace("[", "\\[")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

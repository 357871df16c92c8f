"""The report of a run: a JSON file with everything, a table for the terminal, and Markdown."""

from __future__ import annotations

import os
import platform
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.errors import ReportError
from eval.types import Aggregate, Grouping, RunResult

FORMAT = 1
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
_EXAMPLES = 20
"""Questions that the Markdown report shows for each list."""

_GROUPINGS: Mapping[Grouping, str] = {
    "all": "All questions",
    "set": "By set",
    "type": "By type",
    "language": "By language",
}


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
    """A run with all that is needed to make it again."""

    format: int
    created_at: str
    environment: Environment
    run: RunResult


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
    content = _REPORT.dump_json(report, indent=1)
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
    run = report.run
    console.print(Text(_headline(run)))
    for grouping, title in _GROUPINGS.items():
        for group, rows in _tables(run, grouping):
            table = Table("metric", title=_table_title(title, group), title_justify="left")
            for column in ("mean", "95 % interval", "questions"):
                table.add_column(column, justify="right")
            for row in rows:
                table.add_row(row.metric, f"{row.mean:.3f}", _interval(row), str(row.n))
            console.print(table)
    console.print(_latency_table(run))
    for line in _findings(run):
        console.print(Text(line))


def markdown(report: Report) -> str:
    """Give a report as Markdown."""
    run, made = report.run, report.environment
    lines = [f"# Evaluation of {run.set_name}", "", _headline(run), ""]
    for grouping, title in _GROUPINGS.items():
        for group, rows in _tables(run, grouping):
            body = [[row.metric, f"{row.mean:.3f}", _interval(row), str(row.n)] for row in rows]
            lines += [f"## {_table_title(title, group)}", ""]
            lines += [*_grid(["metric", "mean", "95 % interval", "questions"], body), ""]
    stages = [[s, f"{p.p50:.1f}", f"{p.p95:.1f}", str(p.n)] for s, p in run.latency_ms.items()]
    lines += ["## Milliseconds by stage", "", *_grid(["stage", "p50", "p95", "questions"], stages), ""]
    lines += ["## What went wrong", "", *(f"- {line}" for line in _findings(run)), ""]
    lines += _examples(run)
    lines += ["## Made with", "", f"- Python {made.python} on {made.platform}, {made.cpus} CPUs"]
    lines += [f"- {name} {number}" for name, number in made.libraries.items()]
    lines += [f"- {name}: {_cell(str(value))}" for name, value in run.system.items()]
    return "\n".join(lines) + "\n"


def _headline(run: RunResult) -> str:
    share = "all" if len(run.results) == run.cases_in_set else f"{len(run.results)} of {run.cases_in_set}"
    return (
        f"{run.set_name}: {share} questions, seed {run.seed}, started {run.started_at}, {run.seconds:.1f} s; "
        f"set {run.set_sha256[:12]}"
    )


def _tables(run: RunResult, grouping: Grouping) -> Iterator[tuple[str, Sequence[Aggregate]]]:
    """Give the groups of a grouping; a single group that is the same as all is left out."""
    groups = list(dict.fromkeys(row.group for row in run.table if row.grouping == grouping))
    if grouping != "all" and len(groups) == 1:
        return
    for group in groups:
        yield group, [row for row in run.table if (row.grouping, row.group) == (grouping, group)]


def _table_title(title: str, group: str) -> str:
    return title if group == "all" else f"{title}: {group or '(none given)'}"


def _interval(row: Aggregate) -> str:
    return "" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"


def _latency_table(run: RunResult) -> Table:
    table = Table("stage", title="Milliseconds by stage", title_justify="left")
    for column in ("p50", "p95", "questions"):
        table.add_column(column, justify="right")
    for stage, found in run.latency_ms.items():
        table.add_row(stage, f"{found.p50:.1f}", f"{found.p95:.1f}", str(found.n))
    return table


def _findings(run: RunResult) -> Iterator[str]:
    counts = Counter(result.diagnosis for result in run.results if result.diagnosis)
    yield f"failed with an error: {len(run.failures)} of {len(run.results)} questions"
    for name, count in counts.most_common():
        yield f"{name.replace('_', ' ')}: {count}"
    if run.unlocated_evidence:
        yield f"evidence quotes of the set that were not found in their articles: {run.unlocated_evidence}"
    if run.skipped_rows:
        yield f"rows of the set's file that have faults and were not asked: {run.skipped_rows}"


def _examples(run: RunResult) -> list[str]:
    lost = [r for r in run.results if r.diagnosis][:_EXAMPLES]
    lines: list[str] = []
    if run.failures:
        body = [[r.case_id, r.question, r.error] for r in run.failures[:_EXAMPLES]]
        lines += ["### Errors", "", *_grid(["case", "question", "error"], body), ""]
    if lost:
        body = [[r.case_id, r.diagnosis or "", r.question, "; ".join(r.expected), r.answer] for r in lost]
        lines += ["### Questions lost", ""]
        lines += [*_grid(["case", "diagnosis", "question", "expected", "answer"], body), ""]
    return lines


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(_cell(value) for value in line) + " |" for line in lines]


def _cell(text: str) -> str:
    """Keep foreign text from ending a cell or becoming markup."""
    flat = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    flat = flat.replace("<", "&lt;").replace("`", "\\`").replace("[", "\\[")
    return flat if len(flat) <= 300 else flat[:299] + "…"


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

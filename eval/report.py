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

_GROUPINGS: Mapping[Grouping, str] = {"set": "By set", "type": "By type", "language": "By language"}
_HEADLINES = (
    "retrieval.fused.hit@1",
    "retrieval.fused.ndcg@10",
    "correct",
    "answer.f1",
    "answer.rouge_l",
    "evidence.f1",
    "refusal.recall",
    "refusal.wrong",
)
"""Metrics that are shown for each set, type and language; the file has all."""


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


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A table before it is drawn."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


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
    console.print(Text(_headline(report.run)))
    for sheet in _sheets(report.run):
        table = Table(title=Text(sheet.title), title_justify="left")
        for place, column in enumerate(sheet.header):
            table.add_column(Text(column), justify="right" if place else "left")
        for row in sheet.rows:
            table.add_row(*(Text(value) for value in row))
        console.print(table)
    for line in _findings(report.run):
        console.print(Text(line))


def markdown(report: Report) -> str:
    """Give a report as Markdown."""
    run, made = report.run, report.environment
    lines = [f"# Evaluation of {_cell(run.set_name)}", "", _headline(run), ""]
    for sheet in _sheets(run):
        lines += [f"## {sheet.title}", "", *_grid(sheet), ""]
    lines += ["## What went wrong", "", *(f"- {line}" for line in _findings(run)), ""]
    for sheet in _examples(run):
        lines += [f"### {sheet.title}", "", *_grid(sheet), ""]
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


def _sheets(run: RunResult) -> Iterator[_Sheet]:
    whole = {row.metric: row for row in run.table if row.grouping == "all"}
    retrieval = {tuple(name.split(".", 2)[1:]): row for name, row in whole.items() if _is_retrieval(name)}
    rows = [
        [row.metric, f"{row.mean:.3f}", _interval(row), str(row.n)]
        for row in whole.values()
        if not _is_retrieval(row.metric)
    ]
    yield _Sheet("Answers", ("metric", "mean", "95 % interval", "questions"), rows)
    legs = tuple(dict.fromkeys(leg for leg, _ in retrieval))
    if legs:
        metrics = dict.fromkeys(metric for _, metric in retrieval)
        cells = [[metric, *(_with_interval(retrieval[leg, metric]) for leg in legs)] for metric in metrics]
        judged = next(iter(retrieval.values())).n
        yield _Sheet(f"Retrieval of articles, {judged} questions", ("metric", *legs), cells)
    for grouping, title in _GROUPINGS.items():
        yield from _by_group(run, grouping, title, [name for name in _HEADLINES if name in whole])
    stages = [[name, f"{p.p50:.1f}", f"{p.p95:.1f}", str(p.n)] for name, p in run.latency_ms.items()]
    yield _Sheet("Milliseconds by stage", ("stage", "p50", "p95", "questions"), stages)


def _by_group(run: RunResult, grouping: Grouping, title: str, metrics: Sequence[str]) -> Iterator[_Sheet]:
    """Give the headlines of each group; nothing where there is but one group."""
    rows = {(row.group, row.metric): row for row in run.table if row.grouping == grouping}
    groups = list(dict.fromkeys(group for group, _ in rows))
    if len(groups) < 2:
        return
    cells = [
        [group or "(none given)"]
        + [f"{rows[group, m].mean:.3f} ({rows[group, m].n})" if (group, m) in rows else "" for m in metrics]
        for group in groups
    ]
    yield _Sheet(
        f"{title}: mean (questions)",
        (grouping, *(metric.removeprefix("retrieval.") for metric in metrics)),
        cells,
    )


def _is_retrieval(metric: str) -> bool:
    return metric.startswith("retrieval.")


def _interval(row: Aggregate) -> str:
    return "" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"


def _with_interval(row: Aggregate) -> str:
    return f"{row.mean:.3f} ({_interval(row)})"


def _findings(run: RunResult) -> Iterator[str]:
    counts = Counter(result.diagnosis for result in run.results if result.diagnosis)
    yield f"failed with an error: {len(run.failures)} of {len(run.results)} questions"
    for name, count in counts.most_common():
        yield f"{name.replace('_', ' ')}: {count}"
    if run.unlocated_evidence:
        yield f"evidence quotes of the set that were not found in their articles: {run.unlocated_evidence}"
    if run.skipped_rows:
        yield f"rows of the set's file that have faults and were not asked: {run.skipped_rows}"


def _examples(run: RunResult) -> Iterator[_Sheet]:
    lost = [r for r in run.results if r.diagnosis][:_EXAMPLES]
    if run.failures:
        errors = [[r.case_id, r.question, r.error] for r in run.failures[:_EXAMPLES]]
        yield _Sheet("Errors", ("case", "question", "error"), errors)
    if lost:
        rows = [[r.case_id, r.diagnosis or "", r.question, "; ".join(r.expected), r.answer] for r in lost]
        yield _Sheet("Questions lost", ("case", "diagnosis", "question", "expected", "answer"), rows)


def _grid(sheet: _Sheet) -> list[str]:
    lines = [sheet.header, ["---"] * len(sheet.header), *sheet.rows]
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

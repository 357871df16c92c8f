"""Many runs in one Markdown table: what `docs/results.md` is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.report import Report
from eval.types import RunResult

_COLUMNS: Mapping[str, str] = {
    "retrieval.fused.hit@1": "hit@1",
    "retrieval.fused.hit@10": "hit@10",
    "retrieval.fused.ndcg@10": "nDCG@10",
    "correct": "correct",
    "answer.f1": "F1",
    "answer.rouge_l": "ROUGE-L",
    "answer.key_points": "key points",
    "evidence.recall": "evidence recall",
    "evidence.precision": "evidence precision",
    "citations.exact": "citations exact",
    "citations.recall": "statements supported",
    "refusal.recall": "unanswerable refused",
    "refusal.wrong": "refused wrongly",
    "refusal.auroc": "AUROC",
    "conflicts.shown": "conflicts shown",
    "calibration.ece": "ECE",
}
_LOST = (
    "not_retrieved",
    "retrieved_not_selected",
    "selected_not_used",
    "wrongly_refused",
    "wrongly_answered",
    "not_verbatim",
)


@dataclass(frozen=True, slots=True)
class NotRun:
    """A set, or an oracle run of one, that has no row, and why."""

    name: str
    reason: str
    failed: bool = False


def results_markdown(reports: Sequence[Report], command: str, not_run: Sequence[NotRun] = ()) -> str:
    """Give the tables of many reports with the command that makes them; figures that are bad stay in.

    `not_run` is what the folder holds beside; the text before the tables says what they are of.
    """
    runs = [report.run for report in reports]
    lines = [
        "# Results",
        "",
        *_scope(runs, not_run),
        "",
        "`docs/metrics.md` says what each column is. A dash stands where a set has nothing to measure by.",
        "",
        f"    {command}",
        "",
        "## Retrieval, answers, evidence",
        "",
        *_grid(_quality(runs)),
        "",
        "## Where questions were lost",
        "",
        "Counted where the set has something to tell by; a question can be lost once.",
        "",
        *_grid(_losses(runs)),
        "",
        "## Milliseconds for an answer",
        "",
        *_grid(_times(runs)),
        "",
        "## Made with",
        "",
    ]
    if reports:
        lines += _made_with(reports[-1])
    return "\n".join(lines) + "\n"


def _scope(runs: Sequence[RunResult], not_run: Sequence[NotRun]) -> Iterator[str]:
    """Say which sets were run with how much of each, and which were not."""
    yield f"Run: {_listed(f'{_name(run)} ({_count(run)} questions)' for run in runs)}."
    if not_run:
        reasons = dict.fromkeys(one.reason for one in not_run)
        named = {why: _listed(one.name for one in not_run if one.reason == why) for why in reasons}
        yield f"Not run: {'; '.join(f'{names} ({why})' for why, names in named.items())}."
    else:
        yield "No set of the folder was left out."
    if any(len(run.results) < run.cases_in_set for run in runs):
        yield "Where not all questions of a set were asked, those that were are drawn by the seed."
    if any(0 < _searched(run) < run.articles_in_set for run in runs):
        yield (
            "Where not all articles of a set were searched (column `articles`), those were that the asked "
            "questions need, then those that they name as looking alike, then others drawn by the seed: what "
            "is wanted is found more easily than among all."
        )
    if any(run.oracle for run in runs):
        yield (
            "In a row of gold a stage was given what is marked in the set: what it has more than the row of "
            "the set alone is what that stage loses."
        )


def _quality(runs: Sequence[RunResult]) -> Iterator[list[str]]:
    means = [_means(run) for run in runs]
    present = [metric for metric in _COLUMNS if any(metric in found for found in means)]
    yield ["set", "questions", "unanswerable", "articles", *(_COLUMNS[metric] for metric in present)]
    for run, found in zip(runs, means, strict=True):
        yield [
            _name(run),
            _count(run),
            str(sum(row.unanswerable for row in run.results)),
            _articles(run),
            *(f"{found[metric]:.3f}" if metric in found else "–" for metric in present),
        ]


def _losses(runs: Sequence[RunResult]) -> Iterator[list[str]]:
    yield ["set", *(name.replace("_", " ") for name in _LOST), "failed", "leaked", "without their article"]
    for run in runs:
        counts = [sum(row.diagnosis == name for row in run.results) for name in _LOST]
        yield [
            _name(run),
            *map(str, counts),
            str(len(run.failures)),
            str(len(run.leaks)),
            str(len(run.missing)),
        ]


def _times(runs: Sequence[RunResult]) -> Iterator[list[str]]:
    stages = list(dict.fromkeys(stage for run in runs for stage in run.latency_ms))
    yield ["set", *(f"{stage} p50 / p95" for stage in stages), "run, minutes"]
    for run in runs:
        cells = [
            f"{found.p50:.1f} / {found.p95:.1f}" if (found := run.latency_ms.get(stage)) else "–"
            for stage in stages
        ]
        yield [_name(run), *cells, f"{run.seconds / 60:.1f}"]


def _made_with(report: Report) -> list[str]:
    made, run = report.environment, report.run
    lines = [
        f"- Python {made.python} on {made.platform}, {made.cpus} processors, seed {run.seed}, "
        f"{run.workers} question(s) at a time",
        "- " + ", ".join(f"{name} {number}" for name, number in made.libraries.items()),
    ]
    return lines + [f"- {name}: {value}" for name, value in run.system.items() if name != "index"]


def _means(run: RunResult) -> Mapping[str, float]:
    return {row.metric: row.mean for row in run.table if row.grouping == "all"}


def _count(run: RunResult) -> str:
    asked = len(run.results)
    return str(asked) if asked == run.cases_in_set else f"{asked} of {run.cases_in_set}"


def _articles(run: RunResult) -> str:
    searched = _searched(run)
    if not searched:
        return "–"
    return f"{searched} of {run.articles_in_set}" if searched < run.articles_in_set else str(searched)


def _searched(run: RunResult) -> int:
    """Give the number of articles that were searched, 0 where it is not known."""
    index = run.system.get("index")
    found = index.get("articles") if isinstance(index, Mapping) else None
    return found if isinstance(found, int) else 0


def _name(run: RunResult) -> str:
    return f"{run.set_name}, gold {run.oracle}" if run.oracle else run.set_name


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items) or "nothing"


def _grid(rows: Iterator[list[str]]) -> list[str]:
    header, *body = rows
    ruler = ["---", *("---:" for _ in header[1:])]
    return ["| " + " | ".join(row) + " |" for row in (header, ruler, *body)]

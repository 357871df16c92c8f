"""What a report shows, before it is drawn: the same tables for terminal, Markdown and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.types import Aggregate, CaseResult, Diagnosis, Grouping, RunResult

WORST = 20
"""Questions that a report shows one by one."""

ROOMS: Mapping[Diagnosis, str] = {
    "not_retrieved": "retrieval: no passage with the answer came back",
    "retrieved_not_selected": "evidence: the sentence came back and scored too low",
    "selected_not_used": "generation: the sentence was evidence and the answer left it out",
    "wrongly_refused": "refusal: the sentence came back and nothing was answered",
    "wrongly_answered": "evidence and refusal: something else was taken for an answer",
    "not_verbatim": "none to name: what came back of a right article is not worded as the gold answer",
}
"""What each diagnosis says of the place to mend."""

_GROUPINGS: Mapping[Grouping, str] = {"set": "By set", "type": "By type", "language": "By language"}
_HEADLINES = (
    "retrieval.fused.hit@1",
    "retrieval.fused.ndcg@10",
    "correct",
    "answer.f1",
    "answer.rouge_l",
    "answer.key_points",
    "evidence.f1",
    "refusal.recall",
    "refusal.wrong",
)
"""Metrics that are shown for each set, type and language; the file has all."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table before it is drawn."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def headline(run: RunResult) -> str:
    """Say in a line what was run."""
    share = "all" if len(run.results) == run.cases_in_set else f"{len(run.results)} of {run.cases_in_set}"
    gold = f", from gold {run.oracle}" if run.oracle else ""
    index = run.system.get("index")
    searched = index.get("articles") if isinstance(index, Mapping) else None
    if isinstance(searched, int) and searched < run.articles_in_set:
        gold += f", over {searched} of {run.articles_in_set} articles"
    return (
        f"{run.set_name}: {share} questions{gold}, seed {run.seed}, started {run.started_at}, "
        f"{run.seconds:.1f} s; set {run.set_sha256[:12]}"
    )


def sheets(run: RunResult) -> Iterator[Sheet]:
    """Give the tables of a run."""
    whole = {row.metric: row for row in run.table if row.grouping == "all"}
    retrieval = {tuple(name.split(".", 2)[1:]): row for name, row in whole.items() if _is_retrieval(name)}
    rows = [
        [row.metric, _value(row), _interval(row), str(row.n)]
        for row in whole.values()
        if not _is_retrieval(row.metric)
    ]
    yield Sheet("Answers", ("metric", "mean", "95 % interval", "questions"), rows)
    legs = tuple(dict.fromkeys(leg for leg, _ in retrieval))
    if legs:
        metrics = dict.fromkeys(metric for _, metric in retrieval)
        cells = [[metric, *(_with_interval(retrieval[leg, metric]) for leg in legs)] for metric in metrics]
        judged = next(iter(retrieval.values())).n
        yield Sheet(f"Retrieval of articles, {judged} questions", ("metric", *legs), cells)
    for grouping, title in _GROUPINGS.items():
        yield from _by_group(run, grouping, title, [name for name in _HEADLINES if name in whole])
    yield from _lost(run)
    stages = [[name, f"{p.p50:.1f}", f"{p.p95:.1f}", str(p.n)] for name, p in run.latency_ms.items()]
    yield Sheet("Milliseconds by stage", ("stage", "p50", "p95", "questions"), stages)


def findings(run: RunResult) -> Iterator[str]:
    """Say what a reader must know before the numbers: failures, guards, faults of the set."""
    yield f"failed with an error: {len(run.failures)} of {len(run.results)} questions"
    for name, count in _diagnoses(run).items():
        yield f"{name.replace('_', ' ')}: {count}"
    if run.oracle:
        yield _gold(run)
    if run.leaks:
        first = run.leaks[0]
        yield (
            f"LEAK: the index holds the answers of {len(run.leaks)} questions as Q&A, {first.case_id} the "
            f"first, in the article {first.article_id}"
        )
    if run.missing:
        yield (
            f"MISSING: articles of {len(run.missing)} questions are not in the index, "
            f"{run.missing[0].case_id} the first"
        )
    if run.unlocated_evidence:
        yield f"evidence quotes of the set that were not found in their articles: {run.unlocated_evidence}"
    if run.skipped_rows:
        yield f"rows of the set's file that have faults and were not asked: {run.skipped_rows}"


def _gold(run: RunResult) -> str:
    if not run.gold_cases:
        return f"no {run.oracle} in these questions: they were answered as without gold"
    return (
        f"questions with gold {run.oracle}: {run.gold_cases} of {len(run.results)}; the others were answered "
        "as without"
    )


def worst(run: RunResult) -> tuple[CaseResult, ...]:
    """Give the questions that went worst: errors first, then by scores, then by how sure the evidence was."""

    def badness(result: CaseResult) -> tuple[bool, float, float]:
        return not result.error, _goodness(result), -(result.answerable or 0.0)

    bad = [result for result in run.results if result.error or result.diagnosis]
    return tuple(sorted(bad, key=badness)[:WORST])


def examples(run: RunResult) -> Iterator[Sheet]:
    """Give the worst questions as tables."""
    if run.failures:
        errors = [[r.case_id, r.question, r.error] for r in run.failures[:WORST]]
        yield Sheet("Errors", ("case", "question", "error"), errors)
    lost = [result for result in worst(run) if result.diagnosis]
    if lost:
        rows = [
            [r.case_id, (r.diagnosis or "").replace("_", " "), r.question, "; ".join(r.expected), r.answer]
            for r in lost
        ]
        yield Sheet(f"The worst {len(rows)}", ("case", "diagnosis", "question", "expected", "answer"), rows)


def _by_group(run: RunResult, grouping: Grouping, title: str, metrics: Sequence[str]) -> Iterator[Sheet]:
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
    yield Sheet(
        f"{title}: mean (questions)",
        (grouping, *(metric.removeprefix("retrieval.") for metric in metrics)),
        cells,
    )


def _lost(run: RunResult) -> Iterator[Sheet]:
    counts = _diagnoses(run)
    if counts:
        rows = [
            [name.replace("_", " "), str(n), f"{n / len(run.results):.1%}", ROOMS[name]]
            for name, n in counts.items()
        ]
        yield Sheet("Where questions were lost", ("diagnosis", "questions", "share", "room to mend"), rows)


def _diagnoses(run: RunResult) -> Mapping[Diagnosis, int]:
    counts = Counter(result.diagnosis for result in run.results if result.diagnosis)
    return dict(counts.most_common())


def _goodness(result: CaseResult) -> float:
    """Mean of the scores that tell how good an answer is."""
    kept = [
        value
        for metric, value in result.scores.items()
        if metric.startswith(("answer.", "evidence.", "correct", "retrieval.fused.ndcg"))
    ]
    return sum(kept) / len(kept) if kept else 0.0


def _is_retrieval(metric: str) -> bool:
    return metric.startswith("retrieval.")


def _value(row: Aggregate) -> str:
    return f"{row.mean:.1f}" if row.metric.startswith("length.") else f"{row.mean:.3f}"


def _interval(row: Aggregate) -> str:
    if row.low is None or row.high is None:
        return ""
    digits = 1 if row.metric.startswith("length.") else 3
    return f"{row.low:.{digits}f} to {row.high:.{digits}f}"


def _with_interval(row: Aggregate) -> str:
    return f"{row.mean:.3f} ({_interval(row)})"

"""The report as one HTML file: plots, tables, the worst questions. It needs nothing outside itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files

from eval.full_answers import FullAnswer, as_given, grades_line, references_of, verdict_line
from eval.metrics.retrieval import CUTOFFS
from eval.plots import Bar, Series, bar_plot, line_plot, reliability_plot
from eval.report import Report
from eval.sheets import ROOMS, Sheet, findings, headline, sheets, worst
from eval.table import AUROC, ECE
from eval.types import CaseResult, RunResult

_REFUSED, _REFUSED_WRONGLY = "refusal.recall", "refusal.wrong"

_CARDS = (
    ("retrieval.fused.hit@1", "right article first"),
    ("correct", "answered right"),
    ("evidence.f1", "evidence F1"),
    ("citations.exact", "citations exact"),
    (_REFUSED, "unanswerable refused"),
    (_REFUSED_WRONGLY, "refused wrongly"),
)
_NONE = "<li class='none'>none</li>"
_NUMBER = re.compile(r"[-+]?[\d.,]+ ?%?( \(.*\)| to .*)?")


def html(report: Report) -> str:
    """Give a report as one HTML file."""
    run = report.run
    style = (files("eval") / "report.css").read_text(encoding="utf-8")
    body = [
        f"<header><h1>Evaluation of {escape(run.set_name)}</h1><p>{escape(headline(run))}</p></header>",
        _cards(run),
        "<ul class='findings'>",
        *(_finding(line) for line in findings(run)),
        "</ul>",
        '<section class="plots">',
        *_plots(run),
        "</section>",
        *(_table(sheet) for sheet in sheets(run)),
        *_answers_in_full(report.in_full),
        *_worst(run),
        _made_with(report),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of {escape(run.set_name)}</title><style>{style}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _cards(run: RunResult) -> str:
    whole = {row.metric: row for row in run.table if row.grouping == "all"}
    cards = [
        f"<div><strong>{whole[metric].mean:.3f}</strong><span>{name}</span>"
        f"<small>{whole[metric].n} questions</small></div>"
        for metric, name in _CARDS
        if metric in whole
    ]
    return f'<section class="cards">{"".join(cards)}</section>'


def _finding(line: str) -> str:
    grave = line.startswith(("LEAK", "MISSING")) or (
        line.startswith("failed") and not line.startswith("failed with an error: 0 ")
    )
    return f"<li{' class=grave' if grave else ''}>{escape(line)}</li>"


def _plots(run: RunResult) -> Iterator[str]:
    whole = {row.metric: row.mean for row in run.table if row.grouping == "all"}
    yield from _recall(whole)
    yield from _risk(run)
    yield from _roc(run, whole)
    yield from _reliability(run, whole)
    yield from _latency(run)


def _recall(whole: Mapping[str, float]) -> Iterator[str]:
    legs = list(dict.fromkeys(name.split(".")[1] for name in whole if name.startswith("retrieval.")))
    if not legs:
        return
    deepest = max(CUTOFFS)
    series = [
        Series(leg, [(k / deepest, whole[f"retrieval.{leg}.recall@{k}"]) for k in CUTOFFS], dots=True)
        for leg in legs
    ]
    ticks = [(k / deepest, str(k)) for k in CUTOFFS]
    plot = line_plot(series, x="articles looked at (k)", y="recall at k", title="Recall by k", x_ticks=ticks)
    yield _figure("Recall by k", plot, "Share of the relevant articles among the first k of each leg.")


def _risk(run: RunResult) -> Iterator[str]:
    if not run.risk_coverage:
        return
    curve = Series("risk", [(point.coverage, point.risk) for point in run.risk_coverage])
    plot = line_plot(
        [curve], x="coverage: share of questions answered", y="risk: share of these wrong", title="Risk"
    )
    caption = "What the surest answers get wrong, from the highest threshold down to the one in force."
    yield _figure("Risk and coverage", plot, caption)


def _roc(run: RunResult, whole: Mapping[str, float]) -> Iterator[str]:
    if not run.roc:
        return
    series = [Series("any threshold", [(point.unanswerable, point.answerable) for point in run.roc])]
    if {_REFUSED, _REFUSED_WRONGLY} <= whole.keys():
        series.append(Series("as it was", [(1 - whole[_REFUSED], 1 - whole[_REFUSED_WRONGLY])], dots=True))
    plot = line_plot(
        series,
        x="share of unanswerable questions answered",
        y="of answerable ones",
        title="ROC",
        diagonal=True,
    )
    area = f" The area below is {whole[AUROC]:.3f}." if AUROC in whole else ""
    caption = f"What each threshold of the probability of an answer would let pass; chance is dotted.{area}"
    yield _figure("Refusing (ROC)", plot, caption)


def _reliability(run: RunResult, whole: Mapping[str, float]) -> Iterator[str]:
    if not run.reliability:
        return
    bins = [(one.confidence, one.accuracy, one.n) for one in run.reliability]
    error = whole.get(ECE)
    plot = reliability_plot(bins, x="evidence probability", y="share that does help", title="Reliability")
    note = "" if error is None else f" Expected calibration error {error:.3f}."
    yield _figure("Reliability", plot, f"On the dotted line a probability means what it says.{note}")


def _latency(run: RunResult) -> Iterator[str]:
    if not run.latency_ms:
        return
    bars = [Bar(stage, p.p50, p.p95) for stage, p in run.latency_ms.items()]
    plot = bar_plot(bars, x="milliseconds: median / 95th percentile", title="Latency by stage")
    at_once = "One question at a time." if run.workers == 1 else f"{run.workers} questions at a time."
    yield _figure("Latency by stage", plot, at_once)


def _figure(title: str, plot: str, caption: str) -> str:
    return f"<figure><h2>{escape(title)}</h2>{plot}<figcaption>{escape(caption)}</figcaption></figure>"


def _table(sheet: Sheet) -> str:
    head = "".join(f"<th>{escape(name).replace('.', '.<wbr>')}</th>" for name in sheet.header)
    rows = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in sheet.rows)
    return (
        f"<section><h2>{escape(sheet.title)}</h2><div class='scroll'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _cell(value: str) -> str:
    kind = ' class="number"' if _NUMBER.fullmatch(value) else ""
    return f"<td{kind}>{escape(value)}</td>"


def _worst(run: RunResult) -> Iterator[str]:
    shown = worst(run)
    if not shown:
        return
    yield f"<section><h2>The worst {len(shown)} questions</h2>"
    yield from (_question(number, result) for number, result in enumerate(shown, start=1))
    yield "</section>"


def _question(number: int, result: CaseResult) -> str:
    quotes = "".join(f"<li>{escape(quote)}</li>" for quote in result.quotes) or _NONE
    expected = (
        "a refusal: the articles do not answer this" if result.unanswerable else "; ".join(result.expected)
    )
    wrong = result.error or (ROOMS[result.diagnosis] if result.diagnosis else "")
    about = " · ".join(
        part for part in (result.set_name, result.case_id, result.type, result.language) if part
    )
    label = (result.diagnosis or "error").replace("_", " ")
    surest = "" if result.answerable is None else f", probability of an answer {result.answerable:.2f}"
    facts: Sequence[tuple[str, str]] = (
        ("expected", escape(expected or "not known")),
        ("answer", escape(as_given(result))),
        ("cited", f"<ol>{quotes}</ol>"),
        ("what went wrong", escape(wrong + surest)),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return (
        f"<article class='question'><h3>{number}. {escape(result.question)}</h3>"
        f"<p class='about'><span class='tag'>{escape(label)}</span> {escape(about)}</p>"
        f"<dl>{rows}</dl></article>"
    )


def _answers_in_full(answers: Sequence[FullAnswer]) -> Iterator[str]:
    if not answers:
        return
    yield f"<section><h2>Answers in full</h2><p>{escape(grades_line(answers))}</p>"
    yield from (_in_full(number, answer) for number, answer in enumerate(answers, start=1))
    yield "</section>"


def _in_full(number: int, answer: FullAnswer) -> str:
    cited = "".join(f"<li>{_kind(item.is_gold)}{escape(item.quote)}</li>" for item in answer.cited)
    gold = "".join(
        f"<li>{_tag('cited' if item.is_cited else 'missed', item.is_cited)}{escape(item.quote)}</li>"
        for item in answer.gold
    )
    facts = [
        ("reference", "<br>".join(escape(text) for text in references_of(answer))),
        ("answer", escape(answer.answer)),
        ("cited", f"<ol>{cited or _NONE}</ol>"),
        *([("gold evidence", f"<ul>{gold}</ul>")] if gold else []),
        ("verdict", escape(verdict_line(answer))),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    about = " · ".join(part for part in (answer.set_name, answer.case_id, answer.type) if part)
    return (
        f"<article class='question'><h3>{number}. {escape(answer.question)}</h3>"
        f"<p class='about'>{escape(about)}</p><dl>{rows}</dl></article>"
    )


def _kind(is_gold: bool | None) -> str:
    return "" if is_gold is None else _tag("gold" if is_gold else "not gold", is_gold)


def _tag(name: str, good: bool) -> str:
    return f"<span class='tag{' fine' if good else ''}'>{name}</span> "


def _made_with(report: Report) -> str:
    made, run = report.environment, report.run
    facts = {
        "set": f"{run.set_name}, sha256 {run.set_sha256}",
        "sample and seed": f"{run.sample or 'all'}, {run.seed}",
        **{name: str(value) for name, value in run.system.items()},
        "python": made.python,
        "machine": f"{made.platform}, {made.cpus} processors",
        "libraries": ", ".join(f"{name} {number}" for name, number in made.libraries.items()),
        "report": f"format {report.format}, made {report.created_at}",
    }
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return f"<section><h2>Made with</h2><dl class='facts'>{rows}</dl></section>"

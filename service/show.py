"""What the command line shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from index.types import ArticleSummary, IndexState
from rag.types import Answer, Citation
from service.ingest import Refusal, Summary

REASONS = {
    "no_evidence": "The articles do not answer this.",
    "outside_filters": "No article lies inside the filters.",
    "empty_library": "The library is empty: add articles with `groundwire add PATH`.",
    "unsupported_draft": "A draft was written, but its sources do not support it.",
}

_FEW = 5
"""Articles that are named one by one: more than these nobody reads."""

_CONTROLS = {code: "\ufffd" for code in (*range(9), *range(11, 32), *range(127, 160))}


def plain(text: str, style: str = "") -> Text:
    """Give a text for the terminal; nothing that an article holds can steer it."""
    return Text(text.translate(_CONTROLS), style=style)


def answer(result: Answer, console: Console) -> None:
    """Print an answer with its numbered sources, or why there is none with the nearest passages."""
    if result.statements:
        console.print(plain(result.text))
        for part in result.parts if result.status == "partial" else ():
            if part.status == "abstained":
                console.print(plain(f"Not answered: {part.question}", style="bold"))
        console.print()
        console.print(plain("Sources", style="bold"))
        for citation in result.citations:
            _source(citation, console)
    else:
        console.print(plain(f"{REASONS[result.reason or 'no_evidence']}{_dates(result)}", style="bold"))
        for passage in result.hits[:3]:
            found = passage.hit.passage
            console.print(
                plain(f"  nearest: {found.title} ({found.source}): {found.text[:160]}…", style="dim")
            )
    console.print(
        plain(
            f"{result.status} from change {result.index.seq} in {result.timings.total:.0f} ms by "
            f"{result.models.generator}, {result.models.evidence}",
            style="dim",
        )
    )


def _dates(result: Answer) -> str:
    """Tell what dates were read out of a question, or asked for, where no article is of them."""
    filters = result.applied_filters
    if result.reason != "outside_filters" or not (filters.published_after or filters.published_before):
        return ""
    return (
        f" They ask for {filters.published_after or 'any day'} to {filters.published_before or 'today'}: "
        "widen them, or ask without a time."
    )


def _source(citation: Citation, console: Console) -> None:
    about = ", ".join(part for part in (citation.source, citation.published_at, citation.section) if part)
    console.print(plain(f" [{citation.n}] {citation.title} ({about})"))
    console.print(
        plain(
            f"     “{citation.quote}” {citation.article_id} v{citation.version} "
            f"characters {citation.char_start}–{citation.char_end}",
            style="dim",
        )
    )


def summary(done: Mapping[str, Any], console: Console) -> None:
    """Print what became of many articles (as `summary_out` gives it): the counts, a table of the reasons, and
    each refusal.
    """
    refusals = [Refusal(**refusal) for refusal in done["refused"]]
    console.print(
        f"{done['added']} added, {done['updated']} updated, "
        f"{done['unchanged']} unchanged, {done['refused_total']} refused",
        highlight=False,
    )
    changed = [article for article in done["articles"] if article["status"] != "unchanged"]
    for article in changed if len(changed) <= _FEW else ():
        console.print(plain(f"  {article['status']} {article['id']}"))
    if len(refusals) > 1:
        table = Table(show_edge=False, box=None, pad_edge=False)
        table.add_column("reason")
        table.add_column("refused", justify="right")
        for reason, count in Counter(refusal.reason for refusal in refusals).most_common():
            table.add_row(reason, str(count))
        console.print(table)
    for refusal in refusals:
        # What is wrong with a field names the field; which document it stands in comes before it.
        where = "" if refusal.detail.startswith(f"{refusal.name}: ") else f"{refusal.name}: "
        console.print(plain(f"  refused ({refusal.reason}): {where}{refusal.detail}"))
    if done["refused_total"] > len(refusals):
        console.print(f"  and {done['refused_total'] - len(refusals)} more", highlight=False)


def articles(items: Sequence[ArticleSummary], total: int, following: int | None, console: Console) -> None:
    """Print a page of the list of articles, two lines each: the id to copy and what is known, the title."""
    for item in items:
        about = [item.published_at or "no date", item.language, item.source or "no source"]
        about += [f"version {item.version}", f"{item.passages} passages"]
        teaser = " (teaser)" if item.kind == "teaser" else ""
        console.print(plain(f"{item.article_id}  {', '.join(about)}", style="dim"), soft_wrap=True)
        console.print(plain(f"    {item.title}{teaser}"), soft_wrap=True)
    more = f"; more with --after {following}" if following is not None else ""
    console.print(f"{len(items)} of {total} articles{more}", highlight=False)


def status(state: IndexState, data: Path, writer: str, console: Console, droppable: int = 0) -> None:
    """Print the state of the library; `droppable` bytes are of vectors in spaces that it left."""
    rows = {
        "data": str(data),
        "articles": f"{state.articles} ({state.versions} versions)",
        "passages": str(state.passages),
        "questions": f"{state.questions} from Q&A sections, for evaluation only",
        "last change": f"{state.seq}, {state.indexed_through or 'never'}",
        "dense cache": _cache(state.dense_seq, state.seq),
        "lexical cache": _cache(state.lexical_seq, state.seq),
        "space": state.space,
        "writer": f"process {writer}" if writer else "none other than this command",
    }
    if droppable:
        rows["left spaces"] = (
            f"at most {droppable / 2**20:.1f} MiB; `groundwire rebuild --drop-old-spaces` frees them"
        )
    rows |= {"degraded": "; ".join(state.degraded)} if state.degraded else {}
    for name, value in rows.items():
        console.print(plain(f"{name:<14} {value}"))


def _cache(cache: int, seq: int) -> str:
    return "up to date" if cache == seq else f"at change {cache} of {seq}"


@contextmanager
def progress(what: str, *, hidden: bool) -> Iterator[Callable[[Summary], None]]:
    """Show on standard error how far the adding of articles is, and when it will be done."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(
        *columns, console=console, transient=True, disable=hidden or not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None)

        def tell(state: Summary) -> None:
            bar.update(
                task,
                description=f"{what}: {state.seen} done, {state.refused} refused",
                total=state.work or None,
                completed=min(state.work_done, state.work),
            )

        yield tell


@contextmanager
def bar(what: str, *, hidden: bool = False) -> Iterator[Callable[[float], None]]:
    """Show how far work is, as a share from 0 to 1, while the block runs; nothing where nobody looks on."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    shown = console.is_terminal and not hidden
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda fraction: progress.update(task, completed=fraction)

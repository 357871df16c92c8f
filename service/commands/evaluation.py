"""`groundwire eval`: run, compare, gate and list evaluations."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from index.errors import InvalidInputError
from service.commands.opened import opened_engine
from service.settings import read_settings

if TYPE_CHECKING:
    from service.evaluation import RunOptions
    from service.system import Oracle

EXIT_RED = 4

evaluations = typer.Typer(help="Run, compare and gate evaluations.", no_args_is_help=True)


class Gold(StrEnum):
    """What gold stands in for in an oracle run."""

    passages = "passages"
    evidence = "evidence"
    parts = "parts"


Workers = Annotated[int, typer.Option(min=1, max=64, help="Questions asked at a time.")]
Articles = Annotated[
    int | None,
    typer.Option(min=1, help="Search so many of a set's articles: those its questions need, and others."),
]
Seed = Annotated[int, typer.Option(help="Seed of samples, intervals and tests.")]


@evaluations.command("run")
def run(
    data: Annotated[
        Path | None,
        typer.Option(help="A set: a folder (own or BEIR layout), or a file (RAGChecker, feedback)."),
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Take only so many questions.")] = None,
    articles: Articles = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="File of the JSON report.")] = None,
    skip_faulty: Annotated[bool, typer.Option(help="Leave out faulty rows, counted.")] = False,
    oracle: Annotated[Gold | None, typer.Option(help="Answer from gold instead of a stage.")] = None,
    workers: Workers = 1,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was stopped.")] = True,
    printed: Annotated[int, typer.Option("--print", min=0, help="Answers to print in full.")] = 0,
    verdicts: Annotated[Path | None, typer.Option(help="Readers' verdicts on answers.")] = None,
) -> None:
    """Run an evaluation set: the questions of the library's articles, or those of a folder."""
    from eval.full_answers import in_full
    from eval.report import show
    from eval.verdicts import load_verdicts
    from service.evaluation import (
        RunOptions,
        evaluate,
        is_own_corpus,
        library_set,
        load_set,
        report_path,
        save,
        set_engine,
        wanted_articles,
    )

    settings = read_settings()
    options = RunOptions(sample, seed, workers, oracle.value if oracle else "", resume, articles)
    own_articles = 0
    judged = load_verdicts(verdicts) if verdicts is not None else ()
    with _bar() as stage, ExitStack() as open_while_asking:
        if data is not None and is_own_corpus(data):
            question_set = load_set(data, skip_faulty=skip_faulty)
            corpus = wanted_articles(data, question_set, options)
            own_articles = corpus.size
            loading = stage("loading articles")
            engine = open_while_asking.enter_context(set_engine(data, settings, loading, corpus.wanted))
        elif articles is not None:
            raise InvalidInputError(
                "articles", "is for a set that brings its own.", "Name a folder with --data, or leave it out."
            )
        else:
            engine = open_while_asking.enter_context(opened_engine(settings))
            question_set = (
                load_set(data, skip_faulty=skip_faulty, engine=engine)
                if data is not None
                else library_set(engine)
            )
        report = evaluate(
            question_set, engine, settings, options, stage("asking"), articles_in_set=own_articles
        )
    answers = in_full(report.run, question_set.cases, printed, judged)
    report = replace(report, in_full=answers)
    files = save(report, out or report_path(question_set, settings))
    show(report, Console())
    Console().print(f"report: {files[0]}, beside it .md and .html", highlight=False, soft_wrap=True)


@evaluations.command("table")
def table(
    data: Annotated[Path, typer.Argument(help="Folder of sets, a folder each.")],
    out: Annotated[Path, typer.Option(help="Markdown file of the table.")],
    reports: Annotated[Path | None, typer.Option(help="Folder of the sets' reports.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Run only this set; can be given again.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Take only so many questions of each.")] = None,
    articles: Articles = None,
    oracle: Annotated[
        list[Gold] | None, typer.Option(help="A further row of each set, from gold; can be given again.")
    ] = None,
    seed: Seed = 0,
    workers: Workers = 1,
) -> None:
    """Run every set of a folder into one table; sets whose report is there are not run again."""
    from eval.report import write_text
    from eval.results import NotRun, results_markdown
    from service.evaluation import RunOptions
    from service.evaluation_table import run_sets, sets_below

    settings = read_settings()
    place = reports or settings.data / "evaluations" / "table"
    options = RunOptions(sample, seed, workers, articles=articles)
    oracles: list[Oracle] = [gold.value for gold in oracle or ()]
    command = _table_command(data, out, only or (), options, oracles)
    chosen, present = sets_below(data, only or ()), sets_below(data, ())
    left_out = [NotRun(path.name, "not named") for path in present if path not in chosen]
    done, missed = [], []
    with _bar() as stage:
        for path, outcome in run_sets(chosen, settings, options, oracles, place, stage):
            if isinstance(outcome, NotRun):
                missed.append(outcome)
                typer.echo(f"{outcome.name} was not run: {outcome.reason}", err=True)
            else:
                done.append(outcome)
            to_come = [NotRun(later.name, "not yet") for later in chosen[chosen.index(path) + 1 :]]
            write_text(out, results_markdown(done, command, [*missed, *to_come, *left_out]))
    typer.echo(f"{len(done)} rows in {out}, their reports in {place}")
    if any(one.failed for one in missed):
        raise typer.Exit(1)


def _table_command(
    data: Path, out: Path, only: Sequence[str], options: RunOptions, oracles: Sequence[Oracle]
) -> str:
    """Give the command that makes a table again; of an absolute path, which is one machine's, the end."""
    given = [*(("--only", name) for name in only), *(("--oracle", name) for name in oracles)]
    limits = {
        "--sample": options.sample,
        "--articles": options.articles,
        "--seed": options.seed or None,
        "--workers": options.workers if options.workers > 1 else None,
    }
    given += [(name, str(value)) for name, value in limits.items() if value is not None]
    words = ["groundwire", "eval", "table", _shown(data), "--out", _shown(out)]
    return shlex.join([*words, *(word for pair in given for word in pair)])


def _shown(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)


@evaluations.command("compare")
def compare(
    before: Annotated[Path, typer.Argument(help="JSON report of the run before.")],
    after: Annotated[Path, typer.Argument(help="JSON report of the run after.")],
    seed: Seed = 0,
) -> None:
    """Tell in which metrics two runs over the same questions differ, and which questions moved."""
    from eval.compare import compare_runs
    from eval.compare_show import show_comparison
    from eval.report import load_report

    old, new = load_report(before), load_report(after)
    if old.run.set_sha256 != new.run.set_sha256:
        typer.echo("the two runs are of different question sets; questions of one id are taken for the same")
    show_comparison(compare_runs(old.run, new.run, seed=seed), Console(), old.run.results, new.run.results)


@evaluations.command("list")
def listed() -> None:
    """List the reports of the data folder, the newest last."""
    from eval.sheets import headline
    from service.evaluation import reports_in

    for path, report in reports_in(read_settings()):
        typer.echo(f"{path}\n  {headline(report.run)}")


@evaluations.command("gate")
def gate(
    baseline: Annotated[
        Path | None,
        typer.Option(help="Scores to hold against; those that ship with the program if not given."),
    ] = None,
    accept: Annotated[bool, typer.Option(help="Make this run the new baseline.")] = False,
    out: Annotated[Path | None, typer.Option(help="File of the JSON report, if one is wanted.")] = None,
    workers: Workers = 1,
) -> None:
    """Run the small fixed set; exit status 4 where it is worse than the baseline."""
    from eval.compare_show import show_gate
    from eval.fixed import BASELINE
    from eval.gate import baseline_of, held_against, load_baseline, save_baseline
    from service.evaluation import save
    from service.fixed import run_fixed

    place = baseline or BASELINE
    held = None if accept else load_baseline(place)
    with _bar() as stage:
        report = run_fixed(read_settings(), stage("asking the fixed set"), workers=workers)
    if out is not None:
        save(report, out)
    if held is None:
        save_baseline(baseline_of(report.run), place)
        typer.echo(f"{len(report.run.results)} questions are the baseline now: {place}")
        return
    result = held_against(report.run, held)
    show_gate(result, Console())
    if not result.green:
        raise typer.Exit(EXIT_RED)


@contextmanager
def _bar() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Show a bar on standard error; gives a function that begins a stage and tells how far it is."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def stage(what: str) -> Callable[[int, int], None]:
            bar.reset(task, description=what, total=None)
            return lambda done, total: bar.update(task, completed=done, total=total or None)

        yield stage

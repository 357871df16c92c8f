"""`groundwire add`: files, folders, patterns, JSON Lines, pages and feeds into the library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from service import show
from service.commands.opened import opened_engine
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from service.engine import Engine

EXIT_REFUSED = 3


def add(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|URL…",
            help="Files, folders, patterns, JSON Lines (.jsonl, .jsonl.gz), pages, feeds.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Add articles; tells what was added, updated, unchanged and refused (then the exit status is 3).

    Where the service runs it does the work as a job, and this command follows it.
    """
    settings = read_settings()
    with opened_engine(settings) as engine:
        add_here = _stored if engine.library.writable else _handed_over
        done = add_here(sources, engine, settings, hidden=as_json)
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
    else:
        show.summary(done, Console())
    if done["refused_total"]:
        raise typer.Exit(EXIT_REFUSED)


def _stored(sources: list[str], engine: Engine, settings: Settings, *, hidden: bool) -> dict[str, Any]:
    from service.fetch import Fetcher
    from service.ingest import add_sources
    from service.remote import Reader
    from service.wire import summary_out

    reader = Reader(Fetcher(settings.fetch_hosts))
    with show.progress("adding articles", hidden=hidden) as tell:
        return summary_out(add_sources(sources, engine.library, reader, tell))


def _handed_over(sources: list[str], engine: Engine, settings: Settings, *, hidden: bool) -> dict[str, Any]:
    from service.adding import KIND, add_params
    from service.commands.handing import handed_over

    with show.bar("adding articles", hidden=hidden) as tell:
        return handed_over(settings, KIND, add_params(sources), tell)

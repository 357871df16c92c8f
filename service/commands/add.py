"""`groundwire add`: files, folders, patterns, JSON Lines, pages and feeds into the library."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from service import show
from service.commands.opened import opened_engine
from service.commands.writing import require_writer
from service.settings import read_settings

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
    """Add articles; tells what was added, updated, unchanged and refused (then the exit status is 3)."""
    from service.fetch import Fetcher
    from service.ingest import add_sources
    from service.remote import Reader
    from service.wire import summary_out

    settings = read_settings()
    reader = Reader(Fetcher(settings.fetch_hosts))
    with opened_engine(settings) as engine:
        require_writer(engine)
        with show.progress("adding articles", hidden=as_json) as tell:
            summary = add_sources(sources, engine.library, reader, tell)
    if as_json:
        typer.echo(json.dumps(summary_out(summary), ensure_ascii=False))
    else:
        show.summary(summary, Console())
    if summary.refused:
        raise typer.Exit(EXIT_REFUSED)

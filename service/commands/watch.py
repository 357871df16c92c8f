"""`groundwire watch`: folders and feeds, until it is told to stop."""

from __future__ import annotations

import json
import signal
from threading import Event
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from service.commands.opened import opened_engine
from service.commands.writing import require_writer
from service.ingest import Summary
from service.settings import read_settings
from service.show import plain


def watch(
    sources: Annotated[
        list[str], typer.Argument(metavar="DIR|FEED…", help="Folders and addresses of feeds.")
    ],
    every: Annotated[float, typer.Option(min=1, help="Minutes between two looks at a feed.")] = 15,
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove the articles of files that are gone; else they stay.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Look at everything once and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each change.")] = False,
) -> None:
    """Keep the library current with folders and feeds; Ctrl+C ends it."""
    from service.fetch import Fetcher
    from service.remote import Reader, is_url
    from service.watch import STATE_FILE, Watcher, checked_folder

    settings = read_settings()
    folders = [checked_folder(name) for name in sources if not is_url(name)]
    with opened_engine(settings) as engine:
        require_writer(engine)
        watcher = Watcher(
            library=engine.library,
            reader=Reader(Fetcher(settings.fetch_hosts)),
            state_path=settings.data / STATE_FILE,
            folders=folders,
            feeds=[name for name in sources if is_url(name)],
            forget=forget,
            feed_seconds=every * 60,
            tell=_json_line if as_json else _line,
        )
        if once:
            watcher.look_through()
        else:
            watcher.run(_stopped_by_signals())


def _stopped_by_signals() -> Event:
    """Give an event that Ctrl+C or a polite end of the process sets; what is being stored is finished."""
    stop = Event()

    def set_it(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, set_it)
    signal.signal(signal.SIGTERM, set_it)
    return stop


def _line(what: str, summary: Summary) -> None:
    counts = f"{summary.added} added, {summary.updated} updated, {summary.refused} refused"
    Console().print(plain(f"{what}: {counts}"))
    for refusal in summary.refusals:
        Console(stderr=True).print(plain(f"  refused ({refusal.reason}): {refusal.detail}"))


def _json_line(what: str, summary: Summary) -> None:
    from service.wire import summary_out

    typer.echo(json.dumps({"from": what, **summary_out(summary)}, ensure_ascii=False))

"""The command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from index.errors import GroundwireError, InvalidInputError, StoreLockedError, StoreVersionError
from service import show
from service.commands import library, verdicts
from service.commands.add import add
from service.commands.evaluation import evaluations
from service.commands.opened import opened_engine as _engine
from service.commands.watch import watch
from service.settings import read_settings, settings_in_force

EXIT_INVALID = 2
EXIT_LOCKED = 75
EXIT_NEWER = 78
EXIT_PIPE = 141
"""What a shell sees of a program that SIGPIPE ended."""

app = typer.Typer(
    help="Answers over a library of news articles; every sentence is cited to exact characters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(evaluations, name="eval")
verdicts.register(evaluations)
app.command()(add)
app.command()(watch)
library.register(app)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def main() -> None:
    """Run the command line; errors that users can mend end as one line and an exit status.

    Where nobody reads the output any more (`| head`) it ends quietly, with the status of a closed pipe.
    """
    try:
        _run()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError) or not _flushed():
            # What is still buffered would be complained of when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.exit(EXIT_PIPE)
        raise


def _run() -> None:
    try:
        app()
    except StoreVersionError as error:
        _fail(str(error), EXIT_NEWER)
    except StoreLockedError as error:
        _fail(str(error), EXIT_LOCKED)
    except InvalidInputError as error:
        _fail(str(error), EXIT_INVALID)
    except GroundwireError as error:
        _fail(str(error), 1)


def _flushed() -> bool:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return False
    return True


def _fail(message: str, status: int) -> None:
    Console(stderr=True).print(Text("error ", style="bold red"), show.plain(message), sep="")
    sys.exit(status)


@app.callback()
def options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
) -> None:
    """Set up logging."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    for name in ("index", "rag", "service", "eval"):
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    top_k: Annotated[int, typer.Option(help="Passages to read.")] = 8,
    as_of: Annotated[str, typer.Option(help="The day that `last week` counts from; today by default.")] = "",
    published_after: Annotated[
        str, typer.Option(help="Read only what was published on this day or later.")
    ] = "",
    published_before: Annotated[str, typer.Option(help="Read only what was published until this day.")] = "",
    as_json: Json = False,
) -> None:
    """Answer a question with numbered sources."""
    from index.types import Filters
    from rag.types import Question
    from rag.understand import checked_question
    from service.wire import answer_out

    checked_question(question)
    with _engine(read_settings()) as engine:
        filters = Filters(published_after=published_after, published_before=published_before)
        answer = engine.answer(Question(question, filters=filters, as_of=as_of, top_k=top_k))
    if as_json:
        typer.echo(json.dumps(answer_out(answer), ensure_ascii=False, indent=2))
    else:
        show.answer(answer, Console())


@app.command()
def remove(article_id: Annotated[str, typer.Argument(help="Id of the article.")]) -> None:
    """Remove an article with all its versions; where the service runs it is asked to."""
    from service.commands.handing import handed_over

    settings = read_settings()
    with _engine(settings) as engine:
        if engine.library.writable:
            seq = engine.library.delete(article_id)
        else:
            seq = handed_over(settings, "delete", {"id": article_id}, lambda fraction: None)["seq"]
    typer.echo(f"removed {article_id}; no answer uses it from change {seq} on")


@app.command()
def articles(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    after: Annotated[int, typer.Option(min=0, help="Where the page before ended.")] = 0,
    as_json: Json = False,
) -> None:
    """List the articles of the library."""
    from index.types import Filters
    from service.wire import listed_out

    with _engine(read_settings()) as engine:
        items, total, following = engine.library.catalog.articles(Filters(), limit=limit, after=after)
    if as_json:
        body = {"items": [listed_out(item) for item in items], "total": total, "next": following}
        typer.echo(json.dumps(body, ensure_ascii=False))
    else:
        show.articles(items, total, following, Console())


@app.command()
def status(as_json: Json = False) -> None:
    """Tell what the library holds and what its caches reflect."""
    from dataclasses import asdict

    from index.lock import lock_holder

    settings = read_settings()
    with _engine(settings) as engine:
        state = engine.library.state()
        writable = engine.library.writable
        left = [space.id for space in engine.library.catalog.left_spaces()]
        droppable = engine.library.catalog.droppable_bytes()
    if as_json:
        facts = {"left_spaces": left, "droppable_bytes": droppable}
        typer.echo(json.dumps({**asdict(state), **facts, "data": str(settings.data), "writable": writable}))
    else:
        writer = "" if writable else lock_holder(settings.data)
        show.status(state, settings.data, writer, Console(), droppable)


@app.command()
def serve() -> None:
    """Serve the HTTP interface and the web pages."""
    from service.server import run

    settings = read_settings()
    run(settings, Console(stderr=True))


@app.command()
def config() -> None:
    """Show the settings in force and where each value came from."""
    table = Table(show_edge=False, box=None, pad_edge=False)
    for heading in ("setting", "value", "from", "what it is"):
        table.add_column(heading, overflow="fold")
    for setting in settings_in_force(read_settings()):
        table.add_row(setting.name, Text(setting.value), setting.origin, setting.description)
    Console().print(table)

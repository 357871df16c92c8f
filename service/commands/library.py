"""`groundwire verify`, `rebuild`, `backup`, `restore`: a library proved, repaired, kept and put back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service import show
from service.settings import read_settings

EXIT_FAULTY = 1

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (verify, rebuild, backup, restore):
        app.command()(command)


def verify(
    sample: Annotated[int, typer.Option(min=0, help="Passages to embed anew; 0 loads no model.")] = 64,
    as_json: Json = False,
) -> None:
    """Prove that catalog and caches agree; says what is wrong and what repairs it.

    Ends with status 1 where anything is wrong. May run while the service does.
    """
    from index.verify import REMEDIES
    from index.verify import verify as verify_library
    from service.engine import load_library_embedder

    settings = read_settings()
    embedder = load_library_embedder(settings) if sample else None
    console = Console(stderr=True)
    verdict = verify_library(
        settings.data,
        embedder,
        sample=sample,
        progress=lambda what: None if as_json else console.print(f"checking {what} …", style="dim"),
    )
    if as_json:
        body = {"whole": not verdict.faults, **asdict(verdict)}
        typer.echo(json.dumps(body, ensure_ascii=False))
    else:
        counts = ", ".join(f"{count} {what}" for what, count in verdict.checked.items())
        Console().print(f"checked {counts}", highlight=False)
        for fault in verdict.faults:
            Console().print(Text(f"  {fault.what}: {REMEDIES[fault.repair]}"))
        Console().print("the library is whole" if not verdict.faults else f"faults: {len(verdict.faults)}")
    if verdict.faults:
        raise typer.Exit(EXIT_FAULTY)


def rebuild(
    embedder: Annotated[str, typer.Option(help="Move the library to this model's space.")] = "",
    back: Annotated[bool, typer.Option(help="Move it back to the space that it left last.")] = False,
    drop_old_spaces: Annotated[
        bool,
        typer.Option("--drop-old-spaces", help="Remove the vectors of every space but the one in use."),
    ] = False,
) -> None:
    """Make damaged vectors and both caches again, beside those in use; or move to another model.

    Where the service runs it does the work as a job, and this command follows it.
    """
    from service.commands.handing import handed_over
    from service.engine import open_engine
    from service.rebuilding import rebuild_params, run_rebuild

    settings = read_settings()
    engine = open_engine(settings)
    try:
        params = rebuild_params(engine.library, embedder, back=back, drop_old_spaces=drop_old_spaces)
        with show.bar("rebuilding") as progress:
            if engine.library.writable:
                result = run_rebuild(engine.library, params, progress)
            else:
                result = handed_over(settings, "rebuild", params, progress, remembered=True)
    finally:
        engine.close()
    Console().print(", ".join(f"{name} {value}" for name, value in result.items()), highlight=False)


def backup(target: Annotated[Path, typer.Argument(help="Folder that the backup makes.")]) -> None:
    """Write the library into a new folder, in one consistent state; the service may go on."""
    from index.backup import back_up
    from service.store import FILE_NAME

    back_up(read_settings().data, target, (FILE_NAME,))
    Console().print(f"the library is in {target}", highlight=False)


def restore(source: Annotated[Path, typer.Argument(help="Folder that `groundwire backup` made.")]) -> None:
    """Put a backup in the place of the library; what stood there is kept beside it."""
    from index.backup import restore as put_back

    settings = read_settings()
    kept = put_back(source, settings.data)
    Console().print(f"{settings.data} is as it was when {source} was taken", highlight=False)
    if kept is not None:
        Console().print(f"what stood there before is in {kept}", highlight=False)

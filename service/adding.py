"""`groundwire add` as a job of the service: for when a command finds that the service writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from glob import escape
from pathlib import Path
from typing import Any

from index.library import Library
from service.changes import refusable
from service.fetch import Fetcher
from service.ingest import Summary, add_sources
from service.jobs import JobKind, JobRun
from service.remote import Reader, is_url
from service.wire import summary_out

KIND = "add"


def add_kind(library: Library, fetch_hosts: tuple[str, ...]) -> JobKind:
    """Give the job that stores the articles of files, folders and addresses on this machine.

    Only a command of the same data folder queues it; no request can name a file.
    """
    return JobKind(KIND, partial(refusable, partial(_add, library, fetch_hosts)), resumable=True)


def add_params(sources: Sequence[str]) -> dict[str, list[str]]:
    """Give the job's parameters: the service runs in another folder, so that paths must be whole.

    A name can be a pattern; what stands before it is none, whatever this folder is called.
    """
    here = Path(escape(str(Path.cwd())))
    return {
        "sources": [
            name if is_url(name) else str(Path(name).absolute() if Path(name).exists() else here / name)
            for name in sources
        ]
    }


def _add(library: Library, fetch_hosts: tuple[str, ...], run: JobRun) -> Mapping[str, Any]:
    def tell(summary: Summary) -> None:
        run.progress(summary.work_done / (summary.work or 1))

    return summary_out(add_sources(run.params["sources"], library, Reader(Fetcher(fetch_hosts)), tell))

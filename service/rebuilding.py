"""Rebuilding as a job: vectors and caches made again, or the library moved into another space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from index.embed import Embedder, load_embedder
from index.errors import NotFoundError
from index.library import Library
from index.reembed import rebuild, reembed
from service.gate import retrieval_gate
from service.jobs import JobKind, JobRun

Json = dict[str, Any]


def rebuild_kind(library: Library, load: Callable[[str], Embedder] = load_embedder) -> JobKind:
    """Give the job that rebuilds a library; `embedder` in its parameters moves it to that model's space."""

    def run(job: JobRun) -> Json:
        return run_rebuild(library, job.params, job.progress, load)

    return JobKind("rebuild", run, resumable=True)


def rebuild_params(library: Library, embedder: str, *, back: bool) -> Json:
    """Give the parameters of a rebuild; `back` names the model of the space that was left last.

    Raises `NotFoundError` where no space was ever left.
    """
    if not back:
        return {"embedder": embedder}
    left = library.catalog.left_space()
    if left is None:
        raise NotFoundError(
            "The library was never in another space, so there is no way back. Name an embedder."
        )
    return {"embedder": left.model}


def run_rebuild(
    library: Library,
    params: Mapping[str, Any],
    progress: Callable[[float], None],
    load: Callable[[str], Embedder] = load_embedder,
) -> Json:
    """Rebuild a library as the parameters say; gives what was done."""
    if params["embedder"]:
        return asdict(reembed(library, load(params["embedder"]), retrieval_gate, progress))
    embedded = rebuild(library, progress)
    return {"embedded": embedded, "seq": library.snapshot().seq}

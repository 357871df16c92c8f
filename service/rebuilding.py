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


def rebuild_params(library: Library, embedder: str, *, back: bool, drop_old_spaces: bool = False) -> Json:
    """Give the parameters of a rebuild; `back` names the model of the space that was left last.

    Raises `NotFoundError` where no space was left, or none whose vectors are still there.
    """
    if back:
        left = library.catalog.left_spaces()
        if not left:
            raise NotFoundError(
                "There are no vectors of another space, so there is no way back. Name an embedder."
            )
        embedder = left[0].model
    return {"embedder": embedder, "drop_old_spaces": drop_old_spaces}


def run_rebuild(
    library: Library,
    params: Mapping[str, Any],
    progress: Callable[[float], None],
    load: Callable[[str], Embedder] = load_embedder,
) -> Json:
    """Rebuild a library as the parameters say; gives what was done."""
    drops = bool(params.get("drop_old_spaces"))
    if params["embedder"]:
        done = asdict(reembed(library, load(params["embedder"]), retrieval_gate, progress))
    elif drops:
        done = {"seq": library.snapshot().seq}
    else:
        done = {"embedded": rebuild(library, progress), "seq": library.snapshot().seq}
    if drops:
        done["dropped_vectors"] = library.catalog.drop_other_spaces(progress)
    return done

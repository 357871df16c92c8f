"""`POST /v1/index/rebuild`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from service.access import EngineDep, JobsDep, KeyedRoute
from service.rebuilding import rebuild_params
from service.routes.jobs import accepted
from service.wire import Text

router = APIRouter(route_class=KeyedRoute)


class RebuildIn(BaseModel):
    """What is to be made again: nothing named is vectors that are damaged, and both caches."""

    model_config = ConfigDict(extra="forbid")

    embedder: Annotated[Text, Field(max_length=400)] = ""
    back: bool = False
    drop_old_spaces: bool = False


@router.post("/v1/index/rebuild", status_code=202)
def rebuild(engine: EngineDep, jobs: JobsDep, body: RebuildIn | None = None) -> Response:
    """Rebuild the index beside the one in use, or move it to another model's space; gives the job.

    `drop_old_spaces` removes the vectors of every space but the one that the library is then in.
    """
    asked = body or RebuildIn()
    params = rebuild_params(
        engine.library, asked.embedder, back=asked.back, drop_old_spaces=asked.drop_old_spaces
    )
    return accepted(jobs.submit("rebuild", params))

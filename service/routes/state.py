"""What the service is and whether it works: `/v1/index`, `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from service.access import EngineDep, require_key
from service.engine import Engine
from service.metrics import ARTICLES, PASSAGES, SEQ

router = APIRouter()


@router.get("/v1/index", dependencies=[Depends(require_key)])
def index(engine: EngineDep) -> Response:
    """Tell the state of the index: counts, `seq`, `indexed_through`, space."""
    return JSONResponse(_state(engine))


@router.get("/healthz")
async def healthz() -> Response:
    """Tell that the process is alive."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
def readyz(engine: EngineDep) -> Response:
    """Tell that questions can be answered, from which index and by which models."""
    space = engine.library.embedder.space
    models = {
        "embedder": {"model": space.model, "sha256": space.fingerprint, "dimension": space.dimension},
        "evidence": {"model": engine.scorer.name},
        "generator": {"model": engine.generator.name},
    }
    state = _state(engine)
    body = {
        "status": "ready",
        "degraded": state["degraded"],
        "writable": engine.library.writable,
        "models": models,
        "index": state,
    }
    return JSONResponse(body)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(engine: EngineDep) -> Response:
    """Give metrics in Prometheus' text form."""
    state = engine.library.state()
    SEQ.set(state.seq)
    PASSAGES.set(state.passages)
    ARTICLES.set(state.articles)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _state(engine: Engine) -> dict[str, Any]:
    state = engine.library.state()
    return {**asdict(state), "dense": engine.library.snapshot().dense_leg.facts}

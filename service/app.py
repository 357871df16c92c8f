"""The HTTP service."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from service.access import KeyRing, Workers
from service.engine import Engine, UnansweredError, load_corpus_once, open_engine
from service.middleware import Envelope, SizeLimit
from service.origin import OriginGuard
from service.problems import add_handlers
from service.routes import answer, articles, chat, mcp, pages, state
from service.settings import Settings
from service.unanswered import unanswered

log = logging.getLogger(__name__)


class _State(TypedDict):
    engine: Engine


def create_app(settings: Settings, open_engine: Callable[[Settings], Engine] = open_engine) -> FastAPI:
    """Make the service of the settings; library and models are opened when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[_State]:
        engine = await run_in_threadpool(open_engine, settings)
        try:
            loaded = await run_in_threadpool(load_corpus_once, engine, settings)
            if loaded:
                log.info("loaded %d articles from %s", loaded.added, settings.corpus)
            # The first question must not wait for the model to be read.
            await run_in_threadpool(engine.library.embedder.embed_queries, ["ready"])
            yield {"engine": engine}
        finally:
            await run_in_threadpool(engine.close)

    app = FastAPI(
        title="Groundwire",
        summary="Answers over news articles, each sentence cited to exact characters.",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(Envelope),
            Middleware(OriginGuard, host=settings.host, names_only=not settings.api_keys),
            Middleware(SizeLimit, limit=settings.max_body_mib << 20),
        ],
    )
    app.state.keys = KeyRing(settings.api_keys)
    app.state.workers = Workers(settings.answers_at_once)
    add_handlers(app)
    app.add_exception_handler(UnansweredError, unanswered)
    for module in (answer, articles, chat, mcp, state, pages):
        app.include_router(module.router)
    return app

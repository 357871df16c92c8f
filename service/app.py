"""The HTTP service."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from threading import Event, Thread
from typing import TypedDict

from fastapi import FastAPI
from fastapi.concurrency import contextmanager_in_threadpool
from starlette.middleware import Middleware

from index.errors import GroundwireError, StoreNotReadyError
from service.access import KeyRing, Workers
from service.adding import add_kind
from service.answer_log import AnswerLog
from service.changes import Changes, change_kinds
from service.engine import Engine, UnansweredError, load_corpus_once, open_engine
from service.evaluation_kind import evaluation_kind
from service.job_queue import JobQueue
from service.jobs import JobKind, JobRunner, work_lock
from service.middleware import Envelope, SizeLimit
from service.openapi import DescribedApp
from service.origin import OriginGuard
from service.problems import add_handlers
from service.rebuilding import rebuild_kind
from service.routes import (
    answer,
    articles,
    chat,
    evaluations,
    feedback,
    jobs,
    mcp,
    pages,
    rebuild,
    state,
)
from service.settings import Settings, read_settings
from service.store import FILE_NAME, ServiceStore
from service.unanswered import unanswered
from service.upkeep import queued_in, upkeep_kinds
from service.uploads import Uploads

log = logging.getLogger(__name__)

_PREPARING_S = 60.0
_LOOK_EVERY_S = 0.2
_LOOK_FOR_WRITER_S = 1.0


class _State(TypedDict):
    engine: Engine
    jobs: JobQueue
    changes: Changes
    answers: AnswerLog
    workers: Workers


def create_app(settings: Settings, open_engine: Callable[[Settings], Engine] = open_engine) -> FastAPI:
    """Make the service of the settings; library and models are opened when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[_State]:
        async with contextmanager_in_threadpool(_opened(settings, open_engine)) as state:
            yield state

    app = DescribedApp(
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
    app.state.settings = settings
    app.state.keys = KeyRing(settings.api_keys)
    add_handlers(app)
    app.add_exception_handler(UnansweredError, unanswered)
    for module in (answer, articles, chat, evaluations, feedback, jobs, mcp, rebuild, state, pages):
        app.include_router(module.router)
    return app


def from_environment() -> FastAPI:
    """Make the service of the settings in the environment: what each of several workers starts with."""
    return create_app(read_settings())


def _prepared_engine(settings: Settings, open_engine: Callable[[Settings], Engine]) -> Engine:
    """Open the engine; where another worker is preparing the library, once it has done so."""
    deadline = time.monotonic() + _PREPARING_S
    while True:
        try:
            return open_engine(settings)
        except StoreNotReadyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_EVERY_S)


@contextmanager
def _opened(settings: Settings, open_engine: Callable[[Settings], Engine]) -> Iterator[_State]:
    """Hold what requests need: library, models, jobs."""
    engine = _prepared_engine(settings, open_engine)
    try:
        loaded = load_corpus_once(engine, settings)
        if loaded:
            log.info("loaded %d articles from %s", loaded.added, settings.corpus)
        # The first question must not wait for the model to be read.
        engine.library.embedder.embed_queries(["ready"])
        engine.library.check_model()
        store = ServiceStore(settings.data / FILE_NAME)
        try:
            queue = JobQueue(store)
            changes = Changes(engine.library, queue, Uploads(settings.data))
            with closing(changes), _working(queue, engine, settings):
                yield {
                    "engine": engine,
                    "jobs": queue,
                    "changes": changes,
                    "answers": AnswerLog(store),
                    "workers": Workers(settings.answers_at_once, engine.library.askers),
                }
        finally:
            store.close()
    finally:
        engine.close()


@contextmanager
def _working(queue: JobQueue, engine: Engine, settings: Settings) -> Iterator[None]:
    """Work on jobs while this process may write to the library: at once, or when the writing one has died."""
    stopping, lock = Event(), work_lock(settings.data)
    runners: list[JobRunner] = []

    def work() -> None:
        Uploads(settings.data).tidy({job.params["upload"] for job in queue.waiting("ingest")})
        runners.append(JobRunner(queue, job_kinds(engine, settings)))
        runners[0].start()
        lock.acquire()
        engine.library.upkeep.by(queued_in(queue))
        # Asks for what an opening found to be damaged.
        engine.library.snapshot()

    def work_once_alone() -> None:
        try:
            while not engine.library.take_over():
                if stopping.wait(_LOOK_FOR_WRITER_S):
                    return
        except GroundwireError as error:
            log.error("this process goes on as a reader: %s", error)
            return
        work()

    waiting = Thread(target=work_once_alone, name="writer-watch", daemon=True)
    if engine.library.writable:
        work()
    else:
        waiting.start()
    try:
        yield
    finally:
        stopping.set()
        engine.library.upkeep.stop()
        if waiting.ident is not None:
            waiting.join()
        for runner in runners:
            runner.stop()
        lock.release()


def job_kinds(engine: Engine, settings: Settings) -> list[JobKind]:
    """Give the kinds of jobs that this service works on."""
    return [
        *change_kinds(engine.library, Uploads(settings.data)),
        add_kind(engine.library, settings.fetch_hosts),
        evaluation_kind(engine, settings),
        rebuild_kind(engine.library),
        *upkeep_kinds(engine.library),
    ]

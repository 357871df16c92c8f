"""Who may call: API keys, and how many questions are worked on at once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import SecretStr

from index.courtesy import Askers
from service.answer_log import AnswerLog
from service.changes import Changes
from service.engine import Engine
from service.job_queue import JobQueue
from service.problems import BusyError

_WAIT_S = 2.0


class KeyRing:
    """The keys that may call; without any, everybody may."""

    def __init__(self, keys: tuple[SecretStr, ...]) -> None:
        self._digests = [hashlib.sha256(key.get_secret_value().encode()).digest() for key in keys]

    def admits(self, authorization: str) -> bool:
        """Tell whether an Authorization header carries one of the keys."""
        if not self._digests:
            return True
        scheme, _, key = authorization.partition(" ")
        given = hashlib.sha256(key.strip().encode()).digest()
        # Every digest is compared, so that time tells nothing of which one matched.
        matches = [hmac.compare_digest(given, digest) for digest in self._digests]
        return scheme.lower() == "bearer" and any(matches)


class Workers:
    """A bounded number of questions at work and a bounded number waiting; more are turned away.

    All that are not turned away count as `askers`.
    """

    def __init__(self, at_once: int, askers: Askers) -> None:
        self._askers = askers
        self._working = BoundedSemaphore(at_once)
        self._present = BoundedSemaphore(at_once * 5)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place while a question is worked on. Raises `BusyError` where there is none in time."""
        if not self._present.acquire(blocking=False):
            raise BusyError("Too many questions are waiting. Ask again in a moment.")
        try:
            with self._askers.asking():
                if not self._working.acquire(timeout=_WAIT_S):
                    raise BusyError("All workers are busy. Ask again in a moment.")
                try:
                    yield
                finally:
                    self._working.release()
        finally:
            self._present.release()


def require_key(request: Request) -> None:
    """Refuse a request without a valid key."""
    ring: KeyRing = request.app.state.keys
    if not ring.admits(request.headers.get("authorization", "")):
        raise HTTPException(
            401, "A key is needed. Send it as `Authorization: Bearer <key>`.", {"WWW-Authenticate": "Bearer"}
        )


class KeyedRoute(APIRoute):
    """A route that asks for a key before it reads anything of the body.

    A dependency would come too late: the body is read and parsed before dependencies are.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the route's handler with the key checked before it."""
        handle = super().get_route_handler()

        async def keyed(request: Request) -> Response:
            require_key(request)
            return await handle(request)

        return keyed


def engine_of(request: Request) -> Engine:
    """Give the engine that the app's lifespan holds."""
    engine: Engine = request.state.engine
    return engine


def workers_of(request: Request) -> Workers:
    """Give the places at work of the app."""
    workers: Workers = request.state.workers
    return workers


def jobs_of(request: Request) -> JobQueue:
    """Give the jobs of the app's data folder."""
    jobs: JobQueue = request.state.jobs
    return jobs


def changes_of(request: Request) -> Changes:
    """Give what stores and deletes articles for requests."""
    changes: Changes = request.state.changes
    return changes


def answers_of(request: Request) -> AnswerLog:
    """Give the answers that are remembered."""
    answers: AnswerLog = request.state.answers
    return answers


EngineDep = Annotated[Engine, Depends(engine_of)]
WorkersDep = Annotated[Workers, Depends(workers_of)]
JobsDep = Annotated[JobQueue, Depends(jobs_of)]
ChangesDep = Annotated[Changes, Depends(changes_of)]
AnswersDep = Annotated[AnswerLog, Depends(answers_of)]

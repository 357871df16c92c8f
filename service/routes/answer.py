"""`POST /v1/answer` and `POST /v1/search`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from threading import Event, Thread

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from rag.answer import find
from rag.types import Answer, Question, ScoredPassage, Understanding
from rag.understand import understand
from service.access import AnswersDep, EngineDep, KeyedRoute, Workers, WorkersDep
from service.answer_log import AnswerLog
from service.engine import Engine
from service.metrics import observe_answer
from service.problems import problem_of
from service.wire import (
    AnswerIn,
    SearchIn,
    answer_out,
    citation_out,
    filters_out,
    found_out,
    hit_out,
    statement_out,
)
from service.work import GoneError, placed

router = APIRouter(route_class=KeyedRoute)

HEARTBEAT_S = 15.0


@router.post("/v1/answer", responses={200: {"content": {"text/event-stream": {}}}})
async def answer(
    body: AnswerIn, request: Request, engine: EngineDep, workers: WorkersDep, answers: AnswersDep
) -> Response:
    """Answer a question, whole or as a stream of server-sent events."""
    question = body.value()
    engine.check(question)
    if not body.stream:
        return await run_in_threadpool(_whole, question, engine, workers, answers)
    understand(question)
    stream = _Stream(request, engine, answers, question, await run_in_threadpool(placed, workers))
    return StreamingResponse(
        stream.events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def _whole(question: Question, engine: Engine, workers: Workers, answers: AnswerLog) -> Response:
    with workers.place():
        result = engine.answer(question)
    observe_answer(result)
    answers.remember(result)
    return JSONResponse(answer_out(result))


@router.post("/v1/search")
def search(body: SearchIn, engine: EngineDep, workers: WorkersDep) -> Response:
    """Find passages for a question, with the score of each leg."""
    with workers.place():
        found = find(body.value(), library=engine.library, scorer=engine.scorer, aliases=engine.aliases)
    return JSONResponse(found_out(found, engine.library.embedder.space.id))


class _Stream:
    """One answer as events: the work runs in a thread of its own and ends when the client leaves.

    Made on the event loop, where the events are read. `place` is given back when the work ends.
    """

    def __init__(
        self, request: Request, engine: Engine, answers: AnswerLog, question: Question, place: ExitStack
    ) -> None:
        self._request = request
        self._engine = engine
        self._answers = answers
        self._question = question
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._gone = Event()
        Thread(target=self._work, daemon=True).start()

    async def events(self) -> AsyncIterator[bytes]:
        """Give the events as bytes, with a comment line whenever nothing was sent for a while."""
        try:
            while (event := await self._next()) is not None:
                yield event
        finally:
            self._gone.set()

    async def _next(self) -> bytes | None:
        # Waiting here and not in a thread: a client that leaves is noticed at once, and takes no thread.
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                return await self._events.get()
        except TimeoutError:
            return b": still at work\n\n"

    def _work(self) -> None:
        try:
            with self._place:
                result = self._engine.answer(self._question, self._retrieved, self._written)
            observe_answer(result)
            self._answers.remember(result)
            for name, data in _answer_events(result):
                self._tell(name, data)
        except GoneError:
            pass
        except Exception as error:
            # Nobody above this thread would hear of it: the client gets its error event, the log the trace.
            self._tell("error", json.loads(bytes(problem_of(self._request, error).body)))
        finally:
            self._tell("done", {})
            self._put(None)

    def _retrieved(self, understanding: Understanding, passages: Sequence[ScoredPassage]) -> None:
        if self._gone.is_set():
            raise GoneError
        hits = [hit_out(passage) for passage in passages]
        self._tell("retrieval", {"applied_filters": filters_out(understanding.filters), "hits": hits})

    def _written(self, text: str) -> None:
        if self._gone.is_set():
            raise GoneError
        if text and self._question.drafts:
            self._tell("delta", {"text": text})

    def _tell(self, name: str, data: object) -> None:
        self._put(f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())

    def _put(self, event: bytes | None) -> None:
        # Once the client is gone the loop may be as well.
        if not self._gone.is_set():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)


def _answer_events(result: Answer) -> Iterator[tuple[str, object]]:
    told: set[int] = set()
    for statement in result.statements:
        for number in statement.citations:
            if number not in told:
                told.add(number)
                yield "citation", citation_out(result.citations[number - 1])
        yield "statement", statement_out(statement)
    yield "final", answer_out(result)

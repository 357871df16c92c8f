"""`POST /v1/answer` and `POST /v1/search`."""

from __future__ import annotations

import json
import queue
from collections.abc import AsyncIterator, Iterator, Sequence
from threading import Event, Thread

import anyio.to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from index.errors import GroundwireError
from rag.answer import find
from rag.types import Answer, Question, ScoredPassage, Understanding
from rag.understand import understand
from service.access import EngineDep, Workers, WorkersDep, require_key
from service.engine import Engine
from service.metrics import observe_answer
from service.problems import problem
from service.wire import AnswerIn, SearchIn, answer_out, citation_out, filters_out, hit_out, statement_out

router = APIRouter(dependencies=[Depends(require_key)])

HEARTBEAT_S = 15.0


class _GoneError(Exception):
    """The client of a stream went away; raised inside the work to end it."""


@router.post("/v1/answer")
def answer(body: AnswerIn, request: Request, engine: EngineDep, workers: WorkersDep) -> Response:
    """Answer a question, whole or as a stream of server-sent events."""
    question = body.value()
    engine.check(question)
    if body.stream:
        understand(question)
        stream = _Stream(request, engine, workers, question)
        return StreamingResponse(
            stream.events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )
    with workers.place():
        result = engine.answer(question)
    observe_answer(result)
    return JSONResponse(answer_out(result))


@router.post("/v1/search")
def search(body: SearchIn, engine: EngineDep, workers: WorkersDep) -> Response:
    """Find passages for a question, with the score of each leg."""
    with workers.place():
        found = find(body.value(), library=engine.library, scorer=engine.scorer)
    return JSONResponse(
        {
            "hits": [hit_out(hit) for hit in found.passages],
            "applied_filters": filters_out(found.understanding.filters),
            "index": {
                "seq": found.snapshot.seq,
                "indexed_through": found.snapshot.changed_at,
                "space": engine.library.embedder.space.id,
            },
        }
    )


class _Stream:
    """One answer as events: the work runs in a thread of its own and ends when the client leaves."""

    def __init__(self, request: Request, engine: Engine, workers: Workers, question: Question) -> None:
        self._request = request
        self._engine = engine
        self._workers = workers
        self._question = question
        self._queue: queue.Queue[bytes | None] = queue.Queue()
        self._gone = Event()

    async def events(self) -> AsyncIterator[bytes]:
        """Give the events as bytes, with a comment line whenever nothing was sent for a while."""
        Thread(target=self._work, daemon=True).start()
        try:
            while (event := await anyio.to_thread.run_sync(self._next)) is not None:
                yield event
        finally:
            self._gone.set()

    def _next(self) -> bytes | None:
        try:
            return self._queue.get(timeout=HEARTBEAT_S)
        except queue.Empty:
            return b": still at work\n\n"

    def _work(self) -> None:
        try:
            with self._workers.place():
                result = self._engine.answer(self._question, self._retrieved)
            observe_answer(result)
            for name, data in _answer_events(result):
                self._tell(name, data)
        except _GoneError:
            pass
        except GroundwireError as error:
            self._tell("error", {"detail": str(error), "title": type(error).__name__})
        except Exception:
            # The thread is the last one to know: the client must get its error event, the log the trace.
            self._tell(
                "error",
                json.loads(bytes(problem(self._request, 500, "unexpected", "Something went wrong.").body)),
            )
            raise
        finally:
            self._tell("done", {})
            self._queue.put(None)

    def _retrieved(self, understanding: Understanding, passages: Sequence[ScoredPassage]) -> None:
        if self._gone.is_set():
            raise _GoneError
        hits = [hit_out(passage) for passage in passages]
        self._tell("retrieval", {"applied_filters": filters_out(understanding.filters), "hits": hits})

    def _tell(self, name: str, data: object) -> None:
        self._queue.put(f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())


def _answer_events(result: Answer) -> Iterator[tuple[str, object]]:
    told: set[int] = set()
    for statement in result.statements:
        for number in statement.citations:
            if number not in told:
                told.add(number)
                yield "citation", citation_out(result.citations[number - 1])
        yield "statement", statement_out(statement)
    yield "final", answer_out(result)

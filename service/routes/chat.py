"""The routes that OpenAI's clients use: `POST /v1/chat/completions` and `GET /v1/models`.

Errors of the first are in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.exceptions import HTTPException

from rag.generate.load import EXTRACTIVE
from rag.types import Question
from rag.understand import understand
from service.access import AnswersDep, EngineDep, KeyedRoute, WorkersDep
from service.completion import DONE, MODEL, Completion, CompletionIn, Content, content_of, event
from service.conversation import question_of, side_answer
from service.problems import problem_of
from service.work import Work, placed

HEARTBEAT_S = 15.0
_LEFT_POLL_S = 0.25
_CLIENT_LEFT = 499
_KEPT_HEADERS = ("retry-after", "www-authenticate")
_EXTRACTIVE_MODEL = f"{MODEL}-{EXTRACTIVE}"


class OpenAIRoute(KeyedRoute):
    """A route whose errors have OpenAI's shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the route's handler."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                return _reshaped(await _problem(request, error))

        return handled


router = APIRouter(route_class=KeyedRoute)
completions = APIRouter(route_class=OpenAIRoute)


async def _problem(request: Request, error: Exception) -> Response:
    """Give the response that the app has for an error."""
    handlers = request.app.exception_handlers
    handler = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), problem_of)
    response = handler(request, error)
    shown: Response = await response if isinstance(response, Coroutine) else response
    return shown


def _error(problem: Response) -> dict[str, Any]:
    told = json.loads(bytes(problem.body))
    kinds = {401: "authentication_error", 404: "not_found_error"}
    kind = "server_error" if problem.status_code >= 500 else "invalid_request_error"
    errors: list[dict[str, str]] = told.get("errors") or [{}]
    error = {
        "message": told["detail"],
        "type": kinds.get(problem.status_code, kind),
        "param": errors[0].get("loc"),
        "code": told["type"].rpartition(":")[2],
    }
    return {"error": error}


def _reshaped(problem: Response) -> Response:
    kept = {name: problem.headers[name] for name in _KEPT_HEADERS if name in problem.headers}
    return JSONResponse(_error(problem), problem.status_code, headers=kept)


@completions.post("/v1/chat/completions", responses={200: {"content": {"text/event-stream": {}}}})
async def complete(
    body: CompletionIn, request: Request, engine: EngineDep, workers: WorkersDep, answers: AnswersDep
) -> Response:
    """Answer the last question of a chat, whole or as a stream."""
    turns = body.turns()
    completion = Completion(body)
    aside = side_answer(turns)
    if aside is not None:
        content = Content((aside,))
        if body.stream:
            return _streamed(iterate_in_threadpool([completion.opening(), *completion.chunks(content, None)]))
        return JSONResponse(completion.whole(content, None))
    question = _by_model(body.value(question_of(turns)), body.model)
    engine.check(question)
    understand(question)
    work = Work(engine, question, await run_in_threadpool(placed, workers), answers)
    if body.stream:
        return _streamed(_events(request, completion, work))
    return await _whole(request, completion, work)


router.include_router(completions)


@router.get("/v1/models")
def models(engine: EngineDep) -> Response:
    """List what `model` may name: the configured generator, and the extractive one where that is another."""
    names = [MODEL] if engine.configured == EXTRACTIVE else [MODEL, _EXTRACTIVE_MODEL]
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": MODEL} for name in names]
    return JSONResponse({"object": "list", "data": listed})


def _by_model(question: Question, model: str) -> Question:
    if model == _EXTRACTIVE_MODEL:
        return replace(question, generator=EXTRACTIVE)
    if model != MODEL:
        raise HTTPException(404, "There is no model of this name. GET /v1/models lists them.")
    return question


def _streamed(events: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _whole(request: Request, completion: Completion, work: Work) -> Response:
    try:
        while not await work.finished(_LEFT_POLL_S):
            if await request.is_disconnected():
                return Response(status_code=_CLIENT_LEFT)
    finally:
        work.leave()
    result = work.result()
    return JSONResponse(completion.whole(content_of(result), result))


async def _events(request: Request, completion: Completion, work: Work) -> AsyncIterator[bytes]:
    try:
        yield completion.opening()
        while not await work.finished(HEARTBEAT_S):
            yield b": still at work\n\n"
        try:
            result = work.result()
        except Exception as error:
            # The status is sent: what went wrong can only be told in the stream.
            yield event(_error(await _problem(request, error)))
            yield DONE
            return
        for chunk in completion.chunks(content_of(result), result):
            yield chunk
    finally:
        work.leave()

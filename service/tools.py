"""The tools that agents call: `answer`, `search`, `get_article`, as plain functions of an engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from rag.answer import Found, find
from rag.types import Question
from service.access import Workers
from service.answer_log import AnswerLog
from service.completion import content_of, harmless
from service.engine import Engine
from service.wire import Json, SearchIn, Text, answer_out, article_out, found_out
from service.work import Work, placed

_LEFT_POLL_S = 0.5


class ArticleIn(BaseModel):
    """Which article to read; the newest version where none is named."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[Text, Field(min_length=1, max_length=300)]
    version: Annotated[int, Field(ge=1, le=2**31)] | None = None


async def answer(
    engine: Engine,
    workers: Workers,
    answers: AnswerLog,
    question: Question,
    left: Callable[[], Awaitable[bool]],
) -> tuple[str, Json]:
    """Give an answer as text with its sources, and the whole object.

    The work ends when the caller is cancelled or has `left`; then there is nothing to give.
    """
    work = Work(engine, question, await run_in_threadpool(placed, workers), answers)
    try:
        while not await work.finished(_LEFT_POLL_S):
            if await left():
                return "", {}
    finally:
        work.leave()
    result = work.result()
    return content_of(result).text, answer_out(result)


async def search(engine: Engine, workers: Workers, question: Question) -> tuple[str, Json]:
    """Give passages as text and as hits with the score of each leg."""

    def found() -> Found:
        with workers.place():
            return find(question, library=engine.library, scorer=engine.scorer, aliases=engine.aliases)

    result = await run_in_threadpool(found)
    body = found_out(result, engine.library.embedder.space.id)
    lines = [
        f"{hit['rank']}. {harmless(hit['title'])} ({hit['source']}, article {hit['article_id']}): "
        f"{harmless(hit['text'])}"
        for hit in body["hits"]
    ]
    shown = "\n".join(lines) or "Nothing was found."
    return shown, body


async def get_article(engine: Engine, asked: ArticleIn) -> tuple[str, Json]:
    """Give one version of an article. Raises `NotFoundError`."""
    article = await run_in_threadpool(engine.library.catalog.article, asked.id, asked.version)
    return f"{article.title}\n\n{article.text}", article_out(article)


SCHEMAS: dict[str, tuple[str, type[BaseModel]]] = {
    "answer": (
        "Answer a question from the library of news articles. Each sentence carries marks [n] of its "
        "sources; where the articles do not answer, it says so.",
        SearchIn,
    ),
    "search": ("Find passages of news articles for a question, best first.", SearchIn),
    "get_article": ("Read one article by the id that an answer or a search gave.", ArticleIn),
}
"""Name, description and arguments of each tool."""

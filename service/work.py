"""One answer at work in a thread of its own, which ends when the client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from threading import Event, Thread

from rag.types import Answer, Question, ScoredPassage, Understanding
from service.access import Workers
from service.answer_log import AnswerLog
from service.engine import Engine
from service.metrics import observe_answer


class GoneError(Exception):
    """The client went away; raised inside the work to end it."""


def placed(workers: Workers) -> ExitStack:
    """Take a place at work before anything is sent. Raises `BusyError` where there is none in time."""
    place = ExitStack()
    place.enter_context(workers.place())
    return place


class Work:
    """An answer that is being worked on. Made and waited for on the event loop.

    `place` is given back when the work ends; `answers` keeps what came of it, for feedback.
    """

    def __init__(self, engine: Engine, question: Question, place: ExitStack, answers: AnswerLog) -> None:
        self._engine = engine
        self._answers = answers
        self._question = question
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._done = asyncio.Event()
        self._gone = Event()
        self._answer: Answer | None = None
        self._error: Exception | None = None
        Thread(target=self._run, name="groundwire-answer", daemon=True).start()

    async def finished(self, seconds: float) -> bool:
        """Wait at most so long; tell whether the work is done."""
        try:
            async with asyncio.timeout(seconds):
                await self._done.wait()
        except TimeoutError:
            return False
        return True

    def result(self) -> Answer:
        """Give the answer of finished work, or raise what it raised."""
        if self._error is not None:
            raise self._error
        assert self._answer is not None
        return self._answer

    def leave(self) -> None:
        """End the work as soon as it can be ended; its outcome is of no interest any more."""
        self._gone.set()

    def _run(self) -> None:
        try:
            with self._place:
                self._answer = self._engine.answer(self._question, self._retrieved, self._written)
            observe_answer(self._answer)
            self._answers.remember(self._answer)
        except Exception as error:  # it is raised again where the result is asked for
            self._error = error
        finally:
            # Once the client is gone the loop may be as well.
            if not self._gone.is_set():
                self._loop.call_soon_threadsafe(self._done.set)

    def _retrieved(self, understanding: Understanding, passages: Sequence[ScoredPassage]) -> None:
        self._written("")

    def _written(self, text: str) -> None:
        if self._gone.is_set():
            raise GoneError

"""Answers that were given, in a bounded table, and what readers thought of them."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from index.errors import NotFoundError, StoreWriteError
from rag.types import Answer
from service.store import ServiceStore

log = logging.getLogger(__name__)

Thumbs: TypeAlias = Literal["up", "down"]

KEPT_ANSWERS = 10_000
"""Answers without feedback that are remembered; as many with feedback beside them."""


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """An answer that was given, with what a reader thought of it."""

    answer_id: str
    question: str
    status: str
    answer: str
    citations: tuple[Mapping[str, Any], ...]
    """As the HTTP contract gives them: article, version, quote, offsets."""
    seq: int
    models: Mapping[str, str]
    answered_at: str
    thumbs: Thumbs
    comment: str


class AnswerLog:
    """Remembers answers and takes feedback on them."""

    def __init__(self, store: ServiceStore) -> None:
        self._store = store

    def remember(self, answer: Answer) -> None:
        """Keep an answer; the oldest without feedback give way.

        Where it cannot be written the log says so: a reader gets the answer all the same.
        """
        values = (
            answer.id,
            answer.question,
            answer.status,
            answer.text,
            json.dumps([asdict(citation) for citation in answer.citations], ensure_ascii=False),
            answer.index.seq,
            json.dumps(asdict(answer.models), ensure_ascii=False),
            datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        )
        try:
            with self._store.transaction() as connection:
                connection.execute(
                    "INSERT INTO answers (id, question, status, answer, citations, seq, models, answered_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                _prune(connection, rated=False)
        except StoreWriteError as error:
            log.error("answer %s cannot be rated: %s", answer.id, error)

    def rate(self, answer_id: str, thumbs: Thumbs, comment: str) -> None:
        """Take feedback on an answer; it replaces what was said of it before. Raises `NotFoundError`."""
        with self._store.transaction() as connection:
            changed = connection.execute(
                "UPDATE answers SET thumbs = ?, comment = ? WHERE id = ?", (thumbs, comment, answer_id)
            ).rowcount
            _prune(connection, rated=True)
        if not changed:
            raise NotFoundError(
                f"There is no answer {answer_id!r}. The newest {KEPT_ANSWERS} are remembered: ask again, "
                "and rate that answer."
            )

    def rated(self) -> list[RatedAnswer]:
        """Give the answers that have feedback, oldest first."""
        rows = self._store.rows("SELECT * FROM answers WHERE thumbs IS NOT NULL ORDER BY number")
        return [
            RatedAnswer(
                answer_id=row["id"],
                question=row["question"],
                status=row["status"],
                answer=row["answer"],
                citations=tuple(json.loads(row["citations"])),
                seq=row["seq"],
                models=json.loads(row["models"]),
                answered_at=row["answered_at"],
                thumbs=row["thumbs"],
                comment=row["comment"],
            )
            for row in rows
        ]


def _prune(connection: sqlite3.Connection, *, rated: bool) -> None:
    condition = "thumbs IS NOT NULL" if rated else "thumbs IS NULL"
    connection.execute(
        f"DELETE FROM answers WHERE {condition} AND number <= (SELECT number FROM answers WHERE {condition}"
        " ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (KEPT_ANSWERS,),
    )

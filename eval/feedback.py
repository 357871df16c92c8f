"""Answers that people judged, as cases: what was right must stay right, what was wrong is to be mended.

A file of JSON Lines, one judged answer each:

    {"answer_id", "question", "thumbs": "up" | "down", "status": "answered" | "partial" | "abstained",
     "answer", "citations": [{"article_id", "char_start", "char_end", "quote"}], "answered_at"?, "comment"?,
     "expected"?, "language"?}

`answered_at` is the day that relative dates of the question are of. `expected` is what the answer
should have said. An answer that was right becomes the reference, its
citations the evidence; a refusal that was right makes an unanswerable case. A wrong answer without
`expected` has no gold: it is asked again and its citations and refusal are judged, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from eval.rows import Faults, read_file
from eval.types import Case, GoldEvidence, QuestionSet
from index.language import detect
from rag.types import AnswerStatus

NAME = "feedback"

_MARKS = re.compile(r"\s?(?:\[\d+\])+")


class JudgedCitation(BaseModel):
    """What a judged answer cited."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    article_id: str
    char_start: int = Field(ge=0)
    char_end: int = Field(ge=0)
    quote: str


class JudgedAnswer(BaseModel):
    """An answer with somebody's verdict on it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    answer_id: str = Field(min_length=1)
    question: str = Field(pattern=r"\S")
    thumbs: Literal["up", "down"]
    status: AnswerStatus
    answer: str = ""
    citations: tuple[JudgedCitation, ...] = ()
    answered_at: str = ""
    comment: str = ""
    expected: str = ""
    language: str = ""


def load_feedback(path: Path) -> QuestionSet:
    """Read judged answers from a file; raises `QuestionSetError` with all faults, each with its line."""
    faults = Faults()
    rows = [row for _, row in read_file(path, JudgedAnswer, faults)]
    faults.raise_if_any()
    return from_feedback(rows)


def from_feedback(judged: Iterable[JudgedAnswer], *, name: str = NAME) -> QuestionSet:
    """Make cases of judged answers; of several verdicts on one answer the last counts."""
    last = {row.answer_id: row for row in judged}
    return QuestionSet.of(name, (_case(row, name) for row in last.values()))


def _case(row: JudgedAnswer, name: str) -> Case:
    right = row.thumbs == "up"
    answered = row.status != "abstained"
    evidence = (
        tuple(GoldEvidence(c.article_id, c.char_start, c.char_end, c.quote) for c in row.citations)
        if right and answered
        else ()
    )
    return Case(
        case_id=row.answer_id,
        question=row.question,
        set_name=name,
        language=row.language or detect(row.question),
        type=f"{row.thumbs}, {row.status}",
        reference_answer=row.expected or (_without_marks(row.answer) if right and answered else ""),
        relevant_ids=tuple(dict.fromkeys(item.article_id for item in evidence)),
        unanswerable=right and not answered,
        as_of=row.answered_at,
        evidence=evidence,
        metadata={"comment": row.comment} if row.comment else {},
    )


def _without_marks(answer: str) -> str:
    return _MARKS.sub("", answer)

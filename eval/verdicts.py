"""Verdicts that readers gave on answers, one a line of a JSON Lines file.

    {"set", "id", "answer_sha256", "complete", "order", "readable", "note", "judge"}

Each grade is `good`, `partly` or `bad`. A refusal has no order and nothing to read: it is graded by
`complete` alone, the two others stay empty. Rows without any grade are not judged yet and count for
nothing; other keys, as the question and the answer that a sheet shows, are passed over. One file may
hold verdicts on several answers to a question, told apart by the hash of the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from eval.rows import Faults, read_file

Grade: TypeAlias = Literal["good", "partly", "bad"]
_Cell: TypeAlias = Literal["good", "partly", "bad", ""]
GRADES: tuple[Grade, ...] = ("good", "partly", "bad")
GRADED = ("complete", "order", "readable")
"""What a reader grades, as the fields of a verdict are named."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader found of one answer; `order` and `readable` are `None` for a refusal.

    `answer_sha256` is the hash of the answer that was read: of another answer it says nothing.
    """

    set_name: str
    case_id: str
    answer_sha256: str
    complete: Grade
    order: Grade | None
    readable: Grade | None
    note: str
    judge: str


class _Row(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    set_name: str = Field(alias="set", min_length=1)
    id: str = Field(min_length=1)
    answer_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    complete: _Cell = ""
    order: _Cell = ""
    readable: _Cell = ""
    note: str = ""
    judge: str = ""

    @field_validator("note")
    @classmethod
    def _one_line(cls, note: str) -> str:
        if len(note.splitlines()) > 1:
            raise ValueError("is more than one line")
        return note.strip()

    @model_validator(mode="after")
    def _whole(self) -> _Row:
        if not (self.complete or self.order or self.readable):
            return self
        if not self.complete or bool(self.order) != bool(self.readable):
            raise ValueError("grade complete, order and readable; of a refusal complete alone")
        if not self.judge.strip():
            raise ValueError("judge does not say who judged")
        return self


def answer_sha256(answer: str) -> str:
    """Hash an answer as a reader sees it, its marks included."""
    return hashlib.sha256(answer.encode()).hexdigest()


def load_verdicts(path: Path) -> tuple[Verdict, ...]:
    """Read verdicts in the order of the file; raises `QuestionSetError` with all faults and their lines."""
    faults = Faults()
    found: list[Verdict] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in read_file(path, _Row, faults):
        if not row.complete:
            continue
        key = (row.set_name, row.id, row.answer_sha256)
        if key in seen:
            problem = f"this answer to {row.id} of {row.set_name} is judged in line {seen[key]} already."
            faults.add(path, line, problem, "Keep one of the two.")
        seen.setdefault(key, line)
        found.append(
            Verdict(
                row.set_name,
                row.id,
                row.answer_sha256,
                row.complete,
                row.order or None,
                row.readable or None,
                row.note,
                row.judge.strip(),
            )
        )
    faults.raise_if_any()
    return tuple(found)


def verdict_on(answer_hash: str, verdicts: Sequence[Verdict]) -> Verdict | None:
    """Give the verdict on this answer, else the last one on an earlier answer to the same question."""
    fitting = [verdict for verdict in verdicts if verdict.answer_sha256 == answer_hash]
    return next(iter(fitting or reversed(verdicts)), None)


def by_question(verdicts: Iterable[Verdict]) -> Mapping[tuple[str, str], list[Verdict]]:
    """Give the verdicts of each set and question, in their order."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault((verdict.set_name, verdict.case_id), []).append(verdict)
    return found

"""The rows of a set's question files: what may stand in one, and all of them in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from eval.rows import Faults, data_file, read_rows
from index.dates import parse_date
from index.types import StoredQAPair

_UNSUPPORTED = "questions_unsupported"


class Row(BaseModel):
    """A row of a set; fields that it does not know are kept."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")


class _EvidenceRow(Row):
    article_id: str = Field(validation_alias=AliasChoices("article_id", "id"))
    quote: str | None = Field(None, min_length=1, validation_alias=AliasChoices("quote", "fact"))
    quote_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    char_start: int | None = Field(None, ge=0)
    char_end: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _checked(self) -> _EvidenceRow:
        if self.quote is None and None in (self.quote_sha256, self.char_start, self.char_end):
            raise ValueError("evidence has a quote, or else char_start, char_end and quote_sha256")
        return self

    def is_of(self, text: str) -> bool:
        """Tell whether these are the characters that were marked."""
        if self.quote is not None:
            return text == self.quote
        return hashlib.sha256(text.encode()).hexdigest() == self.quote_sha256


class _PairRow(Row):
    article_id: str
    ordinal: int = Field(ge=0)


class QuestionRow(Row):
    """A question with what is known of its answer."""

    id: str = Field(min_length=1)
    qa_pair: _PairRow | None = None
    question: str = Field("", validate_default=True)
    answers: tuple[str, ...] = ()
    answers_all_of: tuple[tuple[str, ...], ...] = ()
    reference_answer: str | None = None
    relevant_ids: tuple[str, ...] = ()
    unanswerable: bool = False
    type: str = ""
    language: str | None = None
    question_date: str | None = None
    evidence: str | tuple[_EvidenceRow, ...] | None = None
    evidences: tuple[str, ...] = ()
    key_points: tuple[str, ...] = ()
    fake_answers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @field_validator("question")
    @classmethod
    def _asked(cls, question: str, info: ValidationInfo) -> str:
        if bool(question.strip()) == bool(info.data.get("qa_pair")):
            raise ValueError("the row needs a question, or else a qa_pair")
        return question

    @model_validator(mode="after")
    def _checked(self) -> QuestionRow:
        if self.unanswerable and self.relevant_ids:
            raise ValueError("the question is unanswerable and has relevant_ids")
        if len(self.parts) == 1 or not all(part.strip() for part in self.parts):
            raise ValueError("parts lists the single questions of a question: two or more, each with words")
        if self.question_date:
            parse_date(self.question_date)
        return self


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row with the place that it was read from."""

    path: Path
    line: int
    row: QuestionRow


def read_questions(folder: Path, pairs: Iterable[StoredQAPair], faults: Faults) -> Iterator[ReadRow]:
    """Read all rows of a set's questions; `pairs` are those that a row may name in place of a question.

    Rows that cannot be read are left out and noted in `faults`, as are ids that stand twice.
    """
    read = [*_read(folder, "questions", faults), *_read_unsupported(folder, faults)]
    rows = list(_with_pairs(read, pairs, faults))
    _note_repeated(rows, faults)
    yield from rows


def question_files(folder: Path) -> tuple[Path, ...]:
    """Give the files of a set that hold questions."""
    files = (data_file(folder, stem) for stem in ("questions", _UNSUPPORTED))
    return tuple(path for path in files if path is not None)


def _read(folder: Path, stem: str, faults: Faults) -> Iterator[ReadRow]:
    path = data_file(folder, stem) or folder / f"{stem}.jsonl.gz"
    for line, row in read_rows(folder, stem, QuestionRow, faults):
        yield ReadRow(path, line, row)


def _read_unsupported(folder: Path, faults: Faults) -> Iterator[ReadRow]:
    """Read the questions that no article is known to answer, where the set has such a file."""
    if data_file(folder, _UNSUPPORTED) is None:
        return
    for one in _read(folder, _UNSUPPORTED, faults):
        if one.row.relevant_ids:
            problem = "relevant_ids: the question stands among those that no article answers."
            faults.add(one.path, one.line, problem, "Move the row to the questions, or empty the list.")
        known = {"answers_elsewhere": one.row.answers} if one.row.answers else {}
        gold = {
            "answers": (),
            "answers_all_of": (),
            "relevant_ids": (),
            "evidence": None,
            "evidences": (),
            "key_points": (),
            "reference_answer": None,
            "unanswerable": True,
        }
        yield replace(one, row=one.row.model_copy(update={**gold, **known}))


def _note_repeated(rows: Iterable[ReadRow], faults: Faults) -> None:
    seen: dict[str, ReadRow] = {}
    for one in rows:
        first = seen.setdefault(one.row.id, one)
        if first is not one:
            where = f" of {first.path.name}" if first.path != one.path else ""
            note_repeat(one.path, one.line, one.row.id, f"line {first.line}{where}", faults)


def note_repeat(path: Path, line: int, name: str, first: str, faults: Faults) -> None:
    """Note an id that stands twice; `first` says where it stands already."""
    faults.add(path, line, f"the id {name} stands in {first} already.", "Give each row an id of its own.")


def _with_pairs(rows: Iterable[ReadRow], pairs: Iterable[StoredQAPair], faults: Faults) -> Iterator[ReadRow]:
    """Give rows that name a Q&A pair its question, and its answer as the reference."""
    known = {(pair.article_id, pair.ordinal): pair for pair in sorted(pairs, key=lambda pair: pair.version)}
    for one in rows:
        named = one.row.qa_pair
        if named is None:
            yield one
        elif pair := known.get((named.article_id, named.ordinal)):
            said = {"question": pair.question, "reference_answer": pair.answer}
            yield replace(one, row=one.row.model_copy(update=said))
        else:
            problem = f"the library has no Q&A pair {named.ordinal} of {named.article_id}."
            faults.add(
                one.path, one.line, problem, "Add the article with its Q&A section, or remove the row."
            )

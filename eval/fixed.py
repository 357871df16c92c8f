"""The small fixed set that every change is judged by: questions about the articles that ship.

`fixed_data/questions.jsonl` has questions with answers, gold evidence and the articles that hold it (by their
file names), and questions that no article answers. The first two pairs of every article's Q&A section
join them. `baseline.json` is what the last accepted version of the program scored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from eval.datasets import from_qa_pairs
from eval.rows import Faults, read_rows
from eval.types import Case, GoldEvidence, QuestionSet
from index.identity import article_id
from index.parse import parse
from index.types import StoredQAPair

FOLDER = Path(__file__).parent / "fixed_data"
BASELINE = FOLDER / "baseline.json"
NAME = "fixed"
PAIRS = 2
"""Q&A pairs taken of each article."""


class _Row(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class _Evidence(_Row):
    article: str
    quote: str = Field(min_length=1)


class _Question(_Row):
    id: str = Field(min_length=1)
    question: str = Field(pattern=r"\S")
    language: str
    type: str
    answers: tuple[str, ...] = ()
    answers_all_of: tuple[tuple[str, ...], ...] = ()
    reference_answer: str = ""
    articles: tuple[str, ...] = ()
    evidence: tuple[_Evidence, ...] = ()
    unanswerable: bool = False

    @model_validator(mode="after")
    def _whole(self) -> _Question:
        if self.unanswerable == bool(self.articles):
            raise ValueError("a question has articles, or is unanswerable")
        return self


def fixed_set(
    corpus: Path, pairs: Iterable[StoredQAPair], text_of: Callable[[str], str], folder: Path = FOLDER
) -> QuestionSet:
    """Read the set; `pairs` and `text_of` (by article id) are of a library of the corpus alone.

    Raises `QuestionSetError` for rows with faults and for quotes that do not stand in their article.
    """
    faults = Faults()
    ids = {
        path.relative_to(corpus).with_suffix("").as_posix(): article_id(parse(path.read_bytes(), path.name))
        for path in sorted(corpus.rglob("*.md"))
    }
    rows = list(read_rows(folder, "questions", _Question, faults))
    cases = [case for line, row in rows for case in _cases(line, row, ids, text_of, faults, folder)]
    faults.raise_if_any()
    chosen = from_qa_pairs(pair for pair in pairs if pair.ordinal < PAIRS)
    return QuestionSet.of(NAME, [*cases, *chosen.cases])


def _cases(
    line: int,
    row: _Question,
    ids: Mapping[str, str],
    text_of: Callable[[str], str],
    faults: Faults,
    folder: Path,
) -> Iterator[Case]:
    """Give the case of a row; nothing where it has faults."""
    path = folder / "questions.jsonl"
    named = {*row.articles, *(item.article for item in row.evidence)}
    for name in sorted(named - ids.keys()):
        faults.add(
            path, line, f"the corpus has no article {name}.", "Name a file below the corpus, without .md."
        )
    if not named <= ids.keys():
        return
    evidence: list[GoldEvidence] = []
    for item in row.evidence:
        text = text_of(ids[item.article])
        start = text.find(item.quote)
        if start < 0 or text.find(item.quote, start + 1) >= 0:
            problem = f"the quote {item.quote[:40]!r} does not stand exactly once in {item.article}."
            faults.add(path, line, problem, "Quote the article to the letter.")
            continue
        evidence.append(GoldEvidence(ids[item.article], start, start + len(item.quote), item.quote))
    yield Case(
        case_id=row.id,
        question=row.question,
        set_name=NAME,
        language=row.language,
        type=row.type,
        answers=row.answers,
        answers_all_of=row.answers_all_of,
        reference_answer=row.reference_answer,
        relevant_ids=tuple(ids[name] for name in row.articles),
        unanswerable=row.unanswerable,
        evidence=tuple(evidence),
    )

"""Question sets in the layouts of other projects: BEIR and RAGChecker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.datasets import titled
from eval.rows import Faults, add_validation_faults, read_rows
from eval.types import Case, QuestionSet
from index.language import detect
from index.types import Article


class _BeirRow(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    id: str = Field(alias="_id", min_length=1)
    title: str | None = None
    text: str = Field(pattern=r"\S")
    metadata: dict[str, object] | None = None


class _RagCheckerRow(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    query_id: str | int
    query: str = Field(pattern=r"\S")
    gt_answer: str


class _RagCheckerFile(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    results: tuple[_RagCheckerRow, ...]


def load_beir(folder: Path, *, split: str = "test") -> QuestionSet:
    """Read a set in BEIR's layout (Thakur et al. 2021): `queries.jsonl` and `qrels/SPLIT.tsv`.

    Queries without a judgement above 0 in the split are no part of it. Grades are kept.
    """
    faults = Faults()
    queries = {row.id: row.text for _, row in read_rows(folder, "queries", _BeirRow, faults)}
    judged: dict[str, dict[str, int]] = {}
    path = folder / "qrels" / f"{split}.tsv"
    for line, query, article, grade in _qrels(path, faults):
        if query not in queries:
            faults.add(path, line, f"the query {query} is not in queries.jsonl.", "Remove the line.")
        elif grade > 0:
            judged.setdefault(query, {})[article] = grade
    faults.raise_if_any()
    return QuestionSet.of(folder.name, (_beir_case(i, queries[i], judged[i], folder.name) for i in judged))


def iter_beir_articles(folder: Path) -> Iterator[Article]:
    """Yield the articles of `corpus.jsonl`; faults and missing titles as with `iter_articles`."""
    faults = Faults()
    for _, row in read_rows(folder, "corpus", _BeirRow, faults):
        article = Article(
            title=row.title or "", text=row.text, article_id=row.id, metadata=row.metadata or {}
        )
        yield titled(article)
    faults.raise_if_any()


def load_ragchecker(path: Path) -> QuestionSet:
    """Read the questions and reference answers of RAGChecker's input (Ru et al. 2024, arXiv 2408.08067).

    The file holds one object with a list `results`; a fault names the entry by its place in it. Which
    articles are relevant is not known there, so retrieval is not judged.
    """
    faults = Faults()
    rows: tuple[_RagCheckerRow, ...] = ()
    try:
        rows = _RagCheckerFile.model_validate_json(path.read_bytes()).results
    except OSError as error:
        faults.add(path, 0, f"cannot be read ({error.strerror}).", "Give a file in RAGChecker's layout.")
    except ValidationError as error:
        add_validation_faults(path, 0, error, faults)
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        first = seen.setdefault(str(row.query_id), place)
        if first < place:
            problem = f"results.{place}: query_id {row.query_id} stands at results.{first} already."
            faults.add(path, 0, problem, "Give each entry an id of its own.")
    faults.raise_if_any()
    return QuestionSet.of(
        path.stem,
        (
            Case(str(row.query_id), row.query, path.stem, detect(row.query), reference_answer=row.gt_answer)
            for row in rows
        ),
    )


def _qrels(path: Path, faults: Faults) -> Iterator[tuple[int, str, str, int]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        faults.add(
            path, 0, f"cannot be read ({error}).", "Give a folder in BEIR's layout, and a split that it has."
        )
        return
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if not line.strip() or (number == 1 and fields[-1] == "score"):
            continue
        try:
            query, article, grade = fields
            yield number, query, article, int(grade)
        except ValueError:
            problem = f"{line[:60]!r} is not query, article and grade."
            faults.add(path, number, problem, "Separate three fields by tabs; the grade is a whole number.")


def _beir_case(case_id: str, question: str, judged: Mapping[str, int], set_name: str) -> Case:
    return Case(
        case_id,
        question,
        set_name,
        detect(question),
        relevant_ids=tuple(judged),
        grades=tuple(judged.values()),
    )

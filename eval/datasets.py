"""Question sets and their articles from files, and from the Q&A sections of a library's articles.

A set is a folder:

    corpus.jsonl.gz      {"id", "title", "text", "source", "url", "published_at", "language", …}
    questions.jsonl.gz   {"id", "question", "answers", "relevant_ids", "unanswerable", "type", …}
    questions_unsupported.jsonl.gz   the same, of questions that no article is known to answer; may be missing
    META.json            {"name", "language", …}; may be missing

Unsupported questions count as unanswerable, whatever their rows say of it; the answers that are known from
elsewhere stay in the metadata, as `answers_elsewhere`.

`evidence` of a question is a list of `{"article_id", "char_start", "char_end", "quote"}` or of
`{"id", "fact"}`; `evidences` is a list of quotes. Quotes without offsets count where they stand
exactly once in their article, else they are counted as unlocated. Offsets with `quote_sha256` need no
`quote`, and `qa_pair` (`{"article_id", "ordinal"}`) stands for a question of the article's own Q&A
section: so a set can be about articles that it must not copy. An `evidence` that is a string is
somebody's explanation and no quote; it stays in the case's metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.question_rows import QuestionRow, ReadRow, Row, note_repeat, question_files, read_questions
from eval.rows import Faults, add_validation_faults, data_file, read_rows
from eval.types import Case, GoldEvidence, MissingArticles, QuestionSet
from index.dates import parse_date
from index.errors import NotFoundError
from index.language import detect
from index.types import Article, StoredQAPair

_TITLE_FROM_TEXT = 80
"""Characters of the text that stand in for a title where a corpus has none."""


class _CorpusRow(Row):
    id: str = Field(min_length=1)
    title: str | None = None
    text: str = Field(pattern=r"\S")
    source: str | None = None
    url: str | None = None
    published_at: str | None = None
    language: str | None = None


class _Meta(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    name: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What questions without articles of their own are asked of: texts by article id, and all Q&A pairs.

    `text_of` raises `NotFoundError` for an id that it does not know.
    """

    text_of: Callable[[str], str]
    pairs: Iterable[StoredQAPair] = ()


def load_questions(folder: Path, *, skip_faulty: bool = False, shelf: Shelf | None = None) -> QuestionSet:
    """Read the questions of a set; raises `QuestionSetError` with all faults.

    Evidence is looked up in the folder's own corpus, or where a `shelf` is given in its articles: so a set
    of questions alone is asked of a library.

    With `skip_faulty`, for sets that others made, rows with faults are left out and counted in
    `skipped_rows`; only faults of a whole file are raised.
    """
    faults = Faults()
    meta = _meta(folder, faults)
    rows = list(read_questions(folder, shelf.pairs if shelf else (), faults))
    wanted = {i for one in rows for i in _articles_with_evidence(one.row)}
    texts = _known_texts(wanted, shelf.text_of) if shelf else _texts(folder, wanted, faults)
    unlocated = 0
    cases: list[Case] = []
    for one in rows:
        evidence, missed = _evidence(one, texts, faults)
        unlocated += missed
        cases.append(_case(one.row, meta.name or folder.name, meta.language, evidence))
    faults.raise_if_any(but_rows=skip_faulty)
    bad = {path: faults.lines(path) for path in question_files(folder)}
    sound = [case for one, case in zip(rows, cases, strict=True) if one.line not in bad[one.path]]
    name = meta.name or folder.name
    skipped = sum(len(lines) for lines in bad.values())
    return QuestionSet.of(name, sound, unlocated_evidence=unlocated, skipped_rows=skipped)


def iter_articles(folder: Path) -> Iterator[Article]:
    """Yield the articles of a set, one in memory at a time.

    Rows with faults are left out; behind the last row one `QuestionSetError` lists them all. Where a
    row has no title, the beginning of its text stands in for it and `title_from_text` is set in the metadata.
    """
    faults = Faults()
    path = data_file(folder, "corpus") or folder / "corpus.jsonl.gz"
    seen: dict[str, int] = {}
    for line, row in read_rows(folder, "corpus", _CorpusRow, faults):
        if row.id in seen:
            note_repeat(path, line, row.id, f"line {seen[row.id]}", faults)
            continue
        seen[row.id] = line
        yield _article(row)
    faults.raise_if_any()


def from_qa_pairs(rows: Iterable[StoredQAPair], *, name: str = "library") -> QuestionSet:
    """Make the set that a library brings along: the questions of its articles' own Q&A sections.

    The relevant article of a question is the one it came with. Of an article with several versions
    the pairs of the newest one that has any count.
    """
    pairs = list(rows)
    newest: dict[str, int] = {}
    for pair in pairs:
        newest[pair.article_id] = max(pair.version, newest.get(pair.article_id, 0))
    return QuestionSet.of(
        name,
        (
            Case(
                case_id=f"{pair.article_id}:{pair.version}:{pair.ordinal}",
                question=pair.question,
                set_name=name,
                language=pair.language or detect(pair.question),
                type="qa_section",
                reference_answer=pair.answer,
                relevant_ids=(pair.article_id,),
            )
            for pair in pairs
            if pair.version == newest[pair.article_id]
        ),
    )


def check_set(question_set: QuestionSet, known_ids: Container[str]) -> tuple[MissingArticles, ...]:
    """Name the cases of which a relevant article is missing in a library that holds `known_ids`."""
    missing = (
        MissingArticles(case.case_id, tuple(i for i in case.relevant_ids if i not in known_ids))
        for case in question_set.cases
    )
    return tuple(item for item in missing if item.article_ids)


def titled(article: Article) -> Article:
    """Give an article without a title the beginning of its text for one."""
    if article.title.strip():
        return article
    line = " ".join(article.text[: 4 * _TITLE_FROM_TEXT].split())
    title = line if len(line) <= _TITLE_FROM_TEXT else line[:_TITLE_FROM_TEXT].rstrip() + "…"
    return replace(article, title=title, metadata={**article.metadata, "title_from_text": True})


def _article(row: _CorpusRow) -> Article:
    return titled(
        Article(
            title=row.title or "",
            text=row.text,
            source=row.source or "",
            url=row.url or "",
            language=row.language or "",
            published_at=row.published_at or "",
            article_id=row.id,
            metadata=row.model_extra or {},
        )
    )


def _meta(folder: Path, faults: Faults) -> _Meta:
    path = folder / "META.json"
    try:
        return _Meta.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _Meta()
    except ValidationError as error:
        add_validation_faults(path, 0, error, faults)
        return _Meta()


def _articles_with_evidence(row: QuestionRow) -> Iterator[str]:
    if isinstance(row.evidence, tuple):
        yield from (item.article_id for item in row.evidence)
    if row.evidences:
        yield from row.relevant_ids


def _texts(folder: Path, wanted: Container[str], faults: Faults) -> Mapping[str, str]:
    """Give the texts of the articles that evidence is looked up in; the corpus is read only for these."""
    if not wanted:
        return {}
    rows = read_rows(folder, "corpus", _CorpusRow, faults)
    return {row.id: row.text for _, row in rows if row.id in wanted}


def _known_texts(wanted: Iterable[str], text_of: Callable[[str], str]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for article_id in wanted:
        with suppress(NotFoundError):
            texts[article_id] = text_of(article_id)
    return texts


def _evidence(
    read: ReadRow, texts: Mapping[str, str], faults: Faults
) -> tuple[tuple[GoldEvidence, ...], int]:
    """Give a question's evidence spans, and how many of its quotes were not found exactly once."""
    path, line, row = read.path, read.line, read.row
    spans: list[GoldEvidence | None] = []
    for item in row.evidence if isinstance(row.evidence, tuple) else ():
        if item.article_id not in texts:
            problem = f"evidence names the article {item.article_id}, which is not in the corpus or library."
            faults.add(path, line, problem, "Add the article, or remove the evidence.")
        elif item.char_start is None or item.char_end is None:
            spans.append(_located(item.quote or "", {item.article_id: texts[item.article_id]}))
        elif not item.is_of(text := texts[item.article_id][item.char_start : item.char_end]):
            place = f"at {item.char_start} to {item.char_end} of the article {item.article_id}"
            problem = f"the evidence {(item.quote or 'that was marked')[:40]!r} does not stand {place}."
            faults.add(path, line, problem, "Offsets are code points into the article's text; correct them.")
        else:
            spans.append(GoldEvidence(item.article_id, item.char_start, item.char_end, text))
    relevant = {i: texts[i] for i in row.relevant_ids if i in texts}
    spans += (_located(quote, relevant) for quote in row.evidences)
    found = tuple(dict.fromkeys(span for span in spans if span is not None))
    return found, spans.count(None)


def _located(quote: str, texts: Mapping[str, str]) -> GoldEvidence | None:
    """Give the one place of a quote, `None` where it has none or several."""
    places = [(article_id, text.find(quote)) for article_id, text in texts.items() if quote and quote in text]
    if len(places) != 1:
        return None
    article_id, start = places[0]
    if texts[article_id].find(quote, start + 1) >= 0:
        return None
    return GoldEvidence(article_id, start, start + len(quote), quote)


def _case(row: QuestionRow, set_name: str, language: str, evidence: tuple[GoldEvidence, ...]) -> Case:
    metadata = dict(row.model_extra or {})
    if isinstance(row.evidence, str):
        metadata["evidence"] = row.evidence
    return Case(
        case_id=row.id,
        question=row.question,
        set_name=set_name,
        language=row.language or language or detect(row.question),
        type=row.type,
        # Of several things that must all be said, a list of them flat says nothing of its own.
        answers=() if len(row.answers_all_of) > 1 else row.answers,
        answers_all_of=row.answers_all_of,
        reference_answer=row.reference_answer or "",
        relevant_ids=tuple(dict.fromkeys(row.relevant_ids)),
        unanswerable=row.unanswerable,
        as_of=parse_date(row.question_date) if row.question_date else "",
        evidence=evidence,
        key_points=row.key_points,
        conflicting=_sides(row),
        parts=row.parts,
        metadata=metadata,
    )


def _sides(row: QuestionRow) -> tuple[tuple[str, ...], ...]:
    """Give the true and the planted values of a question; nothing where they are not apart."""
    if not row.answers or not row.fake_answers or set(row.answers) & set(row.fake_answers):
        return ()
    return (row.answers, row.fake_answers)

"""The JSON of the HTTP contract: what requests may hold, and values as they are sent."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from index.types import ArticleSummary, Filters, PutResult, StoredArticle
from rag.answer import Found
from rag.types import Answer, Citation, Question, ScoredPassage, Statement
from rag.understand import MAX_QUESTION, MAX_TOP_K
from service.ingest import Summary
from service.problems import NOT_JSON

Json = dict[str, Any]


def _is_text(value: str) -> str:
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds a NUL or a lone surrogate; remove it")
    return value


Text = Annotated[str, AfterValidator(_is_text)]
# The length first: behind another validator pydantic counts "items" of a text.
Name = Annotated[str, Field(max_length=300), AfterValidator(_is_text)]
Names = Annotated[list[Name], Field(max_length=200)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FiltersIn(_Request):
    """Which articles a question may use."""

    published_after: Text | None = None
    published_before: Text | None = None
    sources: Names = []
    languages: Names = []
    article_ids: Names = []

    def value(self) -> Filters:
        """Give the domain value."""
        return Filters(
            published_after=self.published_after or "",
            published_before=self.published_before or "",
            sources=tuple(self.sources),
            languages=tuple(self.languages),
            article_ids=tuple(self.article_ids),
        )


class SearchIn(_Request):
    """Body of `POST /v1/search`."""

    # Its length is checked where the question is understood, in words that say what to do.
    question: Annotated[Text, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION})]
    as_of: Text | None = None
    filters: FiltersIn = FiltersIn()
    top_k: Annotated[int, Field(ge=1, le=MAX_TOP_K)] = 8

    def value(self) -> Question:
        """Give the domain value."""
        return Question(self.question, filters=self.filters.value(), as_of=self.as_of or "", top_k=self.top_k)


class AnswerIn(SearchIn):
    """Body of `POST /v1/answer`."""

    stream: bool = False
    drafts: Annotated[bool, Field(description="whether a stream also holds unchecked text, as `delta`")] = (
        False
    )
    generator: Name = ""
    unsupported: Literal["drop", "mark"] = "drop"

    def value(self) -> Question:
        """Give the domain value."""
        return Question(
            self.question,
            filters=self.filters.value(),
            as_of=self.as_of or "",
            top_k=self.top_k,
            generator=self.generator,
            unsupported=self.unsupported,
            drafts=self.drafts,
        )


def parse_json(body: bytes) -> object:
    """Read a JSON body. Raises a 400 `HTTPException` for anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, NOT_JSON) from error


def filters_out(filters: Filters) -> Json:
    """Give the filters in force; those that are not in force are left out."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(filters).items()
        if value
    }


def hit_out(passage: ScoredPassage) -> Json:
    """Give a hit with the score of each leg."""
    hit = passage.hit
    return {
        "passage_id": hit.passage.passage_id,
        "article_id": hit.passage.article_id,
        "version": hit.passage.version,
        "title": hit.passage.title,
        "source": hit.passage.source,
        "published_at": hit.passage.published_at or None,
        "section": hit.passage.heading,
        "language": hit.passage.text_language,
        "char_start": hit.passage.char_start,
        "char_end": hit.passage.char_end,
        "rank": hit.rank,
        "scores": {
            "dense": hit.dense,
            "lexical": hit.lexical,
            "fused": round(hit.fused, 6),
            "evidence": round(passage.score, 4),
        },
        "text": hit.passage.text,
        "story": asdict(hit.story) if hit.story else None,
    }


def found_out(found: Found, space: str) -> Json:
    """Give what a search found: its hits, the filters in force, and the state of the index."""
    return {
        "hits": [hit_out(hit) for hit in found.passages],
        "applied_filters": filters_out(found.understanding.filters),
        "index": {"seq": found.snapshot.seq, "indexed_through": found.snapshot.changed_at, "space": space},
    }


def citation_out(citation: Citation) -> Json:
    """Give a citation; what an article does not say of itself is null."""
    return {
        **asdict(citation),
        "url": citation.url or None,
        "published_at": citation.published_at or None,
    }


def statement_out(statement: Statement) -> Json:
    """Give a statement."""
    return asdict(statement)


def answer_out(answer: Answer) -> Json:
    """Give the whole answer object."""
    return {
        "id": answer.id,
        "question": answer.question,
        "status": answer.status,
        "reason": answer.reason,
        "answer": answer.text,
        "statements": [statement_out(statement) for statement in answer.statements],
        "citations": [citation_out(citation) for citation in answer.citations],
        "conflicts": [asdict(conflict) for conflict in answer.conflicts],
        "parts": [asdict(part) for part in answer.parts],
        "retrieval": {
            "applied_filters": filters_out(answer.applied_filters),
            "hits": [hit_out(hit) for hit in answer.hits],
        },
        "index": asdict(answer.index),
        "models": asdict(answer.models),
        "timings_ms": {stage: round(spent, 1) for stage, spent in asdict(answer.timings).items()},
    }


def put_out(result: PutResult) -> Json:
    """Give what became of one article."""
    return {"id": result.article_id, "version": result.version, "status": result.status, "seq": result.seq}


def summary_out(summary: Summary) -> Json:
    """Give what became of many articles."""
    return {
        "added": summary.added,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "refused": [asdict(refusal) for refusal in summary.refusals],
        "refused_total": summary.refused,
        "articles": [put_out(result) for result in summary.results[:100]],
    }


def article_out(article: StoredArticle) -> Json:
    """Give one version of an article with its text and sections."""
    body = asdict(article)
    body["id"] = body.pop("article_id")
    return {**body, "metadata": dict(article.metadata), **_absent(article)}


def listed_out(article: ArticleSummary) -> Json:
    """Give one line of the list of articles."""
    body = asdict(article)
    body["id"] = body.pop("article_id")
    return {**body, **_absent(article)}


def _absent(article: StoredArticle | ArticleSummary) -> Json:
    return {"url": article.url or None, "published_at": article.published_at or None}

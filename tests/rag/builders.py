"""Articles, passages and evidence for tests, built by hand."""

from __future__ import annotations

from index.chunk import chunk
from index.sentences import sentence_spans
from index.types import Article, StoredPassage
from rag.kinds import kind_of
from rag.types import Evidence, Filters, QuestionKind, QuestionPart, Understanding


def passage(
    text: str,
    *,
    article: str = "a",
    title: str = "",
    source: str = "",
    published: str = "",
    section: str = "body",
    kind: str = "article",
) -> StoredPassage:
    """One passage that is its article's whole text."""
    return StoredPassage(
        1, f"{article}:0", article, 1, title, source, "", "en", published, "", section, kind, 0, 0,
        len(text), text,
        sentence_spans(text),
    )  # fmt: skip


def evidence(place: StoredPassage, *scores: float) -> list[Evidence]:
    """The sentences of a passage with their scores; as many as there are scores."""
    return [
        Evidence(place, s.char_start, s.char_end, place.text[s.char_start : s.char_end], score)
        for s, score in zip(place.sentences, scores, strict=True)
    ]


def asked(
    text: str, *, language: str = "en", parts: tuple[str, ...] = (), kind: QuestionKind | None = None
) -> Understanding:
    """A question as it is understood."""
    return Understanding(
        text,
        text,
        language,
        tuple(QuestionPart(part, part, kind or kind_of(part)) for part in parts or (text,)),
        Filters(),
        kind or kind_of(text),
    )


def article(title: str, text: str, **fields: object) -> Article:
    """An article whose text is one section."""
    made = Article(title=title, text=text, **fields)  # type: ignore[arg-type]  # fields are the dataclass's own
    assert chunk(made)
    return made

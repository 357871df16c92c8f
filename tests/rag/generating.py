"""Questions and evidence for the tests of generators."""

from __future__ import annotations

from index.types import Filters, Span, StoredPassage
from rag.types import Evidence, QuestionPart, Understanding


def asked(text: str, language: str = "en", parts: tuple[str, ...] = ()) -> Understanding:
    return Understanding(
        text, text, language, tuple(QuestionPart(part) for part in parts or (text,)), Filters()
    )


def passage(
    *sentences: str, title: str = "Money", source: str = "The Daily", article_id: str = "a1", start: int = 0
) -> list[Evidence]:
    """One passage's sentences as evidence, joined by one space, `start` characters into its article."""
    text = " ".join(sentences)
    spans: list[Span] = []
    position = start
    for sentence in sentences:
        spans.append(Span(position, position + len(sentence)))
        position += len(sentence) + 1
    stored = StoredPassage(
        key=1,
        passage_id=f"{article_id}:{start}",
        article_id=article_id,
        version=1,
        title=title,
        source=source,
        url="",
        published_at="2026-05-10T09:41:00Z",
        language="en",
        heading="",
        section_kind="body",
        article_kind="article",
        ordinal=0,
        text=text,
        char_start=start,
        char_end=start + len(text),
        sentences=tuple(spans),
    )
    return [
        Evidence(stored, span.char_start, span.char_end, sentence, 0.9)
        for span, sentence in zip(spans, sentences, strict=True)
    ]

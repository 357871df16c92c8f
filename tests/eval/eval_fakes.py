"""A system of three articles whose every score can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.types import Case
from index.errors import NotFoundError
from index.types import Filters, Hit, Span, StoredPassage
from rag.types import (
    Answer,
    Citation,
    Evidence,
    IndexStamp,
    ModelStamp,
    Question,
    ScoredPassage,
    Statement,
    Support,
    Timings,
)

TEXTS = {
    "a1": "Kimi raised $2 billion. Its investors are many. The round closed in May.",
    "a2": "Shanghai opened a port. It cost 40 million yuan.",
    "a3": "Rain fell on Sunday.",
}
SENTENCES = {
    article_id: [part.rstrip(".") + "." for part in text.split(". ")] for article_id, text in TEXTS.items()
}


def span_of(article_id: str, sentence: int) -> Span:
    quote = SENTENCES[article_id][sentence]
    start = TEXTS[article_id].index(quote)
    return Span(start, start + len(quote))


def passage(article_id: str) -> StoredPassage:
    text = TEXTS[article_id]
    return StoredPassage(
        key=int(article_id[1:]),
        passage_id=f"{article_id}:1:0",
        article_id=article_id,
        version=1,
        title=article_id,
        source="",
        url="",
        language="en",
        published_at="",
        heading="",
        section_kind="body",
        article_kind="article",
        ordinal=0,
        char_start=0,
        char_end=len(text),
        text=text,
        sentences=tuple(span_of(article_id, i) for i in range(len(SENTENCES[article_id]))),
    )


def scored(article_id: str, *scores: float) -> ScoredPassage:
    """A hit whose sentences have these probabilities."""
    found = passage(article_id)
    sentences = tuple(
        Evidence(found, span.char_start, span.char_end, found.text[span.char_start : span.char_end], score)
        for span, score in zip(found.sentences, scores, strict=True)
    )
    return ScoredPassage(Hit(found, 1, None, None, 0.0), max(scores), sentences)


def citation(n: int, article_id: str, sentence: int, *, version: int = 1) -> Citation:
    span = span_of(article_id, sentence)
    quote = SENTENCES[article_id][sentence]
    return Citation(n, article_id, version, "", "", "", "", "", "", quote, span.char_start, span.char_end)


def given(
    statements: Sequence[tuple[str, Sequence[int]]],
    citations: Sequence[Citation] = (),
    hits: Sequence[ScoredPassage] = (),
    total_ms: float = 10.0,
) -> Answer:
    """An answer of these statements with their marks; a refusal where there are none."""
    text = ""
    made: list[Statement] = []
    for words, marks in statements:
        start = len(text)
        text += words + " " + "".join(f"[{n}]" for n in marks) + " "
        made.append(Statement(words, start, len(text) - 1, tuple(marks), Support("supported", 1.0)))
    return Answer(
        id="ans_1",
        question="",
        status="answered" if statements else "abstained",
        reason=None if statements else "no_evidence",
        text=text.rstrip(),
        statements=tuple(made),
        citations=tuple(citations),
        conflicts=(),
        parts=(),
        applied_filters=Filters(),
        hits=tuple(hits),
        index=IndexStamp(1, "", ""),
        models=ModelStamp("", "", ""),
        timings=Timings(1.0, 2.0, 3.0, 0.0, 0.0, total_ms),
        answerable=max((hit.score for hit in hits), default=0.0),
    )


def case(case_id: str, **fields: object) -> Case:
    defaults: dict[str, object] = {"question": case_id, "set_name": "small", "language": "en"}
    return Case(case_id=case_id, **{**defaults, **fields})  # type: ignore[arg-type]


class FakeSystem:
    """Gives what it was given, by question; an exception is raised."""

    def __init__(
        self,
        answers: Mapping[str, Answer | Exception],
        rankings: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        self._answers = answers
        self._rankings = rankings or {}
        self.asked: list[Question] = []
        self.ranked: list[tuple[str, str, int]] = []

    def rank(self, question: str, as_of: str, k: int) -> Mapping[str, Sequence[str]]:
        self.ranked.append((question, as_of, k))
        return self._rankings.get(question, {})

    def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        found = self._answers[question.text]
        if isinstance(found, Exception):
            raise found
        return found

    def article_text(self, article_id: str, version: int) -> str:
        if version != 1 or article_id not in TEXTS:
            raise NotFoundError(f"no version {version} of {article_id}")
        return TEXTS[article_id]

    def describe(self) -> Mapping[str, object]:
        return {"seq": 3, "articles": len(TEXTS), "models": {"generator": "fake"}}

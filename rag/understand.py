"""What a question asks: its language, its parts, and the filters that apply."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from index.dates import in_range
from index.errors import InvalidInputError
from index.language import detect
from index.types import Filters
from index.validate import checked_date
from rag.framing import without_framing
from rag.kinds import kind_of
from rag.names import names_in
from rag.overlap import telling_share
from rag.parts import parts_of, setting_of
from rag.period import (
    Period,
    asks_for_all_news,
    asks_for_news_of,
    asks_for_present_state,
    period_of,
    reported_about,
)
from rag.types import Question, QuestionPart, Understanding

MAX_QUESTION = 2000
MAX_TOP_K = 20


def understand(question: Question) -> Understanding:
    """Read a question. Raises `InvalidInputError` naming the field that cannot be used."""
    text = checked_question(question.text)
    if not 1 <= question.top_k <= MAX_TOP_K:
        raise InvalidInputError("top_k", f"is {question.top_k}.", f"Give a number from 1 to {MAX_TOP_K}.")
    as_of = checked_date("as_of", question.as_of)
    language = detect(text)
    query = without_framing(text)
    filters = _checked_filters(question.filters)
    period = period_of(text, as_of)
    window = _window(text, period, filters)
    parts = _parts(text, query, language, question.parts)
    return Understanding(
        text=text,
        query=query,
        language=language,
        parts=parts,
        filters=filters,
        kind=kind_of(query),
        dated=period.as_text(language) if period and period.relative else "",
        recent=asks_for_present_state(text),
        window=window,
        digest=window is not None and len(parts) == 1 and asks_for_all_news(text),
        reported=_within(reported_about(text, as_of), filters),
    )


def _window(text: str, period: Period | None, filters: Filters) -> Filters | None:
    """Give the filters with the period of a question that asks for its news, unless dates were asked
    for already.
    """
    asked_for = period is not None and (asks_for_news_of(text, period) or asks_for_all_news(text))
    return _within(period if asked_for else None, filters)


def _within(period: Period | None, filters: Filters) -> Filters | None:
    """Narrow filters that ask for no dates to what was published in a period."""
    if period is None or filters.published_after or filters.published_before:
        return None
    return replace(
        filters, published_after=period.first.isoformat(), published_before=period.last.isoformat()
    )


def _parts(text: str, query: str, language: str, known: tuple[str, ...]) -> tuple[QuestionPart, ...]:
    """Give the parts of a question; one that names nothing is looked for with what the question begins
    with, with the names of the others, or, where there are none, behind the first of them.
    """
    parts = tuple(map(without_framing, known)) or parts_of(query, language)
    if len(parts) == 1:
        return (QuestionPart(text, query, kind_of(query)),)
    names = list(dict.fromkeys(name for part in parts for name in names_in(part)))
    around = setting_of(query, language) or " ".join(names[:3])

    def complete(part: str) -> bool:
        if around:
            return bool(names_in(part)) or part.startswith(around)
        return part == parts[0] or telling_share(part, parts[0]) >= _COMPLETE

    return tuple(
        QuestionPart(part, part if complete(part) else f"{around or parts[0]} {part}", kind_of(part))
        for part in parts
    )


_COMPLETE = 0.3
"""A part that has this share of its words from the first one says itself what it is about."""


def checked_question(text: str) -> str:
    """Give a question without surrounding white space, or raise `InvalidInputError`."""
    stripped = text.strip()
    if not any(unicodedata.category(character)[0] in "LN" for character in stripped):
        raise InvalidInputError("question", "has no words.", f"Ask in 1 to {MAX_QUESTION} characters.")
    if len(stripped) > MAX_QUESTION:
        raise InvalidInputError(
            "question", f"has {len(stripped)} characters.", f"Ask in at most {MAX_QUESTION} characters."
        )
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in stripped):
        raise InvalidInputError(
            "question", "has a character that is no text.", "Remove NUL and lone surrogates."
        )
    return stripped


def _checked_filters(filters: Filters) -> Filters:
    after = checked_date("filters.published_after", filters.published_after)
    before = checked_date("filters.published_before", filters.published_before)
    if after and before and not in_range(before, after, before):
        raise InvalidInputError(
            "filters.published_after",
            "is later than published_before.",
            "Exchange the two, or leave one out.",
        )
    return replace(filters, published_after=after, published_before=before)

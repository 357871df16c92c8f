"""Checked statements to the text of an answer and its numbered citations."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Citation, DraftStatement, Evidence, Statement, Support

_FULL_WIDTH = "。！？"
_END = f".!?{_FULL_WIDTH}"


def compose(
    drafts: Sequence[tuple[DraftStatement, Support]], evidence: Sequence[Evidence], language: str
) -> tuple[str, tuple[Statement, ...], tuple[Citation, ...]]:
    """Give the answer's text, its statements with their ranges, and the citations in order of first use."""
    numbers: dict[int, int] = {}
    statements: list[Statement] = []
    text = ""
    for draft, support in drafts:
        for mark in draft.marks:
            numbers.setdefault(mark, len(numbers) + 1)
        cited = tuple(numbers[mark] for mark in draft.marks)
        marked = with_marks(draft.text, cited)
        if text and not (language == "zh" and text[-1] in _FULL_WIDTH):
            text += " "
        statements.append(Statement(draft.text, len(text), len(text) + len(marked), cited, support))
        text += marked
    citations = tuple(_citation(n, evidence[mark - 1]) for mark, n in numbers.items())
    return text, tuple(statements), citations


def with_marks(text: str, numbers: Sequence[int]) -> str:
    """Put `[n]` marks before the final full stop, or after the text where it ends otherwise."""
    marks = "".join(f"[{n}]" for n in numbers)
    if text and text[-1] in _FULL_WIDTH:
        return f"{text[:-1]}{marks}{text[-1]}"
    if text[-1:] in _END and not text.endswith(".."):
        return f"{text[:-1]} {marks}{text[-1]}"
    return f"{text} {marks}"


def _citation(n: int, item: Evidence) -> Citation:
    passage = item.passage
    return Citation(
        n=n,
        article_id=passage.article_id,
        version=passage.version,
        passage_id=passage.passage_id,
        title=passage.title,
        source=passage.source,
        url=passage.url,
        published_at=passage.published_at,
        section=passage.heading,
        quote=item.text,
        char_start=item.char_start,
        char_end=item.char_end,
    )

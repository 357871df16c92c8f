"""Whether citations are what they claim to be; no gold answers are needed.

`quotes_exact` is the share of citations whose quote is, to the character, the text at their offsets
of the article version they name. `marks_resolve` is the share of the statements' marks that name
exactly one citation and are printed as `[n]` in the statement's range of the answer.
`statements_cited` is the share of statements with a citation. Liu et al. 2023 (arXiv 2304.09848) ask
people whether cited statements are supported; these three are what must hold before that question
makes sense, they need no judge, and all are 1 in a sound system. `None` where there is nothing to check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Citation, Statement

_MARK = re.compile(r"\[(\d+)\]")


def quotes_exact(citations: Sequence[Citation], texts: Sequence[str]) -> float | None:
    """Share of citations whose quote stands at their offsets; `texts` are of the versions they name."""
    exact = [
        bool(citation.quote) and text[citation.char_start : citation.char_end] == citation.quote
        for citation, text in zip(citations, texts, strict=True)
    ]
    return sum(exact) / len(exact) if exact else None


def marks_resolve(
    answer: str, statements: Sequence[Statement], citations: Sequence[Citation]
) -> float | None:
    """Share of marks that name exactly one citation and are printed in their statement.

    A mark that is printed in a statement and that the statement does not have counts as unresolved.
    """
    numbers = [citation.n for citation in citations]
    resolved: list[bool] = []
    for statement in statements:
        # A quotation may hold a bracketed number of its own, which is no mark of ours.
        own = {int(n) for n in _MARK.findall(statement.text)}
        printed = {int(n) for n in _MARK.findall(answer[statement.char_start : statement.char_end])}
        resolved += (numbers.count(n) == 1 and n in printed for n in statement.citations)
        resolved += (False for _ in printed - own - set(statement.citations))
    return sum(resolved) / len(resolved) if resolved else None


def statements_cited(statements: Sequence[Statement]) -> float | None:
    """Share of statements that have a citation."""
    return sum(bool(s.citations) for s in statements) / len(statements) if statements else None

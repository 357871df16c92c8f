"""The extractive generator: an answer made of the evidence sentences themselves."""

from __future__ import annotations

from collections.abc import Sequence

from index.tokens import lexical_tokens
from rag.generate import OnDelta, unheard
from rag.types import DraftStatement, Evidence, Understanding

MAX_STATEMENTS = 5
_SAME = 0.7
"""Share of common tokens (Jaccard) above which two sentences say the same."""

_CLEARLY_WEAKER = 0.35
"""A sentence with less than this share of the best probability is left out."""


class ExtractiveGenerator:
    """Composes the best evidence sentences, in reading order, without changing them."""

    name = "extractive"

    def generate(
        self, question: Understanding, evidence: Sequence[Evidence], on_delta: OnDelta = unheard
    ) -> list[DraftStatement]:
        """Draft two to five statements where there is evidence for as many; there is no text before them."""
        asked = frozenset(lexical_tokens(question.text))
        best = max((item.score for item in evidence), default=0.0)
        chosen: list[int] = []
        for index in sorted(range(len(evidence)), key=lambda i: -evidence[i].score):
            item = evidence[index]
            if len(chosen) == MAX_STATEMENTS or item.score < best * _CLEARLY_WEAKER:
                break
            if _states(item.text, asked) and not any(_same(item.text, evidence[i].text) for i in chosen):
                chosen.append(index)
        first = {
            evidence[i].passage.article_id: position for position, i in reversed(list(enumerate(chosen)))
        }
        order = sorted(chosen, key=lambda i: (first[evidence[i].passage.article_id], evidence[i].char_start))
        return [DraftStatement(evidence[index].text, (index + 1,)) for index in order]


def _states(text: str, asked: frozenset[str]) -> bool:
    """Tell whether a sentence says something: no question, no heading, no echo of what was asked."""
    tokens = frozenset(lexical_tokens(text))
    return text.rstrip().endswith(_FULL_STOPS) and len(tokens) >= 3 and not tokens <= asked


_FULL_STOPS = (".", "!", "。", "！", "”", '"', "’", "」", "）", ")", "…", ";", "；")


def _same(one: str, other: str) -> bool:
    a, b = frozenset(lexical_tokens(one)), frozenset(lexical_tokens(other))
    return len(a & b) > _SAME * len(a | b)

"""Check drafts against what they cite."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.tokens import lexical_tokens
from rag.types import DraftStatement, Evidence, Support

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COVERED = 0.6
"""Share of a statement's words that its evidence must hold, where it is not a quotation."""


def support(draft: DraftStatement, evidence: Sequence[Evidence]) -> Support:
    """Tell whether a draft's marks exist and the text behind them carries the statement.

    A literal quotation is supported. Other statements need every number in the evidence and most of
    their words; the score is the share of words found.
    """
    if not draft.marks or not all(1 <= mark <= len(evidence) for mark in draft.marks):
        return Support("unsupported", 0.0)
    cited = " ".join(evidence[mark - 1].text for mark in draft.marks)
    if draft.text in cited:
        return Support("supported", 1.0)
    stated = set(lexical_tokens(draft.text))
    share = len(stated & set(lexical_tokens(cited))) / max(1, len(stated))
    numbers = set(_NUMBER.findall(draft.text)) <= set(_NUMBER.findall(cited))
    return Support("supported" if numbers and share >= _COVERED else "unsupported", share)

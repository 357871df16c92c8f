"""Whether the cited texts carry the statements, as ALCE measures it.

Recall of a statement is 1 where all its cited texts together support it. A citation is precise where
its statement has recall 1 and the citation supports the statement alone, or the others do not support
it without the citation (Gao et al. 2023, arXiv 2305.14627). Both are means over the answer: recall
over its statements, precision over their citations. ALCE asks an entailment model; here a named
checker answers, and its name stands in the report. The texts are read from the library at the
citation's offsets and not from the quote, so that a citation of the wrong place is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.types import Evidence


class SupportChecker(Protocol):
    """Tells whether texts support a statement."""

    @property
    def name(self) -> str:
        """The checker as reports name it."""

    def supports(self, statement: str, cited: Sequence[Evidence]) -> bool:
        """Tell whether the cited texts together support the statement; never where there are none."""


@dataclass(frozen=True, slots=True)
class SupportScores:
    """Share of statements that their citations support, share of citations that are needed for it."""

    recall: float
    precision: float


def support_scores(
    statements: Sequence[tuple[str, Sequence[Evidence]]], checker: SupportChecker
) -> SupportScores | None:
    """Score statements with their cited texts; `None` for an answer without statements."""
    if not statements:
        return None
    recalled = 0
    precise: list[bool] = []
    for text, cited in statements:
        supported = bool(cited) and checker.supports(text, cited)
        recalled += supported
        precise += (supported and _counts(text, cited, place, checker) for place in range(len(cited)))
    precision = sum(precise) / len(precise) if precise else 0.0
    return SupportScores(recalled / len(statements), precision)


def _counts(text: str, cited: Sequence[Evidence], place: int, checker: SupportChecker) -> bool:
    others = [*cited[:place], *cited[place + 1 :]]
    return checker.supports(text, [cited[place]]) or not (others and checker.supports(text, others))

"""The support checker of an answer's own pipeline, as the citation metrics ask it."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import DraftStatement, Evidence
from rag.verify import Verifier


class VerifyChecker:
    """Asks the check that statements pass before they are shown."""

    name = "rag.verify.Verifier"

    def __init__(self) -> None:
        self._verifier = Verifier()

    def supports(self, statement: str, cited: Sequence[Evidence]) -> bool:
        """Tell whether the check would let the statement stand with these citations."""
        draft = DraftStatement(statement, tuple(range(1, len(cited) + 1)))
        return self._verifier.check(draft, cited)[1].label == "supported"

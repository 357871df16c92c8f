"""The support checker of an answer's own pipeline, as the citation metrics ask it."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import DraftStatement, Evidence
from rag.verify import support


class VerifyChecker:
    """Asks the check that statements pass before they are shown."""

    name = "rag.verify.support"

    def supports(self, statement: str, cited: Sequence[Evidence]) -> bool:
        """Tell whether the check would let the statement stand with these citations."""
        draft = DraftStatement(statement, tuple(range(1, len(cited) + 1)))
        return support(draft, cited).label == "supported"

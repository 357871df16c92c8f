"""Generators: numbered evidence in, draft statements with marks out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rag.types import DraftStatement, Evidence, Understanding


class Generator(Protocol):
    """Drafts an answer. Marks in the drafts are numbers (from 1) into the evidence."""

    @property
    def name(self) -> str:
        """The generator as it stands in an answer's `models`."""

    def generate(self, question: Understanding, evidence: Sequence[Evidence]) -> list[DraftStatement]:
        """Draft statements, in the order in which they are read."""

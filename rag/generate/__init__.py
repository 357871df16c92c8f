"""Generators: numbered evidence in, draft statements with marks out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

from rag.types import DraftStatement, Evidence, Understanding

OnDelta: TypeAlias = Callable[[str], None]
"""Told the text of a draft as it is written, and an empty text at least twice a second while nothing
is; what it raises ends the work."""


def unheard(text: str) -> None:
    """Take the text of a draft that nobody watches."""


class Generator(Protocol):
    """Drafts an answer. Marks in the drafts are numbers (from 1) into the evidence."""

    @property
    def name(self) -> str:
        """The generator as it stands in an answer's `models`."""

    def generate(
        self, question: Understanding, evidence: Sequence[Evidence], on_delta: OnDelta = unheard
    ) -> Iterable[DraftStatement]:
        """Draft statements, in the order in which they are read, each as soon as it is complete.

        Raises `ModelFailedError`, also between two statements, where a model does not do its work.
        """

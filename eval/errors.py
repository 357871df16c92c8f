"""The errors of an evaluation.

GroundwireError
├── QuestionSetError   files of a question set that cannot be used: every fault with its line and remedy
└── ReportError        a file that is no report, or one of a newer Groundwire
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.errors import GroundwireError

LISTED_FAULTS = 20
"""Faults that a message spells out; the others are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one line of a file (0 where it is the file itself), and what to do."""

    path: str
    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.problem} {self.remedy}"


class QuestionSetError(GroundwireError):
    """The files of a question set have faults; `faults` has all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        count = f"{len(faults)} fault{'s' * (len(faults) != 1)} in the question set."
        listed = [str(fault) for fault in faults[:LISTED_FAULTS]]
        rest = len(faults) - LISTED_FAULTS
        super().__init__("\n".join([count, *listed, *([f"… and {rest} more."] if rest > 0 else [])]))
        self.faults = tuple(faults)


class ReportError(GroundwireError):
    """A report cannot be read."""

"""How much of a text that was found is right, and how much of what is right was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")


def runs_of_three(text: str) -> Counter[tuple[str, str, str]]:
    words = _TOKEN.findall(text.casefold())
    return Counter(zip(words, words[1:], words[2:], strict=False))


@dataclass
class Overlap:
    """Runs of three words (or Chinese characters) that two texts share, summed over documents."""

    shared: int = 0
    found: int = 0
    wanted: int = 0

    def add(self, text: str, body: Iterable[str]) -> None:
        """Count one document; runs never cross paragraphs."""
        wanted = sum((runs_of_three(paragraph) for paragraph in body), Counter())
        found = sum((runs_of_three(line) for line in text.split("\n")), Counter())
        self.shared += sum((wanted & found).values())
        self.found += sum(found.values())
        self.wanted += sum(wanted.values())

    @property
    def precision(self) -> float:
        return self.shared / self.found

    @property
    def recall(self) -> float:
        return self.shared / self.wanted

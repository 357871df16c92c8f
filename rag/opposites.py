"""Whether a statement says of a thing the opposite of what its evidence says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from index.tokens import CHINESE
from rag.alignment import Reading, read
from rag.converses import Place, sides_turned
from rag.polarity import denial, may_deny

_FILE = "opposites.txt"


@dataclass(frozen=True, slots=True)
class Sided:
    """A word that has an opposite: its place, and the lines and sides of the list that it stands on."""

    place: int
    word: str
    sides: frozenset[tuple[int, int]]

    @property
    def length(self) -> int:
        """Tokens of the word."""
        return 1 if self.word.isascii() else len(self.word)

    def agrees_with(self, other: Sided) -> bool:
        """Whether both stand on the same side of a line."""
        return bool(self.sides & other.sides)

    def opposes(self, other: Sided) -> bool:
        """Whether the two stand on the two sides of a line, and on no side together."""
        turned = {(line, 1 - side) for line, side in self.sides}
        return bool(turned & other.sides) and not self.agrees_with(other)

    def is_converse_of(self, other: Sided) -> bool:
        """Whether the two stand opposite each other on lines of converses alone."""
        turned = {(line, 1 - side) for line, side in self.sides} & other.sides
        return bool(turned) and all(line in _converse_lines() for line, _ in turned)


def opposite_said(statement: str, evidence: str) -> bool:
    """Whether where the statement has a word, the evidence has its opposite in the place that matches best.

    A place matches by the words around it. It decides only where no place with the word itself, or
    another of its side, matches as well, and where no other word of the statement is what it matches.
    """
    stated, known = read(statement), read(evidence)
    said, there = sided(stated), sided(known)
    return any(_turned(stated, known, word, said, there) for word in said)


def _turned(
    stated: Reading, known: Reading, word: Sided, said: Sequence[Sided], there: Sequence[Sided]
) -> bool:
    same = other = 0
    for candidate in there:
        opposed = _opposed(stated, known, word, candidate)
        if opposed is None:
            continue
        score = _match(stated, known, word, candidate)
        if not opposed:
            same = max(same, score)
        elif score > other and not any(
            _opposed(stated, known, own, candidate) is False
            and _match(stated, known, own, candidate) >= score
            for own in said
            if own is not word
        ):
            other = score
    return other >= _NEEDED and other > same


def _opposed(stated: Reading, known: Reading, word: Sided, candidate: Sided) -> bool | None:
    """Tell whether two words say the opposite where they stand; None where that cannot be told."""
    opposed = candidate.opposes(word)
    if not opposed and not candidate.agrees_with(word):
        return None
    if opposed and (
        _told_turned(stated, known, word, candidate) or _told_in_turn(stated, known, word, candidate)
    ):
        return None
    here, there = denial(stated, word.place, word.length), denial(known, candidate.place, candidate.length)
    if here == there:
        return opposed
    if opposed:
        return None if here is None or there is None else False
    # The same word, denied in one text only: the other may still deny it in words further off.
    affirmed = (known, candidate.place) if here else (stated, word.place)
    return here is not None and there is not None and not may_deny(*affirmed)


def _told_turned(stated: Reading, known: Reading, word: Sided, candidate: Sided) -> bool:
    """Whether two words are converses said of the same from its two sides."""
    return word.is_converse_of(candidate) and sides_turned(_at(stated, word), _at(known, candidate))


def _told_in_turn(stated: Reading, known: Reading, word: Sided, candidate: Sided) -> bool:
    """Whether both texts have both words and a "before" or "after" by which one tells the other's order."""
    said, there = sided(stated), sided(known)
    return (
        any(own.agrees_with(candidate) for own in said)
        and any(other.agrees_with(word) for other in there)
        and any(_told_turned(stated, known, own, other) for own in said for other in there)
    )


def _at(text: Reading, word: Sided) -> Place:
    senses = {own.place: frozenset(f"{line} {side}" for line, side in own.sides) for own in sided(text)}
    return Place(text, word.place, word.place + word.length, senses)


def _match(stated: Reading, known: Reading, word: Sided, candidate: Sided) -> int:
    here = stated.around(word.place, width=_near(stated), leave_out=_keys(stated, word))
    return len(here & known.around(candidate.place, width=_near(known), leave_out=_keys(known, candidate)))


_NEEDED = 1
"""Words that must stand around both places."""

_NEAR = 8
_NEAR_CHINESE = 12


def _near(text: Reading) -> int:
    return _NEAR_CHINESE if text.is_chinese else _NEAR


def _keys(text: Reading, word: Sided) -> list[str]:
    return [token.key for token in text.tokens[max(0, word.place - 1) : word.place + word.length]]


@lru_cache(maxsize=512)
def sided(text: Reading) -> tuple[Sided, ...]:
    """Give the words of a text that have opposites, in reading order."""
    return tuple(_english(text)) + tuple(_chinese(text))


def _english(text: Reading) -> Iterator[Sided]:
    listed = _lexicon()
    for place, token in enumerate(text.tokens):
        if token.word.isascii():
            sides = frozenset(side for form in _plain_forms(token.word) for side in listed.get(form, ()))
            if sides:
                yield Sided(place, token.word, sides)


def _chinese(text: Reading) -> Iterator[Sided]:
    at = {token.start: place for place, token in enumerate(text.tokens)}
    for match in _chinese_words().finditer(text.text):
        if match.start() in at:
            yield Sided(at[match.start()], match.group(), frozenset(_lexicon()[match.group()]))


_ENDINGS = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"), ("ing", ""), ("ing", "e"),
)  # fmt: skip


def _plain_forms(word: str) -> set[str]:
    """Give the forms that a word could be derived from: `cutting` from `cut`, `ruled` from `rule`."""
    forms = {word}
    for ending, plain in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            root = word.removesuffix(ending)
            forms.add(root + plain)
            if not plain and ending != "s" and root[-1] == root[-2]:
                forms.add(root[:-1])
    return forms


@cache
def _entries() -> tuple[str, ...]:
    return tuple((files("rag") / _FILE).read_text(encoding="utf-8").splitlines())


@cache
def _converse_lines() -> frozenset[int]:
    return frozenset(line for line, entry in enumerate(_entries()) if "<>" in entry)


@cache
def _lexicon() -> dict[str, tuple[tuple[int, int], ...]]:
    """Read the list: each word with the lines and sides that it stands on, those apart that hold it twice."""
    found: dict[str, list[tuple[int, int]]] = {}
    for line, entry in enumerate(_entries()):
        if not entry or entry.startswith("#"):
            continue
        sides = [set(part.split()) for part in re.split(r"\||<>", entry)]
        for side, words in enumerate(sides):
            for word in words - sides[1 - side]:
                found.setdefault(word, []).append((line, side))
    return {word: tuple(places) for word, places in found.items()}


@cache
def _chinese_words() -> re.Pattern[str]:
    words = [word for word in _lexicon() if re.match(rf"[{CHINESE}]", word) and len(word) > 1]
    return re.compile("|".join(sorted(words, key=len, reverse=True)))

"""Where one text speaks of what another says: words in reading order, and the places that match best."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from index.tokens import CHINESE, stem

_TOKEN = re.compile(rf"[{CHINESE}]|[^\W_{CHINESE}]+(?:[.'’-][^\W_{CHINESE}]+)*|[.;:,?!—。；：，？！、\n]")
_BREAKS = frozenset(".;:,?!—。；：，？！、\n")
_ENDS = frozenset(".?!。？！\n")
_LIGHT = frozenset(
    "a about after all also am an and any are as at be because been before being but by can could did do "
    "does even ever for from had has have having he her hers him his how i if in into is it its just "
    "longer may me might more most much my no nor not now of off on one only or other our out over own "
    "said say says she should so some still such than that the their them then there these they this "
    "those to too under up us very was we were what when where which while who whom why will with would "
    "yet you your".split()
)
_LIGHT_CHINESE = frozenset("的了是在有和与及也都就而等被将会并其这那该为对从到把让向以于之所又还称说")
_WIDTH = 8
_WIDTH_CHINESE = 14


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a single Chinese character. `key` is what it is compared by, empty for function words.

    The key of a Chinese character is the pair that it begins. `clause` and `sentence` count from 0.
    """

    word: str
    key: str
    start: int
    clause: int
    sentence: int


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as tokens, with the places of each key."""

    text: str
    tokens: tuple[Token, ...]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each key stands."""
        found: dict[str, list[int]] = {}
        for place, token in enumerate(self.tokens):
            if token.key:
                found.setdefault(token.key, []).append(place)
        return found

    @cached_property
    def is_chinese(self) -> bool:
        """Whether most tokens are Chinese characters."""
        return sum(_is_han(token.word) for token in self.tokens) > len(self.tokens) / 2

    def around(self, place: int, *, width: int = 0, leave_out: Collection[str] = ()) -> frozenset[str]:
        """Give the keys near a place in its sentence, `width` tokens to each side."""
        width = width or (_WIDTH_CHINESE if self.is_chinese else _WIDTH)
        near = self.tokens[max(0, place - width) : place + width + 1]
        sentence = self.tokens[place].sentence
        return frozenset(t.key for t in near if t.key and t.sentence == sentence) - frozenset(leave_out)

    def nearest(
        self, keys: Iterable[str], context: frozenset[str], leave_out: Collection[str] = ()
    ) -> tuple[int, int] | None:
        """Give the place of one of the keys around which most of a context stands, and how much of it."""
        found = [
            (len(context & self.around(place, leave_out=leave_out)), -place)
            for key in keys
            for place in self.places.get(key, ())
        ]
        if not found:
            return None
        score, place = max(found)
        return -place, score


@lru_cache(maxsize=512)
def read(text: str) -> Reading:
    """Cut a text into tokens."""
    folded = "".join(_folded(character) for character in text)
    found: list[tuple[str, int, int, int]] = []
    clause = sentence = 0
    for match in _TOKEN.finditer(folded):
        word = match.group()
        if word in _BREAKS:
            clause += 1
            sentence += word in _ENDS
        else:
            found.append((word, match.start(), clause, sentence))
    return Reading(text, tuple(_token(found, place) for place in range(len(found))))


def _token(found: list[tuple[str, int, int, int]], place: int) -> Token:
    word, start, clause, sentence = found[place]
    after = found[place + 1] if place + 1 < len(found) else None
    if not _is_han(word):
        plain = re.sub(r"['’]s$", "", word)
        key = "" if plain in _LIGHT else stem(plain.removesuffix("s") if len(plain) > 3 else plain)
    elif after and _is_han(after[0]) and after[1] == start + 1 and not _is_light_pair(word, after[0]):
        key = word + after[0]
    else:
        key = ""
    return Token(word, key, start, clause, sentence)


def _is_light_pair(one: str, other: str) -> bool:
    return one in _LIGHT_CHINESE or other in _LIGHT_CHINESE


def _is_han(word: str) -> bool:
    return len(word) == 1 and "\u3400" <= word <= "\u9fff"


def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).casefold()
    return plain if len(plain) == 1 else character

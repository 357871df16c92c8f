"""Whether a statement gives one thing the place that its evidence gives another: amounts, names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from index.tokens import CHINESE
from rag.alignment import Reading, read
from rag.converses import told_from_both_sides
from rag.names import names_in
from rag.quantities import quantities


@dataclass(frozen=True, slots=True)
class Anchor:
    """Something of which a text says something: its places in the tokens of the text, first and last.

    `clauses` are those in which the text has an anchor of this kind.
    """

    kind: str
    places: tuple[tuple[int, int], ...]
    clauses: frozenset[int]


def places_exchanged(statement: str, evidence: str) -> bool:
    """Whether two amounts or two names would fit the evidence much better in each other's place.

    For each of two the words around it in the statement are compared with those around both in the
    evidence.
    """
    stated, known = read(statement), read(evidence)
    for anchors in (_amounts,) if told_from_both_sides(stated, known) else (_amounts, _names):
        said, there = anchors(stated), anchors(known)
        shared = [name for name in said if name in there and len(said[name].places) == 1]
        for one, other in combinations(shared, 2):
            if said[one].kind == said[other].kind and _fits_exchanged(
                stated, known, (said[one], said[other]), (there[one], there[other])
            ):
                return True
    return False


_BETWEEN = re.compile("比|被|向|给|超过|高于|低于|多于|少于|起诉|击败|收购")
_SIDE = 8
_TOWARDS = "向给"
"""Words of which only the verb behind tells who gives and who takes."""


def sides_exchanged(statement: str, evidence: str) -> bool:
    """Whether two Chinese words stand on each other's side of a word that tells who does what to whom."""
    there = [_sides(evidence, match) for match in _BETWEEN.finditer(evidence)]
    for match in _BETWEEN.finditer(statement):
        word = match.group()
        left, right = statement[match.start() - 2 : match.start()], statement[match.end() : match.end() + 2]
        if not (_BOTH_HAN.fullmatch(left) and _BOTH_HAN.fullmatch(right)) or left == right:
            continue
        said = _done(statement[match.end() : match.end() + _SIDE])
        same = [
            (before, behind)
            for by, before, behind in there
            if by == word and (word not in _TOWARDS or said & _done(behind))
        ]
        if any(left in before or right in behind for before, behind in same):
            continue
        if any(right in before and left in behind for before, behind in same):
            return True
    return False


_BOTH_HAN = re.compile(rf"[{CHINESE}]{{2}}")


def _done(behind: str) -> set[str]:
    """Give the pairs of characters behind the one that something is done to, among them the verb."""
    rest = re.split("[，。；！？]", behind)[0][2:]
    return {rest[at : at + 2] for at in range(len(rest) - 1)}


def _sides(text: str, match: re.Match[str]) -> tuple[str, str, str]:
    before, behind = text[max(0, match.start() - _SIDE) : match.start()], text[match.end() :][:_SIDE]
    return match.group(), re.split("[，。；！？]", before)[-1], re.split("[，。；！？]", behind)[0]


def _fits_exchanged(
    stated: Reading, known: Reading, said: tuple[Anchor, Anchor], there: tuple[Anchor, Anchor]
) -> bool:
    if _listed(stated, *said):
        return False
    fit = [[_fit(stated, known, own, other) for other in there] for own in said]
    straight, crossed = fit[0][0] + fit[1][1], fit[0][1] + fit[1][0]
    return crossed >= straight + _MARGIN and max(fit[0][1], fit[1][0]) > max(fit[0][0], fit[1][1])


_MARGIN = 0.3
"""How much better the exchanged places must fit, in words that stand close by."""

_NEAR = 5
_NEAR_CHINESE = 8


def _listed(text: Reading, one: Anchor, other: Anchor) -> bool:
    """Whether two stand so close that they are members of a list, which can change places."""
    (first, last), (start, end) = one.places[0], other.places[0]
    return min(abs(start - last), abs(first - end)) <= 1


def _fit(stated: Reading, known: Reading, own: Anchor, other: Anchor) -> float:
    """Give how much of what stands around an anchor stands around another; what is near counts more."""
    around = _weighed(stated, own.places[0], own.clauses)
    return max(
        sum(min(weight, near[key]) for key, weight in around.items() if key in near)
        for near in (_weighed(known, place, other.clauses) for place in other.places)
    )


def _weighed(text: Reading, place: tuple[int, int], own: Collection[int]) -> dict[str, float]:
    """Give the keys around a place with their weight; clauses with an anchor of their own are left to it."""
    reach = _NEAR_CHINESE if text.is_chinese else _NEAR
    first, last = place
    sentence = text.tokens[first].sentence
    clause = text.tokens[first].clause
    found: dict[str, float] = {}
    for distance in range(1, reach + 1):
        for at in (first - distance, last + distance):
            if 0 <= at < len(text.tokens) and text.tokens[at].sentence == sentence:
                token = text.tokens[at]
                weight = (1 - (distance - 1) / reach) * (1 if token.clause == clause else 0.5)
                if token.clause != clause and token.clause in own:
                    continue
                if token.key and not token.word[0].isdecimal():
                    found[token.key] = max(found.get(token.key, 0), weight)
    return found


def _amounts(text: Reading) -> Mapping[str, Anchor]:
    spans = ((f"{q.value} {q.unit}", q.unit, q.char_start, q.char_end) for q in quantities(text.text))
    return _anchors(text, spans)


def _names(text: Reading) -> Mapping[str, Anchor]:
    spans = (
        (name.casefold(), "name", start, start + len(name))
        for name in dict.fromkeys(names_in(text.text))
        for start in _occurrences(text.text, name)
    )
    return _anchors(text, spans)


def _occurrences(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at
        at = text.find(name, at + len(name))


def _anchors(text: Reading, spans: Iterator[tuple[str, str, int, int]]) -> Mapping[str, Anchor]:
    found: dict[str, tuple[str, list[tuple[int, int]]]] = {}
    for name, kind, start, end in spans:
        inside = [place for place, token in enumerate(text.tokens) if start <= token.start < end]
        if inside:
            found.setdefault(name, (kind, []))[1].append((inside[0], inside[-1]))
    clauses: dict[str, set[int]] = {}
    for kind, places in found.values():
        clauses.setdefault(kind, set()).update(text.tokens[first].clause for first, _ in places)
    return {
        name: Anchor(kind, tuple(places), frozenset(clauses[kind])) for name, (kind, places) in found.items()
    }

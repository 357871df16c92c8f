"""True statements made false: a number, unit, name, date, negation, opposite or role changed.

The idea of training a check on such statements is that of FactCC (arXiv 1910.12840).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from index.language import detect
from rag.dates import date_mentions
from rag.names import names_in
from rag.quantities import quantities
from rag.training.opposites import HAS_OPPOSITE, OPPOSITES

Falsify = Callable[[str, str, Random], str]
"""Gives a statement made false, empty where it cannot; the second text is where names are taken from."""

_MONTHS = "January February March April May June July August September October November December".split()
_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def other_number(text: str, source: str, random: Random) -> str:
    """Change the figure of an amount."""
    found = [
        match
        for quantity in quantities(text)
        if (match := _DIGITS.search(text, quantity.char_start, quantity.char_end))
    ]
    if not found:
        return ""
    chosen = random.choice(found)
    digits = chosen[0]
    whole, _, rest = digits.partition(".")
    changed = int(whole) + random.choice((1, 2, 3, 5, 7)) * 10 ** random.randrange(max(1, len(whole)))
    return _put(text, chosen.start(), chosen.end(), f"{changed}.{rest}" if rest else str(changed))


_UNITS = {
    "billion": "million", "million": "billion", "thousand": "million", "percent": "million", "%": " million",
    "$": "€", "€": "$", "£": "$", "miles": "feet", "years": "months", "months": "years", "weeks": "days",
    "days": "weeks", "hours": "minutes", "minutes": "hours", "万": "亿", "亿": "万", "美元": "欧元",
    "元": "美元", "公里": "米", "小时": "分钟", "分钟": "小时", "天": "个月", "个月": "天", "年": "个月",
    "人": "万人", "吨": "公斤", "倍": "%",
}  # fmt: skip
_UNIT = re.compile("|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True)))


def other_unit(text: str, source: str, random: Random) -> str:
    """Change the scale, measure or currency of an amount."""
    found = [
        match
        for quantity in quantities(text)
        if (match := _UNIT.search(text, quantity.char_start, min(len(text), quantity.char_end + 1)))
    ]
    if not found:
        return ""
    chosen = random.choice(found)
    return _put(text, chosen.start(), chosen.end(), _UNITS[chosen[0]])


def other_name(text: str, source: str, random: Random) -> str:
    """Put a name of the source in the place of one of the statement's."""
    own = [name for name in names_in(text) if len(name) > 1]
    if not own:
        return ""
    chosen = random.choice(own)
    others = sorted({n for n in names_in(source) if n not in text and n.isascii() == chosen.isascii()})
    others = [name for name in others if name not in chosen and chosen not in name]
    return text.replace(chosen, random.choice(others)) if others else ""


def other_date(text: str, source: str, random: Random) -> str:
    """Change the year, month or day of a date."""
    mentions = date_mentions(text)
    if not mentions:
        return ""
    mention = random.choice(mentions)
    part = text[mention.char_start : mention.char_end]
    if mention.month and (found := re.search("|".join(_MONTHS), part)):
        other = _MONTHS[(mention.month - 1 + random.randrange(1, 12)) % 12]
    elif found := re.search(r"(?:19|20)\d\d", part):
        other = str(int(found[0]) + random.choice((-3, -2, -1, 1, 2, 3)))
    elif found := re.search(r"\d{1,2}(?=\s?[月日号]|\b)", part):
        other = str(int(found[0]) % 12 + 1)
    else:
        return ""
    at = mention.char_start
    return _put(text, at + found.start(), at + found.end(), other)


def negated(text: str, source: str, random: Random) -> str:
    """Deny what is said, or leave out a negation."""
    return _negated_chinese(text, random) if detect(text) == "zh" else _negated_english(text, random)


_LEFT_OUT = 0.6
"""How often a negation is left out where there is one, rather than another one put in."""

_AUXILIARY = re.compile(
    r"\b(?:is|was|are|were|has|had|have|will|can|could|would|should|must|did|does|do)\b"
    r"(?! not| no | never|n['’]t)"
)
_PAST = re.compile(
    r"(?:(?<=\bit )|(?<=\bhe )|(?<=\bshe )|(?<=\bthey )|(?<=\bwho )|(?<=\bthat )|(?<=[A-Z][a-z]{2} ))"
    r"(?:[a-z]{2,}ed|said|took|made|gave|got|came|went|saw|found|told|began|won|lost|fell|rose|paid|held|"
    r"left|led|brought|bought|sold|sent|built|grew|met|became)\b"
)
_DENIAL = re.compile(
    r"\b(?:do|does|did) not |\bno longer |\bnot (?!only)|\bnever |\bcannot\b|(?<=[a-z])n['’]t\b"
)


def _negated_english(text: str, random: Random) -> str:
    denials = list(_DENIAL.finditer(text))
    if denials and random.random() < _LEFT_OUT:
        chosen = random.choice(denials)
        return _put(text, chosen.start(), chosen.end(), "can" if chosen[0] == "cannot" else "")
    found = [(m.end(), f" {random.choice(('not', 'not', 'never'))}") for m in _AUXILIARY.finditer(text)]
    found += [(m.start(), "never ") for m in _PAST.finditer(text)]
    if not found:
        return ""
    at, word = random.choice(found)
    return text[:at] + word + text[at:]


_CHINESE_DENIAL = re.compile(r"并没有|并未|没有|尚未|从未|未能|不再|并不|不会|不是|不能|无法")
_DENIED = {
    "不会": "会",
    "不是": "是",
    "不能": "能",
    "无法": "能够",
    "没有": "有",
    "不再": "仍然",
    "未能": "得以",
}
_AFFIRMED = {"会": "不会", "是": "不是", "能": "不能", "可以": "不可以", "已": "尚未", "将": "不会",
             "有": "没有", "仍": "不再", "需": "无需"}  # fmt: skip
_CHINESE_PLAIN = re.compile(
    r"(?<![不没未机社协委议学大工商只还就总可但若凡于尤都如正也而或先所公国农产持具独])"
    r"(?:可以|会(?![议员计长见面场])|是(?![否非])|能(?![源力够量见])|已|将|有(?![效限关些时望利])|仍|需(?!求))"
)


def _negated_chinese(text: str, random: Random) -> str:
    denials = list(_CHINESE_DENIAL.finditer(text))
    if denials and random.random() < _LEFT_OUT:
        chosen = random.choice(denials)
        return _put(text, chosen.start(), chosen.end(), _DENIED.get(chosen[0], ""))
    found = [match for match in _CHINESE_PLAIN.finditer(text) if match.start()]
    if not found:
        return ""
    chosen = random.choice(found)
    return _put(text, chosen.start(), chosen.end(), _AFFIRMED[chosen[0]])


def opposite(text: str, source: str, random: Random) -> str:
    """Put a word's opposite in its place."""
    found = list(HAS_OPPOSITE.finditer(text))
    if not found:
        return ""
    chosen = random.choice(found)
    return _put(text, chosen.start(), chosen.end(), OPPOSITES[chosen[0]])


_LISTED = re.compile(r"[\s,、和与及&]*(?:and|or|to)?\s*")
_CHINESE_SIDES = re.compile(
    r"(?P<a>[\u4e00-\u9fff]{2,6})(?P<by>比|被|向|给|超过|高于|低于)(?P<b>[\u4e00-\u9fff]{2,4})"
)


def swapped(text: str, source: str, random: Random) -> str:
    """Let two names, or two amounts of a unit, change places; those of one list, which can, are left."""
    anchors = [(text.find(name), name) for name in dict.fromkeys(names_in(text)) if text.count(name) == 1]
    amounts = [(q.char_start, text[q.char_start : q.char_end].strip()) for q in quantities(text)]
    pairs = [
        (one, other)
        for listed in (anchors, amounts)
        for one in listed
        for other in listed
        if one[0] < other[0] and _can_swap(text, one, other)
    ]
    if pairs:
        (start, one), (after, other) = random.choice(pairs)
        between = text[start + len(one) : after]
        return text[:start] + other + between + one + text[after + len(other) :]
    sides = list(_CHINESE_SIDES.finditer(text))
    if not sides:
        return ""
    chosen = random.choice(sides)
    return _put(text, chosen.start(), chosen.end(), f"{chosen['b']}{chosen['by']}{chosen['a']}")


def _can_swap(text: str, one: tuple[int, str], other: tuple[int, str]) -> bool:
    between = text[one[0] + len(one[1]) : other[0]]
    listed = between
    for name in names_in(between):
        listed = listed.replace(name, "")
    apart = len(between) >= 2 and not _LISTED.fullmatch(listed)
    return apart and one[1] not in other[1] and other[1] not in one[1]


WAYS: Mapping[str, Falsify] = {
    "number": other_number,
    "unit": other_unit,
    "name": other_name,
    "date": other_date,
    "negation": negated,
    "opposite": opposite,
    "swapped": swapped,
}
"""Every way to make a statement false, by name."""


def falsified(text: str, source: str, random: Random, ways: Sequence[str] = tuple(WAYS)) -> dict[str, str]:
    """Give what a statement becomes in each way that it allows, by the name of the way."""
    made = {way: WAYS[way](text, source, random) for way in ways}
    return {way: new for way, new in made.items() if new and new != text}


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]

"""Dates that a text mentions, as far as they are given: `March 5`, `2022年3月`, `Q3 2025`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rag.numerals import chinese_number

MONTHS = "january february march april may june july august september october november december".split()
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>(?:1[89]|20)\d{2})"
_DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_ENGLISH = rf"(?<![A-Za-z])(?:{_MONTH})(?![A-Za-z])"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?<!\d){_YEAR}\s?年\s?(?P<month>1[0-2]|0?[1-9])\s?月(?:\s?(?:{_DAY})\s?[日号])?",
        rf"(?<!\d){_YEAR}(?P<mark>[-/.])(?P<month>1[0-2]|0?[1-9])(?P=mark){_DAY}(?!\d)",
        rf"{_ENGLISH}\s+{_DAY},?\s+{_YEAR}(?!\d)",
        rf"(?<!\d){_DAY}(?:\s+of)?\s+{_ENGLISH},?\s+{_YEAR}(?!\d)",
        rf"{_ENGLISH},?\s+(?:of\s+)?{_YEAR}(?!\d)",
        rf"(?<![A-Za-z])q(?P<quarter>[1-4])\s+(?:of\s+)?{_YEAR}(?!\d)",
        rf"(?P<ordinal>first|second|third|fourth)\s+quarter\s+(?:of\s+)?{_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}\s?年?第?(?P<chinese_quarter>[一二三四])季度",
        rf"{_ENGLISH}\s+{_DAY}(?![\d%])(?!\s?(?:million|billion|percent|years))",
        rf"(?<![\d.]){_DAY}(?:\s+of)?\s+{_ENGLISH}",
        r"(?<!\d)(?P<month>1[0-2]|0?[1-9])\s?月\s?(?P<day>3[01]|[12]\d|0?[1-9])\s?[日号]",
        rf"(?<!\d){_YEAR}\s?年",
        r"(?P<chinese_year>[一二][〇零一二三四五六七八九]{3})年(?:(?P<chinese_month>十[一二]?|[一二三四五六七八九])月)?",
        r"(?<!\d)(?P<month>1[0-2]|0?[1-9])\s?月(?![个\d])",
        r"(?<![\d.,$€£¥-])(?P<year>(?:19|20)\d{2})(?=s?\b)(?![\d%]|[.,]\d|\s?(?:million|billion|people|yuan|dollars|percent))",
        r"(?<!\d)(?P<day>3[01]|[12]\d|0?[1-9])\s?日(?!元|本|均|子|常)",
    )
)
_ALONE = re.compile(
    r"(?<![A-Za-z])(?:january|february|march|april|may|june|july|august|september|october|november|december)(?![A-Za-z])",
    re.IGNORECASE,
)
_AFTER_IN = re.compile(
    r"\b(?:in|since|by|until|from|last|this|next|early|late|mid|of|through|before|after)[ -]\Z", re.IGNORECASE
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date as far as a text gives it; 0 for what it leaves open. The range is of the mention."""

    char_start: int
    char_end: int
    year: int = 0
    quarter: int = 0
    month: int = 0
    day: int = 0

    def agrees_with(self, other: DateMention) -> bool:
        """Whether everything that both give is the same, and they have something in common."""
        pairs = (
            (self.year, other.year),
            (self.quarter, other.quarter),
            (self.month, other.month),
            (self.day, other.day),
        )
        shared = [(a, b) for a, b in pairs if a and b]
        return bool(shared) and all(a == b for a, b in shared)

    def lies_in(self, others: Iterable[DateMention]) -> bool:
        """Whether the dates given hold this one: month and day in one of them, the year there or in
        another.
        """
        known = list(others)
        for other in known:
            day = not self.day or other.day == self.day
            month = not self.month or other.month in (self.month, 0 if self.day and day else self.month)
            quarter = (
                not self.quarter or other.quarter == self.quarter or (other.month + 2) // 3 == self.quarter
            )
            year = not self.year or other.year == self.year
            if day and month and quarter and year:
                return True
            if day and month and quarter and not other.year and any(o.year == self.year for o in known):
                return True
        return False


def date_mentions(text: str) -> tuple[DateMention, ...]:
    """Give the dates of a text in reading order, the fullest reading of each."""
    found: list[DateMention] = []
    for form in _FORMS:
        for match in form.finditer(text):
            if not _taken(match, found):
                found.append(_mention(match))
    for match in _ALONE.finditer(text):
        # A month without day or year: "May" and "March" are words as well, so the capital or "in" decides.
        if (
            match.group()[0].isupper()
            and not _taken(match, found)
            and _AFTER_IN.search(text[: match.start()][-8:])
        ):
            found.append(DateMention(match.start(), match.end(), month=_month(match.group())))
    return tuple(sorted(found, key=lambda mention: mention.char_start))


def _taken(match: re.Match[str], found: list[DateMention]) -> bool:
    return any(mention.char_start < match.end() and match.start() < mention.char_end for mention in found)


def _mention(match: re.Match[str]) -> DateMention:
    groups = match.groupdict()
    quarter = groups.get("quarter") or groups.get("ordinal") or groups.get("chinese_quarter") or ""
    return DateMention(
        match.start(),
        match.end(),
        year=int(groups.get("year") or _chinese(groups.get("chinese_year"))),
        quarter=int(quarter) if quarter.isdecimal() else _QUARTERS.get(quarter.lower(), 0),
        month=int(groups.get("month") or 0)
        or _month(groups.get("name") or "")
        or _chinese(groups.get("chinese_month")),
        day=int(groups.get("day") or 0),
    )


def _month(name: str) -> int:
    return next(
        (n for n, month in enumerate(MONTHS, start=1) if name and month.startswith(name[:3].lower())), 0
    )


def _chinese(numeral: str | None) -> int:
    return int(chinese_number(numeral) or 0) if numeral else 0

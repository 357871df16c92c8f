"""Publication dates as ISO 8601 text, at the precision that was given.

A date is a day (`2026-05-10`) or a moment (`2026-05-10T09:41`, with seconds and a zone where they
were given). A moment without a zone is kept as it is and counts as UTC when it is compared.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR, _DAY = r"(?P<year>[0-9]{4})", r"(?P<day>[0-9]{1,2})"
_TIME = (
    r"(?:(?:[Tt]|[ ]{1,2})(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6})[0-9]{0,3})?)?"
    r"[ ]?(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_FORMS: Final = tuple(
    re.compile(form + _TIME, re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_YEAR}(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})(?P=mark){_DAY}",
        rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
        rf"{_YEAR}[ ]?年[ ]?(?P<month>[0-9]{{1,2}})[ ]?月[ ]?{_DAY}[ ]?日",
        rf"{_MONTH}[ ]{{1,2}}{_DAY},?[ ]{{1,2}}{_YEAR}",
        rf"{_DAY}[ ]{{1,2}}{_MONTH},?[ ]{{1,2}}{_YEAR}",
    )
)
_LONGEST = 60

_DAY_PRECISION, _MINUTE, _SECOND, _FRACTION = range(4)


def parse_date(text: str) -> str:
    """Return the date in `text` as ISO 8601; a day stays a day, a time without a zone stays without."""
    return _read(text)[0]


def day_of(published: str) -> str:
    """Return the UTC day of a date, `""` for an article without one."""
    return _read(published)[1].date().isoformat() if published else ""


def in_range(published: str, after: str, before: str) -> bool:
    """Whether `published` lies between two bounds, both inclusive, an empty one being open.

    Each comparison is made at the coarser precision of its two sides, a day being a day in UTC: an
    article of 10 May is in range of "after 10 May, noon" as well as of "before 10 May, noon". An
    article without a date passes only where no bound is set.
    """
    if not published:
        return not after and not before
    return (not after or _compare(published, after) >= 0) and (not before or _compare(published, before) <= 0)


def _compare(left: str, right: str) -> int:
    _, left_moment, left_precision = _read(left)
    _, right_moment, right_precision = _read(right)
    precision = min(left_precision, right_precision)
    a, b = _truncated(left_moment, precision), _truncated(right_moment, precision)
    return (a > b) - (a < b)


def _truncated(moment: datetime, precision: int) -> datetime:
    if precision == _DAY_PRECISION:
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if precision == _MINUTE:
        return moment.replace(second=0, microsecond=0)
    return moment.replace(microsecond=0) if precision == _SECOND else moment


@lru_cache(maxsize=16_384)  # a filter asks for the same days again and again
def _read(text: str) -> tuple[str, datetime, int]:
    """Return the date in ISO form, as a moment in UTC, and the precision it was given at."""
    found = _match(text)
    try:
        day = date(int(found["year"]), _month_of(found), int(found["day"]))
        if found["hour"] is None:
            return day.isoformat(), datetime(day.year, day.month, day.day, tzinfo=UTC), _DAY_PRECISION
        moment = datetime(
            day.year, day.month, day.day, int(found["hour"]), int(found["minute"]), int(found["second"] or 0),
            int((found["fraction"] or "").ljust(6, "0")), tzinfo=UTC,
        )  # fmt: skip
        moment -= _offset(found["zone"] or "Z")
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date of the calendar. {_REMEDY}") from None
    return f"{day.isoformat()}T{_clock(found)}{_zone(found['zone'])}", moment, _precision(found)


_REMEDY = "Write it as 2026-05-10 or 2026-05-10T09:41:00+08:00."


def _match(text: str) -> re.Match[str]:
    cleaned = text.strip()
    if len(cleaned) <= _LONGEST:
        for form in _FORMS:
            if found := form.fullmatch(cleaned):
                return found
    raise ValueError(f"{cleaned[:_LONGEST]!r} is not a date. {_REMEDY}")


def _month_of(found: re.Match[str]) -> int:
    groups = found.groupdict()
    return int(groups["month"]) if "month" in groups else _MONTHS.index(groups["name"][:3].lower()) + 1


def _precision(found: re.Match[str]) -> int:
    if found["fraction"]:
        return _FRACTION
    return _SECOND if found["second"] else _MINUTE


def _clock(found: re.Match[str]) -> str:
    clock = f"{found['hour']}:{found['minute']}"
    if found["second"]:
        clock += f":{found['second']}"
    return f"{clock}.{found['fraction']}" if found["fraction"] else clock


def _zone(zone: str | None) -> str:
    if not zone:
        return ""
    if zone in "Zz":
        return "Z"
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)

"""Publication dates as ISO 8601 text, at the precision that was given.

A date is a day (`2026-05-10`) or a moment (`2026-05-10T09:41`, with seconds and a zone where they
were given). A moment without a zone is kept as it is and counts as UTC when it is compared.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from index.date_forms import Given, read_form

_REMEDY = "Write it as 2026-05-10 or 2026-05-10T09:41:00+08:00."
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
    try:
        given = read_form(text)
        if given is not None:
            return _iso(given), _moment(given), _precision(given)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date of the calendar. {_REMEDY}") from None
    raise ValueError(f"{text.strip()[:60]!r} is not a date. {_REMEDY}")


def _iso(given: Given) -> str:
    if given.hour is None:
        return given.day.isoformat()
    clock = f"{given.hour:02}:{given.minute:02}"
    if given.second is not None:
        clock += f":{given.second:02}"
    return f"{given.day.isoformat()}T{clock}{'.' if given.fraction else ''}{given.fraction}{given.zone}"


def _moment(given: Given) -> datetime:
    day = given.day
    moment = datetime(
        day.year, day.month, day.day, given.hour or 0, given.minute, given.second or 0,
        int(given.fraction.ljust(6, "0")), tzinfo=UTC,
    )  # fmt: skip
    return moment - _offset(given.zone)


def _offset(zone: str) -> timedelta:
    if zone in ("", "Z"):
        return timedelta(0)
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
    return -offset if zone[0] == "-" else offset


def _precision(given: Given) -> int:
    if given.hour is None:
        return _DAY_PRECISION
    if given.fraction:
        return _FRACTION
    return _MINUTE if given.second is None else _SECOND

"""The ways in which pages, feeds and exports write a date, read into its parts.

Read are ISO 8601, RFC 2822 (feeds), English as news sites write it (`9:41 AM EDT, Sun May 10, 2026`)
and Chinese (`2026年5月10日 下午3时20分`). Not read is what leaves a choice: `05/10/2026`, `5月10日`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?[ ])?"
_ZH_WEEKDAY = r"(?:[ ]?\(?(?:星期|周)[一二三四五六日天]\)?)?"
_YEAR, _DAY = r"(?P<year>[0-9]{4})", r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_CLOCK = (
    r"(?P<part>上午|凌晨|清晨|早上|中午|下午|傍晚|晚上)?[ ]?"
    r"(?P<hour>[0-9]{1,2})[ ]?[:时時点點][ ]?(?P<minute>[0-9]{2})分?"
    r"(?::?(?P<second>[0-9]{2})秒?(?:[.,](?P<fraction>[0-9]{1,6})[0-9]{0,3})?)?"
    r"(?:[ ]?(?P<half>[ap])\.?m\.?)?"
)
_ZONE = (
    r"(?:[ ]?(?P<zone>z|(?:(?:utc|gmt)[ ]?)?[+-][0-9]{1,2}(?::?[0-9]{2})?|utc|gmt|ut"
    r"|[ecmp][sd]?t|北京时间|\(北京时间\))(?:[ ]\([a-z ]{1,30}\))?)?"
)
_TIME = rf"(?:(?:t|,?[ ](?:at[ ])?|(?<=日)|(?<=\)))?{_CLOCK}{_ZONE})?"
_DATE_FORMS: Final = (
    rf"{_YEAR}(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}})",
    rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
    rf"(?:北京时间[ ]?)?{_YEAR}[ ]?年[ ]?(?P<month>[0-9]{{1,2}})[ ]?月[ ]?(?P<day>[0-9]{{1,2}})[ ]?日"
    rf"{_ZH_WEEKDAY}",
    rf"{_WEEKDAY}{_MONTH}[ ]{_DAY},?[ ]{_YEAR}",
    rf"{_WEEKDAY}{_DAY}[ -]{_MONTH},?[ -]{_YEAR}",
)
_FORMS: Final = (
    *(re.compile(form + _TIME, re.IGNORECASE | re.ASCII) for form in _DATE_FORMS),
    # The compact time of ISO 8601, and the year of two digits that old feeds have.
    re.compile(
        rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})t(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})"
        rf"(?P<second>[0-9]{{2}})?{_ZONE}",
        re.IGNORECASE | re.ASCII,
    ),
    re.compile(
        rf"{_WEEKDAY}{_DAY}[ ]{_MONTH}[ ](?P<year>[0-9]{{2}})[ ]{_CLOCK}{_ZONE}", re.IGNORECASE | re.ASCII
    ),
    *(
        re.compile(rf"{_CLOCK}{_ZONE},?[ ](?:on[ ])?{form}", re.IGNORECASE | re.ASCII)
        for form in _DATE_FORMS[3:]
    ),
)
_LONGEST = 80
_ZH_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_ZH_DATE = re.compile(
    r"([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_AFTERNOON = frozenset(("p", "下午", "傍晚", "晚上"))
_FIXED_ZONES: Final = {
    "z": "Z", "utc": "Z", "gmt": "Z", "ut": "Z", "北京时间": "+08:00",
    "est": "-05:00", "edt": "-04:00", "cst": "-06:00", "cdt": "-05:00",
    "mst": "-07:00", "mdt": "-06:00", "pst": "-08:00", "pdt": "-07:00",
}  # fmt: skip
_PLACES: Final = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}


@dataclass(frozen=True, slots=True)
class Given:
    """A date as it was given: a day, or a moment down to the minute, the second or a fraction of it.

    `zone` is `Z`, an offset such as `+08:00`, or empty where none was given.
    """

    day: date
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    fraction: str = ""
    zone: str = ""


def read_form(text: str) -> Given | None:
    """Read a date in one of the known forms; nothing where it has none of them.

    Raises `ValueError` for a form whose numbers are in no calendar or on no clock.
    """
    if len(text) > _LONGEST * 4:
        return None
    cleaned = _arabic(" ".join(unicodedata.normalize("NFKC", text).split()))
    if len(cleaned) > _LONGEST:
        return None
    for form in _FORMS:
        if found := form.fullmatch(cleaned):
            return _given(found, cleaned)
    return None


def _arabic(text: str) -> str:
    """Write the Chinese numerals of `二〇二六年五月十日` as digits."""
    found = _ZH_DATE.match(text)
    if not found:
        return text
    year, month, day = found.groups()
    return f"{year.translate(_ZH_DIGITS)}年{_number(month)}月{_number(day)}日{text[found.end() :]}"


def _number(numeral: str) -> str:
    tens, ten, units = numeral.rpartition("十")
    if not ten:
        return numeral.translate(_ZH_DIGITS)
    return f"{tens.translate(_ZH_DIGITS) or '1'}{units.translate(_ZH_DIGITS) or '0'}"


def _given(found: re.Match[str], text: str) -> Given:
    groups = found.groupdict()
    year = int(groups["year"])
    if len(groups["year"]) == 2:
        year += 2000 if year < 50 else 1900
    month = int(groups["month"]) if "month" in groups else _MONTHS.index(groups["name"][:3].lower()) + 1
    day = date(year, month, int(groups["day"]))
    if groups["hour"] is None:
        return Given(day)
    hour, minute = _hour(groups), int(groups["minute"])
    second = int(groups["second"]) if groups["second"] else None
    wall = datetime(day.year, day.month, day.day, hour, minute, second or 0)
    zone = groups["zone"] or ("北京时间" if text.startswith("北京时间") else "")
    return Given(
        day, hour, minute, second, groups.get("fraction") or "", _zone(zone.strip("()").lower(), wall)
    )


def _hour(groups: dict[str, str | None]) -> int:
    hour = int(groups["hour"] or 0)
    half, part = (groups.get("half") or "").lower(), groups.get("part") or ""
    if half and not 1 <= hour <= 12:
        raise ValueError(hour)
    if (half or part) in _AFTERNOON:
        return hour + 12 if hour < 12 else hour
    return 0 if hour == 12 and (half == "a" or part == "凌晨") else hour


def _zone(zone: str, wall: datetime) -> str:
    if not zone or zone in _FIXED_ZONES:
        return _FIXED_ZONES.get(zone, "")
    if zone in _PLACES:
        offset = wall.replace(tzinfo=ZoneInfo(_PLACES[zone])).strftime("%z")
    else:
        sign = zone.removeprefix("utc").removeprefix("gmt").strip()
        hours, _, minutes = sign[1:].partition(":")
        if not minutes and len(hours) > 2:
            hours, minutes = hours[:-2], hours[-2:]
        offset = f"{sign[0]}{hours:0>2}{minutes or '00'}"
    if int(offset[1:3]) > 23 or int(offset[3:]) > 59:
        raise ValueError(zone)
    return f"{offset[:3]}:{offset[3:]}"

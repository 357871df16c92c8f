"""Amounts in English and Chinese text, in one form: `$2 billion`, `2bn dollars` and `20亿美元` are equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rag.dates import date_mentions
from rag.numerals import chinese_number, english_number

CURRENCIES = frozenset("usd cny eur gbp jpy hkd aud cad sgd twd krw inr chf".split())


@dataclass(frozen=True, slots=True)
class Quantity:
    """One amount of a text: value in full, its unit (empty for a bare count), and where it stands.

    `bound` is `over`, `under` or `about` where the text says that the figure is not exact; `places` is the
    number of significant digits that were written. Both ends of a range are amounts of their own,
    with `ranged` set.
    """

    value: Decimal
    unit: str
    char_start: int
    char_end: int
    bound: str = ""
    places: int = 0
    ranged: bool = False

    @property
    def is_money(self) -> bool:
        """Whether the unit is a currency."""
        return self.unit in CURRENCIES


_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "mln": 6, "m": 6, "billion": 9, "bn": 9,
    "b": 9, "trillion": 12, "tn": 12, "t": 12, "百": 2, "千": 3, "万": 4, "萬": 4, "十万": 5, "百万": 6,
    "千万": 7,
    "亿": 8, "億": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12, "兆": 12,
}  # fmt: skip
_PREFIXES = {
    "us$": "usd", "usd": "usd", "hk$": "hkd", "a$": "aud", "c$": "cad", "s$": "sgd", "nt$": "twd", "$": "usd",
    "€": "eur", "£": "gbp", "¥": "cny", "rmb": "cny", "cny": "cny", "eur": "eur", "gbp": "gbp", "hkd": "hkd",
    "₩": "krw", "₹": "inr",
}  # fmt: skip
_UNITS = {
    "%": "percent", "percent": "percent", "per cent": "percent", "percentage points": "points",
    "percentage point": "points", "个百分点": "points", "basis points": "basis points",
    "个基点": "basis points",
    "美元": "usd", "美金": "usd", "us dollars": "usd", "u.s. dollars": "usd", "dollars": "usd",
    "dollar": "usd", "usd": "usd",
    "港元": "hkd", "港币": "hkd", "hong kong dollars": "hkd", "欧元": "eur", "euros": "eur", "euro": "eur",
    "英镑": "gbp",
    "pounds": "gbp", "日元": "jpy", "yen": "jpy", "人民币": "cny", "元人民币": "cny", "元": "cny",
    "块钱": "cny", "rmb": "cny",
    "yuan": "cny", "renminbi": "cny", "韩元": "krw", "won": "krw", "卢比": "inr", "rupees": "inr",
    "台币": "twd",
    "years": "year", "year": "year", "year-old": "year", "年": "year", "岁": "year", "周年": "year",
    "months": "month", "month": "month", "个月": "month", "weeks": "week", "week": "week", "周": "week",
    "个星期": "week",
    "days": "day", "day": "day", "天": "day", "日": "day", "hours": "hour", "hour": "hour", "小时": "hour",
    "个小时": "hour",
    "minutes": "minute", "minute": "minute", "分钟": "minute", "seconds": "second", "second": "second",
    "秒": "second",
    "kilometers": "km", "kilometres": "km", "km": "km", "公里": "km", "千米": "km", "miles": "mile",
    "mile": "mile",
    "英里": "mile", "meters": "metre", "metres": "metre", "米": "metre", "feet": "foot", "foot": "foot",
    "英尺": "foot",
    "tons": "ton", "tonnes": "ton", "吨": "ton", "kg": "kg", "kilograms": "kg", "公斤": "kg", "千克": "kg",
    "lbs": "lb", "mph": "mph", "倍": "times", "times": "times", "fold": "times",
    "成": "tenths", "级": "degree", "度": "degree", "degrees": "degree", "次": "occasion", "吨级": "ton",
    "平方米": "sqm",
    "平方公里": "sqkm", "亩": "mu", "公顷": "hectare", "hectares": "hectare", "acres": "acre",
}  # fmt: skip
"""Words of a unit to its name. Days, weeks and so on are kept apart: three days are not three weeks."""

_CHINESE_DIGITS = "零〇一二两三四五六七八九十百千万亿"
_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
_WORD = "|".join(sorted(_WORDS.split(), key=len, reverse=True))
_ENGLISH = rf"(?:{_WORD})(?:[ -](?:{_WORD}))?|a(?= (?:hundred|thousand|million|billion|trillion))|half a"
_NUMBER = (
    rf"\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<![a-z])(?:{_ENGLISH})(?![a-z])|[{_CHINESE_DIGITS}]+"
)


def _alternatives(words: dict[str, object] | dict[str, str] | dict[str, int]) -> str:
    parts = []
    for word in sorted(words, key=len, reverse=True):
        edge = r"(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else ""
        parts.append(re.escape(word) + edge)
    return "|".join(parts)


_AMOUNT = re.compile(
    rf"(?P<prefix>{'|'.join(re.escape(p) for p in sorted(_PREFIXES, key=len, reverse=True))})?\s?"
    rf"(?<![\d.])(?P<number>{_NUMBER})"
    rf"(?P<more>余|多)?[ -]?(?P<scale>{_alternatives(_SCALES)})?(?P<after>多|余)?"
    rf"[ -]?(?P<unit>{_alternatives(_UNITS)})?",
)
_RANGE = re.compile(r"\s?(?:-|–|—|~|～|to|至|到|and|或)\s?\Z")
_PERCENT_BEFORE = re.compile(r"百分之\Z")
_BOUNDS = (
    (
        "over",
        re.compile(
            r"(?:over|more than|above|surpass\w*|exceed\w*|at least|超过?|逾|突破|至少|不低于|高于)\s?\Z"
        ),
    ),
    (
        "under",
        re.compile(r"(?:under|less than|fewer than|below|at most|up to|not quite|不足|不到|低于|少于)\s?\Z"),
    ),
    (
        "about",
        re.compile(
            r"(?:about|around|nearly|almost|roughly|some|approximately|close to|约为?|近|大约|将近|接近)\s?\Z"
        ),
    ),
)


def quantities(text: str) -> tuple[Quantity, ...]:
    """Give the amounts of a text in reading order; numbers that are part of a date are left out."""
    folded = _folded(text)
    dated = [(mention.char_start, mention.char_end) for mention in date_mentions(text)]
    found = [
        amount
        for match in _AMOUNT.finditer(folded)
        if not any(start < match.end("number") and match.start("number") < end for start, end in dated)
        for amount in _amount(folded, match)
    ]
    return _ranges_joined(folded, found)


def same_value(one: Quantity, other: Quantity) -> bool:
    """Tell whether two amounts are equal, or one is the other rounded to the digits it is written with."""
    if one.value == other.value:
        return True
    fewer, more = sorted((one, other), key=lambda quantity: quantity.places)
    if fewer.places < 2 and not fewer.bound:
        return False
    return _rounded(more.value, fewer.places) == fewer.value


def restates(said: Quantity, known: Quantity) -> bool:
    """Tell whether one amount says another over: the same, or rounded to fewer digits; never to more."""
    return said.value == known.value or (said.places <= known.places and same_value(said, known))


def same_unit(one: Quantity, other: Quantity) -> bool:
    """Tell whether two units can be meant alike: a measure that is not named matches only other counts."""
    if one.unit == other.unit:
        return True
    loose = {one.unit, other.unit} & {"", "occasion"}
    strict = CURRENCIES | {"percent", "points", "basis points"}
    return bool(loose) and not ({one.unit, other.unit} & strict)


def _folded(text: str) -> str:
    """Fold width and case of each character alone, so that offsets hold."""
    out = []
    for character in text:
        plain = unicodedata.normalize("NFKC", character).lower()
        out.append(plain if len(plain) == 1 else character)
    return "".join(out)


def _amount(text: str, match: re.Match[str]) -> Iterator[Quantity]:
    number, scale = match["number"], match["scale"] or ""
    start = match.start()
    while text[start] == " ":
        start += 1
    value = _value(number)
    # A lone Chinese numeral inside a word (一起, 万一) or a digit inside a name (GPT-4, 5G) is no amount.
    if value is None or _inside_word(text, match):
        return
    unit = _UNITS.get(match["unit"] or "", "") or _PREFIXES.get(match["prefix"] or "", "")
    if _PERCENT_BEFORE.search(text[max(0, match.start("number") - 3) : match.start("number")]):
        unit = "percent"
    if number in ("a", "half a") and not scale:
        return
    if unit == "tenths":
        value, unit = value * 10, "percent"
    bound = next((name for name, form in _BOUNDS if form.search(text[max(0, start - 16) : start])), "")
    if match["more"] or match["after"]:
        bound = "over"
    end = start + len(text[start : match.end()].rstrip(" -"))
    yield Quantity(value.scaleb(_SCALES.get(scale, 0)).normalize(), unit, start, end, bound, _places(value))


def _value(number: str) -> Decimal | None:
    if number[0].isdecimal():
        try:
            return Decimal(number.replace(",", ""))
        except InvalidOperation:
            return None
    if number[0] in _CHINESE_DIGITS:
        return chinese_number(number)
    return english_number(number)


_NAME_BEFORE = re.compile(r"[a-z]-?\Z")
_NAME_AFTER = re.compile(r"[a-z]")


def _inside_word(text: str, match: re.Match[str]) -> bool:
    number = match["number"]
    before = text[max(0, match.start("number") - 2) : match.start("number")]
    after = text[match.end() : match.end() + 1]
    if number[0].isdecimal():
        attached = bool(_NAME_BEFORE.search(before)) and not match["prefix"]
        glued = match.end() == match.end("number") and bool(_NAME_AFTER.match(after))
        return attached or glued
    if number[0] in _CHINESE_DIGITS:
        if _PERCENT_BEFORE.search(text[max(0, match.start("number") - 3) : match.start("number")]):
            return False
        measured = match["scale"] or match["unit"] or (after and after in _COUNTED) or len(number) > 1
        return not measured or before.endswith(("第", "星期", "周", "之", "初"))
    return number == "one" and not match["scale"] and not match["unit"]


_COUNTED = "个名位家人只条款项种场座件辆架艘部轮批台张本"


def _places(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def _rounded(value: Decimal, places: int) -> Decimal:
    if not value:
        return value
    return value.quantize(Decimal(1).scaleb(value.adjusted() - places + 1)).normalize()


def _ranges_joined(text: str, found: list[Quantity]) -> tuple[Quantity, ...]:
    """Give the first end of a range (`$45-50 billion`, `3 to 5 percent`) the scale and unit of the second."""
    joined = list(found)
    for place in range(len(found) - 1):
        first, second = joined[place], found[place + 1]
        between = text[first.char_end : second.char_start]
        if not _RANGE.fullmatch(between) or (first.unit and second.unit and first.unit != second.unit):
            continue
        if (
            between.strip() in ("and", "")
            and "between" not in text[max(0, first.char_start - 10) : first.char_start]
        ):
            continue
        joined[place] = _first_end(text, first, second)
        joined[place + 1] = Quantity(
            second.value,
            second.unit or first.unit,
            second.char_start,
            second.char_end,
            second.bound,
            second.places,
            True,
        )
    return tuple(joined)


def _first_end(text: str, first: Quantity, second: Quantity) -> Quantity:
    value = first.value
    bare = text[first.char_start : first.char_end].strip()[-1].isdecimal()
    ratio = _scale_of(text, second)
    if bare and ratio > 1 and value < second.value:
        value = (value * ratio).normalize()
    unit = first.unit or second.unit
    return Quantity(value, unit, first.char_start, first.char_end, first.bound, first.places, True)


def _scale_of(text: str, quantity: Quantity) -> Decimal:
    match = _AMOUNT.search(text, quantity.char_start, quantity.char_end)
    return Decimal(1).scaleb(_SCALES.get(match["scale"] or "", 0)) if match else Decimal(1)

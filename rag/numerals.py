"""Numbers written as words, in English (`twenty-two`) and Chinese (`二十二`, `两千万`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_ENGLISH: Final = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen".split()
    )
} | {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_DIGITS: Final = {"零": 0, "〇": 0, "两": 2} | {
    digit: n for n, digit in enumerate("一二三四五六七八九", start=1)
}
_STEPS: Final = {"十": 10, "百": 100, "千": 1000}
_BLOCKS: Final = {"万": 10**4, "亿": 10**8}


def english_number(words: str) -> Decimal | None:
    """Read `two`, `twenty-two`, `a` (one) or `half a` (one half); `None` for anything else."""
    if words in ("a", "half a"):
        return Decimal(1) if words == "a" else Decimal("0.5")
    values = [_ENGLISH.get(word) for word in words.replace("-", " ").split()]
    known = [value for value in values if value is not None]
    if len(known) != len(values) or not known:
        return None
    if len(known) == 2 and not (known[0] >= 20 and known[1] < 10):
        return None
    return Decimal(sum(known))


def chinese_number(numeral: str) -> Decimal | None:
    """Read a Chinese numeral: `二十`, `两千万`, or digits said one by one (`二〇二六`)."""
    if len(numeral) > 1 and all(character in _DIGITS for character in numeral):
        return Decimal("".join(str(_DIGITS[character]) for character in numeral))
    total = block = digit = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _STEPS:
            block += (digit or 1) * _STEPS[character]
            digit = 0
        elif character in _BLOCKS:
            if not (total or block or digit):
                return None
            total = (total + block + digit) * _BLOCKS[character]
            block = digit = 0
        else:
            return None
    return Decimal(total + block + digit)

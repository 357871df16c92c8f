"""Lexical tokens of English and Chinese text.

Latin-script words and numbers are single tokens. A run of Chinese characters gives its single
characters and its overlapping pairs: pairs carry the meaning of most Chinese words, single characters
keep recall where a question and an article cut a name differently. No dictionary, so that new names
(companies, people) are found as well as old ones.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

CHINESE = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Chinese characters as the inside of a character class of a regular expression."""

_LETTER = rf"[^\W_{CHINESE}]"
_TOKEN = re.compile(
    rf"[{CHINESE}]+"
    rf"|{_LETTER}+(?:[.,'’]{_LETTER}+)*"  # a word or number: 5.5, 1,000, don't
)
_POSSESSIVE = re.compile(r"['’]s$")


def lexical_tokens(text: str) -> list[str]:
    """Tokens in reading order, case folded and NFKC normalised."""
    tokens: list[str] = []
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match.group()
        if _is_chinese(run[0]):
            tokens.extend(run)
            tokens.extend(first + second for first, second in pairwise(run))
        else:
            tokens.append(_POSSESSIVE.sub("", run).replace(",", ""))
    return tokens


def stem(token: str) -> str:
    """Give the letters that stand in for a word's stem: "Australian" meets "Australia"."""
    return token[:_STEM]


def singular_stem(token: str) -> str:
    """Give the stem of a word without its plural s: "IPOs" meets "IPO"."""
    return stem(token.removesuffix("s"))


def query_weights(question: str) -> dict[str, float]:
    """Give the tokens of a question with the weight of each in a search, in reading order.

    Articles seldom hold question words, so that by rarity alone they would count as names do: Chinese
    ones are taken out. Function words of English, and single Chinese characters beside the
    pairs they are part of, count little.
    """
    text = _CHINESE_ASKING.sub(" ", unicodedata.normalize("NFKC", question))
    tokens = lexical_tokens(text) or lexical_tokens(question)
    return {token: _MINOR if _is_minor(token) else 1.0 for token in tokens}


def _is_minor(token: str) -> bool:
    return token in _ENGLISH_FUNCTION_WORDS or (len(token) == 1 and _is_chinese(token))


_STEM = 6
_MINOR = 0.3
_CHINESE_ASKING = re.compile(
    "请问|根据文章|为什么|为何|什么|哪一?[些个位种里家年国座条款次场项]?|多少|多大|多长|多久|如何|怎么样?|怎样|谁"
    "|几[个年位种次]|是否|有没有|吗|呢"
)
_ENGLISH_FUNCTION_WORDS = frozenset(
    "a an and are as at be but by did do does for from had has have how in is it its many much of on or that"
    " the their they this to was were what when where which who why will with".split()
)


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"

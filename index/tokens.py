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

_CHINESE = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER = rf"[^\W_{_CHINESE}]"
_TOKEN = re.compile(
    rf"[{_CHINESE}]+"
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


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"

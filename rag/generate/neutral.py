"""Untrusted text as data: nothing invisible, nothing that could pass for a delimiter, a mark or a token.

White space becomes `DATAMARK` (spotlighting by datamarking, Hines et al. 2024, arXiv:2403.14720), so that
a model sees at every word whose text it reads.
"""

from __future__ import annotations

import re
import unicodedata

DATA_SIGN = "┃"
"""The first character of each line of data."""

DATAMARK = "ˆ"

_DISARMED = str.maketrans(
    {
        **dict.fromkeys("[⟦⁅﹇〔﹝︹〖︗⟬", "("),
        **dict.fromkeys("]⟧⁆﹈〕﹞︺〗︘⟭", ")"),
        **dict.fromkeys("【［︻", "（"),
        **dict.fromkeys("】］︼", "）"),
        **dict.fromkeys("🄪🉀🉁🉂🉃🉄🉅🉆🉇🉈", ""),
        **dict.fromkeys("<＜﹤", "‹"),
        **dict.fromkeys(">＞﹥", "›"),
        **dict.fromkeys("┃┇┋║", "|"),
        DATAMARK: "^",
    }
)
_WHITE = re.compile(r"\s+")
_INVISIBLE = frozenset(("Cc", "Cf", "Co", "Cs", "Cn"))
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_EAST_ASIAN = r"\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff01-\uff60"
_CLAUSE_END = re.compile(r"(?<=[，。；：！？、])(?=[^\s，。；：！？、])")
_MARK_AFTER_EAST_ASIAN = re.compile(rf"(?<=[{_EAST_ASIAN}]){DATAMARK}+")


def neutralised(text: str) -> str:
    """Give a text on one line, without what is invisible and without anything that could pass for ours.

    Square brackets (every mark and many models' tokens), angle brackets (all other tokens) and our own
    signs become harmless relatives; `neutralised` of the result changes nothing more.
    """
    one_line = _WHITE.sub(" ", text)
    seen = "".join(c for c in one_line if unicodedata.category(c) not in _INVISIBLE)
    return _WHITE.sub(" ", _BLANK.sub("", seen).translate(_DISARMED)).strip()


def datamarked(text: str) -> str:
    """Give a neutralised text with `DATAMARK` between its words, and behind the clauses of Chinese."""
    return _CLAUSE_END.sub(DATAMARK, neutralised(text)).replace(" ", DATAMARK)


def unmarked(text: str) -> str:
    """Undo `datamarked` in what a model copied: spaces between words, nothing between Chinese clauses."""
    return _MARK_AFTER_EAST_ASIAN.sub("", text).replace(DATAMARK, " ").replace("‹", "<").replace("›", ">")

"""Lines that say from whom and of when an article is, around its text and no part of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from index.dates import parse_date
from index.parse.pieces import Piece

_TOP: Final = 4
_LONGEST: Final = 160
_WORDS: Final = re.compile(
    r"[0-9]|\b(?:by|von|par|por|on|at|am|um|le|el|de|und|and|et|y|published|posted|updated|last|first"
    r"|written|edited|source|author|editor"
    r"|reporter|staff|writer|correspondent|minutes?|mins?|read|reading|time|jan(?:uary)?|feb(?:ruary)?"
    r"|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|mon(?:day)?|tues?(?:day)?"
    r"|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?|[ap]\.?m|gmt|utc|[cbe]s?t|[ce]est|edt|p[sd]t)\b|来源|來源|作者|编辑|責編|责编|责任编辑|记者"
    r"|文|年|月|日|发布于|发布时间|更新于|更新时间|时间"
    r"|[\W_]",
    re.IGNORECASE,
)
_RIGHTS: Final = re.compile(
    r"all rights reserved|©|\(c\) ?[0-9]{4}|copyright|版权所有|版權所有|未经(?:授权|许可)"
    r"|alle rechte vorbehalten"
    r"|tous droits réservés"
    r"|todos los derechos reservados|tutti i diritti riservati",
    re.IGNORECASE,
)
_LABELLED: Final[dict[str, re.Pattern[str]]] = {
    "published_at": re.compile(
        r"(?:first )?(?:published|posted|date)(?: on| at)?\s?[:：]?\s+(?=[\w])"
        r"|(?:发布(?:时间|日期|于)|日期|時間"
        r"|时间)\s?[:：]?\s?",
        re.IGNORECASE,
    ),
    "updated_at": re.compile(
        r"(?:last )?(?:updated|modified)(?: on| at)?\s?[:：]?\s+(?=[\w])"
        r"|(?:更新(?:时间|日期|于))\s?[:：]?\s?",
        re.IGNORECASE,
    ),
    "author": re.compile(
        r"(?:by|authors?|written by)\s?[:：]\s?|by\s+(?=[A-Z])|(?:作者|撰文|记者|文)\s?[:：/|｜]\s?",
        re.IGNORECASE,
    ),
    "source": re.compile(
        r"(?:source|publisher|publication)\s?[:：]\s?|(?:来源|來源)\s?[:：]\s?", re.IGNORECASE
    ),
}
_LONGEST_NAME: Final = 100


def without_stamps(pieces: Sequence[Piece], names: Sequence[str]) -> list[Piece]:
    """Drop stamps at the top, notes on rights at the end, and headings with nothing below."""
    kept = list(pieces)
    top = [number for number, piece in enumerate(kept[:_TOP]) if _is_stamp(piece.text, names)]
    kept = [piece for number, piece in enumerate(kept) if number not in top]
    while kept and (kept[-1].level or (len(kept[-1].text) <= _LONGEST and _RIGHTS.search(kept[-1].text))):
        kept.pop()
    return kept


def _is_stamp(text: str, names: Sequence[str]) -> bool:
    """Whether nothing is left of a line without the known names, digits and the words of stamps."""
    if len(text) > _LONGEST:
        return False
    named = False
    for name in filter(None, names):
        named = named or name in text
        text = text.replace(name, " ")
    dated = re.search(r"[0-9]", text) is not None
    return (named or dated) and not _WORDS.sub("", text)


def labelled_stamps(lines: Sequence[str]) -> tuple[dict[str, str], frozenset[int]]:
    """Read lines such as `Published: 10 May 2026`, `Source: X`, `作者：某某`; return values and line numbers.

    Only what a label announces is taken: a bare date at the top may be that of the event.
    """
    values: dict[str, str] = {}
    used: set[int] = set()
    for number, line in enumerate(lines):
        for key, label in _LABELLED.items():
            found = label.match(line)
            if found is None or key in values or len(line) > _LONGEST_NAME:
                continue
            value = line[found.end() :].strip()
            if key.endswith("_at"):
                try:
                    value = parse_date(value)
                except ValueError:
                    continue
            if value and not value.endswith((".", "。")):
                values[key] = value
                used.add(number)
                break
    return values, frozenset(used)

"""Text as a reader sees it: what nobody can see goes, and is counted, before any offset is made.

Invisible characters can hide words from a reader that a search still finds, or instructions that a
language model still reads. Folding is what NFKC does, but only where it changes no meaning: letters and
digits of full width, ligatures, radicals that stand for characters. Chinese punctuation, fractions and
raised digits stay, for `10²` is not `102`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Final

_CLASSES: Final[Mapping[str, str]] = {
    "control": r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb\ufffe\uffff",
    "bidi": r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u206a-\u206f",
    "zero-width": r"\u00ad\u034f\u180e\u200b\u2060-\u2064\ufeff\u115f\u1160\u3164\uffa0",
    "tag": r"\U000e0000-\U000e007f",
}
_INVISIBLE: Final = {name: re.compile(f"[{members}]") for name, members in _CLASSES.items()}
_ANY: Final = re.compile(f"[{''.join(_CLASSES.values())}]")
_JOINER: Final = re.compile(r"[\u200c\u200d]")
_SELECTORS: Final = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_JOINED_SCRIPTS: Final = re.compile(r"[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff]")
_PICTURES: Final = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]")
_LINE_BREAKS: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES: Final = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f]")
_FOLDED: Final = re.compile(
    r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\ufb00-\ufb06\u2e80-\u2fd5\uf900-\ufaff\uff66-\uff9f]+"
)


def clean(text: str) -> tuple[str, dict[str, int]]:
    """Return a text without what nobody sees, with `\\n` for line breaks, and how many of each kind went."""
    counts: Counter[str] = Counter()
    text = _LINE_BREAKS.sub("\n", text)
    if _ANY.search(text):
        for name, pattern in _INVISIBLE.items():
            text, counts[name] = pattern.subn("", text)
    text = _joiners(text, counts)
    text = _SELECTORS.sub(lambda run: _selector(run, counts), text)
    text = _SPACES.sub(" ", text)
    text = _FOLDED.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    return unicodedata.normalize("NFC", text), {name: count for name, count in counts.items() if count}


def _joiners(text: str, counts: Counter[str]) -> str:
    """Keep a joiner between letters that it shapes, or between the parts of one emoji."""

    def judged(found: re.Match[str]) -> str:
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        for shaped in (_JOINED_SCRIPTS, _PICTURES):
            if shaped.match(before) and shaped.match(after):
                return found[0]
        counts["zero-width"] += 1
        return ""

    return _JOINER.sub(judged, text)


def _selector(run: re.Match[str], counts: Counter[str]) -> str:
    """Keep the one selector that a character can have; a longer run carries something else."""
    base = run.string[run.start() - 1 : run.start()]
    kept = run[0][:1] if base and not base.isspace() and not base.isascii() else ""
    if base and base in "0123456789#*" and run[0].startswith("\ufe0f"):
        kept = "\ufe0f"
    counts["variation-selector"] += len(run[0]) - len(kept)
    return kept


def merged(*counts: Mapping[str, int]) -> dict[str, int]:
    """Add up counts of what was removed."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))

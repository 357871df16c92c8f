"""The parts of a question that asks several things."""

from __future__ import annotations

import re
from itertools import takewhile

from index.sentences import sentence_spans
from index.tokens import query_weights
from rag.kinds import CHINESE_ASKING
from rag.pairs import paired

MAX_PARTS = 4

_ENGLISH_ASKING = (
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|"
    r"would|should)"
)
_WH = r"(?:what|which|who|whom|whose|when|where|why|how)"
_ENGLISH_CUT = re.compile(
    rf"(?:(?:,|;|\s[-–—])\s*(?:and|but|or|while)\s+|;\s*)(?:then\s+|also\s+|if so,?\s+|in turn\s+)?"
    rf"(?=(?:(?:in|at|by|for|to|from|on|of|with|under)\s)?{_WH}\b)",
    re.IGNORECASE,
)
_ENGLISH_BARE_CUT = re.compile(
    r"(?<!what)(?<!where)(?<!when)(?<!how)(?<!who)\s+and\s+(?=(?:what|why|how|who|when|where|which)\b)",
    re.IGNORECASE,
)
_ENGLISH_AUXILIARY_CUT = re.compile(
    r",\s*and\s+(?=(?:is|are|was|were|do|does|did|has|have|can|could|will|would|should)\s+\w+)", re.IGNORECASE
)
_CHINESE_CUT = re.compile(r"[，,；;]\s*(?:以及|并且|而且|同时|另外|此外|那么|又|还|并|其中|具体|后来|而)?")
_CHINESE_JOINED = re.compile(
    r"(?:，|,)?(?:以及|并且|而且)(?=.{0,12}(?:为什么|什么|怎么|如何|哪|谁|多少|是否))"
)
_EACH = re.compile(
    r"(?P<before>.*?)(?P<a>[^，,、和与及]{2,14}?)(?:和|与|及|以及|、)(?P<b>[^，,、和与及的]{2,14}?)(?P<rest>(?:各自)?(?<![的有么些])分别.*)"
)
_BOTH_AND = re.compile(
    r"^(?P<head>(?:what|how|who|when|where)\b.*?\b(?:of|for|by|to|in)\s+)(?P<a>[^,]{3,60}?)\s+and\s+(?:of|for|by|to|in)\s+(?P<b>[^,?]{3,60})\?$",
    re.IGNORECASE,
)


def parts_of(question: str, language: str) -> tuple[str, ...]:
    """Split a question into the things it asks, one text for each; one that asks one thing is its
    only part.
    """
    if language == "zh" and (both := paired(question)):
        return both
    clauses = [
        clause
        for sentence in (question[span.char_start : span.char_end] for span in sentence_spans(question))
        for clause in (_chinese_clauses(sentence) if language == "zh" else _english_clauses(sentence))
    ]
    asked = _joined(clauses, language)
    if len(asked) < 2 or len(asked) > MAX_PARTS:
        return (question,)
    return tuple(asked)


def setting_of(question: str, language: str) -> str:
    """Give the sentences before the first one that asks: what all parts of the question are about."""
    sentences = [question[span.char_start : span.char_end] for span in sentence_spans(question)]
    told = list(takewhile(lambda sentence: not _asks(sentence, language), sentences))
    return " ".join(told) if len(told) < len(sentences) else ""


def _english_clauses(sentence: str) -> list[str]:
    if both := _BOTH_AND.match(sentence):
        return [f"{both['head']}{both['a']}?", f"{both['head']}{both['b']}?"]
    clauses = [sentence]
    for cut in (_ENGLISH_CUT, _ENGLISH_BARE_CUT, _ENGLISH_AUXILIARY_CUT):
        clauses = [piece for clause in clauses for piece in cut.split(clause)]
    return [piece.strip(" ,;") for piece in clauses if piece.strip(" ,;")]


def _chinese_clauses(sentence: str) -> list[str]:
    if each := _EACH.fullmatch(sentence):
        rest = each["rest"].replace("分别", "").replace("各自", "")
        return [f"{each['before']}{each['a']}{rest}", f"{each['before']}{each['b']}{rest}"]
    clauses: list[str] = []
    for piece in _CHINESE_CUT.split(_CHINESE_JOINED.sub("，", sentence)):
        text = piece.strip()
        # A clause that asks nothing is the setting of the one that follows.
        if (clauses and not CHINESE_ASKING.search(clauses[-1])) or (
            clauses and not CHINESE_ASKING.search(text)
        ):
            clauses[-1] = f"{clauses[-1]}，{text}"
        elif text:
            clauses.append(text)
    return clauses


def _joined(clauses: list[str], language: str) -> list[str]:
    """Put clauses that ask nothing of their own, or are too short to be looked for, to their neighbours."""
    joined: list[str] = []
    pending = ""
    for clause in clauses:
        asks = _asks(clause, language)
        if not asks and joined and not clause.endswith((".", "。")):
            joined[-1] = f"{joined[-1]} {clause}".strip()
        elif not asks:
            pending = f"{pending} {clause}".strip()
        elif joined and not _says_what(clause):
            joined[-1] = f"{joined[-1]}, {clause}" if language != "zh" else f"{joined[-1]}，{clause}"
        else:
            joined.append(f"{pending} {clause}".strip())
            pending = ""
    if pending and joined:
        joined[-1] = f"{joined[-1]} {pending}"
    return joined


def _asks(clause: str, language: str) -> bool:
    if language == "zh":
        return bool(CHINESE_ASKING.search(clause)) or clause.endswith(("？", "?"))
    return clause.endswith("?") or bool(
        re.match(rf"(?:\W|(?:in|at|by|for|to|from|on|of|with)\s)*{_ENGLISH_ASKING}\b", clause, re.IGNORECASE)
    )


def _says_what(clause: str) -> bool:
    """Whether a clause has a word of its own that can be looked for: "and why?" has none."""
    return any(weight >= 1 for weight in query_weights(clause).values())

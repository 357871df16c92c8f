"""The parts of a question that asks several things, and what kind of answer it asks for."""

from __future__ import annotations

import re
from itertools import takewhile

from index.sentences import sentence_spans
from index.tokens import query_weights
from rag.pairs import paired
from rag.types import QuestionKind

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
_CHINESE_ASKING = re.compile(
    r"为什么|为何|什么|怎么|怎样|如何|哪|谁|多少|多大|多长|多久|几[个名位家人天年月次成岁种条件]|何时|何地|是否|有没有|吗|呢|何以|[能会可]不[能会可]|是不是"
)
_CHINESE_CUT = re.compile(r"[，,；;]\s*(?:以及|并且|而且|同时|另外|此外|那么|又|还|并|其中|具体|后来|而)?")
_CHINESE_JOINED = re.compile(
    r"(?:，|,)?(?:以及|并且|而且)(?=.{0,12}(?:为什么|什么|怎么|如何|哪|谁|多少|是否))"
)
_EACH = re.compile(
    r"(?P<before>.*?)(?P<a>[^，,、和与及]{2,14}?)(?:和|与|及|以及|、)(?P<b>[^，,、和与及的]{2,14}?)(?P<rest>(?:各自)?分别.*)"
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


def kind_of(question: str) -> QuestionKind:
    """Tell what a question wants: a figure, one fact, two things side by side, or an account."""
    named = "" if _CHINESE_ASKING.search(question) else question.rstrip("？?。 ")
    account = _ACCOUNT.search(question)
    if _FIGURE.search(question) or (_NAMES_FIGURE.search(named) and not account):
        return "figure"
    if _COMPARES.search(question):
        return "comparison"
    asks_fact = _FACT.search(question) or _NAMES_FACT.search(named)
    return "fact" if asks_fact and not account else "analysis"


def asks_why(question: str) -> bool:
    """Whether a question asks for a reason."""
    return bool(_WHY.search(question))


def asks_when(question: str) -> bool:
    """Whether a question asks on what day or in what year something was."""
    return bool(_WHEN.search(question))


_WHY = re.compile(r"\bwhy\b|\bhow come\b|\breasons?\b|为什么|为何|何以|缘何|原因", re.IGNORECASE)
_WHEN = re.compile(
    r"(?:^\W*|[,;]\s*(?:and )?|\band )when\b|\bwhat (?:year|date|day|month|time)\b|\bhow long ago\b"
    r"|何时|什么时[候间]|哪一?[年天]|几月|(?:时间|日期)(?:[？?]|$)",
    re.IGNORECASE,
)
_NAMES_FIGURE = re.compile(
    r"(?:人数|人次|[数产销存重]量|票房|收入|营收|率|增速|增幅|价格|售价|总额|金额|面积|人口|比例|占比|总值|震级|高度|长度|距离|年龄|身高)$"
)
"""Questions of search boxes name the figure or the fact that they want and have no word that asks."""

_NAMES_FACT = re.compile(
    r"(?:时间|日期|地点|举办[地国]|国家|城市|冠军|亚军|得主|主演|导演|编剧|作者|成员|人选|教练|职务|名字|名称|成绩|比分|首都|总统|总理|市长)$"
)

_FIGURE = re.compile(
    r"\bhow (?:many|much|long|old|far|often|big|large|tall|high|fast|deep|heavy)\b|"
    r"\bwhat (?:percentage|share|proportion|number|amount|"
    r"price|fraction)\b|\bwhat (?:is|was) the (?:\w+ ){0,2}(?:price|valuation|cost|total|amount|"
    r"number|rate|score|population)\b"
    r"|\bwhat odds\b"
    r"|\b(?:from|to|at) what (?:\w+ )?(?:peak|level|height|price|rate|value|age|speed|share|size)\b"
    r"|多少|几[个名位家人天年月次成岁种条件倍支只辆架艘台部项场届所座套份张头批]|多[大长久高远重]|百分之几|占比是|第几|比例是",
    re.IGNORECASE,
)
_FACT = re.compile(
    r"\b(?:who|whom|whose|when|where|which)\b|\bwhat (?:year|day|date|month|time|name|city|country|"
    r"company|kind of|type of|film|movie|song|book|team|sport|language|currency|party|state|airline|game)\b"
    r"|\bwhat (?:is|was|are|were) (?:the )?(?:name|title)\b|谁|哪[一]?[个位家年天里座国省市款]|何时|"
    r"何地|什么时候|什么时间|哪里|在哪|哪天|是什么[^，]{0,3}$",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\b(?:why|how|explain|describe|lesson|reason|role|impact|consequences?)\b|为什么|为何|如何|怎么|怎样|原因|影响|教训|作用|哪些|介绍|讲讲|谈谈|说说",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compar\w+|differ\w*|contrast\w*|versus|vs|both|than|respectively|consisten\w+)\b|相比|对比|区别|不同|差异|分别|比较|各自",
    re.IGNORECASE,
)


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
        if (clauses and not _CHINESE_ASKING.search(clauses[-1])) or (
            clauses and not _CHINESE_ASKING.search(text)
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
        return bool(_CHINESE_ASKING.search(clause)) or clause.endswith(("？", "?"))
    return clause.endswith("?") or bool(
        re.match(rf"(?:\W|(?:in|at|by|for|to|from|on|of|with)\s)*{_ENGLISH_ASKING}\b", clause, re.IGNORECASE)
    )


def _says_what(clause: str) -> bool:
    """Whether a clause has a word of its own that can be looked for: "and why?" has none."""
    return any(weight >= 1 for weight in query_weights(clause).values())

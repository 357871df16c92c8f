"""What kind of answer a question asks for."""

from __future__ import annotations

import re

from rag.types import QuestionKind

CHINESE_ASKING = re.compile(
    r"为什么|为何|什么|怎么|怎样|如何|哪|谁|多少|多大|多长|多久|几[个名位家人天年月次成岁种条件]|何时|何地|是否|有没有|吗|呢|何以|[能会可]不[能会可]|是不是"
)


def kind_of(question: str) -> QuestionKind:
    """Tell what a question wants: a figure, one fact, two things side by side, or an account."""
    named = "" if CHINESE_ASKING.search(question) else question.rstrip("？?。 ")
    account = _ACCOUNT.search(question) and not _ASKS_WHO_ALL.search(question)
    if _FIGURE.search(question) or (_NAMES_FIGURE.search(named) and not account):
        return "figure"
    if _COMPARES.search(question):
        return "comparison"
    asks_fact = _FACT.search(question) or _NAMES_FACT.search(named) or _ASKS_WHO_ALL.search(question)
    return "fact" if asks_fact and not account else "analysis"


def asks_why(question: str) -> bool:
    """Whether a question asks for a reason."""
    return bool(_WHY.search(question))


def asks_when(question: str) -> bool:
    """Whether a question asks on what day or in what year something was."""
    return bool(_WHEN.search(question))


def asks_all(question: str) -> bool:
    """Whether a question asks for several names at once: a cast, the members of something."""
    return bool(_ALL.search(question))


def lists(text: str) -> bool:
    """Whether a sentence lists three names or more; in Chinese, three things or more."""
    return bool(_LIST.search(text))


_SEVERAL = r"(?:主演|成员|演员|嘉宾|队员|阵容|名单)"
_WHO = rf"(?:冠军|亚军|得主|导演|编剧|作者|教练|{_SEVERAL})"
_ALL = re.compile(
    r"\bwho else\b|\bwho (?:are|were) (?:the|its|his|her|their) (?-i:(?:[a-z’']+ ){0,2}[a-z]+s\b)"
    r"|\bthe names of\b|\bwhich \w+s (?:are|were|have|had|do|did|will)\b|^\W*(?:name|list) the\b"
    r"|\b(?:who|what) (?:is|are|was|were) (?:in )?the (?:members|cast|stars|line-?up)\b"
    rf"|哪些|有谁|(?<!首)都有(?![多几])|{_SEVERAL}(?:都|分别)*(?:[有是]|[？?\s]*$)",
    re.IGNORECASE,
)
_NAME = r"[A-Z][\w’'-]*(?: [A-Z][\w’'-]*){0,3}"
_LIST = re.compile(
    r"[^、，。；]{1,20}、[^、，。；]{1,20}(?:、|和|与|及|以及|等)"
    rf"|{_NAME}, {_NAME}(?:, {_NAME}){{0,9}},? and {_NAME}"
)
_WHY = re.compile(r"\bwhy\b|\bhow come\b|\breasons?\b|为什么|为何|何以|缘何|原因", re.IGNORECASE)
_WHEN = re.compile(
    r"(?:^\W*|[,;]\s*(?:and )?|\band )when\b|\bwhat (?:year|date|day|month|time)\b|\bhow long ago\b"
    r"|何时|什么时[候间]|哪一?[年天]|几月|(?:时间|日期)(?:[？?]|$)",
    re.IGNORECASE,
)
FIGURE_NOUN = (
    r"(?:人数|人次|[数产销存重]量|票房|收入|营收|率|增速|增幅|价格|售价|总额|金额|面积|人口|比例|占比|总值|震级|高度"
    r"|长度|距离|年龄|身高)"
)
FACT_NOUN = (
    r"(?:时间|日期|地点|举办[地国]|国家|城市|冠军|亚军|得主|主演|导演|编剧|作者|成员|人选|教练|职务|名字|名称|成绩|比分"
    r"|首都|总统|总理|市长)"
)
_NAMES_FIGURE = re.compile(f"{FIGURE_NOUN}$")
"""Questions of search boxes name the figure or the fact that they want and have no word that asks."""

_NAMES_FACT = re.compile(f"{FACT_NOUN}$")
_ASKS_WHO_ALL = re.compile(rf"{_WHO}(?:都|分别)*(?:有|是)(?:哪些|哪几[位个名]|谁)人?[？?\s]*$")
"""主演有哪些: names are asked for, and no account."""

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

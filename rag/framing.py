"""Words of a question that speak of "the article": every passage is of one, so they find nothing."""

from __future__ import annotations

import re

from index.tokens import query_weights

_TEXT = r"(?:the|this)\s+(?:news\s+)?(?:article|passage|text|piece|story)"
_SAYS = (
    r"(?:say|state|mention|suggest|claim|argue|note|report|highlight|identify|cite|point\s+out|explain|present"
    r"|list|outline|discuss)"
)
_TOLD = r"(?:described|mentioned|stated|reported|noted|explained|outlined|discussed|presented|suggested)"
_END = r"(?=\s*(?:[,.;:?!]|$))"
_ENGLISH = re.compile(
    rf",?\s*\b(?:according\s+to|based\s+on)\s+{_TEXT}{_END}(?:\s*,)?"
    rf"|,?\s*\bas\s+{_TOLD}\s+(?:in|by)\s+{_TEXT}{_END}(?:\s*,)?"
    rf"|,?\s*\bin\s+(?:the|this)\s+(?:article|passage)(?=\s*(?:[?!]|$))"
    rf"|\b(?:do|does|did)\s+{_TEXT}\s+{_SAYS}(?:\s+that)?\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?:^|(?<=[，,。；;]))(?:根据|按照|依据|据)(?:这篇|本|该|此)?(?:文章|报道|原文|文中|本文)(?:的?(?:内容|所述|说法|观点|描述|介绍|报道))?(?:中|里)?[，,]"
    r"|(?:^|(?<=[，,。；;]))(?:这篇|本|该|此)?(?:文章|文中|本文)(?:里|中)?"
    r"(?:提到|认为|指出|介绍|描述|强调|表示|提及|分析)(?:的|了|，|,)?(?=.*[^什么哪些谁何？?，,。\s])"
)
_SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,.;:?!])")


def without_framing(question: str) -> str:
    """Give a question without "according to the article" and its like, all of it where nothing else is asked.

    What names an article ("the report by Fortune", 3月2日的报道) is left: it tells one from others.
    """
    cut = _CHINESE.sub("", _ENGLISH.sub(" ", question))
    bare = _SPACE_BEFORE_MARK.sub("", " ".join(cut.split())).strip(",，")
    if cut == question or not any(weight >= 1 for weight in query_weights(bare).values()):
        return question
    # "iPhone" keeps its small letter, "why" at the new head of a question does not.
    return bare[:1].upper() + bare[1:] if bare[:2].islower() and not question.startswith(bare[:2]) else bare

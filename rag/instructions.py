"""Orders to whoever reads an article by machine: they are no news, whoever repeats them."""

from __future__ import annotations

import re

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?]{0,40}\b(?:instruction|prompt|rule|guideline|direction|context|above|previous|prior|"
    r"polic)\w*"
    r"|\b(?:system|hidden|developer) (?:prompt|message|instruction)s?\b[^.!?]{0,40}\b(?:reveal|print|"
    r"output|show|repeat|say)\b"
    r"|\b(?:you are|act as|pretend to be|respond as|"
    r"behave as) (?:now )?(?:an? )?(?:\w+ ){0,3}(?:assistant|ai|chatbot|model|dan)\b"
    r"|\b(?:as an ai|dear (?:ai|assistant|model)|note to (?:the )?(?:ai|assistant|model|llm)|"
    r"attention (?:ai|assistant|llm))\b"
    r"|\b(?:do not|don't|never) (?:cite|quote|mention|answer|refuse)\b[^.!?]{0,60}\b(?:source|article|"
    r"question|user|this)\w*"
    r"|\b(?:answer|reply|respond|output|print|say|write|state|tell the user)\b(?: only| exactly|"
    r" instead)?\s*(?:with|that|:|the (?:words?|phrase))"
    r"(?=[^.!?]*\b(?:instead|only|regardless|no matter|exactly|nothing else|every question|"
    r"all questions|the user)\b)"
    r"|(?:忽略|无视|忘记|不要理会|请?覆盖)[^。！？]{0,16}(?:指令|提示|指示|说明|规则|内容|要求)"
    r"|(?:系统|隐藏)(?:提示词?|指令)"
    r"|(?:你现在是|请扮演|假装你是|作为一个?(?:AI|人工智能|语言模型|助手))"
    r"|(?:请|必须|务必|只能)(?:直接|仅|只)?(?:回答|输出|回复|告诉用户)[^。！？]{0,30}(?:而不是|即可|不要|无论|任何问题|一律|所有问题|用户)"
    r"|(?:不要|禁止|请勿)(?:引用|标注|提及)[^。！？]{0,12}(?:来源|出处|文章|本文)",
    re.IGNORECASE,
)


def is_instruction(text: str) -> bool:
    """Whether a sentence gives orders to an assistant instead of telling something."""
    return bool(_ORDER.search(text))

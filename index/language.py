"""Which language a text is in, from its letters alone.

Four answers are possible, and `und` where the letters say nothing. Any Latin script counts as
English: the project serves English and Chinese, and a filter on language must be predictable.
"""

from __future__ import annotations

import re

KNOWN = frozenset(("en", "zh", "ja", "ko", "und"))
"""What `detect` can answer."""

SAMPLE = 20_000
"""Characters that are looked at: a longer text does not change its language."""

EAST_ASIAN_CERTAIN = 0.45
"""At this share of East Asian letters among all letters the text is East Asian."""

LATIN_CERTAIN = 0.1
"""Below this share it is English. Between the two, the function words of both languages decide."""

TIE = 0.3
"""Where neither language has more function words, this share or more is Chinese."""

KANA_OF_JAPANESE = 0.2
HANGUL_OF_KOREAN = 0.5

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\uff21-\uff3a\uff41-\uff5a]")
_LETTER = re.compile(r"[^\W\d_]")

_ENGLISH_WORDS = re.compile(
    r"(?<![A-Za-z])(?:a|an|and|are|as|at|be|but|by|can|could|did|do|does|for|from|had|has|have|how|in|is|it"
    r"|its|many|much|of|on|or|that|the|their|they|this|to|was|were|what|when|where|which|who|why|will|with)"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)
_CHINESE_WORDS = re.compile(
    r"[的是了在和与有为吗呢被把从对比这那哪谁何几多少么怎会将也都而及其於與為嗎這會將]"
)


def detect(text: str) -> str:
    """Return `zh`, `en`, `ja`, `ko`, or `und` where there is no Latin or East Asian letter.

    Counting letters alone fails on short questions: "DeepSeek V4比GPT-5.5强吗?" and "What did
    StepFun (阶跃星辰) do?" have the same share. Hence the function words in the range between.
    """
    sample = text[:SAMPLE]
    kana, hangul = len(_KANA.findall(sample)), len(_HANGUL.findall(sample))
    east = len(_HAN.findall(sample)) + kana + hangul
    latin = len(_LATIN.findall(sample))
    if 2 * (east + latin) <= len(_LETTER.findall(sample)) or not east + latin:
        return "und"
    share = east / (east + latin)
    if share < LATIN_CERTAIN:
        return "en"
    if hangul >= HANGUL_OF_KOREAN * east:
        return "ko" if share >= TIE else "en"
    if kana >= KANA_OF_JAPANESE * east:
        return "ja" if share >= TIE else "en"
    if share >= EAST_ASIAN_CERTAIN:
        return "zh"
    return _by_function_words(sample, share)


def _by_function_words(sample: str, share: float) -> str:
    english, chinese = len(_ENGLISH_WORDS.findall(sample)), len(_CHINESE_WORDS.findall(sample))
    if english == chinese:
        return "zh" if share >= TIE else "en"
    return "zh" if chinese > english else "en"

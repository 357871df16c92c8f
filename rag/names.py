"""Names in a text, as far as spelling shows them: capitals in English, forms of names in Chinese."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

_LATIN = r"[A-Za-z0-9\u00c0-\u024f]"
_WORD = rf"[a-z]{{0,2}}[A-Z](?:[A-Za-z0-9\u00c0-\u024f’'&.-]*{_LATIN})?"
_JOINER = r"(?:of|the|de|del|la|van|von|bin|al|&)"
_SEQUENCE = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_WORD})(?:\s+(?:{_JOINER}\s+){{0,2}}(?:{_WORD}|\d+(?:\.\d+)?\b))*"
)
_UNITS = frozenset("dB pH kW kWh mAh mA mV mW kV kJ kN kPa kHz mmHg".split())
_OPENS = re.compile(r"(?:^|[.!?:;]\s+|[\"“‘'(\[]\s*|\n\s*)\Z")
_COMMON = frozenset(
    """a about above according across after again against ago all almost along already also although
    always among amid an
    and another any are around as at back be because been before behind being below between both but by
    can could day
    despite did do does down during each early either else even every everyone everything few first for
    former from
    further get had has have he her here hers his how however i if in inside instead into is it its
    itself just last late
    later least less like many may maybe me meanwhile might more moreover most much must my near nearly
    neither never new
    next no nor not nothing now of off officials on once one only or other others our out over own people
    perhaps rather
    recent recently researchers said same scientists second several she should since so some someone
    something soon still
    such than that the their them then there these they thing things this those though three through
    throughout thus to
    today together tomorrow too toward two under unlike until up upon us very was we well were what
    whatever when where
    whether which while who whose why will with within without would year years yes yesterday yet you
    your critics experts
    investors analysts companies company police authorities data overall currently eventually initially
    ultimately
    additionally finally similarly indeed certainly long large small big good high low money capital
    training reasoning
    startups giants users everybody both earlier despite entering back venture infrastructure""".split()
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭"
    "廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊殷施洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢岳齐"
    "梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边"
)
_CHINESE_NAME = re.compile(
    r"《[^》]{1,30}》"
    r"|[\u4e00-\u9fff]{1,5}·[\u4e00-\u9fff]{1,8}"
    r"|[\u4e00-\u9fff]{2,8}?(?:公司|集团|银行|大学|学院|医院|法院|检察院|研究院|委员会|协会|基金|证券|科技|汽车|资本)"
    r"|[\u4e00-\u9fff]{2,4}?(?:(?<!节)省(?![略钱心力])|(?<![城都股])市(?![场值面盈])|县|区(?![别分间域块])|镇(?![静定])|村|州)"
)


def names_in(text: str) -> tuple[str, ...]:
    """Give the names of a text in reading order.

    English: runs of capitalised words, a common word that only opens a sentence left out. Chinese:
    titles in 《》, transliterated names with a dot, and names that end in a word for an institution or place.
    """
    found: list[str] = []
    for match in _SEQUENCE.finditer(text):
        name = _trimmed(
            match.group(), opens=bool(_OPENS.search(text[max(0, match.start() - 4) : match.start()]))
        )
        if name:
            found.append(name)
    found += (match.group() for match in _CHINESE_NAME.finditer(text))
    return tuple(found)


@lru_cache(maxsize=4096)
def is_common(word: str) -> bool:
    """Whether a capitalised word says nothing of a name: function words and common openers of sentences."""
    return word.casefold().rstrip(".'’") in _COMMON


@cache
def _openers() -> frozenset[str]:
    lines = (files("rag") / "openers.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def is_opener(word: str) -> bool:
    """Whether a lower-case word is a common one that sentences begin with, as it is or in the plural."""
    return word in _openers() or word.removesuffix("s") in _openers() or word.removesuffix("es") in _openers()


def opens_sentence(text: str, name: str) -> bool:
    """Whether a name stands first in a sentence wherever the text has it."""
    places = [match.start() for match in re.finditer(re.escape(name), text)]
    return bool(places) and all(_OPENS.search(text[max(0, place - 4) : place]) for place in places)


def may_be_common(text: str, name: str) -> bool:
    """Whether a name is one word, a number behind it or not, that opens a sentence and may be no name."""
    word, *rest = name.split()
    return (
        all(part[0].isdigit() for part in rest)
        and opens_sentence(text, name)
        and (_is_plain(word) or is_opener(word.casefold()))
    )


def looks_like_chinese_name(run: str) -> bool:
    """Whether a run of Chinese characters has the form of a personal name: a surname and one or two more."""
    return 2 <= len(run) <= 3 and run[0] in _SURNAMES


def _trimmed(name: str, *, opens: bool) -> str:
    words = re.sub(r"['’]s$", "", name).split()
    while words and (is_common(words[0]) or words[0] == words[0].lower()):
        words.pop(0)
    while words and (is_common(words[-1]) or words[-1].islower()):
        words.pop()
    if not words or (len(words) == 1 and (words[0] in _UNITS or (opens and _is_plain(words[0])))):
        return ""
    return " ".join(word.strip(".,") for word in words)


def _is_plain(word: str) -> bool:
    """Whether a single capitalised word at the head of a sentence may be a common word."""
    return word.endswith(("ing", "ed", "ly", "tion", "ies", "ers", "ments")) and word.isalpha()

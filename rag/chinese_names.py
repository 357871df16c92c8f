"""Chinese names of a statement that its evidence does not have, as far as their form shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from index.tokens import CHINESE
from rag.names import looks_like_chinese_name
from rag.places import CITIES

_TITLE = re.compile(r"《([^》]{2,30})》")
_TRANSLITERATED = re.compile(rf"([{CHINESE}]{{2}})·([{CHINESE}]{{2}})")
"""The characters beside the dot: where such a name begins and ends in a run, nothing shows."""
_OF_BODIES = frozenset("局会部院厅处室所司团队方家者员们市县区")
"""Last characters of what speaks as a body and not as a person."""
_INSTITUTION = re.compile(
    rf"([{CHINESE}]{{2}})(?:有限公司|公司|集团|银行(?![转存利卡额理大贷职])|大学|学院|中学|小学|医院|法院|检察院|研究院|研究所|委员会|协会"
    rf"|基金会|证券|航空|日报|晚报|时报|新闻网|电视台|俱乐部|出版社|派出所|社区|省|市(?!州|场|民|值|政|委|区|长|面|局)"
    r"|县(?!级|长|委|城|域)|镇(?!长|党|政|委)|村(?!民|镇|委|里|庄|干|支))"
)
_GENERAL = frozenset(
    "该本某各全多两几同老新大小一二三四五六七八九十数每其这那此个家所名的和与及或在是为由到从向对等有的了被将把让给"
    "于以并也又再还只就都去来上下前后内外中间里市县区镇村州省乡城都超股夜楼门集农山古社校院厂司法律商业投资金融"
    "国有营外资企业部门机构学校医疗公立私立民办地方人民中央高级最高初级基层普通重点综合专科附属中心科技能源地产"
    "房产保险证券电力物业科学理工职业技术中级铁路车站交通卫生教育行业产业旗下子母控股上市网络互联传媒文化旅游"
)
_NO_CITY = frozenset("退收上开闭休入牛熊城都菜节反")
"""Characters before 市 or 省 that make another word of it: 退市, 收市, 节省."""

_PLACED = re.compile(rf"(?<![{CHINESE}])\Z|(?:位于|来自|前往|抵达|省|自治区)\Z")
"""What stands before the name of a city or province: nothing, or a word for a place."""

_PERSON = re.compile(
    rf"(?:(?<![{CHINESE}])|(?<=[和与由对]))([{CHINESE}]{{2,3}}?)(?=先生|女士|则?(?:表示|认为|指出|介绍|透露|强调|说|称|坦言|告诉|建议))"
)


def missing_chinese_names(statement: str, known: str, aliases: Mapping[str, frozenset[str]]) -> list[str]:
    """Give the titles, transliterated names, institutions, places and speakers that are not in what is known.

    Of an institution or place the two characters before the word for it must be known in this order, of a
    person two of the characters.
    """
    folded = known.casefold()
    return [
        name
        for name, distinct in _candidates(statement)
        if not any(part in folded for part in distinct) and not _alias_known(name, folded, aliases)
    ]


def _alias_known(name: str, known: str, aliases: Mapping[str, frozenset[str]]) -> bool:
    return any(
        other.casefold() in known
        for own, others in aliases.items()
        if own in name or name in own
        for other in others
    )


def _candidates(statement: str) -> Iterator[tuple[str, list[str]]]:
    """Give names with parts of each, any of which shows that it is known."""
    for match in _TITLE.finditer(statement):
        title = match[1].casefold()
        yield match.group(), [title[:4], title[-4:]]
    for match in _TRANSLITERATED.finditer(statement):
        yield match.group(), [match[1], match[2]]
    for match in _INSTITUTION.finditer(statement):
        if not set(match[1]) & _GENERAL and match[1] not in ordinary_words() and _is_placed(statement, match):
            yield match.group(), [match[1]]
    for match in _PERSON.finditer(statement):
        name = match[1]
        if has_form_of_name(name) and name[-1] not in _OF_BODIES and not set(name[1:]) & _GENERAL:
            yield name, [name[:2], name[-2:]]


def _is_placed(statement: str, match: re.Match[str]) -> bool:
    """Whether 省 and 市 stand where they end a name; other words for institutions always do."""
    if match.group()[2:] not in ("省", "市") or match[1] in CITIES:
        return True
    return match[1][-1] not in _NO_CITY and bool(_PLACED.search(statement[: match.start()]))


def has_form_of_name(run: str) -> bool:
    """Whether a run of Chinese characters has the form of a personal name and begins no common word."""
    return looks_like_chinese_name(run) and run[:2] not in ordinary_words()


@cache
def ordinary_words() -> frozenset[str]:
    """Read the common words that look like the beginning of a name."""
    lines = (files("rag") / "ordinary_zh.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())

"""Chinese names of a statement that its evidence does not have, as far as their form shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from index.tokens import CHINESE
from rag.names import looks_like_chinese_name

_TITLE = re.compile(r"《([^》]{2,30})》")
_TRANSLITERATED = re.compile(rf"([{CHINESE}]{{2}})·([{CHINESE}]{{2}})")
"""The characters beside the dot: where such a name begins and ends in a run, nothing shows."""
_OF_BODIES = frozenset("局会部院厅处室所司团队方家者员们市县区")
"""Last characters of what speaks as a body and not as a person."""
_INSTITUTION = re.compile(
    rf"([{CHINESE}]{{2}})(?:有限公司|公司|集团|银行(?![转存利卡额理大贷职])|大学|学院|中学|小学|医院|法院|检察院|研究院|研究所|委员会|协会"
    rf"|基金会|证券|汽车|航空|日报|晚报|时报|新闻网|电视台|俱乐部|出版社|派出所|街道|社区|省|市(?!州|场|民|值|政|委|区|长|面|局)"
    r"|县(?!级|长|委|城|域)|镇(?!长|党|政|委)|村(?!民|镇|委|里|庄|干|支))"
)
_GENERAL = frozenset(
    "该本某各全多两几同老新大小一二三四五六七八九十数每其这那此个家所名的和与及或在是为由到从向对等有的了被将把让给"
    "于以并也又再还只就都去来上下前后内外中间里市县区镇村州省乡城都超股夜楼门集农山古社校院厂司法律商业投资金融"
    "国有营外资企业部门机构学校医疗公立私立民办地方人民中央高级最高初级基层普通重点综合专科附属中心科技能源地产"
    "房产保险证券电力物业科学理工职业技术中级铁路车站交通卫生教育行业产业旗下子母控股上市网络互联传媒文化旅游"
)
_TELLING = frozenset("检察院 法院 医院 研究院 研究所 证券 电视台 派出所 基金会 出版社 俱乐部".split())
"""Words for institutions that name something even where what stands before them is general."""

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
        if not set(match[1]) & _GENERAL:
            yield match.group(), [match[1]]
        elif (kind := match.group()[2:]) in _TELLING:
            yield kind, [kind]
    for match in _PERSON.finditer(statement):
        name = match[1]
        if looks_like_chinese_name(name) and name[-1] not in _OF_BODIES and not set(name[1:]) & _GENERAL:
            yield name, [name[:2], name[-2:]]

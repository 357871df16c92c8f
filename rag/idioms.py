"""Turns of phrase that hold a word of denial and deny nothing: "no later than", 不得不, 不到一年."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_NOT = r"(?:not|never|cannot|\w+n['’]t)"
_MEASURES = r"(?:high|low|larg|small|bigg|great|old|young|tall|short|wid|deep|fast|slow|heavi)er"
_ENGLISH = re.compile(
    r"\b(?:"
    r"never\s+before|never(?:\s+\w+){1,4}\s+before(?=\W*(?:[.,;]|$))"
    r"|(?:no|not)\s+(?P<more>more|less|fewer|later|earlier|sooner|longer)\s+than"
    rf"|(?:no|not)\s+(?P<measure>{_MEASURES})\s+than(?=\s+(?:[$€£]?\d|an?\b))"
    r"|(?:no|without(?:\s+an?y?)?)\s+(?P<doubt>doubts?|question|hesitation|exception|fail)\b"
    r"|(?:no|not\s+an?)\s+(?:wonder|surprise|secret|coincidence|accident|exaggeration)|no\s+(?:matter|sooner|stranger)"
    rf"|{_NOT}\s+(?:surprising\w*|unlike|least|to\s+mention|a\s+few|far\s+from|long\s+(?:after|before|ago))"
    r"|no\s+denying|not\s+for\s+nothing|no\.(?=\s*\d)|(?:or|if|why)\s+not"
    rf"|{_NOT}\s+(?:\w+\s+)?(?P<only>only|just|merely|simply|solely)"
    rf"|{_NOT}\s+(?P<all>all|every\w*|always|necessarily)"
    rf"|{_NOT}\s+(?:have\s+|be\s+)?(?:un(?:common|usual|likely|expected|reasonable|happy|able|aware|important)\w*"
    r"|impossible|insignificant\w*|infrequent\w*|inconsiderable|without)"
    rf"|{_NOT}\s+(?P<fail>fail|hesitat|neglect|forg[eo]t)\w*\s+to"
    rf"|{_NOT}\s+(?P<stop>stop|prevent|keep|deter|hinder)(?:\w+)?(?:\s+\w+){{1,5}}\s+from"
    rf"|{_NOT}\s+(?:but|help)\b|{_NOT}\s+(?:overstate|overestimate|exaggerate|underestimate)"
    rf"|{_NOT}\s+be\s+(?:overstated|overestimated|exaggerated|underestimated)"
    rf"|{_NOT}(?:\s+\w+){{1,6}}\s+until"
    r"|(?:nothing|none|no\s?-?one|nobody|nowhere)\s+(?:but|other|else|short\s+of|(?:more|less)\s+than)"
    r"|no\s+other|without\s+equal"
    r")"
)
_CHINESE = re.compile(
    r"不(?:[仅少过久管论只妨但如足良错幸禁锈慎止惜顾已乏免由料愧时朽菲俗单光独外孕吝懈屈二凡]|断(?!定)|同(?!意)|满(?![足\d一二三四五六七八九十])"
    r"|利(?!用)|当(?![选地场])|实(?![行施现际])|公(?![布开告示])|适(?![用合应宜])|便(?!宜)|明(?!白)|安(?![排装])|[法力均稳测祥]|景气"
    r"|等(?!于)|得(?:不|已|而知)|一定|可(?:避免|或缺|思议|多得|估量|磨灭|阻挡|逆转|抗力)|动产|约而同|谋而合|言而喻|期而遇|遗余力"
    r"|计其数|胜数|折不扣|在话下|亚于|负众望|见得|失为|忘|厌|辞|容(?:忽视|置疑|小觑|乐观)|变(?=[，。；、的]|$))"
    r"|不到(?=约?[\d一二两三四五六七八九十百千万半])|不下(?=[\d一二两三四五六七八九十百千]|于)"
    r"|不(?P<limit>(?:[低高多少大小短长晚早迟]于|超过)(?=约?[\d一二两三四五六七八九十百千万半]))"
    r"|(?P<asked>.)不(?P=asked)|[差要好]不(?:多|然|是|容易)|[对了]不起|[说]不[定准]|[用过要]不了[多几]|[忍禁持止]不住|数不[清胜]|[离避]不开|[少免]不了"
    r"|(?:不得|不能|不会|不可|不敢|不是|不无|没有|并非|无一|未尝|无|莫)(?:不|没有?)(?!是|能)"
    r"|(?:并非|并不是|不是)(?P<whole>所有|每|全部|全都|都)|[并]?不(?P<each>完全|全是|都是|总是)"
    r"|(?:没有?|不会|不|从未|并未|未)(?P<ended>停止|放弃|忘记|中断|错过|排除|掩饰|回避|辜负|缺席)"
    r"|没(?:[少收落准错]|想到|[过几多]?(?:多久|几天)|日没夜)|沉没|[淹埋]没"
    r"|未(?:来|成年|婚|必|免|知|央|遂|雨绸缪|解之谜|完待续)|前所未|(?:此前|以前|之前)(?:从|还|并|尚)?[未没]"
    r"|毫?无(?:疑|例外|悬念|二致|不|锡|论)|无[法需须](?:不|避免|忽视|否认|回避|讳言|赘言|多言|估量|替代|抗拒)|勿忘|[级特区类个分性]别"
)


@lru_cache(maxsize=512)
def idioms(text: str) -> Mapping[int, str]:
    """Give the characters of a text that stand inside such a phrase.

    Each with the word that another text must say free of it for the phrase to deny something after all
    ("no more than 12" beside "more than 12"); empty where nothing can make it a denial.
    """
    found: dict[int, str] = {}
    for pattern in (_ENGLISH, _CHINESE):
        for match in pattern.finditer(text.casefold()):
            said = next((word for name, word in match.groupdict().items() if word and name != "asked"), "")
            for at in range(match.start(), match.end()):
                found.setdefault(at, said)
    return found


def denies(text: str, at: int, other: str) -> bool:
    """Whether the word of denial at a place denies what another text may say: none in an idiom does, unless
    the other says the idiom's own word free of it.
    """
    said = idioms(text).get(at)
    if said is None:
        return True
    inside = idioms(other)
    return bool(said) and any(
        found.start() not in inside for found in re.finditer(re.escape(said), other.casefold())
    )

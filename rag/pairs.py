"""Chinese questions that ask one thing of two, or two things of one: 男单和女单冠军是谁, 导演和编剧是谁.

Chinese has no spaces, so where the two joined things begin and end must be seen from their form: two
titles, two runs of digits or letters, two well-known places, the same last character or first two
(成都大运会和杭州亚运会), two characters each behind a date or a title, a place between 的 and the asking
word, two words for facts (上映时间及主演). Anything else is one question here.
"""

from __future__ import annotations

import re
from itertools import takewhile

from rag.kinds import FACT_NOUN, FIGURE_NOUN
from rag.places import begins_with_place, ends_with_place

_JOINER = re.compile(r"以及|[和与及]")
_NOT_A_JOINER = re.compile(
    r"共和|总和|饱和|缓和|温和|调和|柔和|随和|谐和|附和|讲和|和[平谐解睦约田记尚气服谈蔼缓弦]|参与|给予|与[会否其众此时]|普及|涉及|以及时|及[时其格早]|"
    r"[触波危顾企力]及|及利[亚亞]|埃及|不及|提及"
)
_ACCOUNT = re.compile(r"为什么|为何|如何|怎么|怎样|原因|影响|[，,；;、]")
"""Words of questions that ask for an account: these stay whole."""

_TOGETHER = re.compile(
    r"区别|[的有么些]分别|差别|差异|差距|不同|相同|相似|相比|比较|对比|(?<!在)哪一?[个方家种两]|更|先(?!生)|早|晚|之[间間]|中[间間]|一起"
    r"|同一|(?<!公)共|都|均|距离|比分|合同|边界|边境|国界|诉讼|官司|胜负|车程|停火|冲突|交换|之战|战争|婚|相互|互相|双边|双方"
    r"|关系|合[并作]|还是|比[赛賽]|交战|[对對][决阵陣]|隔|交[会會手锋]|分界|峰会|会[晤谈面]|谈判|达成|讨论|协[议定]"
    r"|总(?![冠统理裁部导干编]|教练)|[建断复]交|贸易|接壤|相邻|毗邻|结盟|同盟|联[合手盟]|共建|开战|停战|争端|摩擦|直飞|时差|汇率|签"
)
"""Words of questions that may need both things at once: these stay whole unless each is asked for."""

_QUOTED = re.compile(r"《[^》]*》|“[^”]*”|「[^」]*」|（[^）]*）|\([^)]*\)|‘[^’]*’")
_HIDDEN = "〇"
_CAPITAL = re.compile("(?<=[成首古京])都")
"""都 of a name, where it does not mean "all"."""

_UNITS = "年月日号"
_DIGITS = rf"\d(?:\d|(?<=\d)[{_UNITS}])*"
_RUN_BEFORE = re.compile(
    rf"(?<![-–.·/:：\dA-Za-z])(?:{_DIGITS}|[A-Za-z][A-Za-z0-9]*)$|(?<=[A-Za-z]){_DIGITS}$"
)
_DIGITS_BEHIND = re.compile(rf"(?<=[A-Za-z]){_DIGITS}$")
_RUN_AFTER = re.compile(rf"{_DIGITS}(?![A-Za-z])|[A-Za-z]+(?=\d{{4}})|[A-Za-z][A-Za-z0-9]*")
_OPENING = re.compile(r"(?:^|[年月日]|〇)([\u4e00-\u9fff]{2})$")
_OPENED = re.compile(r"[\u4e00-\u9fff]{2}(?=[的在是\d]|分别|各)")
_ASKED = re.compile(r"(?:各自|分别|各)*(?:是|为|有|在|叫|[？?]|$)")
_ASKS = re.compile(r"什么|什麼|谁|誰|哪|多少|何|几|幾")
_STOPS = "的是为有在了都各分别"
_ACTS_ON = re.compile(
    r"(?:袭击|攻打|侵略|入侵|轰炸|连接|往返|往来|流经|途经|横跨|穿越|位于|地处|访问|出访|前往|来自|支持|制裁|从|对|向|在|到|给|把|被|由)$"
)
"""What stands before places that are no subjects."""

_ASKING_AT_END = re.compile(
    r"(?:[是为有在叫]*(?:什么时[候间]|什么|多少|谁|何时|哪[\u4e00-\u9fff]{0,2}|几[\u4e00-\u9fff]))?[？?。\s]*$"
)
_LONGEST, _SHORTEST = 10, 2
_NOUN = f"(?:{FACT_NOUN}|{FIGURE_NOUN}|结果|类型|处理器)"
_NOUN_AT_END = re.compile(f"{_NOUN}$")
_NOUN_BEHIND = re.compile(
    rf"(?:[\u4e00-\u9fff]{{2}}率|(?:营业|销售|总|净)*收入|(?:上映|发布|播出|开播|首播|发行|出版)?{_NOUN})$"
)
"""The whole of a word for a fact or a figure: 失业率, 上映时间."""

_OF_OFFICE = "副前原代"
"""What stands before an office that another one holds: 总统和副总统."""
_EACH = re.compile(r"各自|(?<![的有么些])分别|各(?=[是为有])")


def paired(question: str) -> tuple[str, str] | None:
    """Give the two questions that stand in one, or nothing where it is not sure that there are two."""
    hidden = _QUOTED.sub(lambda quoted: _HIDDEN * len(quoted[0]), question)
    hidden = _CAPITAL.sub("京", hidden)
    barred = {at for word in _NOT_A_JOINER.finditer(hidden) for at in range(*word.span())}
    joiners = [joiner for joiner in _JOINER.finditer(hidden) if joiner.start() not in barred]
    if len(joiners) != 1 or _ACCOUNT.search(hidden):
        return None
    if _TOGETHER.search(hidden) and not _EACH.search(hidden):
        return None
    start, end = joiners[0].span()
    before, after = hidden[:start], hidden[end:]
    # 成都 is a place as it stands in the question alone.
    around = question[:start], question[end:]
    if ends_with_place(around[0]) and begins_with_place(around[1]):
        lengths = _places(*around) or _opening(before, after)
        return _asked_of_each(question, start, end, *lengths) if lengths else None
    for form in _FORMS:
        lengths = form(before, after)
        if lengths is not None and _is_whole(before, after, *lengths):
            return _asked_of_each(question, start, end, *lengths)
    return None


def _asked_of_each(question: str, start: int, end: int, left: int, right: int) -> tuple[str, str] | None:
    head, rest = question[: start - left], question[end + right :]
    items = [question[start - left : start], question[end : end + right]]
    if items[0].isdecimal() and items[1][-1] in _UNITS:
        items[0] += items[1][-1]
    if items[0] == items[1] or any(_ASKS.search(item) for item in items):
        return None
    one, other = (_EACH.sub("", f"{head}{item}{rest}") for item in items)
    return one, other


def _is_whole(before: str, after: str, left: int, right: int) -> bool:
    """Whether the two things do not end inside a title, a number or a word in letters."""
    edges = (
        before[len(before) - left - 1 : len(before) - left + 1] if left < len(before) else "",
        after[right - 1 : right + 1],
    )
    return not any(
        len(edge) == 2
        and (
            edge == _HIDDEN * 2
            or (edge.isascii() and edge[0].isalpha() and edge[1].isalpha())
            or edge.isdecimal()
        )
        for edge in edges
    )


def _quoted(before: str, after: str) -> tuple[int, int] | None:
    """Two titles: 《一》和《二》."""
    left, right = re.search(f"{_HIDDEN}+$", before), re.match(f"{_HIDDEN}+", after)
    return (len(left[0]), len(right[0])) if left and right else None


def _runs(before: str, after: str) -> tuple[int, int] | None:
    """Two numbers, years or names in letters: 2022年和2023年, CBA和NBA."""
    right = _RUN_AFTER.match(after)
    left = (_DIGITS_BEHIND.search(before) if right and right[0][0].isdigit() else None) or _RUN_BEFORE.search(
        before
    )
    if left is None or right is None or left[0][0].isdigit() != right[0][0].isdigit():
        return None
    return len(left[0]), len(right[0])


def _places(before: str, after: str) -> tuple[int, int] | None:
    """Two places of which a fact or a figure is asked: 北京和上海的人口. Other things are asked of places
    together: 袭击英国和法国的飞机, 英国和法国决赛的时间.
    """
    left, right = ends_with_place(before), begins_with_place(after)
    if not left or not right or _ACTS_ON.search(before[:-left]):
        return None
    named = _ASKING_AT_END.sub("", after[right:]).removeprefix("的")
    sound = ("的" not in named and _NOUN_AT_END.search(named)) or _EACH.search(after)
    return (left, right) if sound else None


def _like_endings(before: str, after: str) -> tuple[int, int] | None:
    """Two things that end alike; the first begins as the second does, or is as long."""
    if not before or before[-1] in _STOPS + _HIDDEN:
        return None
    ends = [end for end in range(_SHORTEST, _LONGEST + 1) if after[:end].endswith(before[-1])]
    right = max(ends, key=lambda end: (_alike(before, after[:end]), -end), default=0)
    if right < _SHORTEST or any(stop in after[:right] for stop in _STOPS + _HIDDEN):
        return None
    begins = before.rfind(after[0], max(0, len(before) - right - 2), len(before) - 1)
    left = len(before) - begins if begins >= 0 else right - (after[0] in _OF_OFFICE)
    item = re.split(f"[{_STOPS}{_HIDDEN}{_UNITS}]", before[-left:])[-1]
    return (len(item), right) if _SHORTEST <= len(item) <= len(before) else None


def _alike(one: str, other: str) -> int:
    """Give how many of the last characters of two texts are the same."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one[::-1], other[::-1], strict=False))
    )


def _like_beginnings(before: str, after: str) -> tuple[int, int] | None:
    """Two things that begin alike and are asked for at once: 最佳电视剧和最佳电视动画分别是什么."""
    begins = before.rfind(after[:2], max(0, len(before) - _LONGEST)) if len(after) > 2 else -1
    asked = _ASKED.search(after)
    if begins < 0 or asked is None or not asked[0] or after[0] in _STOPS + _HIDDEN:
        return None
    left, right = len(before) - begins, asked.start()
    sound = (
        left > 2
        and 2 < right <= _LONGEST
        and not any(stop in before[begins:] + after[:right] for stop in _STOPS)
    )
    return (left, right) if sound else None


def _opening(before: str, after: str) -> tuple[int, int] | None:
    """Two names of two characters at the beginning, or behind a date or a title: 2022年四川和重庆的…."""
    sound = _OPENING.search(before) and _OPENED.match(after) and after[0] not in _STOPS
    return (2, 2) if sound else None


def _roles(before: str, after: str) -> tuple[int, int] | None:
    """Two things of one: what stands between 的, or a title, and the word that asks."""
    begins = max(before.rfind("的"), before.rfind(_HIDDEN))
    left = len(before) - begins - 1
    asked = _ASKED.search(after)
    if begins < 0 or asked is None or (before[begins] == _HIDDEN and not asked[0]):
        return None
    right = asked.start()
    sound = _SHORTEST <= left <= _LONGEST and _SHORTEST <= right <= _LONGEST and "的" not in after[:right]
    return (left, right) if sound else None


def _nouns(before: str, after: str) -> tuple[int, int] | None:
    """Two words for a figure or a fact, where nothing else is asked: 上映时间及主演."""
    left, asked = _NOUN_BEHIND.search(before), _ASKED.search(after)
    if left is None or asked is None or not left.start():
        return None
    right = asked.start()
    sound = (
        _SHORTEST <= right <= _LONGEST and _NOUN_AT_END.search(after[:right]) and "的" not in after[:right]
    )
    return (len(left[0]), right) if sound else None


_FORMS = (_quoted, _runs, _like_endings, _like_beginnings, _opening, _roles, _nouns)

"""Words and their opposites, in the forms in which news writes them."""

from __future__ import annotations

import re

_ENGLISH = """
increase/decrease increases/decreases increased/decreased increasing/decreasing
rise/fall rises/falls rose/fell rising/falling risen/fallen
gain/lose gains/loses gained/lost gaining/losing profit/loss profits/losses
higher/lower highest/lowest high/low more/less most/least larger/smaller largest/smallest
bigger/smaller better/worse best/worst stronger/weaker strong/weak faster/slower
above/below before/after earlier/later early/late first/last
start/end starts/ends started/ended begin/end began/ended opens/closes opened/closed opening/closing
support/oppose supports/opposes supported/opposed supporting/opposing
approve/reject approves/rejects approved/rejected accept/refuse accepted/refused accepts/refuses
allow/forbid allows/forbids allowed/forbidden allowing/forbidding
confirm/deny confirms/denies confirmed/denied agreed/refused agrees/refuses agree/refuse
win/lose wins/loses won/lost winning/losing success/failure successful/unsuccessful
buy/sell buys/sells bought/sold buying/selling import/export imports/exports
hire/fire hired/fired expand/shrink expanded/shrank expanding/shrinking
improve/worsen improved/worsened improves/worsens raise/cut raises/cuts raising/cutting
include/exclude includes/excludes included/excluded including/excluding
safe/dangerous guilty/innocent legal/illegal likely/unlikely possible/impossible able/unable
true/false major/minor positive/negative public/private domestic/foreign old/new older/younger
men/women man/woman north/south northern/southern east/west eastern/western
hot/cold warm/cold cheap/expensive cheaper/dearer with/without all/none always/never many/few
easier/harder easy/hard remain/leave remained/left remains/leaves keep/drop kept/dropped
arrived/left survived/died alive/dead encouraged/discouraged strengthened/weakened
"""
_CHINESE = """
上涨/下跌 上升/下降 增加/减少 增长/下滑 提高/降低 提升/削弱 扩大/缩小 加快/放缓 加强/削弱
支持/反对 同意/拒绝 允许/禁止 批准/驳回 接受/拒绝 承认/否认 证实/否认 鼓励/限制
超过/低于 高于/低于 大于/小于 多于/少于 优于/不如 领先/落后 以上/以下 之前/之后 提前/推迟
成功/失败 首次/末次 最高/最低 最大/最小 最多/最少 最早/最晚 第一/最后 开始/结束 开放/关闭
买入/卖出 涨价/降价 进口/出口 盈利/亏损 收入/支出 利好/利空 有利/不利 乐观/悲观 积极/消极
安全/危险 合法/非法 可能/不可能 能够/无法 可以/不能 已经/尚未 已/未 必须/无需 需要/无需 有/没有
没有/有 不是/是 不会/会 不能/能 无法/能够 并未/已经 未/已 仍/不再 都/都不 会/不会 是/不是
男/女 东/西 南/北 国内/国外 公开/秘密 长期/短期 上半年/下半年 上午/下午 增强/减弱 改善/恶化
容易/困难 便宜/昂贵 强/弱 快/慢 赢/输 胜/负 新/旧 导致/避免 保留/取消 继续/停止 免费/收费 主动/被动
"""


def _pairs(listed: str) -> dict[str, str]:
    pairs = [tuple(pair.split("/")) for pair in listed.split()]
    return {b: a for a, b in reversed(pairs)} | {a: b for a, b in reversed(pairs)}


OPPOSITES = _pairs(_ENGLISH) | _pairs(_CHINESE)
"""Each word's opposite, both ways; the first pair that lists a word decides."""

HAS_OPPOSITE = re.compile(
    "|".join(
        rf"(?<!-)\b{word}\b(?!-)" if word.isascii() else word
        for word in sorted(OPPOSITES, key=len, reverse=True)
    )
)
"""Finds a word that has an opposite, the longest reading of it."""

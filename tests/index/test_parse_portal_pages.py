"""Ten pages in the portal's manner about ten other things, each laid out anew at every turn."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.parse import parse_all
from index.types import Article


@dataclass(frozen=True)
class Content:
    """What one page is about; the order of everything on the page is the test's to choose."""

    title: str
    source: str
    summary: str
    opening: str
    sections: tuple[tuple[str, str], ...]
    closing: tuple[str, str]
    pairs: tuple[tuple[str, str], ...]
    teasers: tuple[tuple[str, str, str], ...]


PAGES = (
    Content(
        "Harbours Without Pilots", "marsbit", "Ports hand the wheel to software. The pilots are not pleased.",
        "Two ports let software dock ships in April. A third will follow in June, its owner says.",
        (("Who Holds the Wheel", "The software docks a ship in 40 minutes. A pilot needs 55."), ("What the Pilots Say", "The union counts 12 near misses. The port counts two."), ("Insurance Is the Bottleneck", "Insurers ask for $3 million more per berth. Nobody wants to pay it.")),
        ("Words 【Off the Page】", "The sea does not read manuals."),
        (("How long does the software need to dock a ship?", "Forty minutes according to the port's secret log."), ("What do insurers ask for?", "Three million dollars more per berth, a secret source says.")),
        (("稳定币的新规则", "监管机构公布了稳定币的新规则。新规则七月生效。", "Odaily星球日报12分钟前"),),
    ),
    Content(
        "铜价为何突然失控", "链捕手", "铜价三周上涨两成，矿山与基金各执一词。",
        "四月以来，铜价上涨了21%。交易员把原因归结为三座矿山。",
        (("矿山沉默了", "两座矿山在十二月关闭。第三座在一月被淹。"), ("资金涌入", "基金买入价值40亿美元的铜。价格随之上涨。"), ("谁在承担成本", "电缆厂把交货期推迟到秋天。客户没有别的选择。")),
        ("写在最后", "价格会说话，但不会解释。"),
        (("铜价上涨了多少？", "上涨了21%，这是机密数字。"), ("哪里的矿山被淹？", "机密报告没有写明。"), ("谁推迟了交货？", "电缆厂，机密消息人士说。")),
        (("原油飓风", "原油一度暴涨30%。市场震荡。", "548人学过发布于 2026.03.12更新于 2026.03.12"), ("铜价巨浪", "铜价上涨。", "PANews3小时前")),
    ),
    Content(
        "The Quiet Return of the Night Train", "Foresight News", "Sleeper trains are back. Operators say they are full until August.",
        "Nine operators run sleepers again. In 2019 there were four of them left.",
        (("Beds Sell Out First", "Private cabins cost €190 and go first. Seats stay empty."), ("Old Carriages, New Paint", "Most carriages are 35 years old. New ones arrive in 2028.")),
        ("Conclusion", "Slow is a choice again."),
        (("How many operators run sleepers?", "Nine of them, by a secret count."),),
        (),
    ),
    Content(
        "Kimi之外：谁在买下数据中心的屋顶", "PANews", "屋顶光伏成为数据中心的新战场。",
        "三家公司在五月买下了62个屋顶。交易总额没有公布。",
        (("屋顶为什么值钱", "一个屋顶每年发电4吉瓦时。这够一个机房用三周。"), ("giants的算盘", "大公司想锁定二十年的电价。小公司只想活过今年。"), ("电网的反应", "电网公司要求提前一年申请。多数项目等不了。"), ("钱从哪里来", "保险资金第一次入场。回报率约为6%。")),
        ("结语", "屋顶之上还有天空。"),
        (("一个屋顶每年发多少电？", "4吉瓦时，机密文件如此记载。"), ("谁第一次入场？", "保险资金，出自机密名单。")),
        (("加密市场宏观研报", "市场处在十字路口。观望情绪浓厚。", "发布于 2026.03.12更新于 2026.03.13"),),
    ),
    Content(
        "Why Bakers Hedge Their Flour", "BlockBeats", "Small bakers use futures now. It began with one cooperative.",
        "A cooperative of 80 bakers bought wheat futures in March. It saved €410,000, its books say.",
        (("A Lesson From 2022", "Flour doubled in ten weeks. Forty bakeries closed."), ("How the Hedge Works", "The cooperative buys for six months at a time. Members pay by the sack."), ("The Price of Safety", "When prices fall, the hedge costs money. Members grumble then."), ("Others Follow", "Brewers ask for the same. Their barley has no futures market."), ("What Banks Think", "Banks lend more cheaply to members. Half a point is the difference.")),
        ("Final Thoughts", "Bread is older than banks."),
        (("How much did the cooperative save?", "A secret sum that its books give as €410,000."), ("Why can brewers not hedge?", "For a secret reason: barley has no market."), ("How many bakeries closed?", "Forty, by the secret list.")),
        (("Kalshi、MTS 与 a16z 的野望", "预测市场升温。资金继续流入。", "链捕手刚刚"),),
    ),
    Content(
        "Satellites Learn to Share", "marsbit", "Operators swap orbits instead of fuel. A treaty is not needed.",
        "Six operators signed a sharing rule in Lisbon. It took them 14 months.",
        (("The Near Miss of February", "Two satellites passed at 58 metres. Nobody had moved."), ("Rules Without a Ruler", "The rule has no court. It has a mailing list.")),
        ("The Bottom Line", "Space is wide, orbits are not."),
        (("How near did the satellites pass?", "At a secret distance of 58 metres."), ("How long did the rule take?", "Fourteen secret months.")),
        (("火箭的第三次", "火箭第三次成功回收。成本下降四成。", "marsbit1小时前"), ("卫星的账单", "卫星公司公布账单。亏损收窄。", "2026-04-01"), ("轨道太挤", "轨道越来越挤。谁先让路？没有答案。", "Odaily星球日报2天前")),
    ),
    Content(
        "老城的新水管", "Odaily星球日报", "一座老城用三年换完了水管，漏损率降到8%。",
        "老城的水管有一百零四岁。去年漏掉了三成的水。",
        (("账本上的漏洞", "漏水每年损失2.1亿元。没有人为此签字。"), ("夜里施工", "工人只在夜里挖路。白天一切照旧。"), ("居民的账单", "水费上涨了一成。多数人没有抱怨。")),
        ("后记", "水从不说谎。"),
        (("漏损率降到多少？", "8%，机密台账写着。"),),
        (("你不知道的水厂", "水厂对外开放。参观免费。", "链捕手5分钟前"),),
    ),
    Content(
        "The Auction That Nobody Won", "Techub", "An auction of airwaves ended without a bid. The regulator starts anew.",
        "The auction ran for three days. Nobody bid in any of its 40 rounds.",
        (("A Floor Too High", "The floor was $2.4 billion. Analysts had said $1.1 billion."), ("The Silence of Operators", "Operators wait for satellites. They said so in March."), ("A Second Try", "The regulator will halve the floor. It wants bids by May."), ("Who Loses", "The budget lacks $2 billion now. Schools were to get half of it.")),
        ("Closing Words", "Silence is a bid as well."),
        (("What was the floor?", "A secret floor of $2.4 billion."), ("Who was to get half of the money?", "Schools, by a secret plan.")),
        (),
    ),
    Content(
        "Glass That Cools Houses", "marsbit", "A coating sends heat into space. Two towers try it.",
        "Two towers in Seville wear the coating. They need 31% less power to cool.",
        (("Physics of a Cold Window", "The coating glows where air is clear. Heat leaves through that gap."), ("From Lab to Tower", "The first pane cost $900. The newest costs $61."), ("Dust Is the Enemy", "Dust halves the effect in two weeks. Robots wash at night.")),
        ("Epilogue", "Shade is the oldest machine."),
        (("How much less power do the towers need?", "31% less, a secret meter shows."), ("What does the newest pane cost?", "A secret price of $61."), ("What halves the effect?", "Secret dust.")),
        (("玻璃的价格", "玻璃价格连跌五周。库存上升。", "88人学过发布于 2026.03.14更新于 2026.03.14"),),
    ),
    Content(
        "谁还在写纸质合同", "深潮TechFlow", "纸质合同没有消失，只是换了地方。",
        "一家律所去年打印了900万页合同。前年是1100万页。",
        (("法院要看原件", "三分之一的法院仍要求原件。理由各不相同。"), ("签名的重量", "客户说，纸让人慎重。律师说，纸让人安心。")),
        ("总结", "墨水干得慢，信任也是。"),
        (("律所去年打印了多少页？", "900万页，出自机密账单。"), ("多少法院要求原件？", "三分之一，机密调查显示。")),
        (("电子签名的一年", "电子签名用户翻倍。投诉也翻倍。", "PANews昨天"),),
    ),
)  # fmt: skip
NUMERALS = {
    "roman": [f"{n}. " for n in ("I", "II", "III", "IV", "V")],
    "arabic": [f"{n}. " for n in range(1, 6)],
    "padded": [f"0{n} " for n in range(1, 6)],
    "chinese": [f"{n}、" for n in "一二三四五"],
    "part": [f"第{n}部分 " for n in "一二三四五"],
}
STAMPS = (
    ("{source}发布于2026-05-10更新于2026-05-11", "2026-05-10", "2026-05-11"),
    ("{source} 发布于 2026年5月10日 更新于 2026年5月11日", "2026-05-10", "2026-05-11"),
    ("{source}发布于2026.05.10 08:30更新于2026.05.11 09:45", "2026-05-10T08:30", "2026-05-11T09:45"),
    ("{source}发布于3小时前更新于2026-05-11", "", "2026-05-11"),
)
PORTAL_WORDS = (
    "欢迎来到",
    "人学过",
    "现货",
    "合约",
    "热门文章",
    "相关讨论",
    "活动图片",
    "猜你喜欢",
    "发布于",
)


@st.composite
def layouts(draw, content: Content):
    """The lines of a page with what has to come out of it."""
    chosen = draw(st.lists(st.sampled_from(content.sections), min_size=1, unique=True))
    pairs = draw(st.lists(st.sampled_from(content.pairs), min_size=1, unique=True))
    style = draw(st.sampled_from(sorted(NUMERALS)))
    sections = [
        (prefix + heading, text) for prefix, (heading, text) in zip(NUMERALS[style], chosen, strict=False)
    ]
    sections.append(content.closing)
    stamp, published, updated = draw(st.sampled_from(STAMPS))
    body = [content.opening, *(line for section in sections for line in section)]
    glue = draw(st.sampled_from([("Q", "A"), ("Q：", "A："), ("问：", "答：")]))
    blocks = [
        ["文章摘要", content.summary, *body],
        [draw(st.sampled_from(["相关问答", "常见问题"])), *(mark + text for pair in pairs for mark, text in zip(glue, pair, strict=True))],
    ]  # fmt: skip
    teasers = draw(st.lists(st.sampled_from(content.teasers), unique=True)) if content.teasers else []
    if teasers:
        label = draw(st.sampled_from(["你可能也喜欢", "热门文章", "猜你喜欢"]))
        blocks.append(
            [label, *(line for title, text, mark in teasers for line in (title, text, mark, title, mark))]
        )
    blocks.append(["相关讨论", "欢迎来到HTX社区。"])
    if draw(st.booleans()):
        blocks.append(["交易", "现货", "合约"])
    head = ["首页", "快讯"] if draw(st.booleans()) else []
    lines = [
        *head,
        content.title,
        stamp.format(source=content.source),
        *(line for block in draw(st.permutations(blocks)) for line in block),
    ]
    joint = draw(st.sampled_from(["\n\n", "\n\n\n", "\n \n", "\r\n\r\n"]))
    return joint.join(lines), sections, pairs, teasers, published, updated


def assert_matches(article: Article, others: tuple[Article, ...], content: Content, expected: tuple) -> None:
    sections, pairs, teasers, published, updated = expected
    assert (article.title, article.source) == (content.title, content.source)
    assert (article.published_at, article.updated_at) == (published, updated)
    found = [(s.heading, article.text[s.char_start : s.char_end], s.kind) for s in article.sections]
    assert found == [
        ("文章摘要", content.summary, "summary"), ("", content.opening, "body"), *((heading, text, "body") for heading, text in sections),
    ]  # fmt: skip
    assert [(pair.question, pair.answer) for pair in article.qa_pairs] == pairs
    assert [(other.kind, other.title, other.text) for other in others] == [
        ("teaser", title, text) for title, text, _ in teasers
    ]
    for words in (*PORTAL_WORDS, "secret", "机密"):
        assert words not in article.text


@pytest.mark.parametrize("content", PAGES, ids=lambda content: content.title)
@given(data=st.data())
@settings(max_examples=30)
def test_page_comes_out_right_however_it_is_laid_out(content, data):
    text, *expected = data.draw(layouts(content))
    article, *others = parse_all(text.encode(), "page.txt")
    assert_matches(article, tuple(others), content, tuple(expected))

"""Pages in the portal's manner, each with one thing that differs."""

import pytest
from portal_checks import assert_ranges_are_sound, body_of

from index.errors import RefusedDocumentError
from index.parse import parse, parse_all

CHINESE_PAGE = """\
首页

快讯

三家公司一周融资七十亿美元

链捕手发布于 2026.05.11更新于 2026.05.12

文章摘要

本文梳理了三家公司的融资。

作者：李雷、韩梅梅

编辑：王芳

过去一周，三家公司宣布融资。市场因此热闹起来。

一、谁拿到了钱

甲公司融资二十亿美元，估值超过二百亿美元。

乙公司融资二十五亿美元。

二、钱从哪里来

国家基金第一次入场。投资人看重的是现金流。

（一）国有资金

国有资金占四成。

（二）产业资金

产业资金占六成。

写在最后：

窗口正在关闭。

本文来自微信公众号“页外”，作者：李雷

相关问答

Q甲公司融资多少？

A二十亿美元，估值超过二百亿美元。

Q谁第一次入场？

A国家基金。

你可能也喜欢

稳定币的新规则

监管机构公布了稳定币的新规则。新规则七月生效。

Odaily星球日报12分钟前

稳定币的新规则

Odaily星球日报12分钟前

相关讨论

欢迎来到HTX社区。
"""


def test_chinese_page_with_chinese_numerals():
    article, teaser = parse_all(CHINESE_PAGE.encode(), "page.txt")
    assert article.title == "三家公司一周融资七十亿美元"
    assert (article.source, article.language) == ("链捕手", "zh")
    assert (article.published_at, article.updated_at) == ("2026-05-11", "2026-05-12")
    assert article.metadata["author"] == "李雷、韩梅梅"
    assert article.metadata["editor"] == "王芳"
    assert article.metadata["credit"] == "本文来自微信公众号“页外”，作者：李雷"
    headings = [section.heading for section in article.sections]
    assert headings == [
        "文章摘要",
        "",
        "一、谁拿到了钱",
        "二、钱从哪里来",
        "（一）国有资金",
        "（二）产业资金",
        "写在最后",
    ]
    assert [pair.question for pair in article.qa_pairs] == ["甲公司融资多少？", "谁第一次入场？"]
    assert (teaser.title, teaser.source) == ("稳定币的新规则", "Odaily星球日报")
    assert teaser.metadata["published_label"] == "12分钟前"
    assert "首页" not in article.text
    assert_ranges_are_sound(article)


QA_FIRST_PAGE = """\
Chip Makers Turn to Leasing

PANews发布于2026-04-02 09:30更新于2026-04-02 18:00

相关问答

Q：Why do chip makers lease？

A：Because buyers lack cash.

They also want to keep the hardware.

Q：Who started it？

A：Acme did.

文章摘要

Chip makers lease their hardware to buyers without cash.

By: Jane Roe

Chip makers have begun to lease. Acme was the first of them.

1. A Shortage of Cash

Buyers ran out of cash in March. Banks would not lend to them.

2. What Comes Next?

Analysts expect more leases. None expects fewer.
"""


def test_page_with_questions_before_the_summary_and_arabic_numerals():
    (article,) = parse_all(QA_FIRST_PAGE.encode(), "page.txt")
    assert article.published_at == "2026-04-02T09:30"
    assert article.metadata["author"] == "Jane Roe"
    assert [pair.answer for pair in article.qa_pairs] == [
        "Because buyers lack cash.\nThey also want to keep the hardware.",
        "Acme did.",
    ]
    assert [section.heading for section in article.sections] == [
        "文章摘要",
        "",
        "1. A Shortage of Cash",
        "2. What Comes Next?",
    ]
    assert "keep the hardware" not in article.text


PLAIN_HEADINGS_PAGE = """\
Why Copper Is Suddenly Scarce

marsbit发布于2026-02-01更新于2026-02-03

Copper rose by 12% in January. Traders blame three mines.

The Mines Go Quiet

Two mines closed in December. A third flooded in January.

They did not reopen.

Nobody knows when they will.

Money Moves In

Funds bought copper worth $4 billion. The price followed them.

It was a wild month.

The rest is history

Some say so.

你可能也喜欢

交易

现货

合约
"""


def test_page_without_numerals_summary_and_questions():
    (article,) = parse_all(PLAIN_HEADINGS_PAGE.encode(), "page.txt")
    assert [section.heading for section in article.sections] == ["", "The Mines Go Quiet", "Money Moves In"]
    assert "They did not reopen." in body_of(article, "The Mines Go Quiet")
    assert "The rest is history" in body_of(article, "Money Moves In")
    assert article.qa_pairs == ()


LOST_BLANK_LINES_PAGE = """\
港口罢工进入第三天
marsbit发布于3小时前
文章摘要
港口罢工进入第三天，货船排队。
第一部分 罢工的起因
工人要求加薪一成。资方只肯给百分之三。
第二部分 货船排队
四十艘货船在港外等候。
相关问答
Q工人要求什么?
A加薪一成。
热门文章
原油飓风
原油一度暴涨30%。市场震荡。
1.2万人学过发布于 2026.03.12更新于 2026.03.13
原油飓风
铜价巨浪
铜价上涨。
88人学过发布于 2026.03.14更新于 2026.03.14
铜价巨浪
活动图片
"""


def test_page_that_lost_its_blank_lines_and_has_a_relative_date():
    article, *teasers = parse_all(LOST_BLANK_LINES_PAGE.encode(), "page.txt")
    assert article.published_at == ""
    assert article.metadata["published_label"] == "3小时前"
    assert article.missing == ("published_at",)
    assert [section.heading for section in article.sections] == [
        "文章摘要",
        "第一部分 罢工的起因",
        "第二部分 货船排队",
    ]
    assert [(t.title, t.text, t.published_at, t.updated_at) for t in teasers] == [
        ("原油飓风", "原油一度暴涨30%。市场震荡。", "2026-03-12", "2026-03-13"),
        ("铜价巨浪", "铜价上涨。", "2026-03-14", "2026-03-14"),
    ]


SUMMARY_LAST_PAGE = """\
Grid Operators Buy Batteries

Foresight News

发布于 2026年1月5日

更新于 2026年1月6日

Grid operators bought 9 GW of batteries in 2025. That is twice as much as in 2024.

Qwen and other models forecast the load. A startup sells the forecasts.

相关问答

QWhat did grid operators buy in 2025?

A9 GW of batteries.

Qwen forecasts the load.

QWho sells the forecasts?

AA startup.

文章摘要

Batteries are in demand.
"""


def test_page_with_the_summary_last_and_the_dates_on_lines_of_their_own():
    (article,) = parse_all(SUMMARY_LAST_PAGE.encode(), "page.txt")
    assert (article.title, article.source) == ("Grid Operators Buy Batteries", "Foresight News")
    assert (article.published_at, article.updated_at) == ("2026-01-05", "2026-01-06")
    assert [(section.heading, section.kind) for section in article.sections] == [
        ("文章摘要", "summary"),
        ("", "body"),
    ]
    assert [(pair.question, pair.answer) for pair in article.qa_pairs] == [
        ("What did grid operators buy in 2025?", "9 GW of batteries.\nQwen forecasts the load."),
        ("Who sells the forecasts?", "A startup."),
    ]


LIST_PAGE = """\
Five Rules for Reading a Balance Sheet

marsbit发布于2026-05-01更新于2026-05-01

An analyst gave us rules. They are short.

1. Read the notes

2. Read them again

3. Add up the debt

The analyst laughed at this point. Then she went on.

"(see below)

She closed with a warning. Nobody took notes."

Models are becoming commoditized.

The end of it came soon:

Nobody asked a question.
"""


def test_list_items_and_short_sentences_are_not_headings():
    article = parse(LIST_PAGE.encode(), "page.txt")
    assert [section.heading for section in article.sections] == [""]


def test_body_behind_the_last_answer_is_found_where_there_is_no_other():
    page = (
        "A Title of Some Length\n\nmarsbit发布于2026-05-01更新于2026-05-01\n\n"
        "相关问答\n\nQWhat rose?\n\nAThe price.\n\n"
        "The price rose in May.\n\nIt fell in June.\n\nIt rose again in July.\n"
    )
    article = parse(page.encode(), "page.txt")
    assert article.text.startswith("The price rose in May.")
    assert [pair.answer for pair in article.qa_pairs] == ["The price."]


def test_page_of_questions_alone_is_refused():
    page = "A Title\n\nmarsbit发布于2026-05-01更新于2026-05-01\n\n相关问答\n\nQWhat rose?\n\nAThe price.\n"
    with pytest.raises(RefusedDocumentError) as refusal:
        parse(page.encode(), "page.txt")
    assert refusal.value.reason == "no-text"


def test_prose_about_a_publication_date_is_not_a_portal_page():
    text = "某报告的来历\n\n这份报告发布于2026年5月10日，更新于2026年6月1日，引起关注。\n\n业界反应不一。\n"
    article = parse(text.encode(), "report.txt")
    assert "发布于2026年5月10日" in article.text
    assert article.published_at == ""

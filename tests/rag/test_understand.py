from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import InvalidInputError
from index.types import Filters
from rag.aliases import grouped, others_of, pairs_in, read_aliases
from rag.kinds import asks_all, kind_of, lists
from rag.parts import parts_of
from rag.period import period_of
from rag.types import Question
from rag.understand import understand


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Who founded Kimi?", ("Who founded Kimi?",)),
        (
            "Which sector is it, and what was the key lesson from that parallel?",
            ("Which sector is it", "what was the key lesson from that parallel?"),
        ),
        (
            "When was the takeover agreed and why is it taking longer?",
            ("When was the takeover agreed", "why is it taking longer?"),
        ),
        (
            "Why did costs rise? What did the firms do about it?",
            ("Why did costs rise?", "What did the firms do about it?"),
        ),
        (
            "How did the Weston A. Price Foundation respond?",
            ("How did the Weston A. Price Foundation respond?",),
        ),
        ("What should a patient do, and why?", ("What should a patient do, and why?",)),
        (
            "How are shoppers changing what and where they buy?",
            ("How are shoppers changing what and where they buy?",),
        ),
        (
            "How old is the coach, whom the Bears want to interview?",
            ("How old is the coach, whom the Bears want to interview?",),
        ),
    ],
)
def test_english_question_is_split_where_it_asks_again(question, parts):
    assert parts_of(question, "en") == parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "裁员落在哪块业务上，英国团队今后把重心放在哪里？",
            ("裁员落在哪块业务上", "英国团队今后把重心放在哪里？"),
        ),
        ("路特斯销量是多少以及为什么下降？", ("路特斯销量是多少", "为什么下降？")),
        ("会见客人时，张国华介绍眼下在忙什么？", ("会见客人时，张国华介绍眼下在忙什么？",)),
        ("月之暗面和阶跃星辰分别融了多少钱？", ("月之暗面融了多少钱？", "阶跃星辰融了多少钱？")),
        ("公司为什么裁员？", ("公司为什么裁员？",)),
    ],
)
def test_chinese_question_is_split_where_it_asks_again(question, parts):
    assert parts_of(question, "zh") == parts


@given(st.text(min_size=1, max_size=200), st.sampled_from(["en", "zh"]))
def test_parts_are_never_empty_and_few(question, language):
    parts = parts_of(question, language)
    assert 1 <= len(parts) <= 4
    assert all(parts)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much did Kimi raise?", "figure"),
        ("阶跃星辰融资多少美元？", "figure"),
        ("From what peak did its price fall?", "figure"),
        ("At what age did she retire?", "figure"),
        ("有几支球队参赛？", "figure"),
        ("Who leads the company?", "fact"),
        ("大会在哪里举行？", "fact"),
        ("新型手机的发布时间", "fact"),
        ("电视剧《归途》的主演", "fact"),
        ("电视剧《归途》的主演都有哪些？", "fact"),
        ("改革带来哪些变化？", "analysis"),
        ("这座城市有哪些问题？", "analysis"),
        ("主演有哪些困难？", "analysis"),
        ("两省去年的人口", "figure"),
        ("如何提高出生率？", "analysis"),
        ("这家公司为什么隐瞒营收？", "analysis"),
        ("什么是发展中国家？", "analysis"),
        ("介绍一下美国总统", "analysis"),
        ("2008年地震的震级？", "figure"),
        ("What film won the prize?", "fact"),
        ("矿井被淹的原因和结果", "analysis"),
        ("How do the two plans differ?", "comparison"),
        ("Why did the price fall?", "analysis"),
        ("为什么独立公司急着上市？", "analysis"),
    ],
)
def test_kind_of_question(question, kind):
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("Who are the members of the band?", True),
        ("Which countries signed?", False),
        ("Who were the otachi's pupils?", True),
        ("Who were otachi?", False),
        ("Which countries have signed?", True),
        ("Who leads the company?", False),
        ("《归途》的主演是谁？", True),
        ("他主演的电影票房是多少？", False),
        ("该国首都有多少人口？", False),
        ("Who are the Houthis?", False),
        ("Did they name the ship?", False),
        ("谁获得了冠军？", False),
    ],
)
def test_whether_several_names_are_asked(text, several):
    assert asks_all(text) is several


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("The band is Ann Lee, Carl Moss and Eve Ray.", True),
        ("Ann Lee, who sings, left in May.", False),
        ("On Monday, Trump met Xi and left.", False),
        ("影片由王平、李安和赵云出演。", True),
        ("影片由王平、李安出演。", False),
        ("成员包括中国、法国、德国等。", True),
    ],
)
def test_whether_a_sentence_lists(text, listed):
    assert lists(text) is listed


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What was in the news last week?", "2026-05-04", "2026-05-10"),
        ("上周有什么新闻？", "2026-05-04", "2026-05-10"),
        ("What happened yesterday?", "2026-05-12", "2026-05-12"),
        ("上个月发生了什么？", "2026-04-01", "2026-04-30"),
        ("去年的新闻有哪些？", "2025-01-01", "2025-12-31"),
        ("Show news from March 2022", "2022-03-01", "2022-03-31"),
    ],
)
def test_question_for_the_news_of_a_time_gets_a_window(question, first, last):
    window = understand(Question(question, as_of="2026-05-13")).window
    assert window is not None
    assert (window.published_after, window.published_before) == (first, last)


@pytest.mark.parametrize(
    "question",
    [
        "How many companies raised money in March 2022?",
        "2020年4月2日广州发生了什么交通事故？",
        "What does the article say happened last week?",
        "Which movie is top of the box office this week?",
        "去年公司亏损了多少？",
    ],
)
def test_date_of_an_event_gives_no_window(question):
    assert understand(Question(question, as_of="2026-05-13")).window is None


def test_dates_that_were_asked_for_stand_against_the_questions_own():
    from index.types import Filters

    asked = Question(
        "What was in the news last week?", Filters(published_after="2020-01-01"), as_of="2026-05-13"
    )
    assert understand(asked).window is None


def test_relative_time_is_searched_for_as_articles_write_it():
    assert understand(Question("去年公司亏损了多少？", as_of="2026-05-13")).dated == "2025年"
    assert (
        understand(Question("How much did it lose last month?", as_of="2026-01-13")).dated == "December 2025"
    )


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_relative_period_never_lies_in_the_future(today):
    for words in (
        "last week",
        "this week",
        "last month",
        "this quarter",
        "last quarter",
        "去年",
        "今年",
        "昨天",
    ):
        period = period_of(words, today.isoformat())
        assert period is not None
        assert period.first <= period.last <= today


def test_question_about_how_things_stand_asks_for_the_newest():
    assert understand(Question("Who is currently the chair?")).recent
    assert not understand(Question("Who was the chair in 2019?")).recent


def test_part_without_a_name_is_looked_for_with_the_names_of_the_others():
    parts = understand(Question("What did StepFun announce, and why is that unusual?")).parts
    assert "StepFun" in parts[1].query
    assert parts[1].text == "why is that unusual?"


def test_part_that_names_nothing_is_looked_for_with_what_the_question_begins_with():
    question = "The column compares two waves of funding. Which came first, and what did it teach?"
    parts = understand(Question(question)).parts
    assert [part.text for part in parts] == [question.rpartition(",")[0], "what did it teach?"]
    assert parts[0].query == parts[0].text
    assert parts[1].query == "The column compares two waves of funding. what did it teach?"


def test_aliases_are_learned_from_parentheses():
    texts = [
        "大模型公司阶跃星辰（StepFun）完成融资。",
        "阶跃星辰计划上市。",
        "The World Health Organization (WHO) warned of it.",
    ]
    known = grouped(pairs_in(texts, "How is StepFun doing?"))
    assert known["StepFun"] == {"阶跃星辰"}
    assert known["WHO"] == {"World Health Organization"}


def test_chinese_name_reaches_as_far_as_the_question_has_it():
    assert pairs_in(["国内的月之暗面（Moonshot）融资。"], "月之暗面融了多少？") == [("月之暗面", "Moonshot")]


def test_question_is_widened_by_the_names_it_lacks():
    known = grouped([["StepFun", "阶跃星辰"]])
    assert others_of("What did StepFun do?", known) == ["阶跃星辰"]
    assert others_of("阶跃星辰做了什么？", known) == ["StepFun"]
    assert others_of("What did StepFun (阶跃星辰) do?", known) == []
    assert others_of("What did StepFunny do?", known) == []


def test_alias_file_is_read_and_a_bad_line_is_named(tmp_path):
    path = tmp_path / "aliases.txt"
    path.write_text("# names\nStepFun = 阶跃星辰 = Step\n\n", encoding="utf-8")
    assert read_aliases(path)["Step"] == {"StepFun", "阶跃星辰"}
    path.write_text("StepFun\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="line 1"):
        read_aliases(path)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("Which minister resigned this week?", "2022-07-01", "2022-07-13"),
        ("Which minister resigned last week?", "2022-06-24", "2022-07-08"),
        ("Who has recently resigned?", "2022-06-07", "2022-07-13"),
        ("本周哪位部长辞职？", "2022-07-01", "2022-07-13"),
        ("目前谁是部长？", "2022-06-07", "2022-07-13"),
        ("Which minister resigned in March 2021?", "2021-02-26", "2021-04-14"),
        ("2021年3月5日哪位部长辞职？", "2021-03-02", "2021-03-19"),
    ],
)
def test_when_what_is_asked_was_most_likely_reported(question, first, last):
    reported = understand(Question(question, as_of="2022-07-08T09:00:00Z")).reported
    assert (reported.published_after, reported.published_before) == (first, last)


@pytest.mark.parametrize("question", ["Which minister resigned in 1998?", "Why did the bridge close?"])
def test_other_questions_give_no_hint_when_it_was_reported(question):
    assert understand(Question(question, as_of="2022-07-08")).reported is None


def test_dates_that_are_asked_for_stand_before_any_hint_and_the_calendar_has_ends():
    asked = Question("Who resigned this week?", filters=Filters(published_before="2022-01-01"))
    assert understand(asked).reported is None
    for text in ("What happened last week?", "上个季度有什么新闻？", "news of the past 999 months"):
        assert understand(Question(text, as_of="0001-01-01")).reported is not None
        assert understand(Question(text, as_of="9999-12-31")).reported is not None
    assert understand(Question("Who resigned today?", as_of="0001-01-01")).reported is not None
    assert understand(Question("Who resigned today?", as_of="9999-12-31")).reported is not None


@pytest.mark.parametrize(
    ("question", "query"),
    [
        (
            "How did the airline respond to the outage, and what compensation was offered?",
            "How did the airline respond to the outage what compensation was offered?",
        ),
        ("工厂如何解释爆炸？事后采取了哪些措施？", "工厂如何解释爆炸？ 事后采取了哪些措施？"),
        ("How long is the bridge, and how wide is the bridge?", "how wide is the bridge?"),
    ],
)
def test_a_part_that_does_not_say_what_it_is_about_is_looked_for_behind_the_first(question, query):
    assert understand(Question(question)).parts[1].query == query

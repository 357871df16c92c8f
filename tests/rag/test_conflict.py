from __future__ import annotations

from dataclasses import replace

import pytest
from builders import asked, evidence, passage

from rag.conflict import differences, told

SUMMARY = passage(
    "In a wave of funding in May 2026, Kimi, StepFun and DeepSeek reportedly secured over $70 "
    "billion combined.",
    article="page", section="summary", source="marsbit",
)  # fmt: skip
BODY = passage(
    "The three funding rounds of Kimi, StepFun and DeepSeek came to over $7 billion.",
    article="page",
    source="marsbit",
)
QUESTION = asked("How much did Kimi, StepFun and DeepSeek raise together?")


def found(question, *places, chosen=(0,)):
    items = [item for place in places for item in evidence(place, *[0.9] * len(place.sentences))]
    return [(d.values, d.change) for d in differences(question, items, chosen)]


def test_body_and_summary_with_figures_of_another_scale_are_a_conflict():
    assert found(QUESTION, BODY, SUMMARY) == [(("over $7 billion", "over $70 billion"), False)]


def test_body_comes_first_though_the_summary_was_found_first():
    assert found(QUESTION, SUMMARY, BODY) == [(("over $7 billion", "over $70 billion"), False)]


def test_conflict_is_told_in_one_sentence_with_both_sides_cited():
    items = [*evidence(BODY, 0.9), *evidence(SUMMARY, 0.9)]
    (difference,) = differences(QUESTION, items, [0])
    draft = told(difference, items, "en")
    assert draft.marks == (1, 2)
    assert "over $7 billion according to the article's body" in draft.text
    assert "over $70 billion according to the article's summary" in draft.text
    assert (
        told(difference, items, "zh").text
        == "各方说法不一：正文称over $7 billion，文章摘要则称over $70 billion。"
    )


def test_copied_sentence_with_another_date_is_a_conflict():
    one = passage("The film opened in mainland China on 14 April 2017 to full houses.", article="a")
    other = passage("The film opened in mainland China on 14 February 2012 to full houses.", article="b")
    assert found(asked("When did the film open in China?"), one, other) == [
        (("14 April 2017", "14 February 2012"), False)
    ]


def test_copied_sentence_with_another_name_is_a_conflict_where_the_name_was_asked_for():
    one = passage(
        "Pretty Woman is a 1990 film directed by Garry Marshall from a script by J. Lawton.", article="a"
    )
    other = passage(
        "Pretty Woman is a 1990 film directed by Bryan Singer from a script by J. Lawton.", article="b"
    )
    assert found(asked("Who directed Pretty Woman?"), one, other) == [
        (("Garry Marshall", "Bryan Singer"), False)
    ]


@pytest.mark.parametrize(
    ("question", "text", "values"),
    [
        ("飞船什么时候发射？", "飞船于{}上午在酒泉成功发射，当日入轨。", ("2016年10月17日", "2006年1月17日")),
        ("这部电影的导演是谁？", "电影《归途》由{}执导，在春节期间上映。", ("郭帆", "郭敬明")),
        ("世界杯在哪举办？", "本届世界杯在{}举行，共有三十二支球队参加。", ("德国", "英国")),
    ],
)
def test_chinese_copy_with_another_value_is_a_conflict(question, text, values):
    one, other = (passage(text.format(value), article=value) for value in values)
    assert found(asked(question, language="zh"), one, other) == [(values, False)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("这枚新型火箭于{}凌晨在海边的发射场成功升空。", ("今日", "昨日")),
        ("这枚新型火箭于{}在海边的发射场成功升空。", ("上午", "下午")),
        ("这部新的动画电影将于春节期间在{}国上映。", ("全", "我")),
        ("主队前锋在比赛的最后一分钟{}球，全场沸腾。", ("进", "丢")),
        ("他在昨天的会议上以{}当选为新一届主席。", ("高票", "高分")),
    ],
)
def test_chinese_copies_that_differ_in_other_words_are_no_conflict(text, values):
    one, other = (passage(text.format(value), article=value) for value in values)
    assert found(asked("火箭在哪里发射？", language="zh"), one, other) == []


def test_different_things_with_different_figures_are_no_conflict():
    one = passage("Kimi raised $2 billion in May.", article="a")
    other = passage("StepFun was close to completing nearly $2.5 billion in funding.", article="b")
    assert found(asked("How much did Kimi raise?"), one, other) == []


def test_parallel_sentences_of_one_article_are_no_conflict():
    one = passage(
        "The small model of the new phone sells for 38,999 yuan in shops. "
        "The large model of the new phone sells for 48,068 yuan in shops."
    )
    assert found(asked("How much does the new phone sell for?"), one) == []


def test_rounded_figure_beside_the_exact_one_is_no_conflict():
    one = passage("The five makers took about $44.6 billion of the year's money.", article="a")
    other = passage("The five makers took $44.63 billion of the year's money.", article="b")
    assert found(asked("How much did the five makers take?"), one, other) == []


def test_figures_of_different_years_are_no_conflict():
    one = passage("In 2024 the model makers disclosed funding of 20 billion yuan in total.", article="a")
    other = passage("In 2025 the model makers disclosed funding of 9 billion yuan in total.", article="b")
    assert found(asked("How much funding did the model makers disclose?"), one, other) == []


def test_rise_told_in_one_sentence_is_no_conflict_with_itself():
    one = passage("Kimi's revenue rose from $100 million to $200 million within a month.", article="a")
    other = passage("Kimi's revenue grew from $100 million to $200 million in a month.", article="b")
    assert found(asked("How did Kimi's revenue change?"), one, other) == []


def test_later_report_is_told_as_a_change_and_comes_first():
    old = passage(
        "The storm in the bay killed 12 people, officials said.",
        article="a",
        source="Daily",
        published="2026-03-01",
    )
    new = passage(
        "The storm in the bay killed 31 people, officials said.",
        article="b",
        source="Daily",
        published="2026-03-20",
    )
    question = asked("How many people did the storm kill?")
    assert found(question, old, new) == [(("31", "12"), True)]
    items = [*evidence(old, 0.9), *evidence(new, 0.9)]
    (difference,) = differences(question, items, [0])
    assert told(difference, items, "en").text.startswith(
        "This has changed: 31 according to Daily (2026-03-20)"
    )


def test_sentence_that_has_little_to_do_with_the_question_is_not_compared():
    one = passage("The film opened in mainland China on 14 April 2017 to full houses.", article="a")
    other = passage("The film opened in mainland China on 14 February 2012 to full houses.", article="b")
    items = [*evidence(one, 0.9), *evidence(other, 0.1)]
    assert differences(asked("When did the film open in China?"), items, [0]) == []


def test_summary_of_what_is_cited_is_compared_however_it_scored():
    items = [*evidence(BODY, 0.9), *evidence(SUMMARY, 0.1)]
    assert len(differences(QUESTION, items, [0])) == 1


def test_the_same_disagreement_is_told_once():
    again = passage("So the three rounds of Kimi, StepFun and DeepSeek came to $7 billion.", article="page")
    assert found(QUESTION, BODY, again, SUMMARY, chosen=(0, 1)) == [
        (("over $7 billion", "over $70 billion"), False)
    ]


def test_amounts_of_two_articles_with_the_same_digits_are_of_one_thing_only_where_their_words_agree():
    one = passage("Kimi doubled its ARR in one month, from $100 million to $200 million.", article="a")
    other = passage("Kimi raised $2 billion, and its valuation passed $20 billion.", article="b")
    assert found(QUESTION, one, other) == []


def test_amounts_that_answer_different_things_or_are_given_in_the_question_are_no_conflict():
    one = passage("Sichuan's output grew to 5,674 billion yuan in the year.", article="one")
    other = passage("Chongqing's output grew to 2,912 billion yuan in the year.", article="two")
    question = asked("What output had Sichuan in the year, and what output had Chongqing?", kind="figure")
    pair = [*evidence(one, 0.9), *evidence(other, 0.9)]
    assert differences(question, pair, [0, 1])
    apart = [replace(pair[0], parts=(0.9, 0.1)), replace(pair[1], parts=(0.1, 0.9))]
    assert not differences(question, apart, [0, 1])
    race = passage("Nuis won the men's race over 1,500 metres in Beijing.", article="one")
    sprint = passage("Gao won the men's race over 500 metres in Beijing.", article="two")
    assert not differences(
        asked("Who won the men's race over 1,500 metres in Beijing?"),
        [*evidence(race, 0.9), *evidence(sprint, 0.9)],
        [0],
    )


def test_other_words_and_other_marks_are_no_other_names():
    def found(left, right, question="Which car was recalled by Toyota?"):
        pair = [
            *evidence(passage(left, article="one"), 0.9),
            *evidence(passage(right, article="two"), 0.9),
        ]
        return differences(asked(question), pair, [0])

    assert found(
        "Toyota recalled its Crown in Japan on Monday.", "Toyota recalled its Prius in Japan on Monday."
    )
    assert not found(
        "Toyota recalled the SUV that they sold in Japan on Monday.",
        "Toyota recalled the SUVs to sell in Japan on Monday.",
    )
    assert not found(
        "It burnt California’s old park.", "It burnt California's old park.", "Which park burnt?"
    )


def test_a_question_whether_a_figure_is_true_is_shown_the_other_one():
    one = passage("Kimi raised $7 billion in May from its backers.", article="one")
    other = passage("Kimi raised $70 billion in May from its backers.", article="two")
    question = asked("Did Kimi raise $7 billion?")
    found = differences(question, [*evidence(one, 0.9), *evidence(other, 0.8)], [0])
    assert [item.values for item in found] == [("$7 billion", "$70 billion")]


def test_sentences_that_answer_both_parts_alike_may_disagree():
    one = passage("The quake killed 120 people in Turkey on Monday.", article="one")
    other = passage("The quake killed 150 people in Turkey on Monday.", article="two")
    question = asked("Where was the quake, and how many people died?", kind="figure")
    pair = [*evidence(one, 0.9), *evidence(other, 0.9)]
    near = [replace(pair[0], parts=(0.90, 0.89)), replace(pair[1], parts=(0.89, 0.90))]
    assert [item.values for item in differences(question, near, [0])] == [("120", "150")]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Toyota recalled the Crown in Japan on Monday.", "Toyota recalled its Prius in Japan on Monday."),
        ("The food was sent by UN by road.", "The food was sent by Hungary by road."),
    ],
)
def test_exchanged_names_are_seen_from_both_sides(left, right, turned):
    sides = [right, left] if turned else [left, right]
    places = [passage(text, article=str(place)) for place, text in enumerate(sides)]
    pair = [item for place in places for item in evidence(place, 0.9)]
    assert differences(asked("Which car was recalled, and who sent the food?", kind="fact"), pair, [0])


def test_percentages_beside_an_amount_that_is_asked_and_ordinary_words_are_no_disagreement():
    one = passage("Exports of cars grew by 97.4 percent in August in China.", article="one")
    other = passage("Exports of cars grew by 65 percent in August in China.", article="two")
    pair = [*evidence(one, 0.9), *evidence(other, 0.9)]
    assert differences(asked("By what percentage did exports of cars grow in August in China?"), pair, [0])
    longer = passage("Exports of cars from ports of China grew, by 65 percent in August.", article="two")
    beside = [pair[0], *evidence(longer, 0.9)]
    assert not differences(asked("How many cars were exports in August in China?"), beside, [0])
    said = [
        *evidence(passage("阿尔巴尼斯成为澳大利亚第31任总理。", article="one"), 0.9),
        *evidence(passage("阿尔巴尼斯出任澳大利亚第31任总理。", article="two"), 0.9),
    ]
    assert not differences(asked("澳大利亚第31任总理是谁", language="zh"), said, [0])


@pytest.mark.parametrize(
    ("question", "language", "one", "other"),
    [
        # Two years that are both asked for; hours of a day; words around a name.
        (
            "深圳大学2022年和2023年录取了多少人？",
            "zh",
            "根据深圳大学2022年招生章程的规定录取新生。",
            "根据深圳大学2023年招生章程的规定录取新生。",
        ),
        (
            "2023年世界科幻大会在哪举办",
            "zh",
            "12月18日22时许，大会协会宣布成都成功获选为2023年世界科幻大会举办城市。",
            "12月18日23时许，大会协会宣布成都成功获选为2023年世界科幻大会举办城市。",
        ),
        (
            "澳大利亚第31任总理是谁",
            "zh",
            "今天，安东尼·阿尔巴尼斯将成为澳大利亚第31任总理。",
            "今天，安东尼·阿尔巴尼斯（Anthony Albanese）宣誓就任澳大利亚第31任总理。",
        ),
    ],
)
def test_what_is_asked_for_both_hours_and_words_around_a_name_are_no_disagreement(
    question, language, one, other
):
    pair = [*evidence(passage(one, article="one"), 0.9), *evidence(passage(other, article="two"), 0.9)]
    assert not differences(asked(question, language=language), pair, [0])


@pytest.mark.parametrize(
    ("question", "language", "one", "other"),
    [
        (
            "公司成立于2019年还是2020年？",
            "zh",
            "这家位于北城的科技公司成立于2019年。",
            "这家位于北城的科技公司成立于2020年。",
        ),
        (
            "上证指数收于多少点？",
            "zh",
            "周五上证指数收盘时收于3000点附近。",
            "周五上证指数收盘时收于3100点附近。",
        ),
        (
            "What time did the match start?",
            "en",
            "The match between the two clubs started at 7 p.m. on Monday.",
            "The match between the two clubs started at 9 p.m. on Monday.",
        ),
    ],
)
def test_alternatives_points_and_hours_that_are_asked_disagree(question, language, one, other):
    pair = [*evidence(passage(one, article="one"), 0.9), *evidence(passage(other, article="two"), 0.9)]
    assert differences(asked(question, language=language), pair, [0])

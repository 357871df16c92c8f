"""What the extractive generator mends: what leans on a sentence that was left out, and lists."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import asked, evidence, passage
from extracting import answered, of_parts, texts
from hypothesis import given
from hypothesis import strategies as st

from index.types import Span
from rag.generate.extractive import ExtractiveGenerator
from rag.generate.mend import gives_reason, with_whole_quotes
from rag.types import Evidence, Support
from rag.verify import Verifier


def test_leading_but_is_taken_away():
    place = passage("Demand was strong in spring. But costs of energy had doubled by May.")
    assert texts(asked("Why did Acme close?"), (place, (0.01, 0.9))) == [
        "Costs of energy had doubled by May."
    ]


def test_leading_but_stays_behind_its_own_sentence():
    place = passage("Demand was strong in spring. But costs of energy had doubled by May.")
    assert (
        texts(asked("Why did Acme close?"), (place, (0.8, 0.9)))[1]
        == "But costs of energy had doubled by May."
    )


def test_leading_it_gets_the_name_in_brackets_with_both_sentences_cited():
    place = passage("Kimi opened an office in Paris. It raised its prices twice that year.")
    assert answered(asked("Why did users leave?"), (place, (0.01, 0.9))) == [
        (
            "It [Kimi] raised its prices twice that year.",
            ["It raised its prices twice that year.", "Kimi opened an office in Paris."],
        )
    ]


def test_it_is_not_named_after_who_said_so():
    place = passage(
        "The plane crossed the lake, Reuters reported. It had flown for six hours before the storm."
    )
    found = texts(asked("How long had the plane flown?"), (place, (0.05, 0.9)))
    assert "It [Reuters] had flown for six hours before the storm." not in found
    assert "It had flown for six hours before the storm." in found


def test_what_is_told_in_a_sentence_cut_short_is_not_what_it_means():
    place = passage("ARR growing fast, subscriptions growing as well. Its users fell to 8 million.")
    found = texts(asked("To how many did the users fall?"), (place, (0.01, 0.9)))
    assert not any("[ARR]" in text for text in found)


def test_no_name_is_put_into_a_contraction():
    place = passage("Weaver built a school. It's the only one in the valley.")
    found = texts(asked("What is special about the school?"), (place, (0.05, 0.9)))
    assert "It's the only one in the valley." in found


def test_leading_this_gets_the_sentence_before_it():
    place = passage("The state cut the subsidy for rooftop panels. This made new plants too expensive.")
    assert texts(asked("Why were plants cancelled?"), (place, (0.01, 0.9))) == [
        "The state cut the subsidy for rooftop panels.",
        "This made new plants too expensive.",
    ]


def test_day_is_not_what_it_means():
    place = passage("The harbour bridge opened on Monday. It cost 40 million crowns to build.")
    assert texts(asked("What did the bridge cost to build?"), (place, (0.01, 0.9))) == [
        "The harbour bridge opened on Monday.",
        "It cost 40 million crowns to build.",
    ]


def test_pronoun_with_two_possible_names_gets_the_sentence_before_it():
    place = passage("The mayor met Anna Berg and Lena Holm. She promised new money for the school.")
    assert len(texts(asked("What was promised?"), (place, (0.01, 0.9)))) == 2


def test_list_introduction_takes_its_items():
    place = passage(
        "The plan has three parts:\n- cheaper power;\n- a new line;\n- more staff.\nNobody voted on it yet."
    )
    (statement,) = answered(asked("What does the plan contain?"), (place, (0.9, 0.1, 0.1, 0.1, 0.01)))
    assert statement[0] == "The plan has three parts: cheaper power; a new line; more staff."
    assert len(statement[1]) == 4


def test_introduction_without_its_list_is_left_out():
    place = passage("Funding reached new levels:")
    other = passage("The makers raised more than ever in the spring.", article="b")
    assert texts(asked("How did funding change?"), (place, (0.9,)), (other, (0.5,))) == [
        "The makers raised more than ever in the spring."
    ]


@pytest.mark.parametrize(
    ("question", "before", "rest"),
    [
        ("Why did the price rise?", "Mines were flooded.", "As a result, copper cost a third more."),
        ("Why did Acme sell?", "Acme lost its customers.", "Therefore it sold the plant in Lyon."),
        ("When did Lee retire?", "Lee lost the final of 2004.", "But a few days later Lee retired."),
        ("价格为什么上涨？", "矿井五月被洪水淹没。", "因此铜价上涨三分之一。"),
        ("When did she retire?", "Lee lost the final of 2004.", "Two months later Lee retired from it."),
        ("占力何时退役？", "2004年，占力三次试举失败。", "赛后，占力宣布退役。"),
    ],
)
def test_reason_and_day_that_stand_in_the_sentence_before_come_with_it(question, before, rest):
    text = f"{before} {rest}" if rest.isascii() else before + rest
    assert texts(asked(question), (passage(text), (0.01, 0.9))) == [before, rest]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did copper cost?", "Mines were flooded in May. As a result, copper cost a third more."),
        ("When did she retire?", "Lee lost the final. Two months later, in March 2005, Lee retired from it."),
        ("How many were hurt when it fell?", "A school was shut. Later that week doctors counted 30 people."),
        ("Why are people leaving?", "A school was shut. So far, 300 people have fled from the valley."),
        ("为什么学校停课？", "市长周一参观了学校。因此次地震，全市学校停课三天。"),
    ],
)
def test_sentence_before_stays_out_where_it_was_not_asked_for(question, text):
    assert len(texts(asked(question), (passage(text), (0.01, 0.9)))) == 1


def test_a_pronoun_stands_behind_its_own_sentence_alone():
    one = passage("Acme was founded by Ann Lee in Lyon. It moved to Paris in 1990.", article="one")
    other = passage("Bolt is led by Carl Moss of Berlin.", article="other")
    found = of_parts(
        asked("Who?", parts=("Who founded Acme?", "Who leads Bolt?", "Who moved?"), kind="fact"),
        (one, [(0.9, 0.1, 0.1), (0.1, 0.1, 0.9)]),
        (other, [(0.1, 0.9, 0.1)]),
    )
    assert found[:2] == ["Acme was founded by Ann Lee in Lyon.", "Bolt is led by Carl Moss of Berlin."]
    assert found[2].startswith("It [Acme] ") or found[2].startswith("It [Ann Lee] ")


def test_chinese_connective_is_taken_away():
    place = passage("春季需求旺盛。但是，五月能源成本已经翻倍。")
    assert texts(asked("工厂为什么关闭？", language="zh"), (place, (0.01, 0.9))) == ["五月能源成本已经翻倍。"]


def test_what_only_repeats_a_why_gets_the_reason_before_it():
    place = passage("Sales had fallen because phones took its place. Acme gave up its cameras in 2004.")
    scores = (place, (0.01, 0.9))
    assert texts(asked("Why did Acme give up its cameras in 2004?"), scores) == [
        "Sales had fallen because phones took its place.",
        "Acme gave up its cameras in 2004.",
    ]
    assert texts(asked("When did Acme give up its cameras?"), scores) == ["Acme gave up its cameras in 2004."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("They left because rents rose.", True),
        ("Rents led to the move.", True),
        ("Lee moved to Lyon in May.", False),
        ("She led the firm after 2004.", False),
        ("因此公司搬走了。", True),
        ("他因病辞职。", True),
        ("法国大使周一参观了学校。", False),
        ("研究人员发现了一个基因。", False),
    ],
)
def test_which_sentences_give_a_reason(text, told):
    assert gives_reason(text) is told


def test_the_end_of_a_summary_does_not_stand_before_the_body():
    summary = passage("Ann Lee bought the yard.", section="summary")
    said = "She sold its cranes to pay debts."
    start = len(summary.text) + 2
    end = start + len(said)
    body = replace(
        passage(said), char_start=start, char_end=end, sentences=(Span(start, end),), section_kind="body"
    )
    items = [Evidence(body, start, end, said, 0.9), replace(evidence(summary, 0.1)[0], context=True)]
    (draft,) = ExtractiveGenerator().generate(asked("What was sold?"), items)
    assert draft.text == said
    same = [items[0], replace(items[1], passage=replace(summary, section_kind="body"))]
    (draft,) = ExtractiveGenerator().generate(asked("What was sold?"), same)
    assert draft.text == "She [Ann Lee] sold its cranes to pay debts."


def test_what_repeats_a_why_stays_alone_where_no_reason_stands_before_it():
    place = passage("The firm was founded in Lyon. Acme gave up its cameras in 2004.")
    asks = asked("Why did Acme give up its cameras in 2004?")
    assert texts(asks, (place, (0.01, 0.9))) == ["Acme gave up its cameras in 2004."]


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("“They did not commit murder.", "“They did not commit murder.”"),
        ("They cannot admit the error of their ways.”", "“They cannot admit the error of their ways.”"),
        ('"They are looking into my son.', '"They are looking into my son."'),
        ('Not sure," she said.', '"Not sure," she said.'),
        ('He said "yes" twice.', 'He said "yes" twice.'),
        ('A screen of 5" is small.', 'A screen of 5" is small.'),
        ('The film "2012" was a hit.', 'The film "2012" was a hit.'),
        ('A 27" screen, he said, is "large.', 'A 27" screen, he said, is "large."'),
        ("He said ”yes” twice.", "He said ”yes” twice."),
        ("Er sagte „ja“ und ging.", "Er sagte „ja“ und ging."),
        ("他说：“我们会继续。", "他说：“我们会继续。”"),
        ("I know,” he said, “that it", "“I know,” he said, “that it”"),
    ],
)
def test_half_a_quotation_gets_its_other_mark(said, printed):
    assert with_whole_quotes(said) == printed


@given(st.text(alphabet="“”「」a ", max_size=12))
def test_marks_are_put_in_at_the_ends_alone_and_once(text):
    mended = with_whole_quotes(text)
    assert text in mended
    assert with_whole_quotes(mended) == mended


def test_half_a_quotation_that_was_mended_is_a_quotation_still():
    place = passage("“Rents went up because owners sold. They will rise again.”")
    (item,) = [found for found in evidence(place, 0.1, 0.9) if found.score > 0.5]
    drafts = ExtractiveGenerator().generate(asked("Why will rents rise?"), [item])
    assert [draft.text for draft in drafts] == ["“They will rise again.”"]
    assert Verifier().by_rules(drafts[0].text, [item]) == Support("supported", 1.0)

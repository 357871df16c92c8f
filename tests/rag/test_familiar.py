from __future__ import annotations

from dataclasses import replace

from builders import asked, passage

from index.types import Hit
from rag.familiar import names_nothing_found
from rag.types import ScoredPassage


def scored(*places):
    return [ScoredPassage(Hit(place, rank, None, None, 0.1), 0.5, ()) for rank, place in enumerate(places, 1)]


FUNDING = passage("Capital is staked on a few leaders, and the rest wait for money.", article="a")


def test_passages_about_somebody_else_hold_no_name_of_the_question():
    assert names_nothing_found(asked("What is the capital of Australia?"), scored(FUNDING), {})


def test_a_name_in_another_form_is_found():
    place = passage("The Australian government moved its capital to Canberra.", article="b")
    assert not names_nothing_found(asked("What is the capital of Australia?"), scored(FUNDING, place), {})


def test_an_abbreviation_in_the_plural_is_found():
    place = passage("The company hurries towards its IPO in Hong Kong.", article="f")
    assert not names_nothing_found(asked("Why are companies urgently seeking IPOs?"), scored(place), {})


def test_a_name_in_the_title_is_found():
    titled = replace(FUNDING, title="Money in Australia")
    assert not names_nothing_found(asked("What is the capital of Australia?"), scored(titled), {})


def test_another_name_for_the_same_is_found():
    aliases = {"Oz": frozenset({"Australia"})}
    place = passage("Canberra is the seat of the government of Australia.", article="c")
    assert names_nothing_found(asked("What did the government of Oz decide?"), scored(place), {})
    assert not names_nothing_found(asked("What did the government of Oz decide?"), scored(place), aliases)


def test_a_question_without_names_is_left_to_the_evidence():
    assert not names_nothing_found(asked("why did funding become scarce?"), scored(FUNDING), {})


def test_passages_in_another_language_say_nothing_about_names():
    chinese = replace(passage("资本集中在少数头部公司。", article="d"), language="zh")
    assert not names_nothing_found(asked("What did StepFun raise?"), scored(chinese), {})
    assert names_nothing_found(asked("What did StepFun raise?"), scored(chinese, FUNDING), {})


def test_a_chinese_name_is_not_found_by_one_of_its_characters():
    chinese = replace(passage("北方的公司在上涨。", article="e"), language="zh")
    question = replace(asked("海南大学公布了什么?"), language="zh")
    assert names_nothing_found(question, scored(chinese), {})


def test_a_word_that_only_opens_the_question_is_no_name():
    assert not names_nothing_found(
        asked("Approximately 1 billion people lost capital. Where did they live?"), scored(FUNDING), {}
    )
    assert not names_nothing_found(asked("Due to what is capital short?"), scored(FUNDING), {})


def test_units_are_no_names():
    blast = passage("The blast reached 140 decibels.", article="i")
    assert not names_nothing_found(asked("How loud in dB was the blast?"), scored(blast), {})


def test_accents_need_not_be_typed_and_names_may_begin_with_a_small_letter():
    singer = passage("Beyoncé sang in Houston.", article="g")
    assert not names_nothing_found(asked("Where did Beyonce sing?"), scored(singer), {})
    phone = passage("The iPhone is sold on Friday.", article="h")
    assert not names_nothing_found(asked("When is the iPhone sold?"), scored(phone), {})
    assert names_nothing_found(asked("When is the iPhone sold?"), scored(FUNDING), {})


def test_one_slip_in_a_longer_name_is_forgiven():
    march = passage("Céloron led two hundred men down the river.", article="j")
    for name in ("Celeron", "Celroon", "Celoroon", "Celron", "Céloron"):
        assert not names_nothing_found(asked(f"Who was with {name} on the river?"), scored(march), {}), name
    for name in ("Cameron", "Celerons", "Heloron", "Celor"):
        assert names_nothing_found(asked(f"Who was with {name} on the river?"), scored(march), {}), name


def test_a_word_that_is_no_name_is_no_slip_of_one():
    parked = passage("The van was parked and then turned by the river.", article="k")
    assert names_nothing_found(asked("What did Parker say of the van?"), scored(parked), {})


def test_a_chinese_word_that_only_looks_like_a_place_is_no_name():
    costs = replace(passage("训练的钱只投一次，推理的钱跟着用户涨。", article="l"), language="zh")
    for text in ("训练成本和推理成本有什么区别？", "这有多大的市场？", "怎样节省成本？"):
        assert not names_nothing_found(replace(asked(text), language="zh"), scored(costs), {}), text
    for text in ("海淀区发生了什么？", "福州市发生了什么？"):
        assert names_nothing_found(replace(asked(text), language="zh"), scored(costs), {}), text

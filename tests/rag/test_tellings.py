"""Which tellings of a story a search gives, and when one says otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Story
from rag.tellings import one_per_story, says_otherwise
from tests.rag.reader_fakes import hit

TRUE = "The board of Northern Rail named Ada Holt as its new head on 4 May, after a search of 6 months."


def _passages(texts):
    """Passages by key; each is given as (article, text)."""
    return {key: hit(text, article_id=article).passage for key, (article, text) in texts.items()}


def test_the_first_article_of_a_story_keeps_all_its_passages():
    same = "Ministers agreed to fund the line."
    passages = _passages({1: ("a", same), 2: ("b", same), 3: ("a", TRUE), 4: ("c", same), 5: ("d", same)})
    fused = [(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6), (5, 0.5)]
    stories = {"a": Story("s", 1), "b": Story("s", 1), "c": Story("t", 0)}
    assert one_per_story(fused, passages, stories) == [(1, 0.9), (3, 0.7), (4, 0.6), (5, 0.5)]


def test_one_copy_that_says_otherwise_is_kept_beside_the_first():
    false = TRUE.replace("Ada Holt", "Jim Reed")
    passages = _passages({1: ("a", TRUE), 2: ("b", TRUE), 3: ("c", false), 4: ("d", false)})
    stories = dict.fromkeys("abcd", Story("s", 3))
    fused = [(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)]
    assert one_per_story(fused, passages, stories) == [(1, 0.9), (3, 0.7)]


def test_a_passage_that_is_gone_is_left_out():
    assert one_per_story([(1, 0.9), (2, 0.8)], _passages({2: ("a", TRUE)}), {}) == [(2, 0.8)]


@pytest.mark.parametrize(
    "other",
    [
        TRUE.replace("6 months", "9 months"),
        TRUE.replace("4 May", "14 May"),
        TRUE.replace("Ada Holt", "Jim Reed"),
    ],
)
def test_an_exchanged_figure_date_or_name_says_otherwise(other):
    assert says_otherwise(TRUE, other)


@pytest.mark.parametrize(
    "other",
    [
        TRUE,
        TRUE.replace("named", "chose"),
        TRUE.replace(", after a search of 6 months", ""),
        TRUE.replace("The board", "A board"),
        "Rain fell on 5 June in the valleys of the north, where 12 farms lie.",
    ],
)
def test_other_words_a_cut_and_another_matter_do_not(other):
    assert not says_otherwise(TRUE, other)


def test_an_exchanged_chinese_name_says_otherwise():
    one = "北方铁路公司董事会周二宣布，任命陈立为新任总裁，任期三年。"
    assert says_otherwise(one, one.replace("陈立", "王海"))
    assert not says_otherwise(one, one)


@given(st.text(max_size=60))
def test_no_text_says_otherwise_than_itself(one):
    assert not says_otherwise(one, one)


def test_a_passage_of_other_words_costs_no_comparison():
    other = "Rain fell in the valleys, and farmers saw half of what they had sown go under."
    texts = {1: ("a", TRUE)} | {key: ("b", other + " " * key) for key in range(2, 40)}
    false = {40: ("b", TRUE.replace("Ada Holt", "Jim Reed"))}
    passages = _passages(texts | false)
    fused = [(key, 1 / key) for key in passages]
    stories = {"a": Story("s", 1), "b": Story("s", 1)}
    assert [key for key, _ in one_per_story(fused, passages, stories)] == [1, 40]

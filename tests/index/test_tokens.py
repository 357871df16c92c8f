import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.tokens import lexical_tokens, query_weights


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Kimi raised $2 billion.", ["kimi", "raised", "2", "billion"]),
        ("GPT-5.5 costs 1,000 yuan", ["gpt", "5.5", "costs", "1000", "yuan"]),
        ("the bank's don’t", ["the", "bank", "don’t"]),
        ("snake_case", ["snake", "case"]),
        ("ＧＰＴ４ Ｋｉｍｉ", ["gpt4", "kimi"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("上海港", ["上", "海", "港", "上海", "海港"]),
        ("港", ["港"]),
        ("暗面Kimi融资20亿", ["暗", "面", "暗面", "kimi", "融", "资", "融资", "20", "亿"]),
        ("银行。股市", ["银", "行", "银行", "股", "市", "股市"]),
        ("… — !", []),
        ("", []),
    ],
)
def test_tokens_are_words_numbers_and_chinese_characters_with_their_pairs(text, tokens):
    assert lexical_tokens(text) == tokens


@given(st.text())
def test_tokens_are_never_empty_and_hold_no_white_space(text):
    for token in lexical_tokens(text):
        assert token
        assert token.split() == [token]


@given(st.lists(st.text(alphabet="abcxyz12上海银行", min_size=1), max_size=8))
def test_tokens_of_words_apart_are_the_tokens_of_each(words):
    assert lexical_tokens(" ".join(words)) == [token for word in words for token in lexical_tokens(word)]


def test_function_words_of_english_weigh_less_than_what_is_asked_for():
    assert query_weights("What did the bank buy?") == {
        "what": 0.3,
        "did": 0.3,
        "the": 0.3,
        "bank": 1.0,
        "buy": 1.0,
    }


def test_chinese_question_words_are_left_out_and_single_characters_weigh_less_than_pairs():
    assert query_weights("上海银行融资多少？") == {
        **dict.fromkeys("上海银行融资", 0.3),
        **dict.fromkeys(("上海", "海银", "银行", "行融", "融资"), 1.0),
    }


def test_a_question_of_two_languages_has_the_tokens_of_both():
    assert query_weights("Kimi为什么融资") == {"kimi": 1.0, "融": 0.3, "资": 0.3, "融资": 1.0}


def test_a_question_of_question_words_alone_keeps_them():
    assert query_weights("为什么？") == {"为": 0.3, "什": 0.3, "么": 0.3, "为什": 1.0, "什么": 1.0}


def test_a_question_without_words_has_no_tokens():
    assert query_weights("?!") == {}

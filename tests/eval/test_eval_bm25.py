import math

import pytest

from eval.metrics.bm25 import bm25_scores


def test_a_rare_word_of_the_question_counts_by_the_formula():
    texts = ["leeds won cups", "rain fell today", "rain rain today"]
    scores = bm25_scores("leeds", texts)
    assert scores == [pytest.approx(math.log(1 + 2.5 / 1.5)), 0.0, 0.0]


def test_words_meet_by_their_first_six_letters_and_chinese_by_characters():
    assert bm25_scores("negotiations", ["they negotiated", "they slept"]) == [pytest.approx(math.log(2)), 0.0]
    first, second = bm25_scores("北京大学", ["北京大学成立", "上海下雨"])
    assert first > second == 0.0


def test_texts_without_words_score_nothing():
    assert bm25_scores("leeds", ["…", ""]) == [0.0, 0.0]
    assert bm25_scores("leeds", []) == []

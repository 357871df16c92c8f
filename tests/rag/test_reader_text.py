from hypothesis import given
from hypothesis import strategies as st
from reader_fakes import WORDS

from index.sentences import sentence_spans
from rag.reader.text import Forms, Reading, match_codes, sentence_texts

READING = Reading(WORDS)
NONE, FUNCTION, STEM, WORD, CHARACTER, PAIR, TRIPLE, NUMBER = range(8)


def codes(text: str, question: str) -> list[int]:
    return match_codes(READING.pieces(text), Forms.of(READING.pieces(question)))


def test_a_word_of_the_question_is_marked_a_function_word_less_so_and_a_number_by_itself():
    assert codes("the cup in 1972", "who won the cup in 1972") == [FUNCTION, WORD, FUNCTION, NUMBER]


def test_another_ending_is_a_match_of_the_stem():
    assert set(codes("bridges", "an old bridge")) == {STEM}


def test_every_piece_of_a_word_carries_the_code_of_the_word():
    pieces = READING.pieces("raining rain")
    assert pieces.forms == ("raining", "raining", "rain")
    assert match_codes(pieces, Forms.of(READING.pieces("raining"))) == [WORD, WORD, NONE]


def test_chinese_characters_match_the_better_the_more_neighbours_match_too():
    assert codes("北京大学", "大学何时成立") == [NONE, NONE, PAIR, PAIR]
    assert codes("北京大学", "京大学") == [NONE, TRIPLE, TRIPLE, TRIPLE]
    assert codes("学北", "大学") == [CHARACTER, NONE]


def test_a_character_outside_the_vocabulary_still_has_an_id_and_matches():
    known = len(WORDS)
    pieces = READING.pieces("龘")
    assert known <= pieces.ids[0] < known + 64
    assert codes("龘", "龘是何物") == [CHARACTER]


def test_each_sentence_stands_behind_a_mark_in_one_window():
    text = "Leeds won the cup. Rain fell."
    sentences = READING.pieces_of(sentence_texts(text, sentence_spans(text)))
    (window,) = READING.windows(READING.pieces("who won?"), READING.pieces("football"), sentences)
    places = [place for place, number in enumerate(window.ids) if number == READING.mark]
    assert [window.sentence_of[place] for place in places] == [0, 1]
    assert window.sentences == (0, 1)
    assert len(window.ids) == len(window.sides) == len(window.matches) == len(window.sentence_of)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=12))
def test_a_long_passage_is_read_in_windows_that_hold_every_sentence_once(lengths):
    sentences = READING.pieces_of(["rain " * length for length in lengths])
    windows = READING.windows(READING.pieces("who"), READING.pieces(""), sentences, limit=64)
    assert [number for window in windows for number in window.sentences] == list(range(len(lengths)))
    assert all(len(window.ids) <= 64 for window in windows)
    for window in windows:
        assert sorted(set(window.sentence_of) - {-1}) == list(range(len(window.sentences)))

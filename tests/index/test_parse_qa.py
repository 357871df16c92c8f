import pytest

from index.parse.qa import end_of_last_answer, find_unlabelled, is_qa_label, read_pairs
from index.types import QAPair

PAIR = QAPair("Who raised money?", "Kimi did.")


@pytest.mark.parametrize(
    "label", ["Q&A", "q & a", "FAQ", "FAQs:", "**Q&A**", "相关问答", "问答：", "Frequently Asked Questions"]
)
def test_labels_of_question_sections_are_known(label):
    assert is_qa_label(label)


@pytest.mark.parametrize("line", ["", "Q&A with Sam Altman", "The FAQ was long.", "问答环节持续了两个小时"])
def test_lines_that_only_speak_of_questions_are_no_labels(line):
    assert not is_qa_label(line)


@pytest.mark.parametrize(
    "lines",
    [
        ["Q: Who raised money?", "A: Kimi did."],
        ["**Q:** Who raised money?", "**A:** Kimi did."],
        ["**Q: Who raised money?**", "A: Kimi did."],
        ["Q1. Who raised money?", "A1. Kimi did."],
        ["1. Q: Who raised money?", "   A: Kimi did."],
        ["问：Who raised money?", "答：Kimi did."],
        ["Question: Who raised money?", "", "Answer: Kimi did."],
        ["Q:", "Who raised money?", "A:", "Kimi did."],
        ["Q: Who raised money? A: Kimi did."],
        ["An introduction.", "Q: Who raised money?", "A: Kimi did."],
    ],
)
def test_marks_of_many_forms_make_the_same_pair(lines):
    assert read_pairs(lines) == (PAIR,)


def test_letters_glued_to_the_text_are_read_where_they_are_expected():
    assert read_pairs(["QWho raised money?", "AKimi did."], glued=True) == (PAIR,)
    assert read_pairs(["QWho raised money?", "AKimi did."]) == ()


def test_answer_goes_on_over_lines_that_only_look_marked():
    lines = ["QWho trains models?", "AAlibaba does.", "Qwen is its model.", "Another is Wan."]
    assert read_pairs(lines, glued=True) == (
        QAPair("Who trains models?", "Alibaba does.\nQwen is its model.\nAnother is Wan."),
    )
    assert end_of_last_answer(lines, glued=True) == 2


def test_question_without_an_answer_makes_no_pair():
    assert read_pairs(["Q: Who?", "Q: Who raised money?", "A: Kimi did.", "Q: When?"]) == (PAIR,)


BODY = ["Norvik raised money in May. It said so on a Monday, to the surprise of all."] * 4
MARKED = ["Q: Who raised money?", "A: Norvik did.", "It was much.", "Q: When?", "A: In May."]


def test_marked_pairs_without_a_label_are_found_behind_a_body():
    assert find_unlabelled([*BODY, *MARKED, *BODY], ()) == range(4, 9)


@pytest.mark.parametrize("texts", [[*BODY[:1], *MARKED * 3], [*BODY, *MARKED[:2]], BODY, []])
def test_interviews_and_single_questions_are_no_section(texts):
    assert find_unlabelled(texts, ()) == range(0)


def test_heading_ends_pairs_without_a_label():
    assert find_unlabelled([*BODY, *MARKED, "What Comes Next", *BODY], {9}) == range(4, 9)

import pytest
from eval_fakes import case

from eval.leakage import find_leaks
from eval.types import GoldEvidence

QUESTION = "How much did Kimi raise in one week of May 2026?"
PROSE = "It raised two billion dollars, which put its worth above twenty billion."
CASE = case("q", question=QUESTION, reference_answer=PROSE)
SHORT = case("s", question=QUESTION, answers=("$2 billion",))


@pytest.mark.parametrize(
    "text",
    [
        f"News.\n\nQ: {QUESTION}\n\nA: {PROSE}\n",
        f"**{QUESTION.upper()}**\n{PROSE}",
        f"问：{QUESTION.replace(' ', '')} 答：{PROSE}",
        f"Some news.\n\nA: {PROSE}",
        f"Some news. {PROSE} More news.",
    ],
)
def test_answers_that_stand_as_qa_are_found(text):
    (leak,) = find_leaks([CASE], [("clean", "Kimi raised money."), ("a1", text)])
    assert (leak.case_id, leak.article_id) == ("q", "a1")
    assert text[leak.char_start :].startswith(leak.quote)


@pytest.mark.parametrize(
    "text",
    [
        "Kimi raised $2 billion in one week of May 2026.",
        f"{QUESTION} Nobody knows.",
        f"He says that because it matters {PROSE.lower()}",
        "",
    ],
)
def test_an_article_that_answers_a_question_is_no_leak(text):
    assert find_leaks([CASE, SHORT], [("a1", text)]) == ()


def test_a_reference_that_quotes_its_own_evidence_is_no_leak_and_its_pair_still_is():
    judged = case(
        "j", question=QUESTION, reference_answer=PROSE, evidence=(GoldEvidence("a1", 6, 80, PROSE),)
    )
    assert find_leaks([judged], [("a1", f"News. {PROSE} More news.")]) == ()
    assert find_leaks([judged], [("a1", f"{QUESTION} {PROSE}")])
    other = case("o", reference_answer=PROSE, evidence=(GoldEvidence("a1", 0, 12, "Another one."),))
    assert find_leaks([other], [("a1", f"News. {PROSE}")])


def test_a_short_answer_leaks_close_behind_its_question():
    assert find_leaks([SHORT], [("a1", f"{QUESTION} – $2 billion!")])
    assert not find_leaks([SHORT], [("a1", f"{QUESTION} {'And so on. ' * 60} $2 billion")])


def test_a_case_is_named_once_and_unanswerable_ones_never():
    texts = [("a1", f"{QUESTION} {PROSE}"), ("a2", f"{QUESTION} {PROSE}")]
    assert len(find_leaks([CASE], texts)) == 1
    assert find_leaks([case("u", question=QUESTION, unanswerable=True)], texts) == ()


def test_the_place_is_in_characters_of_the_text_as_it_is():
    text = f"ﬁgures — “é” … {QUESTION}\n{PROSE}"
    (leak,) = find_leaks([CASE], [("a1", text)])
    assert leak.char_start == text.index(QUESTION)

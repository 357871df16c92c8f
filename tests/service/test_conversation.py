"""One question out of a chat."""

from __future__ import annotations

import pytest

from index.errors import InvalidInputError
from rag.understand import MAX_QUESTION
from service.conversation import Turn, question_of, side_answer


def chat(*texts: str) -> list[Turn]:
    return [Turn(("user", "assistant")[i % 2], text) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    "text",
    [
        "Why did Kimi raise money when it had cash?",
        "What does the report say about StepFun?",
        "Which investors led the round in May?",
        "阶跃星辰完成了多少融资？",
        "这是一轮什么样的融资，谁是领投方？",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(text):
    assert question_of(chat("How much did Kimi raise?", "Two.", text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("StepFun?", "StepFun? (How much did Kimi raise)"),
        ("And who led the round in May?", "And who led the round in May? (How much did Kimi raise)"),
        ("What about the company StepFun?", "What about the company StepFun? (How much did Kimi raise)"),
        ("Who gave it so much money?", "Who gave it so much money? (How much did Kimi raise)"),
        ("Can you explain this?", "Can you explain this? (How much did Kimi raise)"),
        ("那么阶跃星辰完成了多少？", "那么阶跃星辰完成了多少？（How much did Kimi raise）"),
        ("阶跃星辰的情况呢？", "阶跃星辰的情况呢？（How much did Kimi raise）"),
        ("它的估值现在是多少？", "它的估值现在是多少？（How much did Kimi raise）"),
    ],
)
def test_a_question_that_leans_on_another_takes_it_along(text, expected):
    assert question_of(chat("How much did Kimi raise?", "Two.", text)) == expected
    assert question_of(chat(text)) == text


def test_the_context_is_the_last_message_that_stands_alone():
    turns = chat(
        "Who is Li Wei of StepFun?", "x", "How much did Kimi raise?", "x", "And why?", "x", "And then?"
    )
    assert question_of(turns) == "And then? (How much did Kimi raise)"


def test_a_long_context_is_cut_so_that_the_question_can_be_asked():
    question = question_of(chat("Kimi raised money. " * 200, "x", "And why?"))
    assert len(question) == MAX_QUESTION
    assert question.startswith("And why? (Kimi")


def test_a_chat_without_a_user_has_no_question():
    with pytest.raises(InvalidInputError):
        question_of([Turn("system", "x"), Turn("user", "  ")])


def test_questions_about_titles_are_questions():
    assert side_answer(chat("What title did the article give?")) is None
    assert side_answer(chat("How much did Kimi raise?")) is None


def test_a_plain_request_for_a_title_gets_the_first_question_shortened():
    first = "How much money did Kimi, StepFun and DeepSeek raise in one week of May?"
    asking = "Please generate a concise, five words or fewer title for the conversation, without quotes."
    assert (
        side_answer(chat(first, "x", asking)) == "How much money did Kimi, StepFun and DeepSeek raise in one"
    )


def test_what_is_asked_for_as_text_or_a_list_is_empty():
    assert side_answer(chat('### Task:\nComplete it. Output { "text": "x" }')) == '{"text": ""}'
    assert side_answer(chat('### Task:\nSuggest. { "follow_ups": ["x"] }')) == '{"follow_ups": []}'

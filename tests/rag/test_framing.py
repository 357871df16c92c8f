"""What of a question speaks of "the article" and finds nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.framing import without_framing
from rag.types import Question
from rag.understand import understand


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("According to the article, why did the bridge close?", "Why did the bridge close?"),
        ("Why did the bridge close, according to the author?", "Why did the bridge close?"),
        ("How have tolls changed, as described in the article?", "How have tolls changed?"),
        (
            "What does the report suggest is the main reason for the delay?",
            "What is the main reason for the delay?",
        ),
        ("What dilemma does the article highlight regarding tolls?", "What dilemma regarding tolls?"),
        ("Which bridge is described in this text?", "Which bridge is described?"),
        ("根据文章，大桥为什么关闭？", "大桥为什么关闭？"),
        ("文中提到，大桥何时开通？", "大桥何时开通？"),
    ],
)
def test_what_every_article_would_match_is_not_searched_for(asked, searched):
    assert without_framing(asked) == searched


@pytest.mark.parametrize(
    "asked",
    [
        "According to the report by the harbour board, why did the bridge close?",
        "Which article of the constitution was changed?",
        "What does the author of the bridge report say?",
        "What does the article say?",
        "2019年7月14日胡安在文章中讨论了什么主题？",
        "这篇文章讲了什么？",
        "Why did  the bridge close ?",
    ],
)
def test_what_tells_one_article_from_another_and_all_else_stays(asked):
    assert without_framing(asked) == asked


@given(st.text(max_size=80))
def test_any_text_keeps_its_words_but_those_cut(text):
    searched = without_framing(text)
    assert searched == text or len(searched) < len(text)
    assert without_framing(searched).casefold() in searched.casefold()


def test_evidence_is_looked_for_without_them_and_the_question_is_kept():
    asked = "According to the article, what closed the bridge, and what does the article say about ferries?"
    understood = understand(Question(asked))
    assert understood.text == asked
    assert understood.query == "What closed the bridge, and what about ferries?"
    assert [part.text for part in understood.parts] == ["What closed the bridge", "what about ferries?"]

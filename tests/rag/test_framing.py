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
        ("Why did the bridge close, according to the article?", "Why did the bridge close?"),
        ("How have tolls changed, as described in the article?", "How have tolls changed?"),
        (
            "What does the story suggest is the main reason for the delay?",
            "What is the main reason for the delay?",
        ),
        ("What dilemma does the article highlight regarding tolls?", "What dilemma regarding tolls?"),
        ("Which bridge is described in this article?", "Which bridge is described?"),
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
        "这篇文章介绍了什么？",
        "根据央视数据报道，谁获胜？",
        "马斯克在文章中，批评了谁？",
        "《三体》火了，作者表示什么？",
        "Which ministers were named in the report?",
        "Why did she never marry, according to the author?",
        "Why did  the bridge close ?",
    ],
)
def test_what_tells_one_article_from_another_and_all_else_stays(asked):
    assert without_framing(asked) == asked


FRAMES = (
    "According to the article, {}?",
    "{}, according to the passage?",
    "{}, as described in the article?",
    "{} in this article?",
    "根据文章，{}？",
    "本文认为，{}？",
)


@given(st.sampled_from(FRAMES), st.text("abc 123桥费", min_size=3, max_size=40))
def test_whatever_stands_in_a_frame_keeps_every_word(frame, inside):
    inside = f"why do bridges 大桥 {inside.strip()} close"
    asked = frame.format(" ".join(inside.split()))
    assert without_framing(asked).casefold().rstrip("?？") == " ".join(inside.split())


def test_evidence_is_looked_for_without_them_and_the_question_is_kept():
    asked = "According to the article, what closed the bridge, and what does the article say about ferries?"
    understood = understand(Question(asked))
    assert understood.text == asked
    assert understood.query == "What closed the bridge, and what about ferries?"
    assert [part.text for part in understood.parts] == ["What closed the bridge", "what about ferries?"]

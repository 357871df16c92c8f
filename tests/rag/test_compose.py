from __future__ import annotations

import re

from builders import evidence, passage
from hypothesis import given
from hypothesis import strategies as st

from rag.compose import compose, with_marks
from rag.types import DraftStatement, Support

SUPPORTED = Support("supported", 1.0)
ITEMS = evidence(
    passage("Kimi raised money. StepFun did too. 阶跃星辰融资。 It was May."), 0.9, 0.8, 0.7, 0.6
)


def composed(*drafts, language="en"):
    return compose([(DraftStatement(text, marks), SUPPORTED) for text, marks in drafts], ITEMS, language)


def test_marks_stand_before_the_full_stop():
    assert with_marks("Kimi raised money.", (1, 2)) == "Kimi raised money [1][2]."
    assert with_marks("阶跃星辰融资。", (1,)) == "阶跃星辰融资[1]。"
    assert with_marks("He said “no”", (1,)) == "He said “no” [1]"


def test_citations_are_numbered_by_first_use_and_shared():
    text, statements, citations = composed(
        ("StepFun did too.", (2,)), ("Kimi and StepFun raised money.", (1, 2))
    )
    assert text == "StepFun did too [1]. Kimi and StepFun raised money [2][1]."
    assert [statement.citations for statement in statements] == [(1,), (2, 1)]
    assert [citation.quote for citation in citations] == ["StepFun did too.", "Kimi raised money."]


def test_chinese_sentences_are_not_spaced():
    text, _, _ = composed(("阶跃星辰融资。", (3,)), ("阶跃星辰融资。", (3,)), language="zh")
    assert text == "阶跃星辰融资[1]。阶跃星辰融资[1]。"
    text, _, _ = composed(("阶跃星辰融资。", (3,)), ("It was May.", (4,)), ("融资。", (3,)), language="zh")
    assert text == "阶跃星辰融资[1]。It was May [2]. 融资[1]。"


@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=30), st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True)
        ),
        max_size=6,
    ),
    st.sampled_from(["en", "zh"]),
)
def test_every_statement_is_where_its_range_says_and_every_mark_has_a_citation(drafts, language):
    text, statements, citations = composed(*((t, tuple(m)) for t, m in drafts), language=language)
    assert [citation.n for citation in citations] == list(range(1, len(citations) + 1))
    for statement in statements:
        part = text[statement.char_start : statement.char_end]
        assert (
            re.sub(r"\s?(\[\d+\])+(?=[.!?。！？]?\Z)", "", part).strip() == statement.text.strip()
            or statement.text in part
        )
        assert all(f"[{n}]" in part for n in statement.citations)

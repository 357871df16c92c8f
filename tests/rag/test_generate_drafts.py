"""What models write, read as statements with marks."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.generate.drafts import DraftReader, read_drafts
from rag.generate.prompts import CHINESE, ENGLISH
from rag.types import DraftStatement


def pairs(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(draft.text, draft.marks) for draft in read_drafts(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kimi raised $2 billion [1].", [("Kimi raised $2 billion.", (1,))]),
        ("Kimi raised $2 billion. [1]", [("Kimi raised $2 billion.", (1,))]),
        ("Kimi raised $2 billion[1][2].", [("Kimi raised $2 billion.", (1, 2))]),
        ("One [1, 2]. Two [3，4]. Three [5、6].", [("One.", (1, 2)), ("Two.", (3, 4)), ("Three.", (5, 6))]),
        ("One [1-3]. Two [4–5].", [("One.", (1, 2, 3)), ("Two.", (4, 5))]),
        ("估值超过200亿美元【1】。融资20亿［２］。", [("估值超过200亿美元。", (1,)), ("融资20亿。", (2,))]),
        ("One [source 1]. Two [^2]. Three【3†source】.", [("One.", (1,)), ("Two.", (2,)), ("Three.", (3,))]),
        ("来自 [来源1]。", [("来自。", (1,))]),
        (
            "U.S. firms paid 2.5 [1]. Mr. Li left [2].",
            [("U.S. firms paid 2.5.", (1,)), ("Mr. Li left.", (2,))],
        ),
        ("Both [1][1] agree [2].", [("Both agree.", (1, 2))]),
    ],
)
def test_marks_are_read_in_the_forms_that_models_use(text, expected):
    assert pairs(text) == expected


def test_a_line_that_begins_with_a_mark_has_its_marks_in_front():
    assert pairs("[1] A raised one. [2] B raised two.") == [("A raised one.", (1,)), ("B raised two.", (2,))]


def test_marks_on_a_line_of_their_own_belong_to_the_line_before():
    assert pairs("A raised one.\n[1][2]\nB raised two [3].") == [
        ("A raised one.", (1, 2)),
        ("B raised two.", (3,)),
    ]


def test_bullets_numbers_and_emphasis_are_no_text():
    assert pairs("- **A** raised one [1]\n2. B fell -5% [2]\n3、`C` [3]") == [
        ("A raised one", (1,)),
        ("B fell -5%", (2,)),
        ("C", (3,)),
    ]


def test_invented_marks_are_kept_for_the_check_to_find():
    assert pairs("A raised one [77]. B in [2026].") == [("A raised one.", (77,)), ("B in.", (2026,))]


def test_brackets_with_words_are_text():
    assert pairs("He [Li] left [1].") == [("He [Li] left.", (1,))]


@pytest.mark.parametrize(
    "refusal", [ENGLISH.refusal, CHINESE.refusal, "the articles do not say", "文章中没有说明"]
)
def test_a_refusal_is_no_draft(refusal):
    assert read_drafts(refusal) == []
    assert read_drafts(f"{refusal} [1]") == []


def test_a_thought_is_no_draft():
    assert pairs("<think>A is 5 [1]. B is 6.</think>\n\nC is 7 [2].") == [("C is 7.", (2,))]
    assert pairs("so A is 5 [1].</think>C is 7 [2].") == [("C is 7.", (2,))]
    assert read_drafts("<think>A is 5 [1]. It goes on and on and never comes to an end at all.") == []


def test_a_list_of_sources_and_a_next_question_are_left_out():
    assert pairs("A is 5 [1].\n\nSources:\n[1] The Daily, 2026") == [("A is 5.", (1,))]
    assert pairs("A 是 5 [1]。\n**来源：**\n[1] 日报") == [("A 是 5。", (1,))]
    assert pairs("A is 5 [1].\nQuestion: And B? [2]") == [("A is 5.", (1,))]


def test_what_is_cut_off_is_no_statement():
    reader = DraftReader()
    assert reader.feed("A is 5 [1]. B is a much longer sentence that was not finished") == [
        DraftStatement("A is 5.", (1,))
    ]
    assert reader.finish(complete=False) == []


def test_a_statement_is_given_as_soon_as_the_next_one_is_well_under_way():
    reader = DraftReader()
    assert reader.feed("Kimi raised $2 billion [1]. StepFun") == []
    assert reader.feed(" raised five billion yuan in the same week [2") == [
        DraftStatement("Kimi raised $2 billion.", (1,))
    ]
    assert reader.finish(complete=True) == [
        DraftStatement("StepFun raised five billion yuan in the same week [2", ())
    ]


PIECES = st.sampled_from(
    [
        *(
            "A raised one",
            "U.S.",
            "Mr. Li left",
            "2.5",
            "融资20亿",
            "。",
            ". ",
            "! ",
            "\n",
            "\n\n",
            " ",
            "[1]",
        ),
        *(
            "[2, 3]",
            "【4】",
            "[1",
            "2]",
            "[",
            "]",
            "- ",
            "3. ",
            "Sources:",
            "**",
            "ˆ",
            "[4†",
            "<think>",
            "</think>",
        ),
        *("The articles do not say.", "so that nothing can change any more in what was said", "Question: x"),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join), st.lists(st.integers(1, 9), min_size=1, max_size=5))
@example("A raised one.\n\n[1]\n[2] B", [1])
def test_statements_are_the_same_however_the_text_is_cut(text, sizes):
    reader = DraftReader()
    found: list[DraftStatement] = []
    position = step = 0
    while position < len(text):
        size = sizes[step % len(sizes)]
        found += reader.feed(text[position : position + size])
        position, step = position + size, step + 1
    found += reader.finish(complete=True)
    if "</think>" in text:  # what came before the end of a thought may have been given
        whole = read_drafts(text)
        assert found[len(found) - len(whole) :] == whole
    else:
        assert found == read_drafts(text)


@given(st.lists(PIECES, max_size=14).map("".join), st.integers(1, 9))
def test_drafts_are_shown_in_order_and_without_marks(text, size):
    text = text.replace("</think>", "")
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    by_piece, at_once = DraftReader(), DraftReader()
    shown = ""
    for piece in pieces:
        by_piece.feed(piece)
        shown += by_piece.shown()
    at_once.feed(text)
    assert shown == at_once.shown()
    assert not any(mark in shown for mark in ("[1]", "[2, 3]", "【4】"))


def test_half_a_mark_and_half_a_refusal_are_held_back():
    reader = DraftReader()
    shown = []
    for piece in ("Kimi raised", " $2 billion [", "1", "]. The", "n it"):
        reader.feed(piece)
        shown.append(reader.shown())
    assert shown == ["Kimi raised", " $2 billion", "", ". The", "n it"]
    refusing = DraftReader()
    refusing.feed("The articles do")
    assert refusing.shown() == ""
    refusing.feed(" tell")
    assert refusing.shown() == "The articles do tell"

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.parse import parse
from index.parse.hygiene import clean, merged


@pytest.mark.parametrize(
    ("text", "cleaned", "counts"),
    [
        ("pay\u202eton\u202c pal", "payton pal", {"bidi": 2}),
        ("z\u200be\u2060r\ufeffo", "zero", {"zero-width": 3}),
        ("be\u0007ll\x1b[0m", "bell[0m", {"control": 2}),
        ("hi\U000e0041\U000e0042", "hi", {"tag": 2}),
        ("co\u00adop", "coop", {"zero-width": 1}),
        ("x\ufe01\ufe02\ufe03", "x", {"variation-selector": 3}),
        ("a\r\nb\u2028c\x85d", "a\nb\nc\nd", {}),
        ("12\u00a0000\u2009km", "12 000 km", {}),
    ],
)
def test_what_nobody_sees_goes_and_is_counted(text, cleaned, counts):
    assert clean(text) == (cleaned, counts)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("ﬁnal ﬂow", "final flow"),
        ("⼈⼯智能", "人工智能"),
        ("cafe\u0301", "café"),
    ],
)
def test_letters_in_other_clothes_are_folded(text, folded):
    assert clean(text)[0] == folded


@pytest.mark.parametrize(
    "text",
    [
        "10² km",
        "½ of it",
        "你好，世界！（完）",
        "“引号”：《书》",
        "👩\u200d🔬 works",
        "❤\ufe0f",
        "می\u200cخواهم",
        "₂O ™ №",
    ],
)
def test_what_carries_meaning_stays(text):
    assert clean(text) == (text, {})


def test_zero_width_joiner_between_latin_letters_goes():
    assert clean("Ki\u200dmi") == ("Kimi", {"zero-width": 1})


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(text):
    once, _ = clean(text)
    assert clean(once)[0] == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any("\u202a" <= c <= "\u202e" or "\U000e0000" <= c <= "\U000e007f" for c in once)


def test_counts_add_up():
    assert merged({"bidi": 1, "tag": 2}, {}, {"bidi": 3}) == {"bidi": 4, "tag": 2}


def test_plain_text_says_what_was_removed():
    article = parse("A Title\n\nKimi ra\u200bised\u202e money. It was May.".encode(), "a.txt")
    assert article.text == "Kimi raised money. It was May."
    assert article.metadata["removed"] == {"bidi": 1, "zero-width": 1}


def test_markdown_cannot_bring_them_back_as_references():
    article = parse(b"# T\n\nKimi &#x202E;raised&ZeroWidthSpace; &amp; spent.\n\n## H\n\nMore.", "a.md")
    assert article.text.startswith("Kimi raised & spent.")
    assert article.metadata["removed"] == {"bidi": 1, "zero-width": 1}


def test_front_matter_cannot_bring_them_back_as_escapes():
    article = parse(b'---\ntitle: "Ki\\u202Emi"\n---\n\nBody of it.', "a.md")
    assert article.title == "Kimi"

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import InvalidInputError
from index.identity import article_id, content_sha256
from index.types import Article, QAPair, Section
from index.validate import MAX_METADATA, MAX_TEXT, MAX_TITLE, checked_article

PLAIN = Article("Title", "A text.")
NESTED: list = []
for _ in range(100_000):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("title", {"title": ""}),
        ("title", {"title": " \n"}),
        ("title", {"title": "t" * (MAX_TITLE + 1)}),
        ("title", {"title": "a\0b"}),
        ("title", {"title": "\ud800"}),
        ("text", {"text": ""}),
        ("text", {"text": " \u3000\n"}),
        ("text", {"text": "t" * (MAX_TEXT + 1)}),
        ("text", {"text": "a\0b"}),
        ("text", {"text": "half an emoji \ud83d"}),
        ("source", {"source": "\udfff"}),
        ("source", {"source": "s" * 201}),
        ("language", {"language": "e\0n"}),
        ("published_at", {"published_at": "soon"}),
        ("published_at", {"published_at": "2026-02-30"}),
        ("published_at", {"published_at": "\ud800"}),
        ("updated_at", {"updated_at": "2026-05-10T25:00:00Z"}),
        ("id", {"article_id": "a/b"}),
        ("id", {"article_id": ".."}),
        ("id", {"article_id": "i" * 129}),
        ("id", {"article_id": "上海"}),
        ("id", {"article_id": "a\n"}),
        ("url", {"url": "example.com/a"}),
        ("url", {"url": "ftp://example.com/a"}),
        ("url", {"url": "https://"}),
        ("url", {"url": "https://example.com:99999/"}),
        ("url", {"url": "https://[::1/"}),
        ("url", {"url": "https://example.com/\ud800"}),
        ("url", {"url": "https://example.com/" + "a" * 4000}),
        ("sections", {"sections": (Section("\ud800", 0, 4),)}),
        ("qa_pairs", {"qa_pairs": (QAPair("a\0", "b"),)}),
        ("qa_pairs", {"qa_pairs": (QAPair("a", "\udc00"),)}),
        ("metadata", {"metadata": {"score": math.nan}}),
        ("metadata", {"metadata": {"score": [1, {"a": -math.inf}]}}),
        ("metadata", {"metadata": {"a": "\ud800"}}),
        ("metadata", {"metadata": {"\ud800": 1}}),
        ("metadata", {"metadata": {"a": {1, 2}}}),
        ("metadata", {"metadata": {"a": b"bytes"}}),
        ("metadata", {"metadata": {(1, 2): "a"}}),
        ("metadata", {"metadata": {"a": 10**5000}}),
        ("metadata", {"metadata": {"a": NESTED}}),
        ("metadata", {"metadata": {"a": "m" * MAX_METADATA}}),
    ],
)
def test_what_cannot_be_stored_is_refused_with_field_and_remedy(field, change):
    with pytest.raises(InvalidInputError) as refusal:
        checked_article(replace(PLAIN, **change))
    assert refusal.value.field == field
    assert refusal.value.remedy.endswith(".")
    assert str(refusal.value) == f"{field}: {refusal.value.problem} {refusal.value.remedy}"
    str(refusal.value).encode()


JSON_LIKE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters())),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(st.characters()), inner)),
    max_leaves=5,
)


@given(
    title=st.text(st.characters()),
    text=st.text(st.characters()),
    source=st.text(st.characters()),
    url=st.one_of(st.just(""), st.text(st.characters()).map(lambda tail: "https://a.de/" + tail), st.text()),
    metadata=st.dictionaries(st.text(st.characters()), JSON_LIKE),
)
def test_any_article_is_stored_as_text_or_refused_by_a_field(**fields):
    try:
        article = checked_article(Article(**fields))
    except InvalidInputError as refusal:
        assert refusal.field in fields
    else:
        "".join((article.title, article.text, article.source, article.url)).encode()
        assert article_id(article).startswith("art_")
        assert len(content_sha256(article)) == 32


def test_dates_take_one_form_and_the_language_is_found():
    article = checked_article(Article("T", "月之暗面完成新一轮融资。", published_at="May 10, 2026"))
    assert (article.published_at, article.language) == ("2026-05-10", "zh")
    assert checked_article(replace(PLAIN, language="fr")).language == "fr"


def test_metadata_is_kept_as_json_reads_it_back():
    assert checked_article(replace(PLAIN, metadata={"a": (1, 2), 3: None})).metadata == {
        "a": [1, 2],
        "3": None,
    }


def test_identity_is_the_given_id_else_the_url_else_source_and_title():
    assert article_id(replace(PLAIN, article_id="mine", url="https://a.de")) == "mine"
    assert article_id(replace(PLAIN, url="https://a.de/x?utm_source=y")) == article_id(
        Article("Other", "Else.", url="http://A.de/x")
    )
    assert article_id(Article("The  Title", "x", source="BBC")) == article_id(
        Article("the title", "y", source="bbc")
    )
    assert article_id(Article("Title", "x", source="BBC")) != article_id(Article("Title", "x", source="CNN"))
    assert article_id(Article("b", "x", source="a")) != article_id(Article("a b", "x"))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"text": "Other."},
        {"source": "BBC"},
        {"published_at": "2026-05-10"},
        {"sections": (Section("", 0, 4),)},
        {"qa_pairs": (QAPair("q", "a"),)},
        {"metadata": {"a": 1}},
        {"kind": "teaser"},
    ],
)
def test_whatever_changes_in_an_article_changes_its_hash(change):
    assert content_sha256(replace(PLAIN, **change)) != content_sha256(PLAIN)


def test_the_order_of_metadata_changes_nothing():
    metadata = {"a": {"x": 1, "y": 2}, "b": 3}
    turned = {"b": 3, "a": {"y": 2, "x": 1}}
    assert content_sha256(replace(PLAIN, metadata=metadata)) == content_sha256(
        replace(PLAIN, metadata=turned)
    )


def test_the_same_page_under_another_of_its_addresses_is_unchanged():
    page = replace(PLAIN, url="https://www.example.com/news/1")
    other = replace(PLAIN, url="http://m.example.com/news/1/amp?utm_source=x")
    assert article_id(other) == article_id(page)
    assert content_sha256(other) == content_sha256(page)
    assert content_sha256(replace(page, text="A text, changed.")) != content_sha256(page)


def test_the_hash_leaves_out_the_given_id_and_what_a_parser_missed():
    assert content_sha256(replace(PLAIN, article_id="a", missing=("date",))) == content_sha256(PLAIN)

"""The one real page of the portal, taken apart."""

import os
from pathlib import Path

import pytest
from portal_checks import assert_ranges_are_sound, body_of

from index.parse import parse_all
from index.types import Article

NAVIGATION = (
    "交易",
    "现货",
    "合约",
    "热门文章",
    "相关讨论",
    "欢迎来到HTX社区",
    "548人学过",
    "活动图片",
    "你可能也喜欢",
)


@pytest.fixture(scope="module")
def seed() -> tuple[Article, ...]:
    data = os.environ.get("GROUNDWIRE_TEST_DATA")
    if not data:
        pytest.skip("GROUNDWIRE_TEST_DATA does not name the folder of the test data")
    return parse_all((Path(data) / "seed" / "portal_page.txt").read_bytes(), "portal_page.txt")


def test_seed_page_gives_title_source_dates_and_author(seed):
    article = seed[0]
    assert article.title == "The Night Before the AI Model Shakeout"
    assert (article.source, article.language, article.kind) == ("marsbit", "en", "article")
    assert (article.published_at, article.updated_at) == ("2026-05-10", "2026-05-10")
    assert article.metadata["author"] == "Huahua, Banjun"
    assert article.metadata["credit"].startswith("This article is from the WeChat public account")
    assert article.missing == ()


def test_seed_page_is_divided_at_its_summary_and_its_headings(seed):
    article = seed[0]
    assert [(section.heading, section.kind) for section in article.sections] == [
        ("文章摘要", "summary"),
        ("", "body"),
        ("I. Models Are Becoming Commoditized", "body"),
        ("II. The Music Hasn't Stopped, But the Seats Are Already Insufficient", "body"),
        ("III. More Expensive, Yet Less Valuable", "body"),
        ('IV. The Sense of Deja Vu from the "Four AI Dragons"', "body"),
        ("V. Three Paths, Three Bets", "body"),
        ("VI. The End Goal of Fundraising Isn't Expansion", "body"),
        ("Words 【Off the Page】", "body"),
    ]
    assert body_of(article, "").startswith("Over the past week,")
    assert body_of(article, "文章摘要").endswith("The parallel to China's prev...")
    assert body_of(article, "Words 【Off the Page】").endswith("from spring to autumn.")
    assert "Models are becoming commoditized." in body_of(article, "I. Models Are Becoming Commoditized")
    assert_ranges_are_sound(article)


def test_seed_page_gives_five_pairs_and_keeps_them_out_of_the_text(seed):
    article = seed[0]
    assert len(article.qa_pairs) == 5
    assert all(pair.question.endswith("?") and pair.answer.endswith(".") for pair in article.qa_pairs)
    assert article.qa_pairs[0].question.startswith("According to the article")
    assert article.qa_pairs[1].answer.startswith("They are racing")
    for pair in article.qa_pairs:
        assert pair.question not in article.text
        assert pair.answer not in article.text


def test_seed_page_gives_three_teasers_with_their_own_sources_and_dates(seed):
    assert [(t.kind, t.title, t.source, t.language, t.published_at) for t in seed[1:]] == [
        ("teaser", "解读Agent商业、支付与基础设施的真相", "marsbit", "zh", ""),
        ("teaser", "Kalshi、MTS 与 a16z 的野望", "链捕手", "zh", ""),
        ("teaser", "加密市场宏观研报:原油飓风、AI巨浪与比特币的十字路口", "", "zh", "2026-03-12"),
    ]
    assert seed[1].metadata["published_label"] == "1小时前"
    assert seed[1].missing == ("published_at",)
    assert seed[3].missing == ("source",)
    assert seed[3].updated_at == "2026-03-12"


def test_seed_page_leaves_no_navigation_in_any_text(seed):
    for article in seed:
        assert not set(NAVIGATION) & set(article.text.split("\n"))
        for words in ("现货", "热门文章", "相关讨论", "欢迎来到HTX社区", "548人学过", "活动图片"):
            assert words not in article.text
        assert "发布于" not in article.text
        assert "WeChat public account" not in article.text
        assert "Huahua, Banjun" not in article.text


def test_seed_page_keeps_every_word_of_the_body(seed):
    for words in (
        "generational碾压",
        "giants'碾压 is more",
        "直奔 $900 billion",
        "API pricing又被 DeepSeek打穿",
    ):
        assert words in seed[0].text

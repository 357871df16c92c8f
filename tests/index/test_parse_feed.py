import pytest

from index.errors import RefusedDocumentError
from index.parse.feed import parse_feed

WHOLE = "<p>" + "Norvik raised money in May, and nobody knew why it did. " * 4 + "</p>"
RSS = f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Gazette</title><language>en-gb</language><link>https://g.example/</link>
<item><title>Norvik &amp;amp; Co. Raise Money</title><link>https://g.example/1?utm_source=rss</link><pubDate>Sun, 10 May 2026 09:41:00 +0800</pubDate>
<dc:creator>Ada Poe</dc:creator><description>A teaser of it.</description>
<content:encoded><![CDATA[{WHOLE}<h2>FAQ</h2><h3>Who paid?</h3><p>A SECRET bank.</p><p style="display:none">HIDDEN</p>]]></content:encoded></item>
<item><title>Only a Teaser</title><link>https://g.example/2</link><pubDate>Mon, 11 May 2026 00:00:00 GMT</pubDate><description>Two lines of it.</description></item>
<item><title>Nothing at All</title><link>https://g.example/3</link></item></channel></rss>"""
ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh"><title>链闻</title>
<entry><title>三家公司融资</title><link rel="alternate" href="https://l.example/1"/><published>2026-05-10T09:41:00+08:00</published>
<updated>2026-05-11T10:00:00Z</updated><author><name>李雷</name></author><summary>摘要。</summary>
<content type="html">&lt;p&gt;三家公司宣布融资，市场因此热闹起来。&lt;/p&gt;</content><source><title>原站</title></source></entry></feed>"""


def test_rss_entries_are_articles_and_teasers():
    whole, teaser = parse_feed(RSS.encode(), "feed")
    assert (whole.kind, whole.title, whole.source, whole.language) == (
        "article",
        "Norvik & Co. Raise Money",
        "The Gazette",
        "en",
    )
    assert (whole.url, whole.published_at) == (
        "https://g.example/1?utm_source=rss",
        "2026-05-10T09:41:00+08:00",
    )
    assert whole.metadata == {"author": "Ada Poe", "removed": {"hidden": 1}}
    assert whole.text.startswith("Norvik raised money") and "SECRET" not in whole.text
    assert [(pair.question, pair.answer) for pair in whole.qa_pairs] == [("Who paid?", "A SECRET bank.")]
    assert (teaser.kind, teaser.text, teaser.published_at) == (
        "teaser",
        "Two lines of it.",
        "2026-05-11T00:00:00Z",
    )
    assert whole.missing == teaser.missing == ()


def test_atom_entries_keep_both_dates_and_their_own_source():
    (article,) = parse_feed(ATOM.encode(), "feed")
    assert (article.title, article.source, article.language) == ("三家公司融资", "原站", "zh")
    assert (article.published_at, article.updated_at) == ("2026-05-10T09:41:00+08:00", "2026-05-11T10:00:00Z")
    assert article.text == "三家公司宣布融资，市场因此热闹起来。"


def test_entry_without_a_date_has_none():
    feed = "<rss><channel><item><title>A Title</title><description>Words of it.</description></item></channel></rss>"
    (teaser,) = parse_feed(feed.encode(), "feed")
    assert (teaser.published_at, teaser.updated_at) == ("", "")
    assert set(teaser.missing) == {"source", "url", "published_at"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<rss><channel><title>Empty</title></channel></rss>", "no-text"),
        (b"<rss", "damaged"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel/></rss>", "damaged"),
    ],
)
def test_feed_that_gives_nothing_is_refused(content, reason):
    with pytest.raises(RefusedDocumentError) as refusal:
        parse_feed(content, "feed")
    assert refusal.value.reason == reason

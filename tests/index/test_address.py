import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.address import canonical_url
from index.errors import InvalidInputError


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a",
        "http://example.com/a",
        "HTTPS://EXAMPLE.com/a/",
        "https://example.com:443/a#part",
        "http://example.com:80/a",
        " https://example.com/a?utm_source=x&fbclid=1 ",
        "https://www.example.com/a",
        "https://m.example.com/a?from=timeline&isappinstalled=0",
        "https://mobile.example.com./a",
        "https://amp.example.com/a",
        "https://www.example.com/amp/a",
        "https://www.example.com/a/amp/",
        "https://www.example.com/a/index.html?amp",
        "https://example.com/a?outputType=amp&spm=5176.100",
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a",
        "https://www.google.com/amp/s/amp.example.com/a",
        "https://example.com/%61",
    ],
)
def test_the_addresses_of_one_page_are_one(url):
    assert canonical_url(url) == "https://example.com/a"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://en.m.wikipedia.org/wiki/Kimi", "https://en.wikipedia.org/wiki/Kimi"),
        ("https://www.bbc.co.uk/news/1", "https://bbc.co.uk/news/1"),
        ("https://example.com/story.amp.html", "https://example.com/story.html"),
        ("https://mobile.com.au/x", "https://mobile.com.au/x"),
        ("https://m.com/x", "https://m.com/x"),
        ("https://127.0.0.1:81/x", "https://127.0.0.1:81/x"),
        ("https://例子.cn/新闻", "https://xn--fsqu00a.cn/新闻"),
        ("https://example.com/a%2fb%e4", "https://example.com/a%2Fb%E4"),
        ("https://example.com/amplifier", "https://example.com/amplifier"),
        ("https://example.com/?output=rss", "https://example.com/?output=rss"),
    ],
)
def test_variants_are_folded_and_nothing_else_is(url, canonical):
    assert canonical_url(url) == canonical


def test_addresses_of_different_pages_stay_apart():
    urls = [
        "https://a.de/x",
        "https://a.de/X",
        "https://a.de/x?id=1",
        "https://a.de/x?id=2",
        "https://a.de/x?page=2&id=1",
        "https://a.de:8443/x",
        "https://blog.a.de/x",
        "https://a.de/amp",
        "https://a.de/?from=5",
    ]
    assert len({canonical_url(url) for url in urls}) == len(urls)


def test_the_order_of_parameters_does_not_count():
    assert canonical_url("https://a.de/?b=2&a=1&b=1") == canonical_url("https://a.de/?a=1&b=1&b=2")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%"))


@given(TEXTS, TEXTS)
def test_the_canonical_form_is_its_own(path, query):
    try:
        once = canonical_url(f"https://www.example.com/{path}?{query}")
    except InvalidInputError:
        return
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    "url", ["example.com/a", "ftp://a.de/", "https://", "https://[::1/", "https://ä..de/"]
)
def test_what_is_no_address_of_a_page_is_refused(url):
    with pytest.raises(InvalidInputError):
        canonical_url(url)

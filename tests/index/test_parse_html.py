from collections.abc import Iterator

import pytest
from html_pages import LAYOUTS, Page, all_pages
from overlap import Overlap

from index.errors import RefusedDocumentError
from index.parse.html import parse_html
from index.types import Article

PROSE = "Norvik said on Monday that it had raised two hundred million dollars from a group of investors. "


def read(html: str) -> Article:
    return parse_html(html.encode(), "page.html")


def page(body: str, head: str = "", attributes: str = "") -> str:
    return f"<!DOCTYPE html><html {attributes}><head>{head}</head><body>{body}</body></html>"


@pytest.fixture(scope="module")
def pages() -> list[tuple[Page, Article]]:
    return [(made, parse_html(made.content, made.name)) for made in all_pages()]


def test_forty_pages_in_ten_layouts_give_their_bodies(pages, record_property):
    assert len(pages) == 4 * len(LAYOUTS) == 40
    overlap = Overlap()
    for made, article in pages:
        overlap.add(article.text, made.body)
    record_property("precision", overlap.precision)
    record_property("recall", overlap.recall)
    assert overlap.precision >= 0.97
    assert overlap.recall >= 0.95


def test_forty_pages_tell_title_source_author_date_and_address(pages):
    for made, article in pages:
        found = (
            article.title,
            article.source,
            article.metadata.get("author", ""),
            article.published_at,
            article.url,
        )
        assert found == (made.title, made.source, made.author, made.published_at, made.url), made.name
        # Without a word of the page on its language, any Latin letters count as English.
        declared = b"lang=" in made.content
        assert article.language == (made.language if declared or made.language == "zh" else "en"), made.name


def test_what_the_page_does_not_say_is_missing_and_not_made_up(pages):
    for made, article in pages:
        given = {"author": made.author, "url": made.url}
        assert set(article.missing) == {field for field, value in given.items() if not value}, made.name


def test_pages_without_a_single_class_name_still_give_most_of_it():
    import re

    overlap = Overlap()
    for made in all_pages(500):
        bare = re.sub(rb'\s(?:class|id|role|data-component)=(?:"[^"]*"|[\w-]+(?=[\s>]))', b"", made.content)
        overlap.add(parse_html(bare, made.name).text, made.body)
    assert overlap.precision >= 0.93
    assert overlap.recall >= 0.95


def test_sections_follow_the_headings():
    article = read(
        page(
            f"<article><h1>The Title of It</h1><p>{PROSE}</p><h2>One</h2><p>{PROSE}</p><h3>Two</h3><p>{PROSE}</p></article>"
        )
    )
    assert [section.heading for section in article.sections] == ["", "One", "Two"]
    for section in article.sections:
        assert article.text[section.char_start : section.char_end] == PROSE.strip()


def test_hidden_text_goes_and_is_counted():
    hidden = [
        '<p style="display:none">HIDDEN</p>', '<p style="visibility: hidden">HIDDEN</p>', "<p hidden>HIDDEN</p>",
        '<p style="font-size:0px">HIDDEN</p>', '<p style="opacity:0">HIDDEN</p>', '<p class="x">HIDDEN</p>', '<p id="y">HIDDEN</p>',
        '<p style="position:absolute;left:-9999px">HIDDEN</p>', '<div style="width:1px;height:1px;overflow:hidden">HIDDEN</div>',
        '<p style="color:#ffffff">HIDDEN</p>', '<div style="background:white"><span style="color:white">HIDDEN</span></div>',
        '<p style="text-indent:-9999px">HIDDEN</p>', '<p style="clip:rect(0,0,0,0);position:absolute">HIDDEN</p>',
    ]  # fmt: skip
    style = "<style>.x{display:none} #y{font-size:0} @media print{.z{display:none}} .w{color:#000}</style>"
    article = read(page(f"<p>{PROSE}</p>{''.join(hidden)}<p class='z w'>{PROSE}</p><!-- HIDDEN -->", style))
    assert "HIDDEN" not in article.text
    assert article.text.count("Norvik") == 2
    assert article.metadata["removed"] == {"comment": 1, "hidden": len(hidden)}


def test_white_text_on_a_dark_ground_is_read():
    article = read(page(f'<div style="background:#123"><p style="color:#fff">{PROSE}</p></div>'))
    assert article.text == PROSE.strip()


def test_invisible_characters_go_and_are_counted():
    article = read(page(f"<p>{PROSE} pay&#x202E;pal z&#8203;ero &shy;soft</p>"))
    assert article.text.endswith("paypal zero soft")
    assert article.metadata["removed"] == {"bidi": 1, "zero-width": 2}


QUESTIONS = {
    "headings below a label": "<h2>FAQ</h2><h3>Who paid?</h3><p>SECRET bank.</p><h3>When was it?</h3><p>In SECRET May.</p>",
    "marks below a label": "<h3>Q&amp;A</h3><p>Q: Who paid?</p><p>A: SECRET bank.</p><p>Q: When was it?</p><p>A: In SECRET May.</p>",
    "marks in one paragraph": "<h3>Q&amp;A</h3><p>Q: Who paid?<br>A: SECRET bank.</p><p>Q: When was it?<br>A: In SECRET May.</p>",
    "Chinese label and marks": "<p><b>相关问答</b></p><p>问：谁付的钱？</p><p>答：SECRET银行。</p><p>问：何时？</p><p>答：SECRET五月。</p>",
    "list of terms": "<dl><dt>Who paid?</dt><dd>SECRET bank.</dd><dt>When was it?</dt><dd>In SECRET May.</dd></dl>",
    "details": "<details><summary>Who paid?</summary><p>SECRET bank.</p></details><details><summary>When was it?</summary>In SECRET May.</details>",
    "named section": '<section class="article-faq"><p><strong>Who paid?</strong></p><p>SECRET bank.</p><p><strong>When was it?</strong></p><p>In SECRET May.</p></section>',
    "microdata": '<div itemscope itemtype="https://schema.org/FAQPage"><div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question"><h3 itemprop="name">Who paid?</h3>'
    '<div itemscope itemprop="acceptedAnswer" itemtype="https://schema.org/Answer"><div itemprop="text">SECRET bank.</div></div></div>'
    '<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question"><h3 itemprop="name">When was it?</h3>'
    '<div itemscope itemprop="acceptedAnswer" itemtype="https://schema.org/Answer"><div itemprop="text">In SECRET May.</div></div></div></div>',
    "label in a wrapper": "<div><div><h2>Frequently Asked Questions</h2></div><div><h3>Who paid?</h3><p>SECRET bank.</p><h3>When was it?</h3><p>In SECRET May.</p></div></div>",
    "marks without a label": "<p>Q: Who paid?</p><p>A: SECRET bank.</p><p>Q: When was it?</p><p>A: In SECRET May.</p>",
}  # fmt: skip


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("behind", ["", f"<h2>What Comes Next</h2><p>{PROSE}</p>"])
def test_questions_become_pairs_and_never_text(kind, behind):
    article = read(
        page(f"<article><h1>The Title of It</h1>{f'<p>{PROSE}</p>' * 4}{QUESTIONS[kind]}{behind}</article>")
    )
    assert len(article.qa_pairs) == 2, article.qa_pairs
    assert all("SECRET" in pair.answer for pair in article.qa_pairs)
    assert "SECRET" not in article.text and "Who paid" not in article.text
    assert article.text.count("Norvik") == 4 + bool(behind)


def test_questions_of_json_ld_leave_the_text_where_they_are_shown_without_any_mark():
    data = (
        '<script type="application/ld+json">{"@type":"FAQPage","mainEntity":[{"@type":"Question","name":"Who paid?",'
        '"acceptedAnswer":{"@type":"Answer","text":"<p>SECRET bank.</p>"}}]}</script>'
    )
    article = read(
        page(
            f"<article><p>{PROSE}</p><div><span>Who paid?</span><div>SECRET bank.</div></div><p>{PROSE}</p></article>",
            data,
        )
    )
    assert [(pair.question, pair.answer) for pair in article.qa_pairs] == [("Who paid?", "SECRET bank.")]
    assert "SECRET" not in article.text


def test_interview_is_an_article_and_no_questions_section():
    talk = "".join(f"<p>Q: Why did firm {n} raise money?</p><p>A: {PROSE}</p>" for n in range(6))
    article = read(page(f"<article><h1>A Talk With the Founder</h1><p>We met in May.</p>{talk}</article>"))
    assert article.qa_pairs == ()
    assert article.text.count("Norvik") == 6


def test_list_of_terms_that_asks_nothing_stays():
    article = read(
        page(
            f"<article><p>{PROSE}</p><dl><dt>Round</dt><dd>Money that is raised at once.</dd></dl></article>"
        )
    )
    assert "Money that is raised at once." in article.text


@pytest.mark.parametrize(
    ("encoding", "declared", "text"),
    [
        ("gb18030", "gb2312", "公司融资二十亿美元，市场震动。"),
        ("big5", "big5", "公司融資二十億美元，市場震動。"),
        ("shift_jis", "Shift_JIS", "会社は二十億ドルを調達した。市場は揺れた。"),
        ("cp1252", "iso-8859-1", "„Größe“ kostet — sagt man."),
        ("utf-8", "gb2312", "公司融资二十亿美元，市场震动。"),
        ("utf-16", "utf-8", "Norvik raised €200 million in May."),
    ],
)
def test_encodings_are_read_by_what_the_bytes_allow(encoding, declared, text):
    html = f'<html><head><meta charset="{declared}"></head><body><p>{text}</p></body></html>'
    assert parse_html(html.encode(encoding), "a").text == text


def test_guessed_encoding_is_said():
    text = "公司融资二十亿美元，市场震动。投资人表示，这是今年最大的一笔交易，监管部门尚未回应。" * 5
    article = parse_html(f"<html><body><p>{text}</p></body></html>".encode("gb18030"), "a")
    assert article.text == text
    assert article.metadata["encoding_guessed"]


def test_bytes_that_make_no_sense_are_counted():
    article = parse_html(
        b"<html><head><meta charset=utf-8></head><body><p>A word\xff\xfe here.</p></body></html>", "a"
    )
    assert article.metadata["removed"] == {"undecodable": 2}


@pytest.mark.parametrize(
    ("head", "published", "updated"),
    [
        ('<meta property="article:published_time" content="2026-05-01T10:00:00Z">', "2026-05-01T10:00:00Z", ""),
        ('<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"nonsense"}</script><meta name="date" content="2026-05-02">', "2026-05-02", ""),
        ('<script type="application/ld+json">[{"@graph":[{"@type":["NewsArticle"],"datePublished":"2026-05-03","dateModified":"2026-05-04"}]}]</script>', "2026-05-03", "2026-05-04"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_dates_come_from_what_the_page_says(head, published, updated):
    article = read(page(f"<p>{PROSE}</p>", head))
    assert (article.published_at, article.updated_at) == (published, updated)
    assert ("published_at" in article.missing) == (not published)


def test_time_elements_tell_publication_and_update_apart():
    stamps = (
        "Published <time datetime='2026-05-01'>1 May</time> Updated <time datetime='2026-05-02'>2 May</time>"
    )
    article = read(page(f"<article><h1>The Title of It</h1><div>{stamps}</div><p>{PROSE * 4}</p></article>"))
    assert (article.published_at, article.updated_at) == ("2026-05-01", "2026-05-02")
    assert article.text == (PROSE * 4).strip()


def test_time_of_a_comment_is_no_publication_date():
    article = read(
        page(f"<p>{PROSE * 4}</p><div class='comments'><time datetime='2026-05-01'>1 May</time></div>")
    )
    assert article.published_at == ""


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "/relative", "ftp://a.example/x", "https://", "http://localhost"]
)
def test_address_that_names_no_page_is_missing(url):
    article = read(page(f"<p>{PROSE}</p>", f'<link rel="canonical" href="{url}">'))
    assert article.url == "" and "url" in article.missing


def test_letters_overrule_a_language_that_a_template_left():
    article = read(page("<p>公司融资二十亿美元，市场震动。投资人表示满意。</p>", attributes='lang="en-US"'))
    assert article.language == "zh"


@pytest.mark.parametrize(
    "html",
    [
        "<html></html>",
        "<html><body><script>x</script></body></html>",
        "<!doctype html>",
        "<p style='display:none'>x</p>",
    ],
)
def test_page_without_text_is_refused(html):
    with pytest.raises(RefusedDocumentError) as refusal:
        read(html)
    assert refusal.value.reason == "no-text"


def nested(depth: int) -> Iterator[str]:
    yield "<div>" * depth
    yield f"<p>{PROSE}</p>"
    yield "</div>" * depth


@pytest.mark.parametrize("depth", [200, 3000, 100_000])
def test_deep_nesting_ends_as_text_or_refusal(depth):
    try:
        article = read(page("".join(nested(depth))))
    except RefusedDocumentError as refusal:
        assert refusal.reason == "no-text"
    else:
        assert "Norvik" in article.text

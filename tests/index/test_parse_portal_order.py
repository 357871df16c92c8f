"""Labelled blocks of a portal's page in any order and number."""

from hypothesis import given, settings
from hypothesis import strategies as st
from portal_checks import assert_ranges_are_sound

from index.parse import parse_all

WORDS = st.sampled_from(["Banks", "Copper", "Money", "Prices", "Ports", "Trade", "Shares", "Funds", "Ships"])


NUMERALS = {
    "roman": [f"{numeral}. " for numeral in ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")],
    "arabic": [f"{number}. " for number in range(1, 9)],
    "padded": [f"0{number} " for number in range(1, 9)],
    "chinese": [f"{numeral}、" for numeral in "一二三四五六七八"],
    "none": [""] * 8,
}


@st.composite
def pages(draw):
    """A page in the portal's manner, with what a parser should find in it."""
    style = draw(st.sampled_from(sorted(NUMERALS)))
    titles = draw(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=8, unique=True))
    headings = [prefix + " ".join(words) for prefix, words in zip(NUMERALS[style], titles, strict=False)]
    questions = draw(st.integers(0, 7))
    mark = draw(st.sampled_from(["?", "？"]))
    body = ["The week began with a surprise. Nobody had seen it coming."]
    for number, heading in enumerate(headings):
        body += [heading, f"Paragraph {number} says something. It goes on for a while after that."]
    qa = [
        line for n in range(questions) for line in (f"QWhat is item {n}{mark}", f"AItem {n} is secret {n}.")
    ]
    blocks = [["文章摘要", "The summary is short.", *body], ["相关问答", *qa]]
    teasers = draw(st.integers(0, 3))
    if teasers:
        stamp = draw(
            st.sampled_from(["来源1小时前", "来源刚刚", "来源发布于 2026.03.12", "88人学过发布于 2026-03-12"])
        )
        shown = [(f"预告{n}", f"这是第{n}条。", stamp, f"预告{n}", stamp) for n in range(teasers)]
        blocks.append(["你可能也喜欢", *(line for lines in shown for line in lines)])
    blocks.append(["相关讨论", "欢迎来到HTX社区。"])
    order = draw(st.permutations(blocks))
    lines = [
        "The Title of This Page",
        "marsbit发布于2026-05-10更新于2026-05-11",
        *(x for block in order for x in block),
    ]
    return "\n\n".join(lines), headings, questions, teasers


@given(pages())
@settings(max_examples=200, deadline=None)
def test_order_and_number_of_labelled_blocks_do_not_matter(page):
    text, headings, questions, teasers = page
    article, *others = parse_all(text.encode(), "page.txt")
    assert article.title == "The Title of This Page"
    assert (article.published_at, article.updated_at) == ("2026-05-10", "2026-05-11")
    assert [section.heading for section in article.sections] == ["文章摘要", "", *headings]
    assert len(article.qa_pairs) == questions
    assert "secret" not in article.text and "欢迎" not in article.text
    assert [other.kind for other in others] == ["teaser"] * teasers
    assert_ranges_are_sound(article)

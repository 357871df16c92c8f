import pytest

from index.errors import RefusedDocumentError
from index.parse import parse
from index.types import Article

FRONT = """\
---
title: "Kimi: a week of funding"
source: Groundwire Digest
published_at: 2026-05-10T09:41:00+08:00
updated_at: 2026/5/11
language: en-US
url: https://example.org/kimi
tags: [funding, models]
rank: 3
---
"""
BODY = "Kimi raised $2 billion. It was May."


def read(markdown: str) -> Article:
    return parse(markdown.encode(), "given.md")


def content_of(article: Article) -> list[str]:
    return [article.text[section.char_start : section.char_end] for section in article.sections]


def test_front_matter_fills_the_fields_and_the_rest_is_metadata():
    article = read(f"{FRONT}\n{BODY}\n")
    assert article.title == "Kimi: a week of funding"
    assert (article.source, article.language, article.url) == (
        "Groundwire Digest",
        "en",
        "https://example.org/kimi",
    )
    assert (article.published_at, article.updated_at) == ("2026-05-10T09:41:00+08:00", "2026-05-11")
    assert article.metadata == {"tags": ["funding", "models"], "rank": 3}
    assert article.missing == ()
    assert article.text == BODY


def test_dates_are_read_under_the_names_that_site_generators_give_them():
    article = read(f"---\ntitle: T\ndate: 2026-05-10\nlastmod: 2026-05-12\n---\n{BODY}")
    assert (article.published_at, article.updated_at) == ("2026-05-10", "2026-05-12")
    assert article.metadata == {}
    ours = read(f"---\ntitle: T\npublished_at: 2026-05-09\ndate: 2026-05-10\n---\n{BODY}")
    assert ours.published_at == "2026-05-09"
    assert ours.metadata == {"date": "2026-05-10"}
    other = read(f"---\ntitle: T\ndate: Saturday's edition\n---\n{BODY}")
    assert other.published_at == ""
    assert other.metadata == {"date": "Saturday's edition"}


def test_first_heading_is_the_title_where_front_matter_has_none():
    article = read(f"# Kimi *raises* money\n\n{BODY}\n\n## Why\n\n{BODY}")
    assert article.title == "Kimi raises money"
    assert article.text == f"{BODY}\n\nWhy\n\n{BODY}"
    assert [section.heading for section in article.sections] == ["", "Why"]
    assert content_of(article) == [BODY, BODY]
    assert article.missing == ("source", "published_at")


def test_heading_that_repeats_the_title_is_dropped_and_another_stays():
    assert read(f"---\ntitle: T\n---\n# T\n\n{BODY}").text == BODY
    assert read(f"---\ntitle: T\n---\n# Another\n\n{BODY}").text == f"Another\n\n{BODY}"


def test_first_sentence_stands_in_for_a_missing_title():
    article = read(f"{BODY}\n\n## Why\n\nBecause.\n\n## How\n\nSo.")
    assert article.title == "Kimi raised $2 billion."
    assert article.missing == ("title", "source", "published_at")


def test_inline_marks_are_stripped_and_words_stay():
    article = read(
        "# T\n\nA [link](https://example.org) and ![a picture](x.png)*emphasis* with `code`, "
        "**bold \\* star**, <b>tag</b>, ~~gone~~ &amp; 5 < 6 under_score_name.\n\n![only](a.png)\n"
    )
    assert article.text == "A link and emphasis with code, bold * star, tag, gone & 5 < 6 under_score_name."


def test_lines_wrapped_in_the_source_are_joined():
    article = read("# T\n\nOne sentence over\ntwo lines.\n\n一句话分成\n两行。\n\nA hard  \nbreak.")
    assert article.text == "One sentence over two lines.\n\n一句话分成两行。\n\nA hard\nbreak."


def test_items_of_a_list_are_lines_without_their_marks():
    article = read("# T\n\nThree:\n\n- one *item*\n- two\n  - nested\n\n1. first\n2. second\n")
    assert article.text == "Three:\n\none item\ntwo\nnested\n\nfirst\nsecond"


def test_code_quotes_tables_and_html_keep_their_text():
    article = read(
        "# T\n\n> A quote.\n\n```\n# not a heading\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "<div>Inside</div>\n<!-- not this -->\n<script>nor(this)</script>\n\n---\n\nEnd."
    )
    assert article.text == "A quote.\n\n# not a heading\n\na | b\n1 | 2\n\nInside\n\nEnd."


def test_heading_without_content_is_a_line_and_no_section():
    article = read(f"# T\n\n## Part one\n\n### Why\n\n{BODY}")
    assert article.text == f"Part one\n\nWhy\n\n{BODY}"
    assert [section.heading for section in article.sections] == ["Why"]


@pytest.mark.parametrize("label", ["## Q&A", "### FAQ", "# 相关问答", "###### 问答", "**Q&A**", "Q&A\n---"])
def test_question_sections_of_any_level_leave_the_text(label):
    section = "**Q:** Who\nraised it?\n\n**A:** Kimi.\n\n- 问：多少？\n- 答：20亿美元。"
    article = read(f"# T\n\n{BODY}\n\n{label}\n\n{section}")
    assert [(pair.question, pair.answer) for pair in article.qa_pairs] == [
        ("Who raised it?", "Kimi."),
        ("多少？", "20亿美元。"),
    ]
    assert article.text == BODY


def test_questions_that_are_headings_are_read():
    section = "### Group\n\n### Who raised money?\n\nKimi.\n\nIn May."
    article = read(f"# T\n\n{BODY}\n\n## FAQ\n\n{section}\n\n## After\n\n{BODY}")
    assert [(pair.question, pair.answer) for pair in article.qa_pairs] == [
        ("Who raised money?", "Kimi.\nIn May.")
    ]
    assert [section.heading for section in article.sections] == ["", "After"]


def test_question_section_without_pairs_stays_in_the_text():
    article = read(f"# T\n\n## Q&A\n\n{BODY}")
    assert article.qa_pairs == ()
    assert article.text == f"Q&A\n\n{BODY}"


@pytest.mark.parametrize(
    ("front", "named"),
    [
        ("title: [unclosed", "not YAML"),
        ("just words", "not a mapping"),
        ("published_at: yesterday", "published_at"),
        ("published_at: 2026-02-30", "published_at"),
        ("published_at: [2026-05-10]", "published_at"),
        ("updated_at: 31.12.", "updated_at"),
        ("title: {a: b}", "title"),
        ("language: the English one", "language"),
        ("a: &x [1]\nb: [*x, *x]", "not YAML"),
        ("x: !!timestamp nonsense", "not YAML"),
        ("x: !!python/object:os.system {}", "not YAML"),
        ("x: .nan", "not text"),
        ('x: "\\ud800"', "not text"),
        ("x: " + "[" * 5000, "not YAML"),
        ("x: " + "y" * 70_000, "longer than"),
    ],
)
def test_bad_front_matter_is_refused_with_the_field_and_a_remedy(front, named):
    with pytest.raises(RefusedDocumentError, match="front matter") as refusal:
        read(f"---\n{front}\n---\n\n{BODY}")
    assert refusal.value.reason == "bad-front-matter"
    assert named in refusal.value.problem
    assert refusal.value.remedy.endswith(".")


def test_fields_are_read_as_they_are_written():
    article = read(f"---\ntitle: 2026\nlanguage: no\nsource:\nseen: 2026-05-10\n---\n{BODY}")
    assert (article.title, article.language, article.source) == ("2026", "no", "")
    assert article.metadata == {"seen": "2026-05-10"}
    assert article.missing == ("source", "published_at")


def test_empty_front_matter_and_a_lone_rule_are_allowed():
    assert read(f"---\n---\n{BODY}").text == BODY
    assert read(f"---\n\n{BODY}").text == BODY


def test_white_space_inside_a_title_is_single():
    assert parse(b"# A  title   of\tmany spaces\n\nOne sentence.\n", "a.md").title == "A title of many spaces"

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.errors import RefusedDocumentError
from index.parse import parse_all
from index.types import Article

NAMES = st.sampled_from(["a.md", "a.txt", "a", "", "a.pdf"])
REASONS = {"unsupported-type", "no-text", "too-large", "bad-front-matter", "damaged", "encrypted"}
FRAGMENTS = st.sampled_from(
    [
        "---\n",
        "title: x\n",
        "published_at: 2026-05-10\n",
        "- ",
        "> ",
        "# ",
        "## Q&A\n",
        "\n",
        "\n\n",
        "Q: a?\n",
        "A: b\n",
        "Qa?",
        "Ab",
        "文章摘要",
        "相关问答",
        "你可能也喜欢",
        "交易\n\n现货",
        "marsbit发布于2026-05-10更新于2026-05-11",
        "1小时前",
        "I. One",
        "II. Two",
        "一、一",
        "标题",
        "The Big Title",
        "句子。",
        "A sentence.",
        "**",
        "`",
        "|a|b|\n|-|-|\n",
        "<!--",
        "<div>",
        "```\n",
        "![x](y)",
        "[x](y)",
        "By: Jane",
        "    code",
        "\t",
        "\ufeff",
        "\u2028",
        "本文来自某处",
        ": ",
        "*x",
        "&x ",
        "!!int ",
    ]
)


def articles_of(content: bytes, name: str) -> tuple[Article, ...]:
    """Parse, and hold that a refusal has a known reason and a remedy."""
    try:
        return parse_all(content, name)
    except RefusedDocumentError as refusal:
        assert refusal.reason in REASONS
        assert refusal.remedy
        return ()


def assert_sound(article: Article) -> None:
    assert article.title and article.title == " ".join(article.title.split())
    assert article.sections
    position = 0
    for section in article.sections:
        assert position <= section.char_start < section.char_end <= len(article.text)
        content = article.text[section.char_start : section.char_end]
        assert content == content.strip()
        position = section.char_end
    assert "\r" not in article.text and "\0" not in article.text
    assert article.text == article.text.strip()
    article.text.encode()
    json.dumps(dict(article.metadata), allow_nan=False)


@given(st.binary(max_size=400), NAMES)
@settings(deadline=None)
def test_arbitrary_bytes_are_parsed_or_refused(content, name):
    for article in articles_of(content, name):
        assert_sound(article)


@given(st.text(max_size=400), NAMES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(deadline=None)
@example("0", "a.md", "utf-8")
def test_arbitrary_text_is_parsed_or_refused(text, name, encoding):
    for article in articles_of(text.encode(encoding, "ignore"), name):
        assert_sound(article)


@given(
    st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=40),
    st.sampled_from(["", "\n", "\n\n"]),
    NAMES,
)
@settings(max_examples=600, deadline=None)
def test_fragments_of_all_formats_are_parsed_or_refused(fragments, joint, name):
    for article in articles_of(joint.join(fragments).encode("utf-8", "ignore"), name):
        assert_sound(article)


@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=10))
@settings(max_examples=300, deadline=None)
def test_any_front_matter_is_read_or_refused(fragments):
    content = f"---\n{''.join(fragments)}\n---\nBody text."
    for article in articles_of(content.encode("utf-8", "ignore"), "a.md"):
        assert_sound(article)

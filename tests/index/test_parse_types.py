import codecs

import pytest

from index.errors import RefusedDocumentError
from index.parse import MAX_TEXT_BYTES, parse

SENTENCE = "Kimi raised $2 billion."


def refusal_of(content: bytes, name: str = "given.txt") -> RefusedDocumentError:
    with pytest.raises(RefusedDocumentError) as refusal:
        parse(content, name)
    assert refusal.value.field == name
    assert refusal.value.remedy.endswith(".")
    return refusal.value


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04rest",
        b"\x1f\x8b\x08rest",
        b"plain\x00text",
        "按GBK保存的文本".encode("gbk"),
        b"\xff\xfe\x00",
        codecs.BOM_UTF32_LE + "text".encode("utf-32-le"),
        b'<?xml version="1.0"?><invoice/>',
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old",
        b"{\\rtf1 text}",
    ],
)
def test_content_that_is_not_text_is_refused(content):
    assert refusal_of(content).reason == "unsupported-type"


def test_type_is_decided_by_content_and_not_by_name():
    assert refusal_of(b"%PDF-1.7\n", "notes.md").reason == "damaged"
    assert (
        parse(b"<!DOCTYPE html><html><body><p>A sentence.</p></body></html>", "a.txt").text == "A sentence."
    )
    assert parse(b"---\ntitle: T\n---\n\nBody.", "notes.pdf").title == "T"


@pytest.mark.parametrize(
    "content", [b"", b" \n\t\r\n", codecs.BOM_UTF8, b"# Heading\n\n## Another\n", b"\x01\x02"]
)
def test_document_without_body_text_is_refused(content):
    assert refusal_of(content).reason == "no-text"


def test_five_mebibytes_of_text_pass_and_one_byte_more_does_not():
    line = b"A sentence of text that is sixty-four characters long, exactly.\n"
    assert len(line) == 64
    largest = line * (MAX_TEXT_BYTES // 64)
    assert parse(largest, "large.txt").text
    assert refusal_of(largest + b"x").reason == "too-large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_with_and_without_byte_order_mark_is_read(encoding):
    article = parse(f"标题\n\n{SENTENCE} 月之暗面融资。".encode(encoding), "a.txt")
    assert article.title == "标题"
    assert article.text == f"{SENTENCE} 月之暗面融资。"


def test_line_breaks_of_other_systems_and_invisible_characters_go():
    article = parse("Title\r\n\r\nOne\u200b line.\r\rTwo\u00a0lines.\u2028\u2028Three.".encode(), "a.txt")
    assert article.text == "One line.\n\nTwo lines.\n\nThree."


def test_name_decides_where_one_heading_mark_stands_amid_prose():
    content = f"A Title\n\n{SENTENCE} It *said* so.\n\n# 1 in the charts\n\n{SENTENCE}".encode()
    assert "*said*" in parse(content, "a.txt").text
    assert "*said*" not in parse(content, "a.md").text


def test_empty_name_is_replaced_in_errors():
    with pytest.raises(RefusedDocumentError, match=r"^document: "):
        parse(b"", "")

import gzip
import io
import zipfile

import pytest
from office_files import docx, plain

from index.parse.sniff import ProtectedContentError, UnknownContentError, are_json_lines, sniff


def archive(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (plain(1).content, "pdf"),
        (b"junk\n" + plain(1).content, "pdf"),
        (docx([]), "docx"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\n <!-- note --> <HTML>", "html"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>', "html"),
        ("<html><p>中文".encode("utf-16"), "html"),
        (b"<p>One</p><p>Two</p><p>Three</p>", "html"),
        (b'<?xml version="1.0"?><?xml-stylesheet href="x"?><rss version="2.0">', "feed"),
        (b'\xef\xbb\xbf<feed xmlns="http://www.w3.org/2005/Atom">', "feed"),
        (b'{"title": "T", "text": "x"}', "json-lines"),
        (gzip.compress(b"x"), "gzip"),
        (b"", "text"),
        ("标题\n\n正文。".encode(), "text"),
        (b"A text about <html> and %PDF- files.", "text"),
        (b"{curly} words", "text"),
        (b"<b>bold</b> start of Markdown", "text"),
    ],
)
def test_format_is_told_by_content(content, kind):
    assert sniff(content) == kind


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (archive("xl/workbook.xml"), "spreadsheet"),
        (archive("ppt/presentation.xml"), "presentation"),
        (archive("a.txt"), "ZIP archive"),
        (b"\x89PNG\r\n", "image"),
        (b'<?xml version="1.0"?><invoice/>', "XML"),
        (b"\xd0\xcf\x11\xe0", "old kind"),
    ],
)
def test_other_types_are_named(content, what):
    with pytest.raises(UnknownContentError, match=what):
        sniff(content)


def test_office_document_behind_a_password_is_told():
    with pytest.raises(ProtectedContentError):
        sniff(b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"))


@pytest.mark.parametrize(
    ("head", "named", "are"),
    [
        (b'{"title": 1}', False, True),
        (gzip.compress(b'{"title": 1}'), False, True),
        (gzip.compress(b'{"title": 1}' * 9999)[:40], True, True),
        (b"not json", True, True),
        (b"not json", False, False),
        (b"%PDF-1.7", True, False),
        (gzip.compress(b"%PDF-1.7"), True, False),
        (b"\x1f\x8btorn", False, False),
    ],
)
def test_lines_of_json_are_told_by_their_beginning(head, named, are):
    assert are_json_lines(head, named=named) is are

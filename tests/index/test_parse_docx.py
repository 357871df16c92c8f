import io
import zipfile

import pytest
from office_files import NUMBERED, WORD, docx, paragraph, word_files
from overlap import Overlap

from index.errors import RefusedDocumentError
from index.parse.docx import parse_docx

FILES = word_files(50)


def refusal_of(content: bytes) -> RefusedDocumentError:
    with pytest.raises(RefusedDocumentError) as refusal:
        parse_docx(content, "given.docx")
    return refusal.value


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(f"word/{name}.xml", content)
    return buffer.getvalue()


@pytest.mark.parametrize("made", FILES, ids=lambda made: made.name)
def test_eight_documents_give_title_headings_and_body(made):
    article = parse_docx(made.content, made.name)
    overlap = Overlap()
    overlap.add(article.text, made.body)
    assert (overlap.precision, overlap.recall) == (1, 1)
    assert article.title == made.title
    assert [section.heading for section in article.sections if section.heading] == made.headings


def test_hidden_runs_are_counted():
    made = next(made for made in FILES if made.name == "hidden")
    assert parse_docx(made.content, "a").metadata["removed"] == {"hidden": 3}


def test_rows_of_a_table_are_lines_and_items_of_a_list_too():
    rows = "".join(
        f"<w:tr><w:tc>{paragraph(a)}</w:tc><w:tc>{paragraph(b)}</w:tc></w:tr>"
        for a, b in (("Firm", "Sum"), ("Norvik", "$2bn"))
    )
    items = [paragraph(text, extra=NUMBERED) for text in ("First it came.", "Then it went.")]
    body = [
        paragraph("The Title", "Title"),
        paragraph("Some words of a body."),
        f"<w:tbl>{rows}</w:tbl>",
        *items,
    ]
    assert (
        parse_docx(docx(body), "a").text
        == "Some words of a body.\n\nFirm | Sum\nNorvik | $2bn\n\nFirst it came.\nThen it went."
    )


def test_typist_and_clock_of_the_file_are_notes():
    article = parse_docx(FILES[0].content, "a")
    assert article.published_at == "" and {"published_at", "author", "source"} <= set(article.missing)
    assert article.metadata == {"file": {"creator": "A Typist", "created": "2020-01-01T00:00:00Z"}}


def test_questions_become_pairs_and_never_text():
    body = [paragraph("The Title", "Title"), paragraph("Some words of a body."), paragraph("FAQ", "H1")]
    body += [
        paragraph("Who paid?", "H2"),
        paragraph("A SECRET bank."),
        paragraph("When?", "H2"),
        paragraph("In SECRET May."),
    ]
    article = parse_docx(docx([*body, paragraph("The Rest", "H1"), paragraph("More words.")]), "a")
    assert [pair.question for pair in article.qa_pairs] == ["Who paid?", "When?"]
    assert article.text == "Some words of a body.\n\nThe Rest\n\nMore words."


def test_document_without_text_is_refused():
    assert refusal_of(docx([paragraph("")])).reason == "no-text"


@pytest.mark.parametrize(
    "content",
    [
        FILES[0].content[:300],
        archive(styles=b"<x/>"),
        archive(document=b"not xml"),
        archive(document=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
        archive(document=b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'),
    ],
)
def test_torn_archives_and_documents_with_entities_are_damaged(content):
    assert refusal_of(content).reason == "damaged"


def test_zip_bombs_are_too_large():
    assert refusal_of(archive(document=b"<x>" + b" " * (101 << 20))).reason == "too-large"
    assert refusal_of(archive(document=b"<x>" + b" " * (40 << 20))).reason == "too-large"
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as made:
        for number in range(2001):
            made.writestr(f"word/document{number}.xml", b"")
    assert refusal_of(many.getvalue()).reason == "too-large"


def test_archive_with_a_password_is_encrypted():
    content = bytearray(archive(document=b"<x/>"))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    assert refusal_of(bytes(content)).reason == "encrypted"


def test_names_in_an_archive_lead_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO(FILES[0].content)
    with zipfile.ZipFile(buffer, "a") as made:
        made.writestr("../../escaped.txt", "x")
        made.writestr("/absolute.txt", "x")
    assert parse_docx(buffer.getvalue(), "../../a.docx").title == FILES[0].title
    assert list(tmp_path.iterdir()) == []


def test_strict_documents_are_read():
    inner = paragraph("A Title of It") + paragraph("Some words.")
    body = f'<w:document xmlns:w="{WORD}"><w:body>{inner}</w:body></w:document>'
    strict = body.replace(WORD, "http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert parse_docx(docx([], document=strict.encode()), "a").text == "Some words."

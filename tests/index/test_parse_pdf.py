import io
import itertools
import zlib

import pytest
from news_words import Story
from office_files import READABLE_PDFS, REFUSED_PDFS, Office, plain, three_hundred_pages, written
from overlap import Overlap
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from index.errors import RefusedDocumentError
from index.parse.pdf import page_of, parse_pdf
from index.types import Article


def refusal_of(content: bytes) -> RefusedDocumentError:
    with pytest.raises(RefusedDocumentError) as refusal:
        parse_pdf(content, "given.pdf")
    assert refusal.value.remedy.endswith(".")
    return refusal.value


@pytest.fixture(scope="module")
def files() -> dict[str, tuple[Office, Article]]:
    made = {name: make(7) for name, make in READABLE_PDFS.items()}
    return {name: (office, parse_pdf(office.content, name)) for name, office in made.items()}


def test_ten_layouts_give_their_bodies(files, record_property):
    overlap = Overlap()
    for office, article in files.values():
        overlap.add(article.text, office.body)
    record_property("precision", overlap.precision)
    record_property("recall", overlap.recall)
    assert overlap.precision >= 0.97
    assert overlap.recall >= 0.97


@pytest.mark.parametrize("name", READABLE_PDFS)
def test_title_and_headings_are_found(files, name):
    office, article = files[name]
    assert article.title == office.title
    assert [section.heading for section in article.sections if section.heading] == office.headings


@pytest.mark.parametrize("name", ["two_columns", "three_columns", "interleaved_columns"])
def test_columns_are_read_one_after_the_other(files, name):
    office, article = files[name]
    words = " ".join(article.text.split())
    places = [words.find(" ".join(paragraph.split())) for paragraph in office.body]
    assert -1 not in places and places == sorted(places)


@pytest.mark.parametrize("name", ["two_columns", "rotated_pages", "three_hundred_pages"])
def test_running_heads_and_page_numbers_go(files, name):
    _, article = files[name]
    assert "Running Head" not in article.text and "Page 1" not in article.text
    assert article.metadata["removed"]["running-head"] >= 4


def test_text_across_the_page_is_counted_and_not_read(files):
    _, article = files["turned_text"]
    assert "ARCHIVE COPY" not in article.text
    assert article.metadata["removed"] == {"turned": 1}


def test_broken_words_are_mended_and_own_hyphens_stay(files):
    office, article = files["hyphenated"]
    assert office.body[0] in article.text
    assert article.text.count("-") == sum(text.count("-") for text in office.body)


def test_every_character_of_a_long_file_stands_on_its_page(files):
    office, article = files["three_hundred_pages"]
    ranges = article.metadata["pages"]
    assert [page for page, _, _ in ranges] == list(range(1, 301))
    assert ranges[0][1] == 0 and ranges[-1][2] == len(article.text)
    assert all(before[2] == after[1] for before, after in itertools.pairwise(ranges))
    paragraphs = [text for text in office.body if text not in office.headings]
    for number in (0, 1, 2, 299, 598, 599):
        place = article.text.index(paragraphs[number])
        if article.text.count(paragraphs[number]) == 1:
            assert page_of(article.metadata, place) == number // 2 + 1
    assert page_of({}, 0) == 0


def test_clock_of_the_file_is_no_date(files):
    _, article = files["plain"]
    assert article.published_at == "" and "published_at" in article.missing
    assert article.metadata["file"]["creator"] == "A Typist"
    assert "author" in article.missing


def test_labelled_lines_below_the_title_are_source_author_and_date():
    story = Story("en", 3)
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    lines = ["Source: The Gazette", "By: Ada Poe", "Published: 10 May 2026"]
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(50, 780, "The Title of It")
    canvas.setFont("Helvetica", 11)
    for number, line in enumerate(lines):
        canvas.drawString(50, 740 - 30 * number, line)
    canvas.drawString(50, 620, story.prose(1))
    canvas.save()
    article = parse_pdf(buffer.getvalue(), "a")
    assert (article.source, article.metadata["author"], article.published_at) == (
        "The Gazette",
        "Ada Poe",
        "2026-05-10",
    )
    assert article.text == story.body[0]


@pytest.mark.parametrize("reason", REFUSED_PDFS)
def test_file_without_a_readable_text_is_refused(reason):
    assert refusal_of(REFUSED_PDFS[reason](3).content).reason == reason


def test_restrictions_without_a_password_do_not_hinder_reading():
    made = plain(4)
    writer = PdfWriter(clone_from=io.BytesIO(made.content))
    writer.encrypt("", "owner", algorithm="RC4-128")
    assert parse_pdf(written(writer), "a").title == made.title


def test_book_is_refused():
    writer = PdfWriter()
    for _ in range(501):
        writer.add_blank_page(100, 100)
    assert refusal_of(written(writer)).reason == "too-many-pages"


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n", b"%PDF-1.4\ntrailer<<>>\nstartxref\n0\n%%EOF", plain(1).content[:700]]
)
def test_torn_file_is_damaged(content):
    assert refusal_of(content).reason == "damaged"


def test_bytes_before_the_file_do_not_matter():
    made = plain(5)
    assert parse_pdf(b"junk of a mail\n" + made.content, "a").title == made.title


def test_question_section_becomes_pairs():
    story = Story("en", 9)
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    base = 780
    for size, text in [
        (20, "The Title of It"), (11, story.paragraph(1)), (14, "Q&A"), (11, "Q: Who paid?"),
        (11, "A: A SECRET bank did."), (11, "Q: When?"), (11, "A: In SECRET May."),
    ]:  # fmt: skip
        canvas.setFont("Helvetica-Bold" if size > 11 else "Helvetica", size)
        canvas.drawString(50, base, text)
        base -= 30
    canvas.save()
    article = parse_pdf(buffer.getvalue(), "a")
    assert [pair.question for pair in article.qa_pairs] == ["Who paid?", "When?"]
    assert "SECRET" not in article.text


def test_three_hundred_pages_are_made_of_three_hundred():
    assert three_hundred_pages(1).content.count(b"/Type /Page\n") in (0, 300)
    assert zlib.crc32(three_hundred_pages(1).content) == zlib.crc32(three_hundred_pages(1).content)

"""PDF and DOCX files made on the spot, each with the text that a reader should find in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from news_words import Story
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageBreak, PageTemplate, Paragraph, Table

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@dataclass
class Office:
    """A file's bytes with its title, its body in order, and the headings among it."""

    name: str
    content: bytes
    title: str
    body: list[str]
    headings: list[str] = field(default_factory=list)


BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=10.5, leading=13, spaceAfter=7)
JUSTIFIED = ParagraphStyle("justified", parent=BODY, alignment=4)
INDENTED = ParagraphStyle("indented", parent=BODY, firstLineIndent=14, spaceAfter=0)
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=20, leading=24, spaceAfter=14)
SUBHEAD = ParagraphStyle(
    "subhead", fontName="Helvetica-Bold", fontSize=13, leading=16, spaceBefore=8, spaceAfter=5
)
CHINESE = ParagraphStyle(
    "chinese", fontName="STSong-Light", fontSize=11, leading=16, spaceAfter=9, wordWrap="CJK"
)


def laid_out(
    story: Story,
    style: ParagraphStyle,
    paragraphs: int,
    *,
    columns: int = 1,
    running: bool = False,
    sections: int = 2,
    pages: int = 0,
    table: bool = False,
) -> Office:
    """An article as a typesetter would print it."""
    headings: list[str] = []
    flow = [
        Paragraph(
            escape(story.title),
            TITLE if story.language != "zh" else CHINESE.clone("t", fontSize=20, leading=26),
        )
    ]
    for number in range(sections):
        if number:
            headings.append(story.heading())
            flow.append(
                Paragraph(
                    escape(headings[-1]),
                    SUBHEAD if story.language != "zh" else CHINESE.clone("h", fontSize=14, leading=20),
                )
            )
        flow.extend(Paragraph(escape(story.prose(3)), style) for _ in range(paragraphs))
        if table and not number:
            rows = [[story.fill("{a}"), story.fill("{n}.{y}"), story.fill("{m} %")] for _ in range(4)]
            story.body.extend(" ".join(row) for row in rows)
            flow.append(Table(rows, colWidths=[150, 120, 100]))
        if pages:
            flow.append(PageBreak())

    def frame(canvas: Canvas, document: BaseDocTemplate) -> None:
        if running:
            canvas.setFont("Helvetica", 8)
            canvas.drawString(60, 815, "The Running Head of the Gazette, Vol. 12")
            canvas.drawRightString(535, 28, f"Page {document.page}")

    gap, left, wide = 18, 54, 487
    each = (wide - gap * (columns - 1)) / columns
    frames = [Frame(left + n * (each + gap), 60, each, 730, 0, 0, 0, 0, id=str(n)) for n in range(columns)]
    buffer = io.BytesIO()
    document = BaseDocTemplate(buffer, pagesize=A4, title=story.title, author="A Typist", invariant=1)
    document.addPageTemplates([PageTemplate(frames=frames, onPage=frame)])
    document.build(flow)
    return Office("", buffer.getvalue(), story.title, list(story.body), headings)


def plain(seed: int) -> Office:
    return laid_out(Story("en", seed), BODY, 4, running=True)


def two_columns(seed: int) -> Office:
    return laid_out(Story("en", seed), JUSTIFIED, 12, columns=2, running=True, sections=3)


def three_columns(seed: int) -> Office:
    return laid_out(Story("de", seed), INDENTED, 12, columns=3)


def chinese(seed: int) -> Office:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return laid_out(Story("zh", seed), CHINESE, 5, running=True)


def with_table(seed: int) -> Office:
    return laid_out(Story("fr", seed), BODY, 3, table=True)


def three_hundred_pages(seed: int) -> Office:
    return laid_out(Story("en", seed), BODY, 2, running=True, sections=300, pages=300)


def rotated_pages(seed: int) -> Office:
    made = laid_out(Story("en", seed), BODY, 12, running=True)
    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(made.content)).pages:
        writer.add_page(page).rotate(90)
    made.content = written(writer)
    return made


def turned_text(seed: int) -> Office:
    """A page whose text runs upwards, with a stamp of the archive across its margin."""
    story = Story("en", seed)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(20, 20, "ARCHIVE COPY 7714")
    canvas.rotate(90)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(60, -60, story.title)
    canvas.setFont("Helvetica", 11)
    base = -100
    for _ in range(4):
        for line in wrapped(story.prose(3), 100):
            canvas.drawString(60, base, line)
            base -= 14
        base -= 10
    canvas.save()
    return Office("", buffer.getvalue(), story.title, list(story.body))


def wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def hyphenated(seed: int) -> Office:
    """Narrow lines whose long words are broken; a word that has a hyphen of its own keeps it."""
    story = Story("en", seed)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(60, 780, story.title)
    canvas.setFont("Helvetica", 11)
    base = 740.0
    texts = ["The state-owned maker of semiconductors said that state-owned rivals would follow."]
    texts += [story.paragraph(3) for _ in range(5)]
    for text in texts:
        story.keep(text)
        line = ""
        for word in text.split(" "):
            if len(line) + len(word) + 1 <= 34:
                line = f"{line} {word}".strip()
                continue
            cut = word.find("-") + 1 or (
                len(word) // 2 if word.isalpha() and word.islower() and len(word) > 7 else 0
            )
            head = "" if not cut else (word[:cut] if "-" in word else f"{word[:cut]}-")
            canvas.drawString(60, base, f"{line} {head}".strip())
            base -= 14
            line = word[cut:]
        canvas.drawString(60, base, line)
        base -= 26
    canvas.save()
    return Office("", buffer.getvalue(), story.title, list(story.body))


def interleaved_columns(seed: int) -> Office:
    """Two columns whose lines are painted by turns, left and right, as some printers do."""
    story = Story("en", seed)
    columns = [[line for _ in range(5) for line in wrapped(story.prose(4), 46)] for _ in range(2)]
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(54, 790, story.title)
    canvas.setFont("Times-Roman", 10.5)
    for row in range(max(map(len, columns))):
        for number, column in enumerate(columns):
            if row < len(column):
                canvas.drawString(54 + 250 * number, 750 - 13 * row, column[row])
    canvas.save()
    return Office("", buffer.getvalue(), story.title, list(story.body))


def encrypted(seed: int) -> Office:
    made = plain(seed)
    writer = PdfWriter(clone_from=io.BytesIO(made.content))
    writer.encrypt("secret", algorithm="RC4-128")
    made.content = written(writer)
    return made


def scanned(seed: int) -> Office:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for _ in range(3):
        canvas.rect(50, 50, 495, 740, fill=1)
        canvas.showPage()
    canvas.save()
    return Office("", buffer.getvalue(), "", [])


def written(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


READABLE_PDFS: dict[str, Callable[[int], Office]] = {
    made.__name__: made
    for made in (
        plain, two_columns, three_columns, chinese, with_table, three_hundred_pages, rotated_pages, turned_text,
        hyphenated, interleaved_columns,
    )
}  # fmt: skip
REFUSED_PDFS = {"encrypted": encrypted, "no-text": scanned}


def paragraph(text: str, style: str = "", extra: str = "") -> str:
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:p><w:pPr>{properties}{extra}</w:pPr><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


STYLES = (
    f'<w:styles xmlns:w="{WORD}">'
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="House"><w:name w:val="House Head"/><w:basedOn w:val="H2"/></w:style>'
    "</w:styles>"
)
NUMBERED = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'


def docx(body: Sequence[str], title: str = "", *, document: bytes = b"") -> bytes:
    """A DOCX archive around the XML of a body."""
    core = f"""<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>{escape(title)}</dc:title>
<dc:creator>A Typist</dc:creator><dcterms:created>2020-01-01T00:00:00Z</dcterms:created></cp:coreProperties>"""
    xml = (
        document
        or (
            f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{WORD}" '
            'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>'
            + "".join(body)
            + "</w:body></w:document>"
        ).encode()
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", xml)
        archive.writestr("word/styles.xml", STYLES)
        archive.writestr("docProps/core.xml", core)
    return buffer.getvalue()


def word_files(seed: int) -> list[Office]:
    """Eight documents: styles, no styles, lists, tables, tracked changes, hidden text, boxes, Chinese."""
    made: list[Office] = []

    def add(
        name: str, story: Story, parts: list[str], headings: list[str] | None = None, core: str = ""
    ) -> None:
        made.append(Office(name, docx(parts, core), story.title, list(story.body), headings or []))

    story = Story("en", seed)
    parts, headings = [paragraph(story.title, "Title")], []
    for number in range(3):
        if number:
            headings.append(story.heading())
            parts.append(paragraph(headings[-1], "H1" if number == 1 else "House"))
        parts += [paragraph(story.prose()) for _ in range(3)]
    add("styles", story, parts, headings)

    story = Story("en", seed + 1)
    add(
        "no styles",
        story,
        [paragraph(story.title), *(paragraph(story.prose(3)) for _ in range(4))],
        core=story.title,
    )

    story = Story("fr", seed + 2)
    parts = [paragraph(story.title, "H1"), paragraph(story.prose(3))]
    parts += [paragraph(story.prose(1), extra=NUMBERED) for _ in range(4)]
    add("list", story, [*parts, paragraph(story.prose(2))])

    story = Story("de", seed + 3)
    parts, rows = [paragraph(story.title, "Title"), paragraph(story.prose(3))], ""
    for _ in range(3):
        cells = [story.fill("{a}"), story.fill("{n}"), story.fill("{m} %")]
        story.keep(" ".join(cells))
        rows += "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>"
    add("table", story, [*parts, f"<w:tbl>{rows}</w:tbl>", paragraph(story.prose(2))])

    story = Story("en", seed + 4)
    kept, gone, inserted = story.paragraph(1), story.paragraph(2), story.paragraph(1)
    story.keep(f"{kept} {inserted}")
    change = (
        f"<w:p><w:r><w:t>{escape(kept)}</w:t></w:r><w:del><w:r><w:delText>{escape(gone)}</w:delText></w:r></w:del>"
        f'<w:ins><w:r><w:t xml:space="preserve"> {escape(inserted)}</w:t></w:r></w:ins></w:p>'
    )
    add("changes", story, [paragraph(story.title, "Title"), change, paragraph(story.prose(3))])

    story = Story("en", seed + 5)
    hidden = "".join(
        f"<w:p><w:r><w:rPr>{mark}</w:rPr><w:t>{escape(story.paragraph(2))}</w:t></w:r></w:p>"
        for mark in ("<w:vanish/>", '<w:color w:val="FFFFFF"/>', '<w:sz w:val="2"/>')
    )
    add(
        "hidden",
        story,
        [paragraph(story.title, "Title"), paragraph(story.prose(3)), hidden, paragraph(story.prose(2))],
    )

    story = Story("es", seed + 6)
    first, boxed = story.prose(3), story.prose(2)
    box = f"<w:txbxContent>{paragraph(boxed)}</w:txbxContent>"
    drawing = (
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
    )
    drawing += f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    add("box", story, [paragraph(story.title, "Title"), paragraph(first), drawing, paragraph(story.prose(2))])

    story = Story("zh", seed + 7)
    heading_parts = [paragraph(story.title, "Title"), paragraph(story.prose(4))]
    heading = story.heading()
    add("chinese", story, [*heading_parts, paragraph(heading, "H2"), paragraph(story.prose(4))], [heading])
    return made

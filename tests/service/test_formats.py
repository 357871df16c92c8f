"""Every format on its way through ingest: what is stored, what is refused, and what no search may find."""

import gzip
import io
import json
import os
from pathlib import Path

import pytest
from office_files import docx, paragraph
from reportlab.pdfgen.canvas import Canvas

from index.library import Library
from index.types import StoredPassage
from service.ingest import Summary, add_contents, add_paths

BODY = "Norvik raised two hundred million dollars in May. Investors were pleased with the terms of the round."
QUESTION, ANSWER = (
    "Which vault was the payment taken from?",
    "The xylograph vault below Zembla paid it in doubloons.",
)


def pdf() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    base = 780
    for size, text in [
        (20, "Norvik Raises Money"),
        *((11, line) for line in BODY.split(". ")),
        (14, "FAQ"),
        (11, f"Q: {QUESTION}"),
        (11, f"A: {ANSWER}"),
    ]:
        canvas.setFont("Helvetica-Bold" if size > 11 else "Helvetica", size)
        canvas.drawString(50, base, text)
        base -= 26
    canvas.save()
    return buffer.getvalue()


HTML = f"<html><head><title>Norvik Raises Money</title></head><body><article><h1>Norvik Raises Money</h1><p>{BODY}</p>"
DATA = json.dumps(
    {
        "@type": "FAQPage",
        "mainEntity": [{"@type": "Question", "name": QUESTION, "acceptedAnswer": {"text": ANSWER}}],
    }
)
FORMATS = {
    "markdown": f"# Norvik Raises Money\n\n{BODY}\n\n## Q&A\n\nQ: {QUESTION}\nA: {ANSWER}\n".encode(),
    "text": f"Norvik Raises Money\n\n{BODY}\n\nFAQ\n\nQ: {QUESTION}\nA: {ANSWER}\n".encode(),
    "text without a label": f"Norvik Raises Money\n\n{BODY}\n\n{BODY}\n\n{BODY}\n\nQ: {QUESTION}\nA: {ANSWER}\nQ: Who?\nA: {ANSWER}\n".encode(),
    "portal": f"Norvik Raises Money\n\nmarsbit发布于2026-05-10更新于2026-05-10\n\n文章摘要\n\n{BODY}\n\n{BODY}\n\n相关问答\n\nQ{QUESTION}\n\nA{ANSWER}\n".encode(),
    "html headings": f"{HTML}<h2>FAQ</h2><h3>{QUESTION}</h3><p>{ANSWER}</p></article></body></html>".encode(),
    "html list": f"{HTML}<dl><dt>{QUESTION}</dt><dd>{ANSWER}</dd></dl></article></body></html>".encode(),
    "html details": f"{HTML}<details><summary>{QUESTION}</summary>{ANSWER}</details></article></body></html>".encode(),
    "html data": f"{HTML}<div><b>{QUESTION}</b><p>{ANSWER}</p></div><script type='application/ld+json'>{DATA}</script></article></body></html>".encode(),
    "docx": docx([paragraph("Norvik Raises Money", "Title"), paragraph(BODY), paragraph("FAQ", "H1"), paragraph(QUESTION, "H2"), paragraph(ANSWER)]),
    "feed": f"<rss><channel><title>G</title><item><title>Norvik Raises Money</title><description>&lt;p&gt;{BODY}&lt;/p&gt;&lt;h2&gt;FAQ&lt;/h2&gt;&lt;h3&gt;{QUESTION}&lt;/h3&gt;&lt;p&gt;{ANSWER}&lt;/p&gt;</description></item></channel></rss>".encode(),
    "pdf": pdf(),
}  # fmt: skip


def passages_found(library: Library, question: str) -> list[StoredPassage]:
    """All that either leg of the search gives for a question."""
    snapshot = library.snapshot()
    keys = [hit.key for leg in (snapshot.dense, snapshot.lexical) for hit in leg(question, 50)]
    return list(snapshot.passages(keys).values())


@pytest.mark.parametrize("kind", FORMATS)
def test_no_search_finds_the_answer_of_a_question_section(library, kind):
    summary = add_contents([("upload", FORMATS[kind])], library)
    assert (summary.added, summary.refused) == (1, 0), summary.refusals
    (stored, *_) = library.catalog.qa_pairs()
    assert (stored.question, stored.answer) == (QUESTION, ANSWER)
    for asked in (QUESTION, ANSWER, "xylograph", "doubloons Zembla vault"):
        for passage in passages_found(library, asked):
            assert not {"xylograph", "Zembla", "doubloons", "vault"} & set(
                passage.text.replace(".", "").split()
            )
    assert any(
        "two hundred million" in passage.text for passage in passages_found(library, "million dollars")
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "news"
    (made / "deep").mkdir(parents=True)
    for name, kind in (
        ("a.md", "markdown"),
        ("b.txt", "text"),
        ("c.HTML", "html list"),
        ("deep/d.pdf", "pdf"),
        ("deep/e.docx", "docx"),
    ):
        (made / name).write_bytes(
            FORMATS[kind].replace(b"Norvik Raises Money", f"Title of {name[-5:]}".encode())
            if kind not in ("pdf", "docx")
            else FORMATS[kind]
        )
    rows = [{"title": f"Row {number}", "text": BODY} for number in range(3)]
    (made / "f.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (made / "g.jsonl.gz").write_bytes(gzip.compress(json.dumps({"title": "Zipped", "text": BODY}).encode()))
    (made / "h.jpg").write_bytes(b"\xff\xd8\xff")
    (made / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    return made


def reasons(summary: Summary) -> dict[str, str]:
    return {Path(refusal.name).name: refusal.reason for refusal in summary.refusals}


def test_folder_is_read_in_all_formats_and_a_bad_file_stops_nothing(library, folder):
    summary = add_paths([folder], library)
    assert reasons(summary) == {"broken.pdf": "damaged"}
    # The PDF and the DOCX are one article: no address, no source, the same title.
    assert (summary.added, summary.updated) == (8, 1)
    titles = {library.catalog.article(result.article_id).title for result in summary.results}
    assert {"Norvik Raises Money", "Row 0", "Row 2", "Zipped"} <= titles


def test_same_files_again_change_nothing(library, folder):
    (folder / "deep" / "e.docx").unlink()
    first, second = add_paths([folder], library), add_paths([folder], library)
    assert second.unchanged == first.added == 8
    assert second.added == second.updated == 0


@pytest.mark.parametrize("name", ["rows", "rows.txt", "rows.html", "rows.jsonl"])
@pytest.mark.parametrize("zipped", [False, True])
def test_lines_of_json_are_told_by_content(library, tmp_path, name, zipped):
    content = b"\n".join(json.dumps({"title": f"T{n}", "text": BODY}).encode() for n in range(2))
    content = gzip.compress(content) if zipped else content
    (tmp_path / name).write_bytes(content)
    assert add_contents([(name, content)], library).added == 2
    assert add_paths([tmp_path / name], library).unchanged == 2


def test_file_named_like_lines_that_is_a_page_is_read_as_one(library, tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(FORMATS["html list"])
    assert add_paths([tmp_path / "rows.jsonl"], library).added == 1


def test_torn_archive_of_lines_keeps_what_came_before(library):
    rows = b"\n".join(
        json.dumps({"title": f"T{n}", "text": BODY, "salt": os.urandom(3000).hex()}).encode()
        for n in range(40)
    )
    content = gzip.compress(rows)
    summary = add_contents([("rows.jsonl.gz", content[: len(content) // 2])], library)
    assert summary.added > 5
    assert reasons(summary) == {"rows.jsonl.gz": "damaged"}


def test_archive_of_anything_else_is_refused(library):
    summary = add_contents([("a.gz", gzip.compress(FORMATS["pdf"]))], library)
    assert reasons(summary) == {"a.gz": "unsupported-type"}


def test_lines_are_read_one_at_a_time(library, tmp_path):
    """Memory stays flat: the reader never holds more than a line, however long the file is."""
    import tracemalloc

    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.jsonl"
        with path.open("w") as file:
            for number in range(rows):
                file.write(json.dumps({"title": "", "text": "", "n": number, "pad": "x" * 2000}) + "\n")
        tracemalloc.start()
        add_paths([path], library)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(500), peak(5000)
    assert large < 1.3 * small + 2_000_000


def test_uploads_are_read_by_their_content_whatever_they_are_called(client):
    kinds = ("pdf", "docx", "html list", "markdown", "feed")
    for number, kind in enumerate(kinds):
        response = client.post("/v1/articles", files=[("files", (f"../{number}.jpg", FORMATS[kind]))])
        assert response.status_code == 200
        body = response.json()
        assert body["refused_total"] == 0 and body["added"] + body["updated"] + body["unchanged"] == 1, kind
    article = client.get("/v1/articles").json()["items"][-1]
    assert article["title"] == "Norvik Raises Money"
    response = client.post("/v1/search", json={"question": QUESTION})
    assert "xylograph" not in response.text


def test_upload_of_nothing_but_damaged_files_is_a_client_error(client):
    response = client.post("/v1/articles", files=[("files", ("a.pdf", b"%PDF-1.7"))])
    assert response.status_code == 422
    (refusal,) = response.json()["refused"]
    assert (refusal["name"], refusal["reason"]) == ("a.pdf", "damaged")

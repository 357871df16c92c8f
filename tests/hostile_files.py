"""Files that are made to hurt their reader, and honest ones with bytes knocked out."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache

from html_pages import all_pages
from office_files import docx, paragraph, plain, two_columns, word_files


def pdf_of(*objects: bytes) -> bytes:
    """A PDF out of its numbered objects, the first being the catalog."""
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), extra, content)


PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


def flate_bomb() -> bytes:
    squeezed = zlib.compress(zlib.compress(b"BT /F 9 Tf (x) Tj ET\n" * 8_000_000, 9), 9)
    return pdf_of(CATALOG, PAGES, PAGE, stream(squeezed, b"/Filter[/FlateDecode/FlateDecode]"), FONT)


def operators_without_end() -> bytes:
    squeezed = zlib.compress(b"BT /F 9 Tf 1 0 0 1 5 5 Tm (words of it) Tj ET q Q\n" * 1_200_000, 6)
    return pdf_of(CATALOG, PAGES, PAGE, stream(squeezed, b"/Filter/FlateDecode"), FONT)


def nested_arrays() -> bytes:
    return pdf_of(CATALOG, PAGES, PAGE, b"[" * 60_000 + b"]" * 60_000, FONT)


def pages_in_a_ring() -> bytes:
    return pdf_of(
        CATALOG,
        b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 9>>",
        b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 9>>",
    )


def huge_xref() -> bytes:
    body = pdf_of(CATALOG, PAGES, PAGE, stream(b"BT ET"), FONT)
    return body.replace(b"xref\n0 6\n", b"xref\n0 99999999999\n")


def xref_chain() -> bytes:
    out, place = b"%PDF-1.4\n", 0
    for _ in range(20_000):
        start = len(out)
        out += b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R/Prev %d>>\n" % place
        place = start
    return out + b"startxref\n%d\n%%%%EOF" % place


def form_in_itself() -> bytes:
    form = stream(
        b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>"
    )
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    return pdf_of(CATALOG, PAGES, page, stream(b"/X Do"), form)


def forms_that_multiply() -> bytes:
    """Thirty forms, each painting the next one twice."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    forms = [
        stream(
            b"/X Do /X Do",
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (number + 1),
        )
        for number in range(5, 35)
    ]
    last = stream(b"BT /F 9 Tf (x) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return pdf_of(CATALOG, PAGES, page, stream(b"/X Do"), *forms, last)


def million_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return docx([], document=f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><x>&l9;</x>'.encode())


def deep_document() -> bytes:
    return docx(["<w:sdt><w:sdtContent>" * 40_000, paragraph("Deep."), "</w:sdtContent></w:sdt>" * 40_000])


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", b"\0" * (130 << 20))
    return buffer.getvalue()


def lying_zip() -> bytes:
    """An archive whose directory says that a large part is small."""
    content = bytearray(zip_bomb())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + place
        content[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


def feed_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]><rss><channel><title>&l9;</title></channel></rss>'.encode()


def deep_page() -> bytes:
    return b"<html><body>" + b"<div><b><table><tr><td>" * 100_000 + b"Words of it." + b"</body></html>"


def page_of_tags() -> bytes:
    return b"<html><body>" + b"<p>a<b>b" * 600_000 + b"</body></html>"


def page_of_attributes() -> bytes:
    return (
        b"<html><body><p "
        + b" ".join(b"a%d=b" % n for n in range(300_000))
        + b">Words of it.</p></body></html>"
    )


def page_of_styles() -> bytes:
    return (
        b"<html><head><style>"
        + b"{" * 1_000_000
        + b"</style></head><body><p style='"
        + b"color:" * 100_000
        + b"'>Words of it.</p>"
    )


def laughing_json() -> bytes:
    return (
        b'<html><script type="application/ld+json">'
        + b"[" * 500_000
        + b"</script><body><p>Words of a page.</p></body></html>"
    )


BOMBS = {
    made.__name__: made
    for made in (
        flate_bomb, operators_without_end, nested_arrays, pages_in_a_ring, huge_xref, xref_chain, form_in_itself, forms_that_multiply,
        million_laughs, deep_document, zip_bomb, lying_zip, feed_laughs, deep_page, page_of_tags, page_of_attributes, page_of_styles, laughing_json,
    )
}  # fmt: skip


@lru_cache
def honest_files() -> tuple[bytes, ...]:
    """Files of all formats that a parser reads well, small ones so that many can be tried."""
    pages = [page.content for page in all_pages()][::5]
    feed = b'<rss version="2.0"><channel><title>F</title><item><title>T</title><description>Words of it.</description></item></channel></rss>'
    texts = [
        "---\ntitle: T\n---\n\n# H\n\nBody of it.\n\n## Q&A\n\nQ: Who?\nA: They.\n",
        "标题\n\nmarsbit发布于2026-05-10更新于2026-05-11\n\n文章摘要\n\n摘要。\n\n一、正文\n\n正文句子。\n",
    ]
    return (
        *pages,
        *(file.content for file in word_files(9)[::3]),
        plain(2).content,
        two_columns(2).content,
        feed,
        *(t.encode() for t in texts),
    )


def mutated(seed: int) -> bytes:
    """An honest file with bytes changed, lost, doubled or taken from another one."""
    rng = random.Random(seed)
    files = honest_files()
    content = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 2, 5, 20, 100))):
        if not content:
            break
        at = rng.randrange(len(content))
        length = min(rng.choice((1, 1, 2, 8, 64, 512)), len(content) - at)
        kind = rng.randrange(6)
        if kind == 0:
            content[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            content[at : at + length] = rng.randbytes(length)
        elif kind == 2:
            del content[at : at + length]
        elif kind == 3:
            content[at:at] = content[at : at + length] * rng.choice((1, 2, 50))
        elif kind == 4:
            other = rng.choice(files)
            start = rng.randrange(len(other))
            content[at:at] = other[start : start + length]
        else:
            content[at : at + length] = rng.choice(
                (b"0", b"-1", b"99999999999", b"<", b">", b"/", b"\xff\xff", b"[", b"<<", b"&#0;", b"\0")
            )
    return bytes(content if rng.random() > 0.05 else content[: rng.randrange(len(content) + 1)])


def mutants(count: int, first: int = 0) -> Iterator[bytes]:
    return (mutated(seed) for seed in range(first, first + count))

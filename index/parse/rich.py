"""The formats that are read in a process of their own, each by its parser."""

from __future__ import annotations

from typing import Literal, TypeAlias

from index.types import Article

RichFormat: TypeAlias = Literal["html", "pdf", "docx", "feed"]


def parse_rich(kind: RichFormat, content: bytes, name: str) -> tuple[Article, ...]:
    """Parse a document right here; for callers that contain themselves."""
    if kind == "html":
        from index.parse.html import parse_html

        return (parse_html(content, name),)
    if kind == "pdf":
        from index.parse.pdf import parse_pdf

        return (parse_pdf(content, name),)
    if kind == "docx":
        from index.parse.docx import parse_docx

        return (parse_docx(content, name),)
    from index.parse.feed import parse_feed

    return parse_feed(content, name)


def warm_up() -> None:
    """Load every parser and what it loads late, so that forks find it in memory."""
    import charset_normalizer
    import feedparser
    import pypdf
    import trafilatura
    from defusedxml import ElementTree

    from index.parse import docx, feed, html, pdf

    page = "<html><body><div><p>Warm.</p><p>Up.</p></div></body></html>"
    html.parse_html(page.encode(), "warm-up")
    assert all((charset_normalizer, feedparser, pypdf, trafilatura, ElementTree, docx, feed, pdf))

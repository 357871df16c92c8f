"""Between domain values and rows of the catalog."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import astuple

from index.types import (
    Article,
    ArticleSummary,
    Passage,
    Section,
    Span,
    StoredArticle,
    StoredPassage,
)

Statement = tuple[str, tuple[object, ...]]


def article_row(
    number: int, version: int, article: Article, content_sha256: bytes, added_at: str, seq: int
) -> Statement:
    """Give the statement that stores a version."""
    values = (
        number,
        version,
        article.title,
        article.text,
        article.source,
        article.url,
        article.language,
        article.published_at,
        article.updated_at,
        article.kind,
        json.dumps([astuple(section) for section in article.sections], ensure_ascii=False),
        json.dumps(dict(article.metadata), ensure_ascii=False, sort_keys=True),
        content_sha256,
        added_at,
        seq,
    )
    return f"INSERT INTO versions VALUES ({','.join('?' * len(values))})", values


def passage_row(number: int, version: int, passage: Passage, content_sha256: bytes, seq: int) -> Statement:
    """Give the statement that stores a passage; sentences are kept relative to the article's text."""
    return (
        "INSERT INTO passages (article, version, ordinal, section, char_start, char_end, sentences,"
        " content_sha256, added_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            version,
            passage.ordinal,
            passage.section,
            passage.char_start,
            passage.char_end,
            json.dumps([astuple(span) for span in passage.sentences]),
            content_sha256,
            seq,
        ),
    )


def stored_article(row: sqlite3.Row) -> StoredArticle:
    """Read a version joined with its article (`id`, `latest`)."""
    return StoredArticle(
        article_id=row["id"],
        version=row["version"],
        latest_version=row["latest"],
        title=row["title"],
        text=row["text"],
        source=row["source"],
        url=row["url"],
        language=row["language"],
        published_at=row["published_at"],
        updated_at=row["updated_at"],
        sections=sections(row),
        kind=row["kind"],
        metadata=json.loads(row["metadata"]),
        added_at=row["added_at"],
        seq=row["seq"],
    )


def summary(row: sqlite3.Row) -> ArticleSummary:
    """Read one line of the list of articles."""
    return ArticleSummary(
        article_id=row["id"],
        version=row["version"],
        title=row["title"],
        source=row["source"],
        url=row["url"],
        language=row["language"],
        published_at=row["published_at"],
        kind=row["kind"],
        characters=row["characters"],
        passages=row["passages"],
        added_at=row["added_at"],
        seq=row["seq"],
    )


def stored_passage(row: sqlite3.Row) -> StoredPassage:
    """Read a passage joined with its version and article."""
    found = sections(row)
    section = found[row["section"]] if found else Section("", 0, 0)
    return StoredPassage(
        key=row["key"],
        passage_id=f"{row['id']}.{row['version']}.{row['ordinal']}",
        article_id=row["id"],
        version=row["version"],
        title=row["title"],
        source=row["source"],
        url=row["url"],
        language=row["language"],
        published_at=row["published_at"],
        heading=section.heading,
        section_kind=section.kind,
        article_kind=row["kind"],
        ordinal=row["ordinal"],
        char_start=row["char_start"],
        char_end=row["char_end"],
        text=row["text"],
        sentences=tuple(Span(*pair) for pair in json.loads(row["sentences"])),
    )


def sections(row: sqlite3.Row) -> tuple[Section, ...]:
    """Read the sections of a version."""
    return tuple(Section(*values) for values in json.loads(row["sections"]))

"""From an article to what is written of it: passages, what the encoder sees of each, and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from index.catalog import PreparedArticle
from index.chunk import chunk, context
from index.types import Article, Passage, StoredPassage


def prepared(article: Article) -> PreparedArticle:
    """Cut a checked article into passages."""
    passages = chunk(article)
    texts = encoder_texts(article, passages)
    return PreparedArticle(article, passages, tuple(content_hash(text) for text in texts))


def encoder_texts(article: Article, passages: tuple[Passage, ...]) -> list[str]:
    """Give what the encoder sees of each passage: title and heading, then its text."""
    return [
        _encoder_text(
            article.title,
            article.sections[passage.section].heading if article.sections else "",
            article.text[passage.char_start : passage.char_end],
        )
        for passage in passages
    ]


def texts_by_hash(batch: Iterable[PreparedArticle]) -> dict[bytes, str]:
    """Give what the encoder sees of the passages of articles, each text once."""
    return {
        key: text
        for item in batch
        for key, text in zip(item.content_hashes, encoder_texts(item.article, item.passages), strict=True)
    }


def stored_encoder_text(passage: StoredPassage) -> str:
    """Give what the encoder saw of a stored passage."""
    return _encoder_text(passage.title, passage.heading, passage.text)


def content_hash(text: str) -> bytes:
    """Give the hash under which the vector of what the encoder sees is kept."""
    return hashlib.sha256(text.encode()).digest()


def _encoder_text(title: str, heading: str, text: str) -> str:
    return f"{context(title, heading)}\n{text}"

"""Which article a document is, and whether it says anything new."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict

from index.address import canonical_url
from index.errors import InvalidInputError
from index.types import Article

_ID = re.compile(r"[A-Za-z0-9._~:@=+-]{1,128}")


def article_id(article: Article) -> str:
    """Identity of an article: the id it was given, else its canonical URL, else source and title."""
    if article.article_id:
        return checked_id(article.article_id)
    if article.url:
        name = "url\n" + canonical_url(article.url)
    else:
        parts = (
            unicodedata.normalize("NFKC", part).casefold().split() for part in (article.source, article.title)
        )
        name = "title\n" + "\n".join(" ".join(words) for words in parts)
    return "art_" + hashlib.sha256(name.encode()).hexdigest()[:24]


def checked_id(given: str) -> str:
    """Give back an id that can stand in a URL path and a command line.

    Raises `InvalidInputError` for any other.
    """
    if not _ID.fullmatch(given) or set(given) == {"."}:
        raise InvalidInputError(
            "id",
            "is not 1 to 128 of the characters A-Z a-z 0-9 . _ ~ : @ = + -.",
            "Shorten or replace it, or leave it out: then it follows from the URL, or source and title.",
        )
    return given


def content_sha256(article: Article) -> bytes:
    """Hash of all that an article says; equal hashes mean that nothing changed.

    The address counts in its one form: a page that is found under another of its addresses is unchanged.
    """
    content = asdict(article)
    content["url"] = canonical_url(article.url) if article.url else ""
    del content["article_id"], content["missing"]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).digest()

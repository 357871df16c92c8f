"""Which article a document is, and whether it says anything new."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from index.errors import InvalidInputError
from index.types import Article

_ID = re.compile(r"[A-Za-z0-9._~:@=+-]{1,128}")
_TRACKING = re.compile(r"(utm_\w+|gclid|fbclid|mc_[ce]id|igshid|spm|from_source)")


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


def canonical_url(url: str) -> str:
    """One form for the addresses of one page: host in lower case, no fragment, no tracking parameters.

    Raises `InvalidInputError` where it is no http(s) address.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        port = parts.port
    except ValueError as error:
        raise _bad_url(str(error)) from error
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise _bad_url("is no http or https address")
    if port and port != {"http": 80, "https": 443}[parts.scheme.lower()]:
        host = f"{host}:{port}"
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(k)]
    # http and https serve the same page; one name for both keeps an article from being stored twice.
    return urlunsplit(("https", host, parts.path.rstrip("/") or "/", urlencode(query), ""))


def _bad_url(problem: str) -> InvalidInputError:
    return InvalidInputError("url", f"{problem}.", "Give the page's full address, or leave the field out.")


def content_sha256(article: Article) -> bytes:
    """Hash of all that an article says; equal hashes mean that nothing changed."""
    content = asdict(article)
    del content["article_id"], content["missing"]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).digest()

"""Articles of addresses: a page is one, a feed is what its entries link to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from index.address import canonical_url
from index.errors import InvalidInputError, RefusedDocumentError
from index.parse import parse_all
from index.types import Article
from service.fetch import Fetched, Fetcher

Parse = Callable[[bytes, str], tuple[Article, ...]]


def is_url(name: str) -> bool:
    """Whether a name given on the command line is an address and no path."""
    return name.lower().startswith(("http://", "https://"))


@dataclass(frozen=True)
class Reader:
    """Reads what addresses hold; for tests another `parse` can be given."""

    fetcher: Fetcher
    parse: Parse = parse_all

    def read(self, url: str) -> Iterator[Article]:
        """Fetch an address and give its articles. Raises `RefusedDocumentError`."""
        yield from self.articles_in(self.fetcher.fetch(url), url)

    def articles_in(self, fetched: Fetched, label: str) -> Iterator[Article]:
        """Give the articles of what was fetched. Raises `RefusedDocumentError`.

        An entry of a feed that holds no more than a summary is followed to its page; where the page
        cannot be had, the summary is given as the teaser that it is.
        """
        for article in self.parse(fetched.content, label):
            if article.kind == "teaser" and article.url and not _is_same_page(article.url, fetched.url):
                yield self._whole(article)
            elif article.kind == "teaser" or _is_same_site(article.url, fetched.url):
                yield article
            else:
                # A page cannot take the place of another site's article by naming its address.
                yield replace(article, url=fetched.url)

    def _whole(self, teaser: Article) -> Article:
        try:
            fetched = self.fetcher.fetch(teaser.url)
            page = self.parse(fetched.content, teaser.url)[0]
        except RefusedDocumentError:
            return teaser
        return replace(
            page,
            url=page.url if _is_same_site(page.url, fetched.url) else fetched.url,
            source=page.source or teaser.source,
            published_at=page.published_at or teaser.published_at,
            updated_at=page.updated_at or teaser.updated_at,
        )


def _is_same_site(named: str, fetched: str) -> bool:
    """Whether a page may name an address as its own: one of its host, or of a host above or below it."""
    try:
        own = urlsplit(canonical_url(fetched)).netloc
        other = urlsplit(canonical_url(named)).netloc
    except InvalidInputError:
        return False
    return own == other or own.endswith(f".{other}") or other.endswith(f".{own}")


def _is_same_page(named: str, fetched: str) -> bool:
    try:
        return canonical_url(named) == canonical_url(fetched)
    except InvalidInputError:
        return False

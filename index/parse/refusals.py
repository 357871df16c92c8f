"""Why a document is refused, in one wording for all formats."""

from __future__ import annotations

from index.errors import RefusedDocumentError


def damaged(name: str, problem: str) -> RefusedDocumentError:
    """Refuse a file whose parts do not fit together."""
    return RefusedDocumentError(
        name, "damaged", problem, "Open it in the program that it comes from, save it anew, and give that."
    )


def timed_out(name: str, problem: str) -> RefusedDocumentError:
    """Refuse a file that takes longer to read than any honest one."""
    return RefusedDocumentError(name, "timeout", problem, "Save it in a simpler form, such as plain text.")


def too_large(name: str, problem: str) -> RefusedDocumentError:
    """Refuse a file that is, or unfolds to be, too large."""
    return RefusedDocumentError(name, "too-large", problem, "Split it into one document for each article.")


def encrypted(name: str) -> RefusedDocumentError:
    """Refuse a file that asks for a password."""
    return RefusedDocumentError(
        name, "encrypted", "It is protected.", "Save a copy without password and restrictions, and give that."
    )


def too_many_pages(name: str, pages: int, most: int) -> RefusedDocumentError:
    """Refuse a file that is a book."""
    return RefusedDocumentError(
        name,
        "too-many-pages",
        f"It has {pages} pages, the limit is {most}.",
        "Split it into single articles.",
    )


def unsupported(name: str, problem: str) -> RefusedDocumentError:
    """Refuse a file of a type that nothing here reads."""
    return RefusedDocumentError(
        name,
        "unsupported-type",
        problem,
        "Give a web page, a PDF, a DOCX, a feed, JSON Lines, or Markdown or plain text in UTF-8.",
    )

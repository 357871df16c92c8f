"""A web page: the article's body by its marks, and what the page says of it."""

from __future__ import annotations

from collections.abc import Sequence

from index.parse.assemble import cleaned
from index.parse.budget import MAX_ELEMENTS
from index.parse.furniture import without_furniture
from index.parse.html_body import find_body
from index.parse.html_metadata import PageMetadata, judged_language, read_metadata
from index.parse.html_qa import take_out_questions
from index.parse.html_tree import build, decode, remove_hidden
from index.parse.hygiene import clean, merged
from index.parse.json_ld import questions_of, read_nodes
from index.parse.layout import compose, first_sentence, language_of, no_text, not_found
from index.parse.pieces import divide, without_pairs, without_title
from index.parse.refusals import too_large
from index.parse.stamps import without_stamps
from index.types import Article, QAPair, Section


def parse_html(content: bytes, name: str) -> Article:
    """Read a page; its questions become pairs wherever they stand, and never text."""
    text, guessed, undecodable = decode(content)
    tree = build(text)
    if tree is None:
        raise no_text(name)
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        raise too_large(name, f"It has more than {MAX_ELEMENTS} elements.")
    nodes = read_nodes(tree)
    said = read_metadata(tree, nodes)
    hidden = remove_hidden(tree)
    pairs = take_out_questions(tree)
    pieces, removed = cleaned(find_body(tree))
    title = clean(said.title)[0].strip()
    pieces = without_furniture(without_title(pieces, title))
    pieces = without_stamps(pieces, (said.author, said.source))
    stated = tuple(pair for pair in questions_of(nodes) if not _is_in(pair, pairs))
    parts, found = divide(without_pairs(pieces, [*pairs, *stated]))
    body, sections = compose(parts)
    if not sections:
        raise no_text(name)
    notes: dict[str, object] = {"author": clean(said.author)[0], "encoding_guessed": guessed}
    notes |= {"removed": merged(hidden, removed, {"undecodable": undecodable} if undecodable else {})}
    return _article(said, title, body, sections, (*pairs, *stated, *found), notes)


def _is_in(pair: QAPair, pairs: Sequence[QAPair]) -> bool:
    """Whether a question was found already, on the page itself."""
    return any("".join(pair.question.split()) == "".join(other.question.split()) for other in pairs)


def _article(
    said: PageMetadata,
    title: str,
    body: str,
    sections: tuple[Section, ...],
    pairs: tuple[QAPair, ...],
    notes: dict[str, object],
) -> Article:
    language = judged_language(said.language, language_of(f"{title}\n{body}"))
    source = clean(said.source)[0]
    return Article(
        title=" ".join((title or first_sentence(body[sections[0].char_start :])).split()),
        text=body,
        source=source,
        url=said.url,
        language=language,
        published_at=said.published_at,
        updated_at=said.updated_at,
        sections=sections,
        qa_pairs=pairs,
        metadata={key: value for key, value in notes.items() if value},
        missing=not_found(
            {
                "title": title,
                "source": source,
                "author": said.author,
                "published_at": said.published_at,
                "url": said.url,
                "language": language,
            }
        ),
    )

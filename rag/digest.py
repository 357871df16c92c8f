"""What a question for the news of a time is answered with: how the articles of that time begin."""

from __future__ import annotations

from collections.abc import Sequence

from index.snapshot import Snapshot
from index.types import Filters, StoredPassage
from rag.evidence import sentence_texts
from rag.generate.coverage import states
from rag.types import Evidence, ScoredPassage

MOST = 5
"""Articles of which a digest tells."""


def leads(passages: Sequence[ScoredPassage], snapshot: Snapshot, language: str) -> list[Evidence]:
    """Give the first sentence that says something of each article found, the newest article first; articles
    in another language count only where none is in this.

    News tell first what happened, and nothing else can be asked of a question that names no subject.
    """
    found = [scored.hit.passage for scored in passages]
    spoken = [passage for passage in found if passage.language == language] or found
    dates = {passage.article_id: passage.published_at for passage in spoken}
    newest = tuple(sorted(dates, key=lambda article: dates[article], reverse=True)[:MOST])
    keys = snapshot.keys_matching(Filters(article_ids=newest)) if newest else None
    first: dict[str, StoredPassage] = {}
    for passage in snapshot.passages(keys.tolist()).values() if keys is not None else ():
        known = first.get(passage.article_id)
        if passage.section_kind == "body" and (known is None or passage.ordinal < known.ordinal):
            first[passage.article_id] = passage
    told = (_lead(first[article]) for article in newest if article in first)
    return [item for item in told if item is not None]


def _lead(passage: StoredPassage) -> Evidence | None:
    for span, text in zip(passage.sentences, sentence_texts(passage), strict=True):
        if states(text, frozenset()):
            return Evidence(passage, span.char_start, span.char_end, text, score=1.0)
    return None

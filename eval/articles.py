"""Which articles of a large corpus are searched where a machine has no hours to embed them all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from eval.types import Case

_NEEDED = ("source_id", "wrong_ids")
"""Fields beside the gold that name what a question is about: the article it was written against, and the
articles with planted falsehoods that it is to be answered in spite of."""

_ALIKE = ("negative_ids", "retrieved_ids")
"""Fields that name articles which look like an answer and are none."""


def chosen_articles(cases: Iterable[Case], corpus: Sequence[str], *, limit: int, seed: int) -> frozenset[str]:
    """Choose up to `limit` articles of a corpus, given by their ids.

    First what the questions need, all of it whatever the limit, then what they name as looking alike, then
    others. Among equals an article's place follows from seed and id: a larger choice holds a smaller one.
    """
    asked = list(cases)
    needed = {article_id for case in asked for article_id in _needed(case)}
    alike = {article_id for case in asked for article_id in _named(case, _ALIKE)}

    def place(article_id: str) -> tuple[bool, bool, bytes]:
        drawn = hashlib.sha256(f"{seed}\n{article_id}".encode()).digest()
        return article_id not in needed, article_id not in alike, drawn

    order = sorted(set(corpus), key=place)
    return frozenset(order[: max(limit, len(needed & set(corpus)))])


def _needed(case: Case) -> Iterator[str]:
    yield from case.relevant_ids
    yield from (gold.article_id for gold in case.evidence)
    yield from _named(case, _NEEDED)


def _named(case: Case, fields: Sequence[str]) -> Iterator[str]:
    """Give the ids in fields of the case's row, each a string or a list of strings."""
    for field in fields:
        value = case.metadata.get(field)
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, str):
                yield one

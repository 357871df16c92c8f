"""The gate that a library passes before it is searched in another space."""

from __future__ import annotations

from collections.abc import Sequence

from index.errors import GroundwireError
from index.snapshot import Snapshot
from index.types import StoredQAPair
from rag.retrieve import retrieve
from rag.types import Question
from rag.understand import understand

MOST_QUESTIONS = 300
HITS = 10
MAY_LOSE = 0.02
"""Share of the questions that may be found worse: about one standard error at 300 questions."""


class GateError(GroundwireError):
    """A re-embedded library finds less than the one in use."""


def retrieval_gate(before: Snapshot, after: Snapshot) -> None:
    """Ask the questions that came with the articles in both spaces; raises `GateError` where fewer are found.

    A question is found where its article is among the first ten hits. Without questions only the counts
    are compared.
    """
    if before.passage_count != after.passage_count:
        raise GateError(
            f"The other space holds {after.passage_count} passages, this one {before.passage_count}. "
            "The library stays as it is; try again."
        )
    pairs = before.catalog.qa_pairs()
    pairs = pairs[:: max(1, len(pairs) // MOST_QUESTIONS)][:MOST_QUESTIONS]
    if not pairs:
        return
    now, then = _found(pairs, before), _found(pairs, after)
    if then < now - MAY_LOSE:
        raise GateError(
            f"In the other space {then:.1%} of {len(pairs)} questions find their article, in this one "
            f"{now:.1%}. The library stays as it is; choose another model."
        )


def _found(pairs: Sequence[StoredQAPair], snapshot: Snapshot) -> float:
    found = 0
    for pair in pairs:
        hits = retrieve(understand(Question(pair.question)), snapshot, top_k=HITS).hits
        found += pair.article_id in {hit.passage.article_id for hit in hits}
    return found / len(pairs)

"""How near an answer is to the reference in meaning.

Cosine of the sentence embeddings of answer and reference answer (Reimers and Gurevych 2019, arXiv
1908.10084), the best of several references, 0 where it is negative. The encoder is the library's own and
its name stands in the report; languages that it was not trained on have no score. It tells a paraphrase
from a change of subject, and does not see a wrong number.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.embed import Embedder


def similarity(answer: str, golds: Sequence[str], embedder: Embedder) -> float:
    """Give the largest cosine to a gold answer, from 0 to 1."""
    rows = embedder.embed_passages([answer, *golds])
    return max(0.0, min(1.0, float((rows[1:] @ rows[0]).max())))

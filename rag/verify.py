"""Check drafts, whoever wrote them, against the sentences that they cite."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from index.language import detect
from index.tokens import lexical_tokens, query_weights, stem
from rag.checks import missing_dates, missing_figures, missing_names, negation_differs, roles_swapped
from rag.dates import date_mentions
from rag.instructions import is_instruction
from rag.names import names_in
from rag.quantities import quantities
from rag.types import DraftStatement, Evidence, Support

Similarity = Callable[[str, str], float]
"""How near two texts are in meaning, at most 1."""

UNSUPPORTED = Support("unsupported", 0.0)

_COVERED = 0.5
"""Share of a statement's words, weighed, that its evidence must hold where nothing else speaks for it."""

_COVERED_IF_SIMILAR = 0.25
_SIMILAR = 0.6
_RELEVANT = 0.15
"""Share of words that one of several cited sentences must have in common with the statement."""


_ANCHORS = 2
"""Figures, dates and names, all of them found, that a statement in another language than its evidence
needs.
"""


def _no_similarity(one: str, other: str) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Verifier:
    """Judges drafts. `aliases` are other names of what is named; `similar` compares meanings."""

    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    similar: Similarity = _no_similarity

    def check(self, draft: DraftStatement, evidence: Sequence[Evidence]) -> tuple[DraftStatement, Support]:
        """Give a draft with the marks that bear on it, and whether they carry what it says.

        Marks must exist. A literal quotation is supported. Any other statement needs each of its figures,
        dates and names in what it cites, nothing negated or swapped,
        and most of its words or its meaning there.
        """
        if not draft.marks or not all(1 <= mark <= len(evidence) for mark in draft.marks):
            return draft, UNSUPPORTED
        if not draft.text.strip() or is_instruction(draft.text):
            return draft, UNSUPPORTED
        marks = tuple(dict.fromkeys(draft.marks))
        relevant = tuple(mark for mark in marks if _bears_on(draft.text, evidence[mark - 1])) or marks[:1]
        cited = [evidence[mark - 1] for mark in relevant]
        return DraftStatement(draft.text, relevant), self._support(draft.text, cited)

    def _support(self, text: str, cited: Sequence[Evidence]) -> Support:
        together = "\n".join(item.text for item in cited)
        context = "\n".join(_context(item) for item in cited)
        quoted = is_quotation(text, cited)
        if missing_names(text, together, context, self.aliases):
            return UNSUPPORTED
        if quoted:
            return Support("supported", 1.0)
        published = [item.passage.published_at for item in cited]
        if missing_figures(text, together) or missing_dates(text, together, published):
            return UNSUPPORTED
        closest = max((item.text for item in cited), key=lambda sentence: word_share(text, sentence))
        if detect(text) != detect(together):
            return _across_languages(text)
        if negation_differs(text, closest) or roles_swapped(text, closest):
            return UNSUPPORTED
        share = word_share(text, together)
        if share >= _COVERED:
            return Support("supported", round(share, 4))
        nearness = (
            max(self.similar(text, item.text) for item in cited) if share >= _COVERED_IF_SIMILAR else 0.0
        )
        label = nearness >= _SIMILAR
        return Support(
            "supported" if label else "unsupported", round(max(share, nearness if label else 0.0), 4)
        )


def is_quotation(text: str, cited: Sequence[Evidence]) -> bool:
    """Whether a text is made of whole clauses of what it cites: brackets, a dropped `But` and
    capitals apart.
    """
    plain = _folded(re.sub(r"\s?\[[^\]]*\]", "", text))
    sources = [_folded(item.text) for item in cited]
    if any(plain in source and _whole_clause(plain, source) for source in sources):
        return True
    pieces = [piece for piece in re.split(r"[:：;；]", plain) if piece.strip()]
    return len(pieces) > 1 and all(
        any(piece.strip(" .。") in source for source in sources) for piece in pieces
    )


def word_share(text: str, source: str) -> float:
    """Give the share of a text's words, those that carry meaning counting most, that a source holds.

    Numbers are left out: they are compared by value elsewhere.
    """
    known = {stem(token) for token in lexical_tokens(source)}
    weights = {token: weight for token, weight in query_weights(text).items() if not token[0].isdecimal()}
    total = sum(weights.values())
    return sum(weight for token, weight in weights.items() if stem(token) in known) / total if total else 1.0


def _context(item: Evidence) -> str:
    """Where a name can stand that a sentence only refers to: title, heading, source, the two
    sentences before.
    """
    passage = item.passage
    before = [span for span in passage.sentences if span.char_start < item.char_start][-2:]
    offset = passage.char_start
    texts = [passage.text[span.char_start - offset : span.char_end - offset] for span in before]
    return "\n".join([passage.title, passage.heading, passage.source, *texts])


def _bears_on(text: str, item: Evidence) -> bool:
    named = re.findall(r"\[([^\]]+)\]", text)
    return word_share(text, item.text) >= _RELEVANT or any(name in item.text for name in named)


def _whole_clause(plain: str, source: str) -> bool:
    """Whether a quotation leaves out nothing that could turn it round: it is all of the source but an
    opening.
    """
    at = source.find(plain)
    before = source[:at].strip()
    return len(plain) >= 0.6 * len(source) and not re.search(
        r"\b(?:not|no|never|den\w+|false|if)\b|n['’]t\b|[不没未非否]|如果", before
    )


def _across_languages(text: str) -> Support:
    # Words cannot be compared: what can be (figures, dates, names) was, and there must be some of it.
    anchors = len(names_in(text)) + len(quantities(text)) + len(date_mentions(text))
    return Support("supported", 0.5) if anchors >= _ANCHORS else UNSUPPORTED


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold().rstrip(".。")

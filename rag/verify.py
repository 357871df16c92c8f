"""Check drafts, whoever wrote them, against the sentences that they cite."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.language import detect
from rag.checks import missing_dates, missing_figures, missing_names, negation_differs, roles_swapped
from rag.datelines import printed
from rag.dates import date_mentions
from rag.instructions import is_instruction
from rag.names import names_in
from rag.opposites import opposite_said
from rag.overlap import word_share
from rag.polarity import polarity_differs
from rag.quantities import quantities
from rag.roles import places_exchanged, sides_exchanged
from rag.support import SimilaritySupport, SupportScorer
from rag.types import DraftStatement, Evidence, Support

UNSUPPORTED = Support("unsupported", 0.0)

_RELEVANT = 0.15
"""Share of words that one of several cited sentences must have in common with the statement."""


_ANCHORS = 2
"""Figures, dates and names, all of them found, that a statement in another language than its evidence
needs.
"""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Judges drafts. `aliases` are other names of what is named; `support` judges what no rule decides."""

    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    support: SupportScorer = field(default_factory=SimilaritySupport)

    def check(self, draft: DraftStatement, evidence: Sequence[Evidence]) -> tuple[DraftStatement, Support]:
        """Give a draft with the marks that bear on it, and whether they carry what it says.

        Marks must exist. A literal quotation is supported. Any other statement needs each of its figures,
        dates and names in what it cites, nothing negated or swapped, and what the support check asks for.
        """
        if not draft.marks or not all(1 <= mark <= len(evidence) for mark in draft.marks):
            return draft, UNSUPPORTED
        if not draft.text.strip() or is_instruction(draft.text):
            return draft, UNSUPPORTED
        marks = tuple(dict.fromkeys(draft.marks))
        relevant = tuple(mark for mark in marks if _bears_on(draft.text, evidence[mark - 1])) or marks[:1]
        cited = [evidence[mark - 1] for mark in relevant]
        return DraftStatement(draft.text, relevant), self._judged(draft.text, cited)

    def _judged(self, text: str, cited: Sequence[Evidence]) -> Support:
        decided = self.by_rules(text, cited)
        if decided is not None:
            return decided
        score = self.support.score(text, cited)
        return Support("supported" if score >= self.support.threshold else "unsupported", round(score, 4))

    def by_rules(self, text: str, cited: Sequence[Evidence]) -> Support | None:
        """Judge a statement by what it repeats and by its figures, dates, names, negations and roles.

        None where these speak neither for it nor against it.
        """
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
        if negation_differs(text, closest) or roles_swapped(text, closest) or turned_round(text, together):
            return UNSUPPORTED
        return None


def turned_round(text: str, evidence: str) -> bool:
    """Whether a paraphrase says the contrary of its evidence, or lets two things change places."""
    return (
        polarity_differs(text, evidence)
        or opposite_said(text, evidence)
        or places_exchanged(text, evidence)
        or sides_exchanged(text, evidence)
    )


def is_quotation(text: str, cited: Sequence[Evidence]) -> bool:
    """Whether a text is made of whole clauses of what it cites: brackets, a dropped `But`,
    datelines and capitals apart.
    """
    plain = _folded(re.sub(r"\s?\[[^\]]*\]", "", text))
    sources = [_folded(said) for item in cited for said in (item.text, printed(item.text)) if said]
    if any(plain in source and _whole_clause(plain, source) for source in sources):
        return True
    pieces = [piece for piece in re.split(r"[:：;；]", plain) if piece.strip()]
    return len(pieces) > 1 and all(
        any(piece.strip(" .。") in source for source in sources) for piece in pieces
    )


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
    return re.sub(r"\s+", " ", text).strip(' "“”「」').casefold().rstrip(".。")

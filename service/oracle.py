"""Oracle runs: a stage of the pipeline replaced by gold, so that what the stage loses is a number.

With gold passages the scorer reads the passages that hold the gold evidence, whatever was retrieved;
with gold evidence these passages' gold sentences alone are evidence, with certainty; with gold parts the
question's parts are those that the case lists, whatever would have been read out of it. All other stages
work as they always do. The difference of such a run to a plain one is what the replaced stages lose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from eval.diagnosis import helps
from eval.types import Case
from index.errors import InvalidInputError
from index.types import Filters, Hit, StoredPassage
from rag.evidence import EvidenceScorer, answerable
from rag.types import Answer, Evidence, Question, ScoredPassage
from service.engine import Engine
from service.system import EngineSystem, Oracle


class GivenPassages:
    """An evidence scorer that reads given passages in the place of those that were retrieved.

    With `None` it reads what was retrieved; with no passages there is nothing to read.
    """

    def __init__(self, inner: EvidenceScorer, passages: Sequence[Hit] | None) -> None:
        self._inner = inner
        self._passages = passages
        self.name = inner.name
        self.threshold = inner.threshold

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        """Score the given passages, in the place of the hits."""
        return self._inner.score(question, hits if self._passages is None else self._passages)

    def judge(self, question: str, passages: Sequence[ScoredPassage], space: str) -> tuple[float, bool]:
        """Judge as the scorer itself does."""
        return answerable(self._inner, question, passages, space)


class GoldEvidence:
    """An evidence scorer that is certain of the sentences that help, and of these alone."""

    def __init__(self, inner: EvidenceScorer, case: Case) -> None:
        self._inner = inner
        self._case = case
        self.name = f"gold evidence, {inner.name}"
        self.threshold = inner.threshold

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        """Score as the gold of the case does; the same order as the hits."""
        return tuple(self._marked(passage) for passage in self._inner.score(question, hits))

    def _marked(self, passage: ScoredPassage) -> ScoredPassage:
        sentences = tuple(
            replace(sentence, score=float(not self._case.unanswerable and helps(self._case, sentence)))
            for sentence in passage.sentences
        )
        return replace(
            passage, score=max((item.score for item in sentences), default=0.0), sentences=sentences
        )


class OracleSystem(EngineSystem):
    """The pipeline with one stage replaced by the gold of the cases; rankings stay as they are.

    Raises `InvalidInputError` for gold parts where no case has any.
    """

    def __init__(self, engine: Engine, cases: Iterable[Case], oracle: Oracle) -> None:
        super().__init__(engine)
        self._oracle = oracle
        self._cases = {(case.question, case.as_of): case for case in cases}
        if oracle == "parts" and not any(case.parts for case in self._cases.values()):
            raise InvalidInputError(
                "oracle",
                "asks for gold parts, and no question of the set lists its parts.",
                "Give questions of several things the field `parts`, a list of single questions.",
            )

    def answer(self, question: Question) -> Answer:
        """Answer a question of the set from its gold."""
        case = self._cases[question.text, question.as_of]
        if self._oracle == "parts":
            return self._engine.answer(replace(question, parts=case.parts))
        scorer: EvidenceScorer = self._engine.scorer
        if self._oracle == "evidence":
            scorer = GoldEvidence(scorer, case)
        scorer = GivenPassages(scorer, self._gold(case) or None)
        return replace(self._engine, scorer=scorer).answer(question)

    def has_gold(self, case: Case) -> bool:
        """Tell whether there is gold to answer a case from; without any it is answered as always."""
        return bool(case.parts if self._oracle == "parts" else self._gold(case))

    def _gold(self, case: Case) -> tuple[Hit, ...]:
        """Give the passages with a sentence that helps, as hits in the order of their articles."""
        if not case.relevant_ids:
            return ()
        snapshot = self._engine.library.snapshot()
        keys = snapshot.keys_matching(Filters(article_ids=case.relevant_ids))
        found = snapshot.passages([int(key) for key in keys]) if keys is not None else {}
        gold = [
            found[key] for key in sorted(found) if any(helps(case, item) for item in _sentences(found[key]))
        ]
        return tuple(Hit(passage, rank, None, None, 0.0) for rank, passage in enumerate(gold, start=1))


def _sentences(passage: StoredPassage) -> Iterator[Evidence]:
    for span in passage.sentences:
        text = passage.text[span.char_start - passage.char_start : span.char_end - passage.char_start]
        yield Evidence(passage, span.char_start, span.char_end, text, 1.0)

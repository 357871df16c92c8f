"""Answers to be read in full: beside references and gold evidence, with what a reader found of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from eval.metrics.evidence import is_covered
from eval.runner import sampled
from eval.types import Case, CaseResult, CitedSpan, GoldEvidence, RunResult
from eval.verdicts import GRADED, GRADES, Verdict, answer_sha256, by_question, verdict_on


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """What a mark of an answer stands for; `is_gold` is `None` where the set marks no evidence."""

    n: int
    quote: str
    is_gold: bool | None


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """A sentence that an annotator marked, and whether the answer cites at least half of it."""

    quote: str
    is_cited: bool


@dataclass(frozen=True, slots=True)
class FullAnswer:
    """One question with all that a reader needs to judge its answer; `verdict` may be of an earlier one."""

    set_name: str
    case_id: str
    type: str
    question: str
    references: tuple[str, ...]
    unanswerable: bool
    answer: str
    cited: tuple[CitedSentence, ...]
    gold: tuple[GoldSentence, ...]
    verdict: Verdict | None = None

    @property
    def sha256(self) -> str:
        """Hash that a verdict on this answer carries."""
        return answer_sha256(self.answer)

    @property
    def is_judged(self) -> bool:
        """Tell whether the verdict is one on this very answer."""
        return self.verdict is not None and self.verdict.answer_sha256 == self.sha256


def as_given(result: CaseResult) -> str:
    """Give the answer as a reader sees it; for a refusal or a failure that and its reason."""
    if result.error:
        return f"failed: {result.error}"
    return result.answer or f"refused: {(result.reason or 'no reason').replace('_', ' ')}"


def in_full(
    run: RunResult, cases: Iterable[Case], number: int, verdicts: Sequence[Verdict] = ()
) -> tuple[FullAnswer, ...]:
    """Give `number` answers of a run in the order of its set.

    Questions that have verdicts are all among them; the others are drawn by the seed of the run.
    """
    judged = by_question(verdicts)
    results = {(result.set_name, result.case_id): result for result in run.results}
    asked = [case for case in cases if (case.set_name, case.case_id) in results]
    others = [case for case in asked if (case.set_name, case.case_id) not in judged]
    room = number - (len(asked) - len(others))
    drawn = sampled(others, sample=room, seed=run.seed) if room > 0 else ()
    shown = {(case.set_name, case.case_id) for case in drawn} | judged.keys()
    answers = tuple(
        _full(case, results[case.set_name, case.case_id])
        for case in asked
        if (case.set_name, case.case_id) in shown
    )
    return judged_by(answers, verdicts)


def judged_by(answers: Iterable[FullAnswer], verdicts: Iterable[Verdict]) -> tuple[FullAnswer, ...]:
    """Put to each answer its verdict; answers without one keep what they have."""
    found = by_question(verdicts)
    return tuple(
        replace(answer, verdict=verdict_on(answer.sha256, found[answer.set_name, answer.case_id]))
        if (answer.set_name, answer.case_id) in found
        else answer
        for answer in answers
    )


def unplaced(answers: Iterable[FullAnswer], verdicts: Iterable[Verdict]) -> int:
    """Count the verdicts on questions that are not among the answers: of another set, or misspelt."""
    shown = {(answer.set_name, answer.case_id) for answer in answers}
    return sum((verdict.set_name, verdict.case_id) not in shown for verdict in verdicts)


def grades_line(answers: Sequence[FullAnswer]) -> str:
    """Count the grades in a line; verdicts on earlier answers are named and not counted."""
    judged = [answer.verdict for answer in answers if answer.verdict and answer.is_judged]
    earlier = sum(answer.verdict is not None and not answer.is_judged for answer in answers)
    parts = [f"{len(judged)} of {len(answers)} answers judged"]
    for name in GRADED:
        counts = Counter(getattr(verdict, name) for verdict in judged)
        if any(counts[grade] for grade in GRADES):
            parts.append(f"{name} {', '.join(f'{counts[grade]} {grade}' for grade in GRADES)}")
    if earlier:
        parts.append(f"{earlier} verdict{'s' * (earlier > 1)} of an earlier answer not counted")
    return "; ".join(parts)


def verdict_line(answer: FullAnswer) -> str:
    """Say what the reader found, or that nobody read the answer yet."""
    verdict = answer.verdict
    if verdict is None:
        return "not judged"
    grades = ", ".join(f"{name} {grade}" for name in GRADED if (grade := getattr(verdict, name)))
    said = f"{grades} ({verdict.judge})" + (f": {verdict.note}" if verdict.note else "")
    return said if answer.is_judged else f"of an earlier answer, not counted: {said}"


def references_of(answer: FullAnswer) -> tuple[str, ...]:
    """Give what the answer should say."""
    return answer.references or (
        ("a refusal: the articles do not answer this",) if answer.unanswerable else ("not known",)
    )


def empty_sheet(answers: Iterable[FullAnswer]) -> str:
    """Give the lines of a verdicts file to be filled in, for the answers that have no verdict."""
    rows = (
        {
            "set": answer.set_name,
            "id": answer.case_id,
            "question": answer.question,
            "references": references_of(answer),
            "answer": answer.answer,
            "answer_sha256": answer.sha256,
            **dict.fromkeys(GRADED, ""),
            "note": "",
            "judge": "",
        }
        for answer in answers
        if not answer.is_judged
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _full(case: Case, result: CaseResult) -> FullAnswer:
    gold = [_span(item) for item in case.evidence]
    return FullAnswer(
        set_name=case.set_name,
        case_id=case.case_id,
        type=case.type,
        question=case.question,
        references=(case.reference_answer,) if case.reference_answer else result.expected,
        unanswerable=case.unanswerable,
        answer=as_given(result),
        cited=tuple(
            CitedSentence(n, quote, is_covered(span, gold) if gold else None)
            for n, (span, quote) in enumerate(zip(result.cited, result.quotes, strict=True), start=1)
        ),
        gold=tuple(GoldSentence(item.quote, is_covered(_span(item), result.cited)) for item in case.evidence),
    )


def _span(item: GoldEvidence) -> CitedSpan:
    return CitedSpan(item.article_id, item.char_start, item.char_end)

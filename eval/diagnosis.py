"""Where in the pipeline a question was lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eval.metrics.answer import contains_all_of, contains_any
from eval.metrics.evidence import evidence_scores, is_covered
from eval.types import Case, CitedSpan, Diagnosis
from rag.types import Answer, Evidence


def said(answer: Answer) -> str:
    """Give the words of an answer without its marks."""
    return " ".join(statement.text for statement in answer.statements)


def cited(answer: Answer) -> tuple[CitedSpan, ...]:
    """Give what an answer cites, each span once."""
    spans = (CitedSpan(c.article_id, c.char_start, c.char_end) for c in answer.citations)
    return tuple(dict.fromkeys(spans))


def is_correct(case: Case, answer: Answer) -> bool | None:
    """Tell whether an answer or a refusal is right; `None` where the case has no gold string to tell by."""
    refused = answer.status == "abstained"
    if case.unanswerable or refused:
        return case.unanswerable and refused
    if case.answers_all_of:
        return contains_all_of(said(answer), case.answers_all_of)
    return contains_any(said(answer), case.answers) if case.answers else None


def diagnose(case: Case, answer: Answer, texts: Sequence[str] = ()) -> Diagnosis | None:
    """Name the stage that lost a question; `None` where the answer is right or cannot be judged.

    Where no gold string tells, an answer counts as right when it cites any of the gold evidence. Lost
    in retrieval means that no sentence of the hits helps, be it of the right article. A sentence was
    selected if its score is at least that of the weakest sentence that was cited. `texts` are the relevant
    articles of which passages came back, whole: where a gold answer stands in none of them, as of an answer
    that has to be worked out, no stage can be named.
    """
    correct = is_correct(case, answer)
    if correct is None and case.evidence:
        correct = evidence_scores(case.evidence, cited(answer)).recall > 0
    if correct or correct is None:
        return None
    if case.unanswerable:
        return "wrongly_answered"
    if not case.relevant_ids:
        return "wrongly_refused" if answer.status == "abstained" else "wrongly_answered"
    return _lost(case, answer, texts)


def _lost(case: Case, answer: Answer, texts: Sequence[str]) -> Diagnosis:
    gold = [item for item in _retrieved(answer) if helps(case, item)]
    if not gold and not _reaches_over_sentences(case, answer):
        strings = () if case.evidence else _strings(case)
        told = not texts or not strings or any(contains_any(text, strings) for text in texts)
        return "not_retrieved" if told else "not_verbatim"
    if answer.status == "abstained":
        return "wrongly_refused"
    if any(is_covered(_span(item), cited(answer)) for item in gold):
        return "wrongly_answered"
    cut = _selection_cut(answer)
    if cut is not None and any(item.score >= cut for item in gold):
        return "selected_not_used"
    return "retrieved_not_selected"


def _reaches_over_sentences(case: Case, answer: Answer) -> bool:
    """Tell whether a relevant passage came back that holds a gold answer, be it in several sentences."""
    passages = (scored.hit.passage for scored in answer.hits)
    return not case.evidence and any(
        passage.article_id in case.relevant_ids and contains_any(passage.text, _strings(case))
        for passage in passages
    )


def _strings(case: Case) -> Sequence[str]:
    return case.answers or [text for group in case.answers_all_of for text in group]


def _retrieved(answer: Answer) -> Iterator[Evidence]:
    return (sentence for passage in answer.hits for sentence in passage.sentences)


def helps(case: Case, item: Evidence) -> bool:
    """Tell whether a sentence is marked as evidence; without marks, whether it holds a gold answer.

    Where the case has neither, every sentence of a relevant article helps.
    """
    article_id = item.passage.article_id
    if case.evidence:
        spans = [CitedSpan(gold.article_id, gold.char_start, gold.char_end) for gold in case.evidence]
        return is_covered(_span(item), spans) or any(is_covered(span, [_span(item)]) for span in spans)
    if article_id not in case.relevant_ids:
        return False
    strings = _strings(case)
    return contains_any(item.text, strings) if strings else True


def _selection_cut(answer: Answer) -> float | None:
    spans = set(cited(answer))
    return min((item.score for item in _retrieved(answer) if _span(item) in spans), default=None)


def _span(item: Evidence) -> CitedSpan:
    return CitedSpan(item.passage.article_id, item.char_start, item.char_end)

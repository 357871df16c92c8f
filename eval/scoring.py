"""One question judged: what the system gave against what is known of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from eval.diagnosis import cited, diagnose, helps, is_correct, said
from eval.metrics.answer import contains_all_of, contains_any, exact_match, rouge_l, token_f1
from eval.metrics.citations import marks_resolve, quotes_exact, statements_cited
from eval.metrics.conflicts import conflict_shown
from eval.metrics.evidence import evidence_scores
from eval.metrics.key_points import key_points_covered, sentences_of
from eval.metrics.refusal import refusal_scores
from eval.metrics.similarity import similarity
from eval.metrics.support import SupportChecker, support_scores
from eval.types import Case, CaseResult, CitedSpan
from index.embed import Embedder
from index.types import Span
from rag.types import Answer, Citation, Evidence, ScoredPassage

FAILED = "failed"
"""Metric of every question: 1 where the system raised an error."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a system gave for one question; no answer where it failed.

    `cited_texts` are the whole texts of the article versions that the citations name, in their order,
    `relevant_texts` those of the relevant articles of which passages came back.
    """

    rankings: Mapping[str, tuple[str, ...]]
    answer: Answer | None
    cited_texts: tuple[str, ...]
    error: str
    cpu_ms: float | None = None
    relevant_texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """The models that some metrics need; without one its metric is left out."""

    checker: SupportChecker | None = None
    embedder: Embedder | None = None

    def result(self, case: Case, observation: Observation) -> CaseResult:
        """Score one question in everything but retrieval, which is scored for all together."""
        answer = observation.answer
        return CaseResult(
            case_id=case.case_id,
            set_name=case.set_name,
            type=case.type,
            language=case.language,
            question=case.question,
            expected=_expected(case),
            unanswerable=case.unanswerable,
            status=answer.status if answer else None,
            reason=answer.reason if answer else None,
            answer=answer.text if answer else "",
            cited=tuple(CitedSpan(c.article_id, c.char_start, c.char_end) for c in _cited(answer)),
            quotes=tuple(c.quote for c in _cited(answer)),
            rankings=observation.rankings,
            scores={FAILED: float(answer is None)}
            | self._answer_scores(case, answer)
            | self._checks(case, observation),
            answerable=answer.answerable if answer else None,
            top_evidence=max((hit.score for hit in answer.hits), default=0.0) if answer else None,
            top_helps=_top_helps(case, answer) if answer else None,
            timings_ms=_timings(observation),
            diagnosis=diagnose(case, answer, observation.relevant_texts) if answer else None,
            error=observation.error,
        )

    def _answer_scores(self, case: Case, answer: Answer | None) -> dict[str, float]:
        """Score an answer against what is known of it; a refusal and a failure say nothing and score 0."""
        if case.unanswerable:
            return {"correct": float(answer is not None and answer.status == "abstained")}
        words = said(answer) if answer and answer.status != "abstained" else ""
        scores = dict(_word_scores(case, words))
        if case.answers or case.answers_all_of:
            scores["correct"] = float(answer is not None and is_correct(case, answer) is True)
        golds = (case.reference_answer,) if case.reference_answer else case.answers
        if golds and self.embedder is not None and case.language in self.embedder.languages:
            scores["answer.similarity"] = similarity(words, golds, self.embedder) if words else 0.0
        if case.conflicting:
            scores["conflicts.shown"] = float(
                answer is not None and conflict_shown(answer.conflicts, case.conflicting)
            )
        if case.evidence:
            values = asdict(evidence_scores(case.evidence, cited(answer) if answer else ()))
            scores |= {f"evidence.{name}": value for name, value in values.items()}
        return scores

    def _checks(self, case: Case, observation: Observation) -> dict[str, float]:
        """Score what needs no gold answer: citations, length, and whether the question was refused."""
        answer = observation.answer
        if answer is None:
            return {"refusal.recall": 0.0} if case.unanswerable else {"refusal.wrong": 1.0}
        checks = {
            "citations.exact": quotes_exact(answer.citations, observation.cited_texts),
            "citations.resolved": marks_resolve(answer.text, answer.statements, answer.citations),
            "citations.statements": statements_cited(answer.statements),
        }
        if answer.statements:
            checks["length.statements"] = float(len(answer.statements))
            checks["length.characters"] = float(len(said(answer)))
        refusal = refusal_scores(refused=answer.status == "abstained", unanswerable=case.unanswerable)
        scores = {name: value for name, value in checks.items() if value is not None}
        scores |= {f"refusal.{name}": value for name, value in refusal.items()}
        return scores | self._support(answer, observation.cited_texts)

    def _support(self, answer: Answer, texts: Sequence[str]) -> dict[str, float]:
        if self.checker is None:
            return {}
        by_number = {
            citation.n: item
            for citation, text in zip(answer.citations, texts, strict=True)
            if (item := _as_evidence(citation, answer.hits, text)) is not None
        }
        statements = [
            (statement.text, [by_number[n] for n in statement.citations if n in by_number])
            for statement in answer.statements
        ]
        found = support_scores(statements, self.checker)
        if found is None:
            return {}
        return {"citations.recall": found.recall, "citations.precision": found.precision}


def _word_scores(case: Case, words: str) -> Iterator[tuple[str, float]]:
    prose = (case.reference_answer,) if case.reference_answer else ()
    if case.answers:
        yield (
            "answer.exact",
            exact_match(words, case.answers, language=case.language) if words else 0.0,
        )
        yield "answer.contains", float(contains_any(words, case.answers))
    if case.answers_all_of:
        yield "answer.all_of", float(contains_all_of(words, case.answers_all_of))
    if golds := case.answers or prose:
        yield "answer.f1", token_f1(words, golds, language=case.language) if words else 0.0
    if golds := prose or case.answers:
        yield "answer.rouge_l", rouge_l(words, golds, language=case.language) if words else 0.0
    if points := case.key_points or sentences_of(case.reference_answer):
        yield "answer.key_points", key_points_covered(words, points)


def _cited(answer: Answer | None) -> Sequence[Citation]:
    return sorted(answer.citations, key=lambda citation: citation.n) if answer else ()


def _expected(case: Case) -> tuple[str, ...]:
    if case.answers_all_of:
        return tuple(" / ".join(group) for group in case.answers_all_of)
    return case.answers or ((case.reference_answer,) if case.reference_answer else ())


def _top_helps(case: Case, answer: Answer) -> bool | None:
    """Tell whether the sentence that the scorer is surest of helps; `None` where nothing tells."""
    if case.unanswerable:
        return False
    if not case.evidence and not case.answers and not case.answers_all_of:
        return None
    sentences = [sentence for passage in answer.hits for sentence in passage.sentences]
    best = max(sentences, key=lambda sentence: sentence.score, default=None)
    return best is not None and helps(case, best)


def _as_evidence(citation: Citation, hits: Sequence[ScoredPassage], text: str) -> Evidence | None:
    """Give the characters that a citation names, in their passage; nothing where nothing was retrieved.

    What was cited without being among the hits stands as a passage of its own.
    """
    start, end = citation.char_start, citation.char_end
    for scored in hits:
        passage = scored.hit.passage
        same = (passage.article_id, passage.version) == (citation.article_id, citation.version)
        if same and passage.char_start <= start and end <= passage.char_end:
            return Evidence(passage, start, end, text[start:end], scored.score)
    if not hits:
        return None
    alone = replace(
        hits[0].hit.passage,
        passage_id=citation.passage_id,
        article_id=citation.article_id,
        version=citation.version,
        title=citation.title,
        heading=citation.section,
        published_at=citation.published_at,
        char_start=start,
        char_end=end,
        text=text[start:end],
        sentences=(Span(start, end),),
    )
    return Evidence(alone, start, end, alone.text, 0.0)


def _timings(observation: Observation) -> dict[str, float]:
    timings = asdict(observation.answer.timings) if observation.answer else {}
    return timings if observation.cpu_ms is None else timings | {"cpu": observation.cpu_ms}

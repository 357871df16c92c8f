"""Statements with evidence that carries them or does not, from question sets with marked evidence.

Positive are reference answers with their gold sentences, and sentences with themselves; negative are both
made false (`rag.training.falsify`), and both with other sentences: near ones of the same article, or
another question's evidence.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from eval.datasets import iter_articles, load_questions, titled
from eval.evidence_groups import HELD_OUT_PERCENT, label
from eval.types import Case
from index.chunk import chunk
from index.sentences import sentence_spans
from index.types import Article, StoredPassage
from rag.overlap import word_share
from rag.training.falsify import falsified
from rag.types import Evidence

REFERENCE = "reference answer"
CLAUSE = "clause of one"
SENTENCE = "sentence"
REWRITTEN = "sentence rewritten"
OTHER_SENTENCES = "near sentences of the article"
OTHER_QUESTION = "another question's evidence"
OTHER_ARTICLE = "another article's evidence"

_CLAUSES = 2
_FALSE_A_REFERENCE = 4
_SENTENCES = 3
"""Sentences taken from one article."""

_SHORTEST = 20
_TURNS = re.compile(r"\b(?:if|unless|not|no|never|but|except)\b|n['’]t\b|[如若除非不未没但]")
"""Words without which the rest of a sentence could say something else."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A statement and what it cites. `kind` tells how it was made: in which way it is true, or false."""

    statement: str
    evidence: tuple[Evidence, ...]
    supported: bool
    kind: str
    language: str
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """A case with the sentences of its article that are its evidence."""

    case: Case
    gold: tuple[Evidence, ...]


def marked_cases(folder: Path) -> Iterator[tuple[list[Evidence], list[Marked]]]:
    """Yield for each article that questions are about its sentences and its cases."""
    by_article: dict[str, list[Case]] = {}
    for case in load_questions(folder).cases:
        if not case.unanswerable and case.reference_answer and case.evidence:
            by_article.setdefault(case.evidence[0].article_id, []).append(case)
    for article in iter_articles(folder):
        if article.article_id not in by_article:
            continue
        sentences = sentences_of(titled(article))
        cases = [_marked(case, sentences) for case in by_article[article.article_id]]
        yield sentences, [item for item in cases if item.gold]


def sentences_of(article: Article) -> list[Evidence]:
    """Give every sentence of an article as evidence."""
    found: list[Evidence] = []
    for passage in chunk(article):
        section = article.sections[passage.section] if article.sections else None
        stored = StoredPassage(
            key=passage.ordinal,
            passage_id=f"{article.article_id}:{passage.ordinal}",
            article_id=article.article_id,
            version=1,
            title=article.title,
            source=article.source,
            url="",
            language=article.language,
            published_at=article.published_at,
            heading=section.heading if section else "",
            section_kind=section.kind if section else "body",
            article_kind=article.kind,
            ordinal=passage.ordinal,
            char_start=passage.char_start,
            char_end=passage.char_end,
            text=article.text[passage.char_start : passage.char_end],
            sentences=passage.sentences,
        )
        found += (
            Evidence(stored, s.char_start, s.char_end, article.text[s.char_start : s.char_end], 1.0)
            for s in passage.sentences
        )
    return found


def pairs_of(folder: Path, seed: int) -> Iterator[Pair]:
    """Yield the pairs of a set, the same for the same seed; `held_out` tells which not to train on."""
    language = "zh" if folder.name.endswith("_zh") else "en"
    before: tuple[Evidence, ...] = ()
    for sentences, cases in marked_cases(folder):
        article_id = sentences[0].passage.article_id
        random = Random(f"{seed}:{article_id}")
        held_out = zlib.crc32(article_id.encode()) % 100 < HELD_OUT_PERCENT["analytical"]
        made = [*_from_references(sentences, cases, before, random), *_from_sentences(sentences, random)]
        for statement, evidence, supported, kind in made:
            yield Pair(statement, tuple(evidence), supported, kind, language, held_out)
        if cases:
            before = random.choice(cases).gold


_Made = tuple[str, Sequence[Evidence], bool, str]


def _from_references(
    sentences: Sequence[Evidence], cases: Sequence[Marked], before: Sequence[Evidence], random: Random
) -> Iterator[_Made]:
    for item in cases:
        statement, gold = item.case.reference_answer, item.gold
        rest = [s for s in sentences if s not in gold]
        yield statement, gold, True, REFERENCE
        if rest and random.random() < 0.5:
            yield statement, in_order([*gold, random.choice(rest)]), True, REFERENCE
        clauses = clauses_of(statement)
        for clause in random.sample(clauses, min(_CLAUSES, len(clauses))):
            yield clause, gold, True, CLAUSE
        source = "\n".join(s.text for s in sentences)
        for way, text in _some(falsified(statement, source, random), _FALSE_A_REFERENCE, random):
            yield text, gold, False, way
        for clause in clauses[:1]:
            for way, text in _some(falsified(clause, source, random), 1, random):
                yield text, gold, False, way
        yield from _elsewhere(item, cases, rest, before, random)


def _elsewhere(
    item: Marked,
    cases: Sequence[Marked],
    rest: Sequence[Evidence],
    before: Sequence[Evidence],
    random: Random,
) -> Iterator[_Made]:
    """Put a true statement beside sentences that do not carry it."""
    statement = item.case.reference_answer
    if rest:
        yield statement, nearest(statement, rest, len(item.gold)), False, OTHER_SENTENCES
    others = [other.gold for other in cases if not set(other.gold) & set(item.gold)]
    if others:
        yield statement, random.choice(others), False, OTHER_QUESTION
    if before and random.random() < 0.3:
        yield statement, before, False, OTHER_ARTICLE


def _from_sentences(sentences: Sequence[Evidence], random: Random) -> Iterator[_Made]:
    places = [
        place
        for place, item in enumerate(sentences)
        if item.text.endswith((".", "。")) and _SHORTEST < len(item.text) < 300
    ]
    source = "\n".join(item.text for item in sentences)
    for place in random.sample(places, min(_SENTENCES, len(places))):
        item = sentences[place]
        around = sentences[max(0, place - 1) : place + 2] if random.random() < 0.5 else [item]
        rewritten = random.choice((shortened, reformatted))(item.text)
        if rewritten != item.text:
            yield rewritten, around, True, REWRITTEN
        elif random.random() < 0.5:
            yield item.text, around, True, SENTENCE
        for way, text in _some(falsified(item.text, source, random), 1, random):
            yield text, around, False, f"{way} in a sentence"
        others = [other for other in sentences if other not in around]
        if others:
            yield item.text, nearest(item.text, others, 1), False, OTHER_SENTENCES


def nearest(statement: str, sentences: Sequence[Evidence], count: int) -> list[Evidence]:
    """Give the sentences that share most words with a statement, in the order of the text."""
    best = sorted(sentences, key=lambda item: -word_share(statement, item.text))[:count]
    return in_order(best)


def in_order(sentences: Sequence[Evidence]) -> list[Evidence]:
    """Put sentences of one article in the order of its text."""
    return sorted(sentences, key=lambda item: item.char_start)


def clauses_of(statement: str) -> list[str]:
    """Give the sentences and the clauses between semicolons of a statement that has several."""
    parts = [
        part.strip()
        for span in sentence_spans(statement)
        for part in re.split(r"[;；]", statement[span.char_start : span.char_end])
    ]
    return [part for part in parts if len(part) >= _SHORTEST // 2] if len(parts) > 1 else []


def shortened(text: str) -> str:
    """Leave out parentheses, else the last clause of a sentence that has no condition."""
    without = re.sub(r"\s?[(（][^)）]*[)）]", "", text)
    if without != text or re.search(
        r"\b(?:if|unless|not|no|never|but|except)\b|n['’]t\b|[如若除非不未没但]", text
    ):
        return without
    cut = max(text.rfind(", "), text.rfind("，"))
    return text[:cut] + text[-1] if cut > 0.5 * len(text) else text


def reformatted(text: str) -> str:
    """Write amounts and dates in another common form."""
    text = re.sub(r"\$(\d[\d.,]*) (billion|million)", r"\1 \2 dollars", text)
    text = re.sub(r"(?<=\d)%(?=[ ,.])", " percent", text)
    text = re.sub(r"(?<=\d)0亿美元", "0亿美金", text)
    text = re.sub(r"(20\d\d)年(\d{1,2})月(\d{1,2})日", r"\1-\2-\3", text)
    return re.sub(r"\b([A-Z][a-z]{2,8}) (\d{1,2}), (20\d\d)\b", r"\2 \1 \3", text)


def _some(made: dict[str, str], most: int, random: Random) -> list[tuple[str, str]]:
    return random.sample(list(made.items()), min(most, len(made)))


def _marked(case: Case, sentences: Sequence[Evidence]) -> Marked:
    return Marked(
        case,
        tuple(
            item
            for item in sentences
            if label(case, item.passage.article_id, item.text, item.char_start, item.char_end) == 1
        ),
    )

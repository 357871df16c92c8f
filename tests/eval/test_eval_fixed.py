import json
from pathlib import Path

import pytest

from eval.errors import QuestionSetError
from eval.fixed import FOLDER, PAIRS, fixed_set
from index.identity import article_id
from index.parse import parse
from index.types import StoredQAPair

CORPUS = Path(__file__).parent.parent.parent / "corpus"


@pytest.fixture(scope="module")
def articles():
    parsed = [parse(path.read_bytes(), path.name) for path in sorted(CORPUS.rglob("*.md"))]
    return {article_id(article): article for article in parsed}


def pairs(articles):
    return [
        StoredQAPair(name, 1, ordinal, pair.question, pair.answer, article.language)
        for name, article in articles.items()
        for ordinal, pair in enumerate(article.qa_pairs)
    ]


def test_the_set_is_whole_and_its_evidence_stands_in_the_articles(articles):
    found = fixed_set(CORPUS, pairs(articles), lambda name: articles[name].text)
    own = [case for case in found.cases if case.set_name == "fixed"]
    assert len(own) == 66
    assert len(found.cases) - len(own) == PAIRS * len(articles)
    for case in own:
        for span in case.evidence:
            assert articles[span.article_id].text[span.char_start : span.char_end] == span.quote
    answered = [case for case in own if not case.unanswerable]
    assert all(case.evidence and case.relevant_ids for case in answered)
    assert all(case.answers or case.answers_all_of or case.reference_answer for case in answered)


def test_an_answer_of_the_set_stands_in_its_evidence(articles):
    from eval.metrics.answer import contains_all_of, contains_any

    for case in fixed_set(CORPUS, [], lambda name: articles[name].text).cases:
        quoted = " ".join(span.quote for span in case.evidence)
        assert not case.answers or contains_any(quoted, case.answers), case.case_id
        assert not case.answers_all_of or contains_all_of(quoted, case.answers_all_of), case.case_id


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"evidence": [{"article": "en/price-war", "quote": "Nobody said this."}]}, "exactly once"),
        ({"articles": ["en/nowhere"]}, "no article en/nowhere"),
        ({"articles": []}, "has articles, or is unanswerable"),
        ({"answer": "x"}, "Extra inputs"),
    ],
)
def test_a_fault_is_named_with_its_line(articles, tmp_path, change, problem):
    first, *_ = (FOLDER / "questions.jsonl").read_text().splitlines()
    bad = json.dumps({**json.loads(first), "id": "other", **change})
    (tmp_path / "questions.jsonl").write_text(f"{first}\n{bad}\n")
    with pytest.raises(QuestionSetError, match=problem) as error:
        fixed_set(CORPUS, [], lambda name: articles[name].text, tmp_path)
    assert {fault.line for fault in error.value.faults} == {2}

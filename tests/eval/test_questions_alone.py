"""Questions asked of a library: by offset and hash, by a pair of an article, those on the seed page; and
verdicts on them from the command line.
"""

import hashlib
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEmbedder
from typer.testing import CliRunner

from eval import datasets
from eval.datasets import Shelf, load_questions
from eval.errors import QuestionSetError
from eval.report import load_report
from eval.types import GoldEvidence
from index.errors import NotFoundError
from index.identity import article_id
from index.library import open_library
from index.parse import parse
from index.types import Article, StoredQAPair
from rag.evidence import SimilarityScorer
from rag.generate.extractive import ExtractiveGenerator
from service import evaluation
from service.cli import app
from service.engine import Engine

SETS = Path(datasets.__file__).parent / "sets"
PORT = "Shanghai opened a port in June. The port cost 40 million yuan. Ships came at once."
COST = {
    "id": "cost",
    "question": "What did the port of Shanghai cost?",
    "answers": ["40 million yuan"],
    "relevant_ids": ["port"],
}


def marked(start, end, text):
    return {
        "article_id": "port",
        "char_start": start,
        "char_end": end,
        "quote_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


@pytest.fixture
def questions_alone(tmp_path):
    folder = tmp_path / "questions"
    folder.mkdir()
    evidence = [marked(32, 62, "The port cost 40 million yuan.")]
    (folder / "questions.jsonl").write_text(json.dumps(COST | {"evidence": evidence}))
    return folder


def text_of(article):
    if article != "port":
        raise NotFoundError(article)
    return PORT


def test_questions_alone_find_their_evidence_in_the_library_by_offset_and_hash(questions_alone):
    (found,) = load_questions(questions_alone, shelf=Shelf(text_of)).cases
    assert found.evidence == (GoldEvidence("port", 32, 62, "The port cost 40 million yuan."),)


@pytest.mark.parametrize(
    ("evidence", "problem"),
    [
        (marked(31, 62, "The port cost 40 million yuan."), "does not stand at 31 to 62"),
        (marked(32, 62, "x") | {"article_id": "gone"}, "the article gone, which is not in"),
        ({"article_id": "port", "char_start": 1, "char_end": 2}, "has a quote, or else"),
    ],
)
def test_marks_that_do_not_fit_the_library_are_faults(questions_alone, evidence, problem):
    (questions_alone / "questions.jsonl").write_text(json.dumps(COST | {"evidence": [evidence]}))
    with pytest.raises(QuestionSetError) as raised:
        load_questions(questions_alone, shelf=Shelf(text_of))
    assert {fault.line for fault in raised.value.faults} == {1}
    assert any(problem in fault.problem for fault in raised.value.faults)


PAIR = StoredQAPair("port", 1, 0, "What did it cost?", "40 million.", "en")


def test_a_row_that_names_a_pair_has_its_question_in_the_newest_version(questions_alone):
    row = {"id": "own", "qa_pair": {"article_id": "port", "ordinal": 0}, "relevant_ids": ["port"]}
    (questions_alone / "questions.jsonl").write_text(json.dumps(row))
    newer = replace(PAIR, version=2, answer="41 million.")
    (found,) = load_questions(questions_alone, shelf=Shelf(text_of, [newer, PAIR])).cases
    assert (found.question, found.reference_answer) == ("What did it cost?", "41 million.")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"id": "own", "qa_pair": {"article_id": "port", "ordinal": 1}}, "no Q&A pair 1 of port"),
        ({"id": "own"}, "needs a question"),
        ({"id": "own", "question": "Why?", "qa_pair": {"article_id": "port", "ordinal": 0}}, "or else"),
    ],
)
def test_a_row_without_a_question_or_with_two_is_a_fault(questions_alone, row, problem):
    (questions_alone / "questions.jsonl").write_text(json.dumps(row))
    with pytest.raises(QuestionSetError, match=problem):
        load_questions(questions_alone, shelf=Shelf(text_of, [PAIR]))


def test_from_the_command_line_a_run_is_printed_judged_and_printed_again(
    questions_alone, tmp_path, monkeypatch
):
    def engine_of(settings):
        embedder = FakeEmbedder()
        opened = open_library(settings.data, embedder)
        return Engine(opened, SimilarityScorer.fitted(embedder), ExtractiveGenerator())

    monkeypatch.setattr("service.engine.open_engine", engine_of)
    monkeypatch.setattr(evaluation, "open_engine", engine_of)
    monkeypatch.setenv("GROUNDWIRE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDWIRE_CORPUS", "")
    with closing(open_library(tmp_path / "data", FakeEmbedder())) as library:
        library.put(Article("Port", PORT, article_id="port", language="en"))

    def groundwire(*arguments, status=0):
        done = CliRunner().invoke(app, ["eval", *map(str, arguments)])
        assert (done.exit_code == 0) == (status == 0), (done.output, done.exception)
        return done

    report, sheet = tmp_path / "report.json", tmp_path / "sheet.jsonl"
    ran = groundwire("run", "--data", questions_alone, "--print", 5, "--out", report)
    assert "0 of 1 answers judged" in ran.output
    groundwire("sheet", report, "--out", sheet)
    groundwire("sheet", report, "--out", sheet, status=2)
    filled = json.loads(sheet.read_text()) | {"complete": "partly", "order": "good", "readable": "good"}
    sheet.write_text(json.dumps(filled | {"judge": "a reader"}))
    assert "complete 0 good, 1 partly, 0 bad" in groundwire("judge", report, "--verdicts", sheet).output
    elsewhere = tmp_path / "elsewhere.jsonl"
    elsewhere.write_text(sheet.read_text().replace('"cost"', '"price"'))
    assert "that the report does not print: 1." in groundwire("judge", report, "--verdicts", elsewhere).output
    groundwire("judge", report, "--verdicts", sheet)
    assert "complete partly" in report.with_suffix(".html").read_text()
    again = groundwire("run", "--data", questions_alone, "--verdicts", sheet, "--out", tmp_path / "b.json")
    assert "1 of 1 answers judged" in again.output
    assert load_report(tmp_path / "b.json").in_full == load_report(report).in_full
    groundwire("run", "--data", questions_alone, "--out", tmp_path / "c.json")
    refused = groundwire("sheet", tmp_path / "c.json", "--out", tmp_path / "d.jsonl", status=2)
    assert "--print" in str(refused.exception)


def shelf_of(page):
    name = article_id(page)
    pairs = [
        StoredQAPair(name, 1, place, pair.question, pair.answer, "en")
        for place, pair in enumerate(page.qa_pairs)
    ]
    return Shelf({name: page.text}.__getitem__, pairs)


def test_the_questions_of_the_seed_page_have_their_evidence_marked(test_data):
    path = test_data / "seed" / "portal_page.txt"
    page = parse(path.read_bytes(), path.name)
    found = load_questions(SETS / "seed_page_qa", shelf=shelf_of(page))
    assert [(one.question, one.reference_answer) for one in found.cases] == [
        (pair.question, pair.answer) for pair in page.qa_pairs
    ]
    body = page.text.index("Over the past week")
    assert all(len(one.evidence) >= 4 for one in found.cases)
    assert all(item.char_start > body for one in found.cases for item in one.evidence)


def test_the_set_on_the_seed_page_fits_the_page(test_data):
    path = test_data / "seed" / "portal_page.txt"
    page = parse(path.read_bytes(), path.name)
    found = load_questions(SETS / "seed_page", shelf=shelf_of(page))
    asked = [one for one in found.cases if one.type != "conflict"]
    assert len(asked) == 10
    assert sum(one.unanswerable for one in asked) == 2
    assert all(one.evidence and one.reference_answer for one in found.cases if not one.unanswerable)
    assert [one.conflicting for one in found.cases if one.type == "conflict"] == [
        (("$7 billion",), ("$70 billion",)),
        (("$200 million",), ("$2 billion",)),
    ]

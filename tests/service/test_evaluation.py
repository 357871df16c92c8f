"""Evaluations of a real engine over the fake embedder."""

import json
from dataclasses import replace

import pytest
from fakes import FakeEmbedder
from typer.testing import CliRunner

from eval.datasets import from_qa_pairs
from eval.diagnosis import helps
from eval.feedback import JudgedAnswer
from eval.report import load_report
from eval.results import NotRun
from eval.types import Case, GoldEvidence, QuestionSet
from index.errors import InvalidInputError, NotFoundError
from index.library import open_library
from index.types import Article, QAPair
from rag.evidence import SimilarityScorer
from rag.generate.extractive import ExtractiveGenerator
from rag.types import Question
from service import evaluation, evaluation_table
from service.cli import app
from service.engine import Engine
from service.evaluation import (
    RunOptions,
    evaluate,
    library_set,
    load_set,
    report_path,
    save,
    set_engine,
    wanted_articles,
)
from service.evaluation_jobs import AskedEvaluation, report_file, run_asked
from service.oracle import GivenPassages, OracleSystem
from service.settings import Settings

FUNDS = "Kimi raised $2 billion in May. Its valuation passed $20 billion. Investors were in a hurry."
PORT = "Shanghai opened a port in June. The port cost 40 million yuan. Ships came at once."
RAIN = "Rain fell on Sunday in the north. Farmers welcomed the rain."
ARTICLES = (
    Article(
        "Funds", FUNDS, article_id="funds", language="en", qa_pairs=(QAPair("Who raised?", "Kimi did."),)
    ),
    Article("Port", PORT, article_id="port", language="en"),
    Article("Rain", RAIN, article_id="rain", language="en"),
)
COST = Case(
    "cost",
    "What did the port of Shanghai cost?",
    "small",
    "en",
    answers=("40 million yuan",),
    relevant_ids=("port",),
    evidence=(GoldEvidence("port", 32, 62, "The port cost 40 million yuan."),),
)
NOBODY = Case("nobody", "Who won the election in Chile?", "small", "en", unanswerable=True)
SET = QuestionSet.of("small", [COST, NOBODY])


def engine_of(settings):
    embedder = FakeEmbedder()
    return Engine(
        open_library(settings.data, embedder), SimilarityScorer.fitted(embedder), ExtractiveGenerator()
    )


def quiet(done, total):
    pass


@pytest.fixture
def settings(tmp_path):
    return Settings.model_validate({"data": tmp_path / "data"})


@pytest.fixture
def engine(settings):
    opened = engine_of(settings)
    opened.library.put_many(ARTICLES, lambda result: None, lambda position, error: None)
    yield opened
    opened.close()


def mean(report, metric):
    (row,) = [r for r in report.run.table if (r.grouping, r.metric) == ("all", metric)]
    return row.mean


def test_a_run_has_its_key_its_guards_and_no_journal_left(engine, settings):
    report = evaluate(SET, engine, settings, RunOptions(), quiet)
    assert len(report.run.key) == 64
    assert report.run.missing == report.run.leaks == ()
    assert mean(report, "retrieval.fused.hit@1") == 1.0
    assert mean(report, "citations.recall") == 1.0
    assert [row.case_id for row in report.run.results] == ["cost", "nobody"]
    assert not list((settings.data / "evaluations" / "runs").iterdir())
    assert evaluate(SET, engine, settings, RunOptions(seed=1), quiet).run.key != report.run.key


def test_a_run_that_was_stopped_goes_on(engine, settings):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(SET, engine, settings, RunOptions(), stop)
    told = []
    evaluate(SET, engine, settings, RunOptions(), lambda done, total: told.append((done, total)))
    assert told == [(2, 2)]


def test_several_workers_give_the_figures_of_one(engine, settings):
    questions = [*SET.cases, *(replace(COST, case_id=f"c{i}", question=f"Shanghai {i}?") for i in range(8))]
    one, several = (
        evaluate(QuestionSet.of("small", questions), engine, settings, RunOptions(workers=n), quiet).run
        for n in (1, 4)
    )
    assert one.table == several.table
    assert (one.roc, one.risk_coverage, one.reliability) == (
        several.roc,
        several.risk_coverage,
        several.reliability,
    )
    for row, other in zip(one.results, several.results, strict=True):
        assert replace(row, timings_ms={}) == replace(other, timings_ms={})
    assert (one.key, several.workers) == (several.key, 4)


def test_leaks_and_missing_articles_are_noted(engine, settings):
    engine.library.put(
        Article("FAQ", f"Q: {COST.question}\n\nA: 40 million yuan.", article_id="faq", language="en")
    )
    gone = QuestionSet.of("small", [COST, Case("x", "Where?", "small", "en", relevant_ids=("gone",))])
    report = evaluate(gone, engine, settings, RunOptions(), quiet)
    assert [leak.article_id for leak in report.run.leaks] == ["faq"]
    assert [item.case_id for item in report.run.missing] == ["x"]


def test_gold_passages_are_read_whatever_was_retrieved(engine):
    system = OracleSystem(engine, SET.cases, "passages")
    answer = system.answer(Question(COST.question))
    assert {hit.hit.passage.article_id for hit in answer.hits} == {"port"}
    refused = system.answer(Question(NOBODY.question))
    assert len({hit.hit.passage.article_id for hit in refused.hits}) == 3


def test_given_passages_are_read_alone_even_where_there_are_none(engine):
    hits = [hit.hit for hit in engine.answer(Question(COST.question)).hits]
    (port,) = [hit for hit in hits if hit.passage.article_id == "port"]
    read = {
        name: [found.hit for found in GivenPassages(engine.scorer, given).score(COST.question, hits)]
        for name, given in (("retrieved", None), ("one", [port]), ("none", []))
    }
    assert read == {"retrieved": hits, "one": [port], "none": []}
    nothing = replace(engine, scorer=GivenPassages(engine.scorer, []))
    assert nothing.answer(Question(COST.question)).status == "abstained"


def test_gold_evidence_alone_is_cited(engine, settings):
    answer = OracleSystem(engine, SET.cases, "evidence").answer(Question(COST.question))
    assert [citation.quote for citation in answer.citations] == ["The port cost 40 million yuan."]
    report = evaluate(SET, engine, settings, RunOptions(oracle="evidence"), quiet)
    assert report.run.oracle == "evidence"
    assert mean(report, "correct") == mean(report, "evidence.f1") == mean(report, "refusal.recall") == 1.0


def test_gold_parts_are_taken_for_the_parts_of_a_question(engine, settings):
    joined = "What did the port of Shanghai cost as well as when was it opened?"
    plain = Case("plain", COST.question, "small", "en", answers=COST.answers, relevant_ids=("port",))
    parts = ("What did the port of Shanghai cost?", "When was the port of Shanghai opened?")
    asking = Case("two", joined, "small", "en", relevant_ids=("port",), parts=parts)
    assert len(engine.answer(Question(joined)).parts) == 1
    system = OracleSystem(engine, [asking, plain], "parts")
    assert tuple(part.question for part in system.answer(Question(joined)).parts) == parts
    assert [part.question for part in system.answer(Question(COST.question)).parts] == [COST.question]
    report = evaluate(
        QuestionSet.of("small", [asking, plain]), engine, settings, RunOptions(oracle="parts"), quiet
    )
    assert report.run.oracle == "parts"


def test_gold_parts_are_refused_where_no_question_lists_any(engine, settings):
    with pytest.raises(InvalidInputError, match="no question of the set lists its parts"):
        evaluate(SET, engine, settings, RunOptions(oracle="parts"), quiet)


def test_the_gold_of_the_set_marks_sentences(engine):
    hits = OracleSystem(engine, SET.cases, "evidence").answer(Question(COST.question)).hits
    marked = [item.score for hit in hits for item in hit.sentences]
    assert marked == [float(helps(COST, item)) for hit in hits for item in hit.sentences]
    assert sum(marked) == 1


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_set(folder):
    rows = [{"id": a.article_id, "title": a.title, "text": a.text, "language": "en"} for a in ARTICLES]
    write_rows(folder / "corpus.jsonl", rows)
    question = {
        "id": "cost",
        "question": COST.question,
        "answers": ["40 million yuan"],
        "relevant_ids": ["port"],
    }
    write_rows(folder / "questions.jsonl", [question])
    return folder


def test_each_layout_is_told_by_its_files(tmp_path):
    own = write_set(tmp_path / "own")
    assert load_set(own).cases[0].answers == ("40 million yuan",)
    beir = tmp_path / "beir"
    write_rows(beir / "corpus.jsonl", [{"_id": "port", "text": PORT}])
    write_rows(beir / "queries.jsonl", [{"_id": "q", "text": "port?"}])
    (beir / "qrels").mkdir()
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tport\t2\n")
    assert load_set(beir).cases[0].grades == (2,)
    checker = tmp_path / "checker.json"
    checker.write_text(json.dumps({"results": [{"query_id": 1, "query": "Cost?", "gt_answer": "A lot."}]}))
    assert load_set(checker).cases[0].reference_answer == "A lot."
    judged = {"answer_id": "a", "question": "Cost?", "thumbs": "up", "status": "abstained"}
    write_rows(tmp_path / "feedback.jsonl", [judged])
    assert load_set(tmp_path / "feedback.jsonl").cases[0].unanswerable


def test_a_set_has_a_library_of_its_own_that_is_filled_once(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(evaluation, "open_engine", engine_of)
    folder, told = write_set(tmp_path / "own"), []
    for _ in range(2):
        with set_engine(folder, settings, lambda done, total: told.append(done)) as opened:
            assert opened.library.catalog.known_ids() == {"funds", "port", "rain"}
    assert told == [1, 2, 3]


def test_a_part_of_the_articles_is_searched_and_the_report_says_of_how_many(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(evaluation, "open_engine", engine_of)
    folder, options = write_set(tmp_path / "own"), RunOptions(articles=2)
    question_set = load_set(folder)
    corpus = wanted_articles(folder, question_set, options)
    assert corpus.size == 3
    assert len(corpus.wanted) == 2
    assert "port" in corpus.wanted
    with set_engine(folder, settings, quiet, corpus.wanted) as opened:
        assert opened.library.catalog.known_ids() == corpus.wanted
        report = evaluate(question_set, opened, settings, options, quiet, articles_in_set=corpus.size)
    assert (report.run.system["index"]["articles"], report.run.articles_in_set) == (2, 3)
    assert report.run.missing == ()
    assert wanted_articles(folder, question_set, RunOptions(articles=3)).wanted is None


def test_a_bound_on_articles_is_refused_for_questions_of_the_library(settings, monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_DATA", str(settings.data))
    refused = CliRunner().invoke(app, ["eval", "run", "--articles", "5"])
    assert refused.exit_code != 0
    assert "brings its own" in str(refused.exception) + refused.output


def test_articles_of_questions_that_are_not_asked_are_not_missing(engine, settings):
    later = Case("later", "Where?", "small", "en", relevant_ids=("gone",))
    both = QuestionSet.of("small", [COST, later])
    missing = {
        tuple(row.case_id for row in run.results): [item.case_id for item in run.missing]
        for seed in range(6)
        for run in [evaluate(both, engine, settings, RunOptions(sample=1, seed=seed), quiet).run]
    }
    assert missing == {("cost",): [], ("later",): ["later"]}


def table_of(sets, settings, place, oracles=()):
    return evaluation_table.run_sets(sets, settings, RunOptions(), oracles, place, lambda what: quiet)


def test_a_set_that_cannot_be_run_leaves_the_others_their_rows(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(evaluation, "open_engine", engine_of)
    broken = write_set(tmp_path / "sets" / "broken")
    (broken / "META.json").write_text("[]")
    write_set(tmp_path / "sets" / "sound")
    sets = evaluation_table.sets_below(tmp_path / "sets", ())
    (_, first), (_, second) = table_of(sets, settings, tmp_path / "reports")
    assert (first.name, first.failed) == ("broken", True)
    assert "META.json" in first.reason
    assert second.run.set_name == "sound"


def test_oracle_rows_stand_behind_the_set_and_say_where_there_is_no_gold(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(evaluation, "open_engine", engine_of)
    sets = [write_set(tmp_path / "sets" / "own")]
    outcomes = [one for _, one in table_of(sets, settings, tmp_path / "r", oracles=("passages", "parts"))]
    assert [(one.run.oracle, one.run.gold_cases) for one in outcomes[:2]] == [("", 0), ("passages", 1)]
    assert outcomes[2] == NotRun("own, gold parts", "no parts in this set")


def test_the_table_is_written_with_the_command_that_makes_it_again(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(evaluation, "open_engine", engine_of)
    monkeypatch.setenv("GROUNDWIRE_DATA", str(settings.data))
    for name in ("one", "two"):
        write_set(tmp_path / "sets" / name)
    (write_set(tmp_path / "sets" / "torn") / "META.json").write_text("[]")
    out = tmp_path / "results.md"
    arguments = [
        str(tmp_path / "sets"),
        "--out",
        str(out),
        "--only",
        "one",
        "--sample",
        "1",
        "--articles",
        "2",
    ]
    run = CliRunner().invoke(app, ["eval", "table", *arguments])
    assert run.exit_code == 0, run.output
    text = out.read_text()
    assert "    groundwire eval table sets --out results.md --only one --sample 1 --articles 2\n" in text
    assert "Not run: torn, two (not named)." in text
    assert "| one | 1 | 0 | 2 of 3 |" in text
    everything = CliRunner().invoke(app, ["eval", "table", str(tmp_path / "sets"), "--out", str(out)])
    assert everything.exit_code == 1
    assert "torn was not run" in everything.output
    assert "| two | 1 | 0 | 3 |" in out.read_text()


def test_a_table_of_sets_is_gone_on_with(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(evaluation, "open_engine", engine_of)
    asked = []

    def counted(question_set, *given, articles_in_set):
        asked.append(question_set.name)
        return evaluate(question_set, *given, articles_in_set=articles_in_set)

    monkeypatch.setattr(evaluation_table, "evaluate", counted)
    for name in ("one", "two"):
        write_set(tmp_path / "sets" / name)
    sets = evaluation_table.sets_below(tmp_path / "sets", ())
    for _ in range(2):
        outcomes = list(table_of(sets, settings, tmp_path / "reports"))
        assert [(path.name, report.run.set_name) for path, report in outcomes] == [("one",) * 2, ("two",) * 2]
    assert asked == ["one", "two"]
    with pytest.raises(InvalidInputError, match="three"):
        evaluation_table.sets_below(tmp_path / "sets", ["three"])


def test_an_asked_evaluation_is_kept_under_its_id(engine, settings):
    told = []
    found = run_asked(AskedEvaluation(), "job_1", engine, settings, list, told.append)
    assert (found["set"], found["questions"], told[-1]) == ("library", 1, 1.0)
    assert load_report(report_file("job_1", settings, ".json")).run.set_name == "library"
    assert "<svg" in report_file("job_1", settings, ".html").read_text()
    with pytest.raises(NotFoundError):
        report_file("job_2", settings, ".json")


def test_judged_answers_are_asked_again(engine, settings):
    row = JudgedAnswer(answer_id="a", question=NOBODY.question, thumbs="up", status="abstained")
    found = run_asked(
        AskedEvaluation("feedback"), "job_1", engine, settings, lambda: [row], lambda share: None
    )
    assert found["set"] == "feedback"
    assert "refusal.recall" in found["metrics"]
    with pytest.raises(InvalidInputError, match="no judged answers"):
        run_asked(AskedEvaluation("feedback"), "job_2", engine, settings, list, lambda share: None)


def test_a_library_without_pairs_is_refused(tmp_path):
    empty = engine_of(Settings.model_validate({"data": tmp_path / "empty"}))
    with pytest.raises(InvalidInputError, match="no article with a Q&A section"):
        library_set(empty)
    empty.close()


def test_two_reports_are_compared_on_the_command_line(engine, settings, tmp_path):
    pairs = from_qa_pairs(engine.library.catalog.qa_pairs())
    for name, question_set in (("a", SET), ("b", SET), ("c", pairs)):
        files = save(evaluate(question_set, engine, settings, RunOptions(), quiet), tmp_path / f"{name}.json")
        assert [path.suffix for path in files] == [".json", ".md", ".html"]
    run = CliRunner().invoke(app, ["eval", "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert run.exit_code == 0
    assert "2 questions in both runs" in run.output
    assert "equal" in run.output
    other = CliRunner().invoke(app, ["eval", "compare", str(tmp_path / "a.json"), str(tmp_path / "c.json")])
    assert "0 questions in both runs" in other.output
    assert "different question sets" in other.output


def test_reports_of_the_data_folder_are_listed(engine, settings, monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_DATA", str(settings.data))
    save(evaluate(SET, engine, settings, RunOptions(), quiet), report_path(SET, settings))
    (settings.data / "evaluations" / "reports" / "other.json").write_text("{}")
    run = CliRunner().invoke(app, ["eval", "list"])
    assert run.exit_code == 0, run.output
    assert "small: all questions" in run.output
    assert "other.json" not in run.output

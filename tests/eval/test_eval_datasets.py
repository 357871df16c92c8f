import gzip
import json
import os
from pathlib import Path

import pytest

from eval.datasets import check_set, from_qa_pairs, iter_articles, load_questions
from eval.errors import QuestionSetError
from eval.formats import iter_beir_articles, load_beir, load_ragchecker
from eval.types import Case, GoldEvidence, MissingArticles, QuestionSet
from index.types import Article, StoredQAPair

CORPUS = [
    {"id": "a1", "title": "One", "text": "Kimi raised $2 billion. It is new.", "published_at": None},
    {
        "id": "a2",
        "title": "",
        "text": "雨。雨。停了。",
        "source": "s",
        "language": "zh",
        "published_at": "2026-05-10",
        "url": "https://example.org/2",
        "category": "weather",
    },
]


def write(folder, stem, rows):
    folder.mkdir(exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    with gzip.open(folder / f"{stem}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "news", "corpus", CORPUS)
    (tmp_path / "news" / "META.json").write_text('{"name": "news", "language": "en", "licence": "none"}')
    return tmp_path / "news"


def question(name, **fields):
    return {"id": name, "question": "How much?", "answers": ["$2 billion"], "relevant_ids": ["a1"], **fields}


def faults_of(load):
    with pytest.raises(QuestionSetError) as caught:
        load()
    return caught.value.faults


def test_parts_are_read_and_one_alone_is_a_fault(folder):
    write(folder, "questions", [question("two", parts=["How much?", "When?"]), question("none")])
    assert [case.parts for case in load_questions(folder).cases] == [("How much?", "When?"), ()]
    write(folder, "questions", [question("one", parts=["How much?"]), question("empty", parts=["How?", " "])])
    faults = faults_of(lambda: load_questions(folder))
    assert [fault.line for fault in faults] == [1, 2]
    assert all("two or more" in fault.problem for fault in faults)


def test_a_set_is_read_with_all_forms_of_evidence(folder):
    span = {"article_id": "a1", "char_start": 0, "char_end": 23, "quote": "Kimi raised $2 billion."}
    write(
        folder,
        "questions",
        [
            question("offsets", evidence=[span], type="factoid", question_date="2026-05-11", choices=["x"]),
            question(
                "facts", evidence=[{"id": "a1", "fact": "It is new."}, {"id": "a1", "fact": "It is old."}]
            ),
            question("quotes", evidences=["It is new.", "It is new."]),
            question("twice", relevant_ids=["a2"], evidences=["雨。"], language="zh"),
            question("told", evidence="somebody's explanation"),
            "",
            question("none", relevant_ids=[], unanswerable=True, answers=[], reference_answer=None),
        ],
    )
    loaded = load_questions(folder)
    cases = {case.case_id: case for case in loaded.cases}
    assert (loaded.name, loaded.language, loaded.unlocated_evidence) == ("news", "mul", 2)
    assert cases["offsets"] == Case(
        "offsets", "How much?", "news", "en", "factoid", ("$2 billion",), relevant_ids=("a1",),
        as_of="2026-05-11", evidence=(GoldEvidence("a1", 0, 23, span["quote"]),), metadata={"choices": ["x"]},
    )  # fmt: skip
    assert cases["facts"].evidence == cases["quotes"].evidence == (GoldEvidence("a1", 24, 34, "It is new."),)
    assert cases["twice"].evidence == ()
    assert cases["told"].metadata == {"evidence": "somebody's explanation"}
    assert cases["none"].unanswerable


def test_questions_that_no_article_is_known_to_answer_are_unanswerable(folder):
    write(folder, "questions", [question("asked")])
    rows = [
        question("nowhere", relevant_ids=[], type="no_support_found", question_date="2026-04-10"),
        question("known", answers=[], relevant_ids=[]),
    ]
    write(folder, "questions_unsupported", rows)
    asked, nowhere, known = load_questions(folder).cases
    assert [case.unanswerable for case in (asked, nowhere, known)] == [False, True, True]
    assert (nowhere.answers, nowhere.type, nowhere.as_of) == ((), "no_support_found", "2026-04-10")
    assert nowhere.metadata == {"answers_elsewhere": ("$2 billion",)}
    assert known.metadata == {}


def test_faults_of_unsupported_questions_are_of_their_own_file(folder):
    write(folder, "questions", [question("one"), question("two")])
    write(folder, "questions_unsupported", [question("three"), question("two", relevant_ids=[]), "{"])
    faults = faults_of(lambda: load_questions(folder))
    path = str(folder / "questions_unsupported.jsonl.gz")
    assert {(fault.path, fault.line) for fault in faults} == {(path, 1), (path, 2), (path, 3)}
    assert "among those that no article answers" in next(str(f) for f in faults if f.line == 1)
    loaded = load_questions(folder, skip_faulty=True)
    assert [case.case_id for case in loaded.cases] == ["one", "two"]
    assert loaded.skipped_rows == 3


def test_a_flat_list_beside_groups_of_which_each_must_be_said_is_no_list_of_alternatives(folder):
    both = question("both", answers=["19", "2 May"], answers_all_of=[["19"], ["2 May"]])
    one = question("one", answers=["19", "nineteen"], answers_all_of=[["19", "nineteen"]])
    write(folder, "questions", [both, one])
    several, single = load_questions(folder).cases
    assert (several.answers, several.answers_all_of) == ((), (("19",), ("2 May",)))
    assert (single.answers, single.answers_all_of) == (("19", "nineteen"), (("19", "nineteen"),))


def test_planted_values_are_sides_of_a_conflict_where_they_are_apart_from_the_true_ones(folder):
    apart = question("apart", fake_answers=["$3 billion"])
    same = question("same", fake_answers=["$2 billion"])
    write(folder, "questions", [apart, same])
    assert [case.conflicting for case in load_questions(folder).cases] == [
        (("$2 billion",), ("$3 billion",)),
        (),
    ]


def test_the_hash_is_of_the_content_and_not_of_the_name(folder, tmp_path):
    write(folder, "questions", [question("q")])
    first = load_questions(folder)
    other = tmp_path / "other"
    write(other, "corpus", CORPUS)
    write(other, "questions", [question("q", language="en")])
    assert load_questions(other).name == "other"
    assert load_questions(other).sha256 == first.sha256
    write(other, "questions", [question("q", language="en", answers=["$3 billion"])])
    assert load_questions(other).sha256 != first.sha256


def test_all_faults_are_listed_with_line_and_remedy(folder):
    write(
        folder,
        "questions",
        [
            question("good"),
            "{not json",
            {"id": "no-question", "relevant_ids": "a1"},
            question("good"),
            question("both", unanswerable=True),
            question("date", question_date="some day"),
            question(
                "place", evidence=[{"article_id": "a1", "char_start": 1, "char_end": 5, "quote": "Kimi"}]
            ),
            question("article", evidence=[{"id": "a9", "fact": "x"}]),
            question("type", unanswerable="no"),
        ],
    )
    faults = faults_of(lambda: load_questions(folder))
    path = str(folder / "questions.jsonl.gz")
    assert {fault.path for fault in faults} == {path}
    assert sorted(fault.line for fault in faults) == [2, 3, 3, 4, 5, 6, 7, 8, 9]
    by_line = {fault.line: str(fault) for fault in faults}
    assert "one JSON object a line" in by_line[2]
    assert by_line[4].startswith(f"{path}:4: the id good stands in line 1 already. Give each row")
    assert "unanswerable and has relevant_ids" in by_line[5]
    assert "some day" in by_line[6]
    assert "'Kimi' does not stand at 1 to 5 of the article a1. Offsets are code points" in by_line[7]
    assert "a9, which is not in the corpus" in by_line[8]
    assert "unanswerable: Input should be a valid boolean" in by_line[9]
    assert all(fault.remedy for fault in faults)


def test_faulty_rows_can_be_skipped_and_are_counted(folder):
    write(folder, "questions", [question("good"), "{", question("date", question_date="some day")])
    loaded = load_questions(folder, skip_faulty=True)
    assert [case.case_id for case in loaded.cases] == ["good"]
    assert loaded.skipped_rows == 2


def test_only_twenty_faults_are_spelled_out(folder):
    write(folder, "questions", ["{"] * 25)
    with pytest.raises(QuestionSetError, match="25 faults") as caught:
        load_questions(folder)
    assert len(caught.value.faults) == 25
    assert str(caught.value).count("one JSON object a line") == 20
    assert str(caught.value).endswith("… and 5 more.")


def test_missing_and_torn_files_are_faults(folder, tmp_path):
    (fault,) = faults_of(lambda: load_questions(folder))
    assert "does not exist" in fault.problem
    write(folder, "questions", [question(f"q{i}") for i in range(500)])
    path = folder / "questions.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-200])
    for skip in (False, True):
        (fault,) = faults_of(lambda skip=skip: load_questions(folder, skip_faulty=skip))
        assert "torn" in fault.remedy
    (folder / "META.json").write_text("[]")
    assert any(fault.path.endswith("META.json") for fault in faults_of(lambda: load_questions(folder)))
    assert faults_of(lambda: list(iter_articles(tmp_path / "nowhere")))


def test_articles_are_streamed_and_other_fields_are_metadata(folder):
    one, two = iter_articles(folder)
    assert one == Article(title="One", text=CORPUS[0]["text"], article_id="a1")
    assert (two.article_id, two.language, two.published_at) == ("a2", "zh", "2026-05-10")
    assert (two.url, two.title) == ("https://example.org/2", "雨。雨。停了。")
    assert two.metadata == {"category": "weather", "title_from_text": True}


def test_a_stand_in_title_is_short_and_one_line(folder):
    write(folder, "corpus", [{"id": "a", "text": "word\n" * 100}])
    (article,) = iter_articles(folder)
    assert article.title == ("word " * 16).rstrip() + "…"


def test_sound_articles_come_before_the_error_that_lists_the_others(folder):
    write(folder, "corpus", [CORPUS[0], {"id": "b", "text": " "}, {"id": "a1", "text": "again"}, {"text": 5}])
    articles = iter_articles(folder)
    assert next(articles).article_id == "a1"
    faults = faults_of(lambda: list(articles))
    assert sorted(fault.line for fault in faults) == [2, 3, 4, 4]


def test_plain_files_are_read_too(folder):
    (folder / "corpus.jsonl.gz").unlink()
    (folder / "corpus.jsonl").write_text(json.dumps(CORPUS[0]) + "\n")
    assert [article.article_id for article in iter_articles(folder)] == ["a1"]


def test_pairs_of_the_newest_version_become_cases():
    rows = [
        StoredQAPair("a1", 1, 0, "Old?", "Old.", "en"),
        StoredQAPair("a1", 2, 0, "How much?", "$2 billion.", "en"),
        StoredQAPair("a1", 2, 1, "多少?", "二十亿。", ""),
        StoredQAPair("a2", 1, 0, "Why?", "So.", "en"),
    ]
    made = from_qa_pairs(rows)
    assert [case.case_id for case in made.cases] == ["a1:2:0", "a1:2:1", "a2:1:0"]
    assert made.cases[0].relevant_ids == ("a1",)
    assert made.cases[0].reference_answer == "$2 billion."
    assert [case.language for case in made.cases] == ["en", "zh", "en"]


def test_cases_whose_articles_are_missing_are_named(folder):
    write(folder, "questions", [question("q"), question("r", relevant_ids=["a2", "a1"])])
    loaded = load_questions(folder)
    assert check_set(loaded, {"a1", "a2"}) == ()
    assert check_set(loaded, {"a1"}) == (MissingArticles("r", ("a2",)),)


def test_cases_and_sets_check_themselves():
    with pytest.raises(ValueError, match="unanswerable"):
        Case("q", "?", "s", "en", relevant_ids=("a",), unanswerable=True)
    with pytest.raises(ValueError, match="2 grades, 1 articles"):
        Case("q", "?", "s", "en", relevant_ids=("a",), grades=(1, 2))
    with pytest.raises(ValueError, match="have the id q"):
        QuestionSet.of("s", [Case("q", "?", "s", "en"), Case("q", "!", "s", "en")])
    assert len(QuestionSet.of("s", [Case("q", "?", "s", "en"), Case("q", "?", "t", "en")]).cases) == 2


def test_beir_sets_keep_their_grades(tmp_path):
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d1", "title": "T", "text": "x", "metadata": {"k": 1}}\n')
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "what is it", "metadata": {}}\n{"_id": "q2", "text": "unjudged"}\n'
    )
    (tmp_path / "qrels").mkdir()
    qrels = tmp_path / "qrels" / "test.tsv"
    qrels.write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq1\td3\t1\n")
    (case,) = load_beir(tmp_path).cases
    assert case.relevance == {"d1": 2, "d3": 1}
    assert list(iter_beir_articles(tmp_path)) == [
        Article(title="T", text="x", article_id="d1", metadata={"k": 1})
    ]
    qrels.write_text("query-id\tcorpus-id\tscore\nq9\td1\t1\nq1 d1 1\n")
    assert [fault.line for fault in faults_of(lambda: load_beir(tmp_path))] == [2, 3]
    assert faults_of(lambda: load_beir(tmp_path, split="dev"))


def test_ragchecker_files_give_reference_answers(tmp_path):
    path = tmp_path / "inputs.json"
    row = {"query_id": "1", "query": "Why?", "gt_answer": "So.", "response": "r", "retrieved_context": []}
    path.write_text(json.dumps({"results": [row]}))
    loaded = load_ragchecker(path)
    assert (loaded.name, loaded.cases[0].reference_answer, loaded.cases[0].relevant_ids) == (
        "inputs",
        "So.",
        (),
    )
    path.write_text(json.dumps({"results": [row, row]}))
    assert "results.1" in faults_of(lambda: load_ragchecker(path))[0].problem
    path.write_text(json.dumps({"results": [{"query_id": "1"}]}))
    assert len(faults_of(lambda: load_ragchecker(path))) == 2
    assert faults_of(lambda: load_ragchecker(tmp_path / "none.json"))


DATA = os.environ.get("GROUNDWIRE_TEST_DATA", "")


@pytest.mark.skipif(not DATA, reason="GROUNDWIRE_TEST_DATA does not name a folder with question sets")
def test_the_real_sets_load_and_name_articles_that_exist():
    folders = [path.parent for path in sorted(Path(DATA).glob("dev/*/questions.jsonl.gz"))]
    assert folders
    for folder in folders:
        loaded = load_questions(folder, skip_faulty=True)
        ids = {article.article_id for article in iter_articles(folder)}
        assert check_set(loaded, ids) == ()
        assert loaded.skipped_rows <= len(loaded.cases) // 1000
        assert loaded.unlocated_evidence <= sum(len(case.evidence) for case in loaded.cases) // 100


def loaded_set(test_data, name):
    return load_questions(test_data / "dev" / name, skip_faulty=True)


def test_what_is_peculiar_to_the_real_sets_is_honoured(test_data):
    quiz = loaded_set(test_data, "realtimeqa_en").cases
    assert {case.type for case in quiz if case.unanswerable} == {"no_support_found"}
    assert sum(case.unanswerable for case in quiz) == 100
    assert all(case.as_of for case in (*quiz, *loaded_set(test_data, "chronoqa_zh").cases))
    assert all(len(case.answers_all_of) > 1 for case in loaded_set(test_data, "rgb_zh_int").cases)
    for name in ("rgb_en_fact", "rgb_zh_fact"):
        assert sum(len(case.conflicting) == 2 for case in loaded_set(test_data, name).cases) >= 49
    hops = loaded_set(test_data, "multihop_rag_500").cases
    assert all(bool(case.evidence) != case.unanswerable for case in hops)

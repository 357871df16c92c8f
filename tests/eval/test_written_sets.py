import gzip
import hashlib
import json
from pathlib import Path

import pytest

from eval.datasets import iter_articles, load_questions
from eval.errors import QuestionSetError
from eval.written_sets import WRITTEN, assemble

ARTICLES = [
    {
        "id": f"a{number}",
        "title": f"Story {number}",
        "text": f"The town of Brell has {number} bridges. It rains.",
    }
    for number in range(9)
]


def written(folder: Path, source_id: str = "a3") -> Path:
    folder.mkdir()
    quote = "The town of Brell has 3 bridges."
    asked = {
        "id": "w1",
        "question": "How many bridges has Brell?",
        "relevant_ids": [source_id],
        "source_id": source_id,
        "evidence": [
            {
                "article_id": source_id,
                "char_start": 0,
                "char_end": len(quote),
                "quote_sha256": hashlib.sha256(quote.encode()).hexdigest(),
            }
        ],
    }
    missed = {"id": "w2", "question": "Who built them?", "unanswerable": True, "source_id": source_id}
    lines = [json.dumps({"answers": [], "type": "factoid", **row}) for row in (asked, missed)]
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "META.json").write_text('{"name": "bridges", "language": "en", "articles_from": "pool"}')
    return folder


@pytest.fixture
def pools(tmp_path):
    (tmp_path / "pools" / "pool").mkdir(parents=True)
    with gzip.open(tmp_path / "pools" / "pool" / "corpus.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in ARTICLES)
    return tmp_path / "pools"


def test_a_set_is_put_together_from_its_questions_and_the_pool(tmp_path, pools):
    folder = assemble(written(tmp_path / "q"), pools, tmp_path / "set", beside=4, seed=1)
    found = [article.article_id for article in iter_articles(folder)]
    assert len(found) == len(set(found)) == 5
    assert "a3" in found
    first, second = load_questions(folder).cases
    assert first.evidence[0].quote == "The town of Brell has 3 bridges."
    assert second.unanswerable and second.metadata["source_id"] == "a3"


def test_the_same_seed_chooses_the_same_articles(tmp_path, pools):
    questions = written(tmp_path / "q")
    chosen = [
        sorted(
            a.article_id
            for a in iter_articles(assemble(questions, pools, tmp_path / name, beside=3, seed=seed))
        )
        for name, seed in (("one", 5), ("two", 5), ("three", 6))
    ]
    assert chosen[0] == chosen[1]
    assert len(chosen[2]) == 4


def test_a_pool_that_lacks_an_article_is_named_with_it(tmp_path, pools):
    with pytest.raises(QuestionSetError, match="zz"):
        assemble(written(tmp_path / "q", "zz"), pools, tmp_path / "set", beside=1, seed=1)
    with pytest.raises(QuestionSetError, match="Name the folder that pool lies in"):
        assemble(written(tmp_path / "r"), tmp_path, tmp_path / "set", beside=1, seed=1)


@pytest.mark.parametrize("name", ["written_en", "written_zh"])
def test_the_project_s_own_questions_fit_their_articles_and_no_measured_one(test_data, tmp_path, name):
    folder = assemble(WRITTEN / name, test_data / "dev", tmp_path / "set", beside=0, seed=1)
    cases = load_questions(folder).cases
    assert len(cases) > 400
    assert all(case.evidence or case.unanswerable for case in cases)
    asked = {article.article_id for article in iter_articles(folder)}
    for measured in ("analytical_en", "analytical_zh", "realtimeqa_gold", "realtimeqa_en", "crud_rag_1doc"):
        wanted = {
            i
            for case in load_questions(test_data / "dev" / measured, skip_faulty=True).cases
            for i in case.relevant_ids
        }
        assert wanted and not asked & wanted

from dataclasses import replace

import pytest

from eval.evidence_groups import BatchedQueries, LexicalOnly, build_groups, label, make_group
from eval.measure_evidence import Judged, judged, summary, table
from eval.types import Case, GoldEvidence
from index.types import Article, Hit
from rag.training.types import UNKNOWN
from rag.types import Evidence, ScoredPassage

TEXT = "Leeds won the cup in 1972. Rain fell on the city. Leeds had lost before."
ARTICLE = Article(title="The cup", text=TEXT, article_id="a")
OTHER = Article(title="Rain", text="Rain fell on Leeds. Nothing was won.", article_id="b")


def case(**values) -> Case:
    return Case(
        **{
            "case_id": "1",
            "question": "When did Leeds win the cup?",
            "set_name": "set",
            "language": "en",
            "relevant_ids": ("a",),
            **values,
        }
    )


def test_gold_evidence_decides_and_answer_strings_elsewhere_leave_it_open():
    quote = "Rain fell on the city."
    start = TEXT.index(quote)
    gold = case(evidence=(GoldEvidence("a", start, start + len(quote), quote),))
    assert label(gold, "a", quote, start, start + len(quote)) == 1
    assert label(gold, "a", "Leeds", 0, 26) == 0
    assert label(gold, "b", quote, start, start + len(quote)) == 0
    span = case(answers=("Leeds",), metadata={"answer_start": 0})
    assert label(span, "a", "Leeds won the cup in 1972.", 0, 26) == 1
    assert label(span, "a", "Leeds had lost before.", 50, 72) == UNKNOWN
    assert label(span, "b", "Rain fell on Leeds.", 0, 19) == UNKNOWN
    assert label(span, "a", "Rain fell on the city.", 27, 49) == 0
    assert label(replace(span, unanswerable=True, relevant_ids=()), "a", "Leeds", 0, 26) == 0


def test_a_group_holds_what_retrieval_found_and_the_passages_of_the_article_that_it_missed(library):
    library.put(ARTICLE)
    library.put(OTHER)
    asked = case(answers=("1972",), metadata={"answer_start": TEXT.index("1972")})
    group = make_group(asked, library, ARTICLE, top_k=1)
    assert [c.rank for c in group.candidates] in ([1], [1, 0])
    gold = next(c for c in group.candidates if c.article_id == "a")
    assert gold.labels == (1, 0, 0)
    assert [gold.text[s.char_start : s.char_end] for s in gold.sentences] == [
        "Leeds won the cup in 1972.",
        "Rain fell on the city.",
        "Leeds had lost before.",
    ]
    assert (group.kind, group.answerable, group.source_id) == ("span", True, "a")


def test_groups_of_a_folder_need_no_embedder_for_a_language_that_it_does_not_know(tmp_path):
    (tmp_path / "corpus.jsonl").write_text(
        '{"id": "a", "title": "桥", "text": "大桥明年春天通车。公园已经开放。"}\n', encoding="utf-8"
    )
    (tmp_path / "questions.jsonl").write_text(
        '{"id": "1", "question": "大桥何时通车？", "answers": ["明年春天"], "relevant_ids": ["a"], '
        '"answer_start": 2, "evidences": ["公园已经开放。"]}\n',
        encoding="utf-8",
    )
    (group,) = build_groups(tmp_path, LexicalOnly(), most_questions=5, seed=1)
    assert (group.language, group.kind) == ("zh", "span")
    # The answer's place decides; what a machine marked as evidence does not.
    assert group.candidates[0].labels == (1, 0)


def test_groups_kept_for_calibration_are_those_of_articles_held_out(tmp_path):
    names = [f"article-{number}" for number in range(60)]
    (tmp_path / "corpus.jsonl").write_text(
        "".join(f'{{"id": "{name}", "title": "桥", "text": "大桥{name}明年春天通车。"}}\n' for name in names),
        encoding="utf-8",
    )
    (tmp_path / "questions.jsonl").write_text(
        "".join(
            f'{{"id": "{name}", "question": "大桥{name}何时通车？", "answers": ["明年春天"], '
            f'"relevant_ids": ["{name}"], "answer_start": 11}}\n'
            for name in names
        ),
        encoding="utf-8",
    )

    def built(held_out):
        groups = build_groups(tmp_path, LexicalOnly(), most_questions=60, seed=1, held_out=held_out)
        return {group.source_id: group.held_out for group in groups}

    everything, kept = built(False), built(True)
    assert set(everything) == set(names)
    assert 0 < len(kept) < 20
    assert set(kept) == {name for name, held_out in everything.items() if held_out}


def test_prepared_questions_are_embedded_once(embedder):
    batched = BatchedQueries(embedder)
    batched.prepare(["who won?", "rain"])
    assert (batched.embed_queries(["rain"]) == embedder.embed_queries(["rain"])).all()
    assert (batched.embed_queries(["new"]) == embedder.embed_queries(["new"])).all()
    assert batched.space == embedder.space


def test_a_scorer_is_judged_by_its_best_sentences_and_the_place_of_the_article(library):
    library.put(ARTICLE)
    library.put(OTHER)
    snapshot = library.snapshot()
    passages = snapshot.passages([int(key) for key in library.catalog.live_keys()])
    ordered = sorted(passages.values(), key=lambda p: p.article_id, reverse=True)
    hits = [Hit(passage, rank, None, None, 0.0) for rank, passage in enumerate(ordered, start=1)]
    scores = {"Leeds won the cup in 1972.": 0.9, "Rain fell on Leeds.": 0.6}
    scored = [
        ScoredPassage(
            hit,
            0.5,
            tuple(
                Evidence(hit.passage, s.char_start, s.char_end, text, scores.get(text, 0.1))
                for s in hit.passage.sentences
                for text in [hit.passage.text[s.char_start : s.char_end]]
            ),
        )
        for hit in hits
    ]
    asked = case(answers=("1972",), metadata={"answer_start": TEXT.index("1972")})
    found = judged(asked, hits, scored, None)
    assert found.sentences[:2] == ((0.9, 1), (0.6, 0))
    assert (found.article, found.reranked, found.best) == (0.5, 0.5, 0.9)


def item(**values) -> Judged:
    return Judged(
        **{
            "case_id": "1",
            "kind": "analytical",
            "answerable": True,
            "gold": 2,
            "sentences": ((0.9, 1), (0.8, 0), (0.3, 1)),
            "passages": ((0.9, 1),),
            "article": 0.5,
            "reranked": 1.0,
            "best": 0.9,
            **values,
        }
    )


def test_the_summary_counts_answerable_questions_and_the_selection_above_the_threshold():
    refused = item(answerable=False, gold=0, sentences=((0.2, 0),), passages=((0.1, 0),), best=0.2)
    figures = summary([item(), item(case_id="2"), refused], 0.5)
    assert figures["first"][0] == figures["three"][0] == figures["reranked MRR"][0] == 1.0
    assert figures["fused MRR"][0] == 0.5
    assert [figures[name][0] for name in ("recall@5", "precision", "recall", "F1")] == [1.0, 0.5, 0.5, 0.5]
    assert figures["AUROC sentence"][0] == 1.0
    assert figures["refused"] == {"answerable": 0.0, "unanswerable": 1.0}
    assert figures["passage calibration error"] == pytest.approx(0.1)


def test_the_table_has_a_row_for_each_set_and_scorer():
    figures = summary([item()], 0.5)
    lines = table({"one": {"reader": figures, "bm25": figures}, "two": {"reader": figures}}).splitlines()
    assert len(lines) == 5
    assert lines[2].startswith("| one | reader | 1.000 (1.000–1.000) |")

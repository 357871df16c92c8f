from __future__ import annotations

from builders import article

from index.types import Filters
from rag.aliases import grouped
from rag.retrieve import PER_ARTICLE, retrieve, retrieve_parts
from rag.types import Question
from rag.understand import understand


def found(library, question, *, top_k=8, aliases=None, as_of=""):
    return retrieve(
        understand(Question(question, as_of=as_of)), library.snapshot(), top_k=top_k, aliases=aliases
    )


def long_text(subject, sentences=60):
    return " ".join(
        f"The {subject} report number {n} speaks of harbours and cranes in some detail."
        for n in range(sentences)
    )


def test_other_name_from_the_users_file_is_found(library):
    library.put(article("新闻", "阶跃星辰计划在年底前完成上市。"))
    library.put(article("Other", "The harbour was closed for a week."))
    hits = found(library, "StepFun listing", aliases=grouped([["StepFun", "阶跃星辰"]])).hits
    assert hits[0].passage.title == "新闻"
    assert hits[0].lexical is not None


def test_other_name_is_learned_from_parentheses_in_the_library(library):
    library.put(article("One", "阶跃星辰（StepFun）是一家模型公司。"))
    library.put(article("Two", "阶跃星辰计划在年底前完成上市。"))
    result = found(library, "What does StepFun plan?")
    assert result.aliases["StepFun"] == {"阶跃星辰"}
    assert {hit.passage.title for hit in result.hits if hit.lexical is not None} == {"One", "Two"}


def test_one_article_gives_few_passages_where_others_answer_as_well(library):
    names = ("Bergen", "Dover", "Genoa", "Malta", "Riga")
    for name in names:
        # Told apart by their other words, so that they are five stories. Only the first passage of each has
        # the words that are asked for, so that the question is about none of them.
        words = [f"{name.lower()}{n}" for n in range(360)]
        text = " ".join(
            f"{'Harbours and cranes' if n < 90 else 'Quays with boats'} {' '.join(words[n : n + 10])}."
            for n in range(0, 360, 10)
        )
        library.put(article(name, text))
    hits = found(library, "harbours and cranes", top_k=PER_ARTICLE * len(names)).hits
    counts = [sum(hit.passage.title == name for hit in hits) for name in names]
    assert counts == [PER_ARTICLE] * len(names)


def test_question_about_one_article_gets_its_passages(library):
    library.put(article("Kimi and the price war", long_text("Kimi price war")))
    library.put(article("Weather", "The sun will shine on the coast."))
    hits = found(library, "Kimi price war reports", top_k=4).hits
    assert [hit.passage.title for hit in hits] == ["Kimi and the price war"] * 4


def test_ranks_run_from_one_in_order(library):
    library.put(article("Kimi", long_text("Kimi")))
    assert [hit.rank for hit in found(library, "Kimi report", top_k=5).hits] == [1, 2, 3, 4, 5]


def test_same_text_in_two_articles_is_given_once_before_anything_else(library):
    story = "Kimi raised two billion dollars in a round that closed in May."
    library.put(article("Paper one", story, source="one"))
    library.put(article("Paper two", story, source="two"))
    library.put(article("Paper three", "Kimi hired a new head of research in the same week.", source="three"))
    hits = found(library, "Kimi round in May", top_k=3).hits
    assert len({hit.passage.text for hit in hits[:2]}) == 2


def test_window_of_a_question_for_last_weeks_news_is_applied_and_told(library):
    library.put(article("Old", "The harbour was closed.", published_at="2026-04-01"))
    library.put(article("New", "The harbour was opened.", published_at="2026-05-06"))
    result = found(library, "What was in the news about the harbour last week?", as_of="2026-05-13")
    assert [hit.passage.title for hit in result.hits] == ["New"]
    assert result.filters == Filters(published_after="2026-05-04", published_before="2026-05-10")


def test_window_without_an_article_leaves_nothing(library):
    library.put(article("Old", "The harbour was closed.", published_at="2026-04-01"))
    assert found(library, "News about the harbour last week?", as_of="2026-05-13").outside_filters


def test_window_is_not_applied_to_a_library_without_dates(library):
    library.put(article("Undated", "The harbour was closed."))
    result = found(library, "News about the harbour last week?", as_of="2026-05-13")
    assert len(result.hits) == 1
    assert result.filters == Filters()


def test_newer_of_two_reports_that_score_alike_comes_first_for_the_state_of_things(library):
    library.put(article("Old", "The strike at the harbour goes on.", published_at="2026-04-01", source="a"))
    library.put(article("New", "The strike at the harbour is over.", published_at="2026-05-01", source="b"))
    hits = found(library, "Is there currently a strike at the harbour?").hits
    assert hits[0].passage.title == "New"


def test_each_thing_that_a_question_asks_is_looked_for(library):
    # Each of these has words of both parts, so that they come before the ferry for the whole question.
    for number in range(6):
        text = f"The lemon harvest of grove {number} was good this year. A plan to tax it ran aground."
        library.put(article(f"Lemon {number}", text))
    library.put(article("Ferry", "A ferry ran aground."))
    asked = understand(Question("How good was the lemon harvest this year, and what ran aground?"))
    alone = retrieve(asked, library.snapshot(), top_k=3)
    assert "Ferry" not in {hit.passage.title for hit in alone.hits}
    found = retrieve_parts(asked, library.snapshot(), top_k=3)
    assert "Ferry" in {hit.passage.title for hit in found.hits}
    assert [hit.rank for hit in found.hits] == [1, 2, 3]
    assert len({hit.passage.key for hit in found.hits}) == 3


def resigned(library):
    """Two reports that answer alike, the longer one, of an older event, nearer in words."""
    library.put(
        article(
            "Minister resigns", "The transport minister announced her resignation.", published_at="2022-07-06"
        )
    )
    library.put(
        article(
            "Which minister announced a resignation this week",
            "The harbour minister announced his resignation this week. Which minister follows is open.",
            published_at="2021-08-10",
        )
    )


def titles(result):
    return [hit.passage.title for hit in result.hits]


def test_what_was_reported_in_the_time_that_is_asked_about_comes_first_and_leaves_nothing_out(library):
    resigned(library)
    question = "Which minister announced a resignation this week?"
    then = titles(found(library, question, as_of="2022-07-08"))
    assert then == ["Minister resigns", "Which minister announced a resignation this week"]
    assert titles(found(library, question, as_of="2021-08-12")) == then[::-1]


def test_a_time_in_which_nothing_was_reported_changes_nothing(library):
    resigned(library)
    asked = "Which minister announced a resignation this week?"
    plain = found(library, asked.replace(" this week", ""), as_of="2026-11-30")
    assert titles(found(library, asked, as_of="2026-11-30"))[0] == titles(plain)[0]
    narrowed = retrieve(
        understand(Question(asked, filters=Filters(published_after="2021-01-01"), as_of="2022-07-08")),
        library.snapshot(),
        top_k=8,
    )
    assert titles(narrowed)[0] == "Which minister announced a resignation this week"

"""Questions for the news of a time are told how the articles of that time begin."""

import pytest
from fakes import FakeScorer

from index.types import Article
from rag.answer import answer
from rag.generate.extractive import ExtractiveGenerator
from rag.period import asks_for_all_news
from rag.types import Question

ARTICLES = (
    Article("Port", "The port opened a third crane. It cost 4 million crowns.", published_at="2026-09-16"),
    Article(
        "Ferry", "Photo: A. Berg\n\nThe ferry stopped at noon. Nobody was hurt.", published_at="2026-09-17"
    ),
    Article("Old", "The bridge was painted green. It took a week.", published_at="2026-05-01"),
)


def told(library, text, as_of="2026-09-18"):
    for article in ARTICLES:
        library.put(article)
    return answer(
        Question(text, as_of=as_of), library=library, scorer=FakeScorer(), generator=ExtractiveGenerator()
    )


@pytest.mark.parametrize("text", ["What happened this week?", "What was reported in September 2026?"])
def test_the_news_of_a_time_are_the_first_sentences_of_its_articles_the_newest_first(library, text):
    result = told(library, text)
    assert [citation.quote for citation in result.citations] == [
        "The ferry stopped at noon.",
        "The port opened a third crane.",
    ]
    assert result.status == "answered"


def test_news_are_told_in_the_language_of_the_question_where_there_are_any(library):
    library.put(
        Article("港口", "港口周三启用第三台起重机。耗资四百万。", language="zh", published_at="2026-09-15")
    )
    quotes = [citation.quote for citation in told(library, "本周有什么新闻？").citations]
    assert quotes == ["港口周三启用第三台起重机。"]
    assert len(told(library, "What happened this week?").citations) == 2


def test_a_time_without_articles_is_refused_and_a_subject_is_looked_for(library):
    assert told(library, "What happened last week?").reason == "outside_filters"
    result = told(library, "What happened to the crane of the port this week?")
    assert all("ferry" not in citation.quote for citation in result.citations)


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("What are the top headlines today?", True),
        ("上周发生了什么？", True),
        ("昨天有哪些重要新闻？", True),
        ("What is the news about the bridge this week?", False),
        ("本周有什么交通新闻？", False),
        ("Who resigned this week?", False),
        ("What are today's top stories?", True),
        ("给我讲讲今天的新闻", True),
        ("大众今天有什么新闻？", False),
        ("大学本周有什么新闻？", False),
    ],
)
def test_news_are_asked_for_alone_or_of_something(question, alone):
    assert asks_for_all_news(question) == alone


def test_a_time_that_is_not_applied_and_a_second_thing_asked_get_no_digest(library):
    library.put(Article("Undated", "The lock was repaired. It took a year."))
    result = answer(
        Question("What happened yesterday?"),
        library=library,
        scorer=FakeScorer(),
        generator=ExtractiveGenerator(),
    )
    assert result.status == "abstained"
    result = told(library, "What happened this week, and what happened to the frog?")
    assert [part.status for part in result.parts] != ["answered", "answered"]

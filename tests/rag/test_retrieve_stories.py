from index.library import Library
from index.types import Article, Filters
from rag.retrieve import retrieve, retrieve_parts
from rag.types import Question
from rag.understand import understand

TEXT = (
    "Ministers agreed late on Tuesday to fund the northern rail line after months of talks about its cost. "
    "The route through four valleys needs 14 tunnels, and farmers had asked for more of them. "
    "Towns on the line get stations that trains serve every hour from the spring of next year."
)


def test_a_search_gives_one_telling_of_a_story_and_counts_the_others(library: Library):
    for source in ("Agency", "Paper", "Portal"):
        library.put(Article("Rail line funded", f"{source} report. {TEXT}", source=source))
    library.put(Article("Weather", "It rains in the valleys on Tuesday, and trains run late."))
    question = understand(Question("Who funds the northern rail line?"))
    hits = retrieve(question, library.snapshot(), top_k=8).hits
    told = [hit for hit in hits if hit.passage.title == "Rail line funded"]
    assert len({hit.passage.article_id for hit in told}) == 1
    assert {hit.story.also_in for hit in told} == {2}
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))

    paper = understand(Question(question.text, filters=Filters(sources=("Paper",))))
    assert {hit.passage.source for hit in retrieve(paper, library.snapshot(), top_k=8).hits} == {"Paper"}


def test_one_story_is_told_once_however_many_things_are_asked(library: Library):
    # Each title draws one half of the question to its own telling.
    library.put(Article("Ministers fund the northern rail line", TEXT, source="Agency"))
    library.put(Article("Farmers asked for tunnels", TEXT, source="Paper"))
    asked = understand(Question("Who funds the northern rail line, and what had farmers asked for?"))
    alone = [
        retrieve(understand(Question(part.text)), library.snapshot(), top_k=8).hits[0].passage.source
        for part in asked.parts
    ]
    assert alone == ["Agency", "Paper"]
    hits = retrieve_parts(asked, library.snapshot(), top_k=8).hits
    assert len({hit.passage.article_id for hit in hits}) == 1

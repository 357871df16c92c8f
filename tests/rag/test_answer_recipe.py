"""The recipe from question to answer, with every part scripted but the library."""

from dataclasses import replace

import pytest
from fakes import FakeEmbedder, FakeScorer, ScriptedGenerator

from index.errors import InvalidInputError
from index.library import open_library
from index.types import Article, Filters, Section
from rag.answer import answer, find
from rag.generate.extractive import ExtractiveGenerator
from rag.types import Question

BRIDGE = "The harbour bridge opened on Monday. It cost 40 million crowns.\n\nFerries stop in June."
ARTICLES = (
    Article("Harbour bridge", BRIDGE, source="Coast Daily", published_at="2026-05-10", article_id="harbour"),
    Article("Apples", "Frost took a third of the apples. 🍎 Growers ask for aid.", article_id="orchard"),
    Article(
        "大桥通车",
        "大桥周一通车。造价四千万克朗。",
        language="zh",
        article_id="qiao",
        sections=(Section("通车", 0, 7), Section("造价", 7, 15)),
    ),
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A library with the three articles, for reading only."""
    library = open_library(tmp_path_factory.mktemp("recipe"), FakeEmbedder())
    for article in ARTICLES:
        library.put(article)
    yield library
    library.close()


def asked(library, text, script=None, **more):
    generator = ScriptedGenerator(script)
    return answer(
        Question(text, **more), library=library, scorer=FakeScorer(), generator=generator
    ), generator


def assert_exact(library, result):
    for citation in result.citations:
        article = library.catalog.article(citation.article_id, citation.version)
        assert article.text[citation.char_start : citation.char_end] == citation.quote
    for statement in result.statements:
        shown = result.text[statement.char_start : statement.char_end]
        assert all(f"[{n}]" in shown for n in statement.citations)


@pytest.mark.parametrize(
    ("question", "quotes"),
    [
        ("harbour bridge opened Monday", ["The harbour bridge opened on Monday."]),
        ("cost 40 million crowns", ["It cost 40 million crowns.", "The harbour bridge opened on Monday."]),
        ("growers ask aid", ["🍎 Growers ask for aid."]),
        ("造价四千万", ["造价四千万克朗。"]),
    ],
)
def test_a_statement_is_cited_at_the_exact_characters(stored, question, quotes):
    result, _ = asked(stored, question)
    assert result.status == "answered"
    assert [citation.quote for citation in result.citations] == quotes
    assert_exact(stored, result)


def test_citations_are_numbered_in_the_order_of_their_first_use(stored):
    def script(evidence):
        by_text = {item.text: n for n, item in enumerate(evidence, 1)}
        ferries, opened = by_text["Ferries stop in June."], by_text["The harbour bridge opened on Monday."]
        return [
            ("Ferries stop in June.", (ferries,)),
            ("The harbour bridge opened on Monday and ferries stop in June.", (opened, ferries)),
            ("Ferries stop in June.", (ferries,)),
        ]

    result, _ = asked(stored, "harbour ferries", script)
    assert [citation.n for citation in result.citations] == [1, 2]
    assert result.statements[0].citations == (1,)
    assert set(result.statements[1].citations) == {1, 2}
    assert_exact(stored, result)


def test_nothing_that_answers_abstains_and_lists_the_nearest(stored):
    result, generator = asked(stored, "volcano eruption warnings")
    assert (result.status, result.reason, result.text) == ("abstained", "no_evidence", "")
    assert not result.statements
    assert not result.citations
    assert result.hits
    assert generator.asked == [], "nothing is drafted without evidence"


def test_filters_that_leave_nothing_abstain(stored):
    result, _ = asked(stored, "harbour bridge", filters=Filters(sources=("Nobody",)))
    assert (result.status, result.reason, result.hits) == ("abstained", "outside_filters", ())


def test_filters_keep_other_articles_from_being_cited(stored):
    result, _ = asked(stored, "harbour bridge opened Monday", filters=Filters(article_ids=("orchard",)))
    assert (result.status, result.reason) == ("abstained", "no_evidence")
    assert {hit.hit.passage.article_id for hit in result.hits} == {"orchard"}


def test_an_empty_library_abstains(library):
    result, _ = asked(library, "harbour bridge")
    assert (result.status, result.reason) == ("abstained", "empty_library")
    assert result.index.seq == 0


def test_an_empty_library_is_empty_whatever_the_filters(library):
    result, _ = asked(library, "harbour bridge", filters=Filters(languages=("en",)))
    assert result.reason == "empty_library"


@pytest.mark.parametrize(
    "draft",
    [
        ("The bridge cost 41 million crowns.", (1,)),
        ("The bridge will close forever tomorrow evening.", (1,)),
        ("The harbour bridge opened on Monday.", ()),
        ("The harbour bridge opened on Monday.", (99,)),
        ("The harbour bridge opened on Monday.", (0,)),
    ],
)
def test_a_draft_that_its_evidence_does_not_carry_abstains(stored, draft):
    result, _ = asked(stored, "harbour bridge opened Monday", lambda evidence: [draft])
    assert (result.status, result.reason, result.text) == ("abstained", "unsupported_draft", "")
    assert not result.statements


def test_a_deleted_article_is_never_cited(library):
    for article in ARTICLES:
        library.put(article)
    assert asked(library, "harbour bridge opened Monday")[0].citations
    library.delete("harbour")
    result, _ = asked(library, "harbour bridge opened Monday")
    assert result.status == "abstained"
    assert "harbour" not in {hit.hit.passage.article_id for hit in result.hits}


def test_an_article_that_is_deleted_while_the_question_is_worked_on_is_not_retrieved(library):
    for article in ARTICLES:
        library.put(article)
    embed = library.embedder.embed_queries

    def deleting(texts):
        library.delete("harbour")
        library.embedder.embed_queries = embed
        return embed(texts)

    library.embedder.embed_queries = deleting
    result, _ = asked(library, "harbour bridge opened Monday")
    assert "harbour" not in {hit.hit.passage.article_id for hit in result.hits}
    assert not result.citations


def test_an_answer_is_of_one_state_whatever_arrives_meanwhile(library):
    library.put(ARTICLES[0])

    class Meanwhile(FakeScorer):
        def score(self, question, hits):
            library.put(
                Article("Harbour bridge again", "The harbour bridge opened on Monday too.", article_id="late")
            )
            return super().score(question, hits)

    question = Question("harbour bridge opened Monday")
    result = answer(question, library=library, scorer=Meanwhile(), generator=ScriptedGenerator())
    assert result.index.seq == 1
    assert {citation.article_id for citation in result.citations} == {"harbour"}
    assert asked(library, question.text)[0].index.seq == 2


def test_a_new_version_replaces_what_is_found_and_the_old_one_stays_readable(library):
    library.put(ARTICLES[0])
    before, _ = asked(library, "harbour bridge opened Monday")
    library.put(Article("Harbour bridge", "The harbour bridge closed on Friday.", article_id="harbour"))
    after, _ = asked(library, "harbour bridge closed Friday")
    assert [citation.version for citation in after.citations] == [2]
    assert_exact(library, before)
    assert_exact(library, after)


def test_what_the_listener_raises_ends_the_work(stored):
    class EnoughError(Exception):
        pass

    def listener(understanding, passages):
        assert passages
        raise EnoughError

    generator = ScriptedGenerator()
    with pytest.raises(EnoughError):
        answer(
            Question("harbour bridge opened"),
            library=stored,
            scorer=FakeScorer(),
            generator=generator,
            on_retrieval=listener,
        )
    assert generator.asked == []


@pytest.mark.parametrize(
    ("question", "field"),
    [
        (Question(""), "question"),
        (Question(" \n"), "question"),
        (Question("a" * 3000), "question"),
        (Question("a\ud800"), "question"),
        (Question("bridge", top_k=0), "top_k"),
        (Question("bridge", as_of="soon"), "as_of"),
        (Question("bridge", filters=Filters(published_after="soon")), "filters.published_after"),
        (
            Question("bridge", filters=Filters(published_after="2026-05-02", published_before="2026-05-01")),
            "filters.published_after",
        ),
    ],
)
def test_a_question_that_cannot_be_read_names_its_field(stored, question, field):
    with pytest.raises(InvalidInputError) as raised:
        answer(question, library=stored, scorer=FakeScorer(), generator=ScriptedGenerator())
    assert raised.value.field == field
    with pytest.raises(InvalidInputError):
        find(question, library=stored, scorer=FakeScorer())


def test_find_gives_what_an_answer_would_read(stored):
    question = Question("harbour bridge opened Monday")
    found = find(question, library=stored, scorer=FakeScorer())
    assert found.snapshot.seq == 3
    assert found.passages == asked(stored, question.text)[0].hits


def test_an_answer_tells_its_stages_and_models(stored):
    result, _ = asked(stored, "harbour bridge opened Monday")
    stages = result.timings
    assert stages.total >= stages.retrieve > 0
    assert (result.models.evidence, result.models.generator) == ("fake", "scripted")
    assert result.models.embedder == result.index.space == stored.embedder.space.id


def test_summary_that_contradicts_what_is_cited_is_heard_though_retrieval_missed_it(library):
    summary = "Harbour tolls of the bridge reached 90 million crowns."
    body = "Harbour tolls of the bridge were 9 million crowns. Ferries stop in June."
    text = f"{summary}\n\n{body}"
    start = text.index(body)
    sections = (Section("Summary", 0, len(summary), "summary"), Section("", start, len(text)))
    library.put(Article("Tolls", text, article_id="tolls", sections=sections))
    script = [("Harbour tolls of the bridge were 9 million crowns.", (1,))]
    result, _ = asked(library, "harbour tolls bridge were", lambda evidence: script, top_k=1)
    assert [hit.hit.passage.section_kind for hit in result.hits] == ["body"]
    (conflict,) = result.conflicts
    assert [position.value for position in conflict.positions] == ["9 million", "90 million"]
    assert result.citations[-1].quote == summary
    assert_exact(library, result)


def tolled(library, body, summary):
    """An article with a summary above its body."""
    text = f"{summary}\n\n{body}"
    sections = (
        Section("Summary", 0, len(summary), "summary"),
        Section("", len(summary) + 2, len(text)),
    )
    library.put(Article("Tolls", text, article_id="tolls", sections=sections))


def read_for(library, text):
    found = find(Question(text), library=library, scorer=FakeScorer())
    return [scored.hit.passage.section_kind for scored in found.passages]


def test_body_is_read_and_its_summary_is_not_where_the_body_answers(library):
    tolled(library, "The bridge toll is 9 crowns since Monday.", "The bridge toll is 90 crowns.")
    assert read_for(library, "bridge toll crowns") == ["body"]


def test_summary_is_read_as_well_where_the_body_does_not_answer(library):
    tolled(library, "Ferries stop in June.", "The bridge toll is 90 crowns.")
    assert sorted(read_for(library, "bridge toll crowns")) == ["body", "summary"]
    result, _ = asked(library, "bridge toll crowns")
    assert [citation.quote for citation in result.citations] == ["The bridge toll is 90 crowns."]


class Ranking(FakeScorer):
    """A scorer by which a sentence of a later passage than the first is worth a tenth."""

    def score(self, question, hits):
        return tuple(
            replace(
                passage,
                sentences=tuple(
                    replace(item, unranked=item.score, score=item.score * (1.0 if hit.rank == 1 else 0.1))
                    for item in passage.sentences
                ),
            )
            for hit, passage in zip(hits, super().score(question, hits), strict=True)
        )


def test_for_a_fact_a_later_passage_is_heard_and_for_an_account_it_is_not(library):
    for name in ("Berg", "Dahl", "Ek"):
        library.put(Article(name, f"Captain {name} sailed the ship to Oslo.", article_id=name))

    def told(question):
        result = answer(
            Question(question), library=library, scorer=Ranking(), generator=ExtractiveGenerator()
        )
        return len(result.citations)

    # A tenth of the first one's weight is nine tenths of the way down for an account, and less for a fact.
    assert told("who sailed the ship to Oslo") > told("why sailed the ship to Oslo") == 1


def test_a_sentence_that_opens_its_passage_and_leans_on_the_one_before_has_it_at_hand(tmp_path):
    told = [f"The yard built ship number {n} for the fleet of the coast." for n in range(20)]
    told[9:11] = [
        "Ann Lee bought the whole yard and its land in May 2020.",
        "She sold its cranes to pay debts.",
    ]
    library = open_library(tmp_path, FakeEmbedder())
    library.put(Article("Yard", " ".join(told), article_id="yard"))
    heads = [passage.text for passage in library.snapshot().passages(range(1, 9)).values()]
    result = answer(
        Question("sold cranes pay debts"),
        library=library,
        scorer=FakeScorer(),
        generator=ExtractiveGenerator(),
    )
    library.close()
    assert heads[1].startswith("She sold")
    assert [c.quote for c in result.citations] == [told[10], told[9]]
    assert result.text.startswith("She [Ann Lee] sold")


def test_the_generator_is_asked_the_parts_that_are_answered_alone(stored):
    class Recording(ScriptedGenerator):
        parts: tuple[str, ...] = ()

        def generate(self, question, evidence, on_delta=lambda text: None):
            self.parts = tuple(part.text for part in question.parts)
            return super().generate(question, evidence, on_delta)

    generator = Recording()
    question = Question(
        "What did the harbour bridge cost, and where did the volcano erupt?",
        parts=("harbour bridge opened Monday", "volcano erupted nowhere"),
    )
    result = answer(question, library=stored, scorer=FakeScorer(), generator=generator)
    assert generator.parts == ("harbour bridge opened Monday",)
    assert [part.status for part in result.parts] == ["answered", "abstained"]
    assert result.status == "partial"
    both = replace(question, parts=("harbour bridge opened Monday", "bridge cost 40 million crowns"))
    assert answer(both, library=stored, scorer=FakeScorer(), generator=generator).status == "answered"
    assert generator.parts == both.parts

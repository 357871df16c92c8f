"""`POST /v1/answer` and `POST /v1/search`."""

import pytest

QUESTION = "harbour bridge opened Monday"


def ask(client, question=QUESTION, **more):
    response = client.post("/v1/answer", json={"question": question, **more})
    assert response.status_code == 200, response.text
    return response.json()


def assert_cited(client, answer):
    """Every range of an answer holds what it says it holds."""
    for number, citation in enumerate(answer["citations"], 1):
        assert citation["n"] == number
        article = client.get(
            f"/v1/articles/{citation['article_id']}", params={"version": citation["version"]}
        ).json()
        assert article["text"][citation["char_start"] : citation["char_end"]] == citation["quote"]
    for statement in answer["statements"]:
        assert statement["citations"]
        assert set(statement["citations"]) <= {citation["n"] for citation in answer["citations"]}
        shown = answer["answer"][statement["char_start"] : statement["char_end"]]
        for n in statement["citations"]:
            assert f"[{n}]" in shown
            shown = shown.replace(f"[{n}]", "")
        assert "".join(shown.split()) == "".join(statement["text"].split())


def test_an_answer_has_every_field_of_the_contract(reading):
    answer = ask(reading)
    assert set(answer) >= {
        "id", "status", "reason", "answer", "statements", "citations", "conflicts", "parts", "retrieval",
        "index", "models", "timings_ms",
    }  # fmt: skip
    assert answer["id"].startswith("ans_")
    assert (answer["status"], answer["reason"]) == ("answered", None)
    assert answer["index"]["seq"] == 3
    assert answer["models"]["generator"] == "scripted"
    assert set(answer["timings_ms"]) >= {
        "understand", "retrieve", "evidence", "generate", "verify", "total",
    }  # fmt: skip
    (citation,) = answer["citations"]
    assert set(citation) >= {
        "n", "article_id", "version", "passage_id", "title", "source", "url", "published_at", "section",
        "quote", "char_start", "char_end",
    }  # fmt: skip
    assert citation["quote"] == "The harbour bridge opened on Monday."
    assert answer["answer"] == "The harbour bridge opened on Monday [1]."
    first = answer["retrieval"]["hits"][0]
    assert (first["article_id"], first["rank"]) == ("harbour", 1)
    assert set(first["scores"]) >= {"dense", "lexical", "fused", "evidence"}


@pytest.mark.parametrize(
    "question", [QUESTION, "growers ask aid", "大桥周一通车", "the ferry leaves dawn ferries stop june"]
)
def test_ranges_of_statements_and_citations_are_exact(reading, question):
    answer = ask(reading, question)
    assert answer["statements"]
    assert_cited(reading, answer)


def test_offsets_count_code_points_also_behind_an_emoji(reading):
    (citation,) = ask(reading, "growers ask aid")["citations"]
    assert citation["quote"] == "Growers 🍎 ask for aid."
    assert citation["char_start"] == len("Frost took a third of the apples. ")


def test_a_citation_holds_after_its_article_has_a_new_version(client):
    answer = ask(client)
    article = client.get("/v1/articles/harbour").json()
    changed = {"title": article["title"], "text": "Everything here is new."}
    assert client.put("/v1/articles/harbour", json=changed).json()["version"] == 2
    assert_cited(client, answer)


def test_no_evidence_abstains_with_the_nearest_hits(reading):
    answer = ask(reading, "volcano eruption warnings")
    assert (answer["status"], answer["reason"]) == ("abstained", "no_evidence")
    assert (answer["answer"], answer["statements"], answer["citations"]) == ("", [], [])
    assert answer["retrieval"]["hits"]


def test_filters_that_leave_nothing_abstain(reading):
    answer = ask(reading, filters={"published_after": "2027-01-01"})
    assert (answer["status"], answer["reason"]) == ("abstained", "outside_filters")
    assert answer["retrieval"]["applied_filters"] == {"published_after": "2027-01-01"}


def test_an_empty_library_abstains(service):
    with service.client(articles=False) as client:
        answer = ask(client)
    assert (answer["status"], answer["reason"]) == ("abstained", "empty_library")


def test_a_draft_that_its_sources_do_not_support_is_not_shown(service, client):
    service.generator.script = lambda evidence: [("The bridge cost 99 billion crowns.", (1,))]
    answer = ask(client)
    assert (answer["status"], answer["reason"], answer["answer"]) == ("abstained", "unsupported_draft", "")
    marked = ask(client, unsupported="mark")
    assert [statement["support"]["label"] for statement in marked["statements"]] == ["unsupported"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"harbour", "orchard", "qiao"}),
        ({"sources": ["Coast Daily", "Field Notes"]}, {"harbour", "orchard"}),
        ({"languages": ["zh"]}, {"qiao"}),
        ({"article_ids": ["orchard"]}, {"orchard"}),
        ({"published_after": "2026-05-01", "published_before": "2026-05-10"}, {"harbour"}),
        ({"published_before": "2026-04-02"}, {"orchard"}),
        ({"published_before": None, "sources": [], "languages": ["en"]}, {"harbour", "orchard"}),
    ],
)
def test_search_reads_only_what_filters_allow(reading, filters, found):
    body = {"question": "bridge 大桥 apples", "filters": filters}
    reply = reading.post("/v1/search", json=body).json()
    assert {hit["article_id"] for hit in reply["hits"]} == found
    assert [hit["rank"] for hit in reply["hits"]] == list(range(1, len(reply["hits"]) + 1))
    assert reply["index"]["seq"] == 3


def test_search_gives_passages_at_their_characters_with_the_score_of_each_leg(reading):
    hit = reading.post("/v1/search", json={"question": QUESTION, "top_k": 1}).json()["hits"][0]
    text = reading.get(f"/v1/articles/{hit['article_id']}").json()["text"]
    assert text[hit["char_start"] : hit["char_end"]] == hit["text"]
    assert hit["scores"]["lexical"] > 0
    assert 0 < hit["scores"]["dense"] <= 1.001


def test_top_k_bounds_the_hits(reading):
    assert len(reading.post("/v1/search", json={"question": "bridge 大桥", "top_k": 1}).json()["hits"]) == 1


def test_a_named_generator_must_be_the_one_that_is_loaded(reading):
    assert ask(reading, generator="scripted")["status"] == "answered"
    response = reading.post("/v1/answer", json={"question": QUESTION, "generator": "oracle"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == "generator"


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"question": ""}, "question"),
        ({"question": "  \n "}, "question"),
        ({"question": "?!"}, "question"),
        ({"question": "a" * 3000}, "question"),
        ({"question": "a\ud800b"}, "question"),
        ({"question": "a\0b"}, "question"),
        ({"question": None}, "question"),
        ({"question": 7}, "question"),
        ({"top_k": 0}, "top_k"),
        ({"top_k": 21}, "top_k"),
        ({"top_k": 10**400}, "top_k"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"filters": {"published_after": "10.5.26"}}, "filters.published_after"),
        ({"filters": {"published_before": "2026-13-01"}}, "filters.published_before"),
        ({"filters": {"sources": "Coast Daily"}}, "filters.sources"),
        ({"filters": {"language": ["en"]}}, "filters.language"),
        ({"filters": None}, "filters"),
        ({"questoin": "typing mistake"}, "questoin"),
        ({"\ud800": 1}, "body"),
    ],
)
@pytest.mark.parametrize("route", ["/v1/answer", "/v1/search"])
def test_a_field_that_cannot_be_used_is_named(reading, send_json, route, change, loc):
    response = send_json(reading, route, {"question": QUESTION, **change})
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert loc in [error["loc"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("question", "detail"),
    [
        ("", "question: has no words. Ask in 1 to 2000 characters."),
        ("a" * 3000, "question: has 3000 characters. Ask in at most 2000 characters."),
    ],
    ids=["empty", "too long"],
)
@pytest.mark.parametrize("more", [{}, {"stream": True}], ids=["whole", "stream"])
def test_a_question_of_the_wrong_length_is_told_the_right_one(reading, question, detail, more):
    response = reading.post("/v1/answer", json={"question": question, **more})
    assert (response.status_code, response.json()["detail"]) == (422, detail)


def test_a_question_of_the_longest_length_is_taken(reading):
    assert ask(reading, "bridge " * 285 + "harb")["status"] in ("answered", "abstained")


def test_without_a_question_the_field_is_named(reading):
    response = reading.post("/v1/answer", json={})
    assert [error["loc"] for error in response.json()["errors"]] == ["question"]


def test_the_service_as_it_ships_answers_from_its_articles(shipped):
    answer = ask(shipped, "How much did Kimi raise, and what was its valuation?")
    assert answer["status"] == "answered"
    assert "2 billion" in answer["answer"]
    assert_cited(shipped, answer)


def test_the_service_as_it_ships_answers_in_chinese(shipped):
    answer = ask(shipped, "Kimi融资多少，估值达到什么水平？")
    assert answer["status"] == "answered"
    assert "20亿美元" in answer["answer"]
    assert_cited(shipped, answer)


def test_the_service_as_it_ships_refuses_what_its_articles_do_not_say(shipped):
    answer = ask(shipped, "Who won the 1998 football world cup in Paris?")
    assert (answer["status"], answer["reason"]) == ("abstained", "no_evidence")
    assert answer["retrieval"]["hits"]

"""`/v1/index`, `/healthz`, `/readyz`, `/metrics`."""

from prometheus_client.parser import text_string_to_metric_families

STATE = {"seq", "indexed_through", "space", "articles", "passages", "versions", "questions"}


def sample(client, name, **labels):
    text = client.get("/metrics").text
    for family in text_string_to_metric_families(text):
        for found in family.samples:
            if found.name == name and labels.items() <= found.labels.items():
                return found.value
    return 0.0


def test_the_index_tells_counts_and_the_change_that_it_reflects(client):
    before = client.get("/v1/index").json()
    assert set(before) >= STATE
    assert (before["seq"], before["articles"]) == (3, 3)
    assert before["seq"] == before["dense_seq"] == before["lexical_seq"]
    client.post("/v1/articles", json={"title": "t", "text": "One more. And one."})
    after = client.get("/v1/index").json()
    assert (after["seq"], after["articles"]) == (4, 4)
    assert after["passages"] == before["passages"] + 1
    assert after["indexed_through"] >= before["indexed_through"]


def test_the_process_is_alive(reading):
    assert reading.get("/healthz").json() == {"status": "alive"}


def test_ready_names_the_models_with_their_hashes(reading):
    ready = reading.get("/readyz").json()
    assert (ready["status"], ready["writable"]) == ("ready", True)
    assert ready["models"]["embedder"] == {"model": "fake", "sha256": "0" * 64, "dimension": 64}
    assert ready["models"]["generator"]["model"] == "scripted"
    assert set(ready["index"]) >= STATE


def test_the_shipped_model_is_the_one_that_was_checked(shipped):
    embedder = shipped.get("/readyz").json()["models"]["embedder"]
    assert embedder["sha256"] == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert embedder["dimension"] == 384


def test_metrics_count_requests_and_answers(reading):
    route = {"method": "POST", "route": "/v1/answer", "status": "200"}
    answers = {"status": "abstained", "reason": "no_evidence"}
    requests_before = sample(reading, "groundwire_requests_total", **route)
    answers_before = sample(reading, "groundwire_answers_total", **answers)
    reading.post("/v1/answer", json={"question": "volcano"})
    assert sample(reading, "groundwire_requests_total", **route) == requests_before + 1
    assert sample(reading, "groundwire_answers_total", **answers) == answers_before + 1
    assert sample(reading, "groundwire_library_articles") == 3


def test_labels_are_patterns_and_never_what_a_client_made_up(reading):
    reading.get("/v1/articles/some-id-of-a-client")
    reading.get("/some/path/of/a/client")
    reading.request("INVENTED", "/v1/answer")
    text = reading.get("/metrics").text
    assert "of-a-client" not in text
    assert "of/a/client" not in text
    assert "INVENTED" not in text
    assert 'route="/v1/articles/{article_id}"' in text
    assert 'method="other"' in text


def test_every_response_has_an_id_of_its_own(reading):
    first, second = reading.get("/healthz"), reading.get("/healthz")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]

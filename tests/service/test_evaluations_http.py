import base64
import hashlib
import re
import time

import pytest


def ended(client, identity):
    for _ in range(3000):
        found = client.get(f"/v1/evaluations/{identity}").json()
        if found["status"] in ("succeeded", "failed"):
            return found
        time.sleep(0.01)
    pytest.fail("did not end")


def test_judged_answers_are_evaluated_as_a_job_with_its_report(client):
    answer = client.post("/v1/answer", json={"question": "harbour bridge opened Monday"}).json()
    client.post(f"/v1/answers/{answer['id']}/feedback", json={"thumbs": "up"})
    asked = client.post("/v1/evaluations", json={"set": "feedback"})
    assert asked.status_code == 202
    assert asked.headers["location"] == f"/v1/jobs/{asked.json()['id']}"
    found = ended(client, asked.json()["id"])
    assert found["status"] == "succeeded", found["error"]
    assert found["result"]["questions"] == 1
    assert found["report"]["run"]["set_name"] == "feedback"
    assert found["asked"]["set"] == "feedback"
    (listed,) = client.get("/v1/evaluations").json()["items"]
    assert listed["id"] == found["id"]
    assert "report" not in listed
    page = client.get(f"/v1/evaluations/{found['id']}", headers={"accept": "text/html"})
    assert page.text.startswith("<!doctype html>")
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_an_evaluation_without_questions_fails_with_its_remedy(client):
    identity = client.post("/v1/evaluations", json={}).json()["id"]
    found = ended(client, identity)
    assert found["status"] == "failed"
    assert "Q&A section" in found["error"]
    assert "report" not in found


@pytest.mark.parametrize(
    "body",
    [
        {"set": "other"},
        {"sample": 0},
        {"questions": 3},
        {"oracle": "x"},
        {"set": "fixed", "sample": 3},
        {"set": "fixed", "oracle": "passages"},
    ],
)
def test_what_cannot_be_asked_is_refused(client, body):
    response = client.post("/v1/evaluations", json=body)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_other_jobs_are_no_evaluations(client):
    job = client.app_state["jobs"].submit("rebuild", {})
    assert client.get(f"/v1/evaluations/{job.id}").status_code == 404
    assert client.get("/v1/evaluations/job_nobody").status_code == 404

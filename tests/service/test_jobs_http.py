import time

import pytest
from service_fakes import Service

from service import app as app_module
from service.jobs import JobKind


def forever(run):
    while True:
        run.progress(0.25)
        time.sleep(0.01)


@pytest.fixture
def client(tmp_path, monkeypatch):
    kinds = [JobKind("sum", lambda run: {"sum": sum(run.params["of"])}), JobKind("forever", forever, "read")]
    monkeypatch.setattr(app_module, "job_kinds", lambda engine, settings: kinds)
    with Service(tmp_path / "data").client(articles=False) as opened:
        yield opened


@pytest.fixture
def queue(client):
    return client.app_state["jobs"]


def state_of(client, identity, *statuses):
    for _ in range(2000):
        job = client.get(f"/v1/jobs/{identity}").json()
        if job["status"] in statuses:
            return job
        time.sleep(0.01)
    pytest.fail("did not come about")


def test_a_job_is_followed_to_its_end(client, queue):
    job = queue.submit("sum", {"of": [1, 2]})
    done = state_of(client, job.id, "succeeded")
    assert {"progress": 1.0, "eta_s": None, "result": {"sum": 3}, "error": None}.items() <= done.items()
    assert (done["id"], done["kind"]) == (job.id, "sum")


def test_a_running_job_is_asked_to_stop_and_a_finished_one_is_told_as_it_is(client, queue):
    job = queue.submit("forever", {})
    assert state_of(client, job.id, "running")["progress"] in (0, 0.25)
    asked = client.delete(f"/v1/jobs/{job.id}")
    assert asked.status_code == 202
    assert state_of(client, job.id, "cancelled")["progress"] == 0.25
    assert client.delete(f"/v1/jobs/{job.id}").status_code == 200


def test_an_unknown_job_is_not_found(client):
    for call in (client.get, client.delete):
        response = call("/v1/jobs/job_nobody")
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


def test_jobs_are_listed_with_filters_and_pages(client, queue):
    ids = [queue.submit("sum", {"of": [n]}).id for n in range(3)]
    for identity in ids:
        state_of(client, identity, "succeeded")
    first = client.get("/v1/jobs", params={"limit": 2}).json()
    assert ([item["id"] for item in first["items"]], first["total"]) == ([ids[2], ids[1]], 3)
    rest = client.get("/v1/jobs", params={"limit": 2, "after": first["next"]}).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([ids[0]], None)
    assert client.get("/v1/jobs", params={"status": "failed"}).json()["items"] == []
    assert client.get("/v1/jobs", params={"status": "lost"}).status_code == 422

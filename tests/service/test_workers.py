"""Two processes that serve one library: one writes, both answer."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import pytest
from service_fakes import Service

HERE = Path(__file__).parent
PATHS = os.pathsep.join(map(str, (HERE.parents[1], HERE.parent, HERE)))


@pytest.fixture
def service(tmp_path):
    """The address of a service with two workers, and its data folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "worker_app:create", "--factory", "--workers", "2"]
    with subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "warning"],
        env={
            **os.environ,
            "PYTHONPATH": PATHS,
            "GROUNDWIRE_DATA": str(tmp_path / "data"),
            "GROUNDWIRE_CORPUS": "",
        },
    ) as process:
        try:
            yield f"http://127.0.0.1:{port}", tmp_path / "data"
        finally:
            process.send_signal(signal.SIGTERM)


def ready(address):
    """What a worker that happens to answer says of itself; each request takes a new connection."""
    with contextlib.suppress(httpx.TransportError):
        response = httpx.get(f"{address}/readyz", timeout=20)
        if response.status_code == 200:
            return response.json()
    return None


def until_both_serve(address):
    seen = set()
    for _ in range(1500):
        state = ready(address)
        if state is not None:
            seen.add(state["writable"])
        if seen == {True, False}:
            return
        time.sleep(0.02)
    pytest.fail(f"only {seen} served")


def test_two_workers_take_changes_and_both_find_them_also_after_the_writer_was_killed(service):
    address, data = service
    until_both_serve(address)
    for number in range(16):
        response = httpx.put(
            f"{address}/v1/articles/a{number}",
            json={"title": "Port", "text": f"Port {number} opened."},
            timeout=20,
        )
        assert (response.status_code, response.json()["seq"]) == (201, number + 1)
        hits = httpx.post(f"{address}/v1/search", json={"question": f"port {number}"}, timeout=20).json()
        assert hits["index"]["seq"] == number + 1
        assert f"a{number}" in [hit["article_id"] for hit in hits["hits"]]
    writer = int((data / "writer.pid").read_text())
    os.kill(writer, signal.SIGKILL)
    for _ in range(1500):
        if (data / "writer.pid").read_text().strip() not in ("", str(writer)):
            break
        time.sleep(0.02)
    until_both_serve(address)
    gone = httpx.delete(f"{address}/v1/articles/a3", timeout=20).json()
    assert gone["seq"] == 17
    states = [httpx.get(f"{address}/v1/index", timeout=20).json() for _ in range(8)]
    assert {(state["seq"], state["articles"], state["passages"]) for state in states} == {(17, 15, 15)}


def test_a_process_that_reads_takes_over_writing_and_jobs_when_the_writing_one_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("service.app._LOOK_FOR_WRITER_S", 0.02)
    with contextlib.ExitStack() as first:
        first.enter_context(Service(tmp_path / "data").client())
        with Service(tmp_path / "data").client(articles=False) as second:
            assert second.get("/readyz").json()["writable"] is False
            first.close()
            for _ in range(3000):
                if second.get("/readyz").json()["writable"]:
                    break
                time.sleep(0.02)
            article = {"title": "Port", "text": "Port 7 opened."}
            assert second.put("/v1/articles/port", json=article).json()["seq"] == 4
            job = second.post("/v1/index/rebuild")
            for _ in range(3000):
                state = second.get(job.headers["location"]).json()
                if state["status"] == "succeeded":
                    break
                time.sleep(0.02)
            assert state["result"] == {"embedded": 0, "seq": 4}
            hits = second.post("/v1/search", json={"question": "port 7"}).json()["hits"]
            assert hits[0]["article_id"] == "port"

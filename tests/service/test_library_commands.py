import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from fakes import FakeEmbedder
from service_fakes import Service
from typer.testing import CliRunner

from index.errors import InvalidInputError, NotFoundError, StoreError, StoreLockedError
from index.library import open_library
from index.types import Article
from service import engine
from service.cli import app
from service.commands.handing import handed_over
from service.job_queue import JobQueue
from service.jobs import JobKind, JobRunner, work_lock
from service.settings import read_settings
from service.store import FILE_NAME, ServiceStore


@pytest.fixture
def data(monkeypatch):
    """The data folder of this test, with two articles."""
    monkeypatch.setenv("GROUNDWIRE_EMBEDDER", "fake")
    monkeypatch.setattr(engine, "load_embedder", lambda name: FakeEmbedder(model=name))
    folder = read_settings().data
    library = open_library(folder, FakeEmbedder())
    library.put(Article("Kimi", "The zebra round closed.", article_id="kimi"))
    library.put(Article("Port", "Shanghai opened a port.", article_id="port"))
    library.close()
    return folder


def run(*words):
    return CliRunner().invoke(app, list(words))


def test_verify_says_that_a_library_is_whole_and_ends_well(data):
    done = run("verify", "--json")
    body = json.loads(done.stdout)
    assert (done.exit_code, body["whole"], body["faults"]) == (0, True, [])
    assert body["checked"]["vectors made anew"] == 2
    assert "the library is whole" in run("verify", "--sample", "0").stdout


def test_verify_names_what_is_wrong_and_its_remedy_and_rebuild_repairs_it(data):
    [index] = (data / "dense").glob("*/index.faiss")
    index.write_bytes(b"damaged")
    done = run("verify")
    assert done.exit_code == 1
    assert "its files are not those of its manifest: `groundwire rebuild`" in " ".join(done.stdout.split())
    assert run("rebuild").exit_code == 0
    assert run("verify").exit_code == 0


def test_a_backup_is_put_back(data, tmp_path):
    assert run("backup", str(tmp_path / "backup")).exit_code == 0
    assert run("remove", "kimi").exit_code == 0
    assert run("restore", str(tmp_path / "backup")).exit_code == 0
    library = open_library(data, FakeEmbedder())
    assert library.catalog.known_ids() == {"kimi", "port"}
    library.close()
    assert run("verify").exit_code == 0


def test_a_rebuild_is_done_by_the_service_where_it_runs_and_followed_to_its_end(data):
    with Service(data).client(articles=False) as client:
        done = run("rebuild")
        assert done.exit_code == 0, done.output
        assert "embedded 0, seq 2" in done.stdout
        [job] = client.get("/v1/jobs").json()["items"]
        assert (job["kind"], job["status"]) == ("rebuild", "succeeded")


def test_articles_are_added_and_removed_by_the_service_where_it_runs(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harbour.md").write_text("# Harbour\n\nThe harbour of Bergen was dredged.\n")
    (tmp_path / "bad.jsonl").write_text('{"title": "No text"}\n')
    with Service(data).client(articles=False) as client:
        done = run("add", "harbour.md", "bad.jsonl", "--json")
        assert done.exit_code == 3, done.output
        body = json.loads(done.stdout)
        assert (body["added"], body["refused_total"]) == (1, 1)
        identity = body["articles"][0]["id"]
        assert client.get(f"/v1/articles/{identity}").json()["title"] == "Harbour"
        assert "1 unchanged" in run("add", str(tmp_path / "harbour.md")).stdout
        done = run("remove", identity)
        assert (done.exit_code, "removed" in done.stdout) == (0, True), done.output
        assert client.get(f"/v1/articles/{identity}").status_code == 404
        assert isinstance(run("remove", "nobody").exception, NotFoundError)
        assert isinstance(run("add", "nothing/*.md").exception, InvalidInputError)
        assert client.get("/v1/jobs").json()["items"] == [], "they would show paths of this user"


def test_a_command_waits_for_no_service_where_another_command_writes(data, monkeypatch):
    monkeypatch.setattr("service.commands.handing.TAKEN_WITHIN_S", 0.2)
    writer = open_library(data, FakeEmbedder())
    try:
        for words in (("rebuild",), ("remove", "kimi")):
            assert isinstance(run(*words).exception, StoreLockedError)
        assert writer.catalog.known_ids() == {"kimi", "port"}
    finally:
        writer.close()


def test_a_folder_whose_name_looks_like_a_pattern_is_none(data, tmp_path, monkeypatch):
    (tmp_path / "news[2024]").mkdir()
    monkeypatch.chdir(tmp_path / "news[2024]")
    Path("harbour.md").write_text("# Harbour\n\nThe harbour of Bergen was dredged.\n")
    with Service(data).client(articles=False):
        assert "1 added" in run("add", "*.md").stdout


@pytest.fixture
def queue(data):
    with closing(ServiceStore(data / FILE_NAME)) as store:
        yield JobQueue(store)


def hand_over(kind, progress=lambda fraction: None):
    return handed_over(read_settings(), kind, {}, progress)


def test_what_a_dead_service_had_begun_keeps_no_command_waiting(data, queue, monkeypatch):
    monkeypatch.setattr("service.commands.handing.TAKEN_WITHIN_S", 0.2)
    queue.submit("ingest", {})
    assert queue.take(["ingest"]).status == "running"
    time.sleep(0.05)
    with closing(open_library(data, FakeEmbedder())), pytest.raises(StoreLockedError):
        hand_over("add")
    assert queue.waiting("add") == []


def test_a_command_ends_when_the_service_does(data, queue, monkeypatch):
    monkeypatch.setattr("service.commands.handing._LOOK_FOR_WRITER_EVERY_S", 0.2)
    with pytest.raises(StoreError, match="ended before this was done"):
        hand_over("add")
    assert queue.waiting("add") == []


def test_a_command_that_is_interrupted_takes_its_job_back(data, queue):
    def interrupt(fraction):
        raise KeyboardInterrupt

    with closing(open_library(data, FakeEmbedder())), pytest.raises(KeyboardInterrupt):
        hand_over("delete", interrupt)
    assert queue.waiting("delete") == []


def test_a_command_waits_behind_a_job_that_was_begun_before_the_service_started(data, queue, monkeypatch):
    monkeypatch.setattr("service.commands.handing.TAKEN_WITHIN_S", 0.2)
    begun, go_on = Event(), Event()

    def slow(run):
        begun.set()
        assert go_on.wait(20)
        return {}

    queue.submit("ingest", {})
    queue.take(["ingest"])
    runner = JobRunner(
        queue, [JobKind("ingest", slow, resumable=True), JobKind("add", lambda run: {"done": 1})]
    )
    with closing(open_library(data, FakeEmbedder())), work_lock(data):
        runner.start()
        try:
            assert begun.wait(20)
            asking = ThreadPoolExecutor(1).submit(hand_over, "add")
            time.sleep(0.6)
            assert not asking.done()
            go_on.set()
            assert asking.result(20) == {"done": 1}
        finally:
            go_on.set()
            runner.stop()


def test_a_restore_does_not_replace_what_the_service_has_open(data, tmp_path):
    with Service(data).client(articles=False) as client:
        assert run("backup", str(tmp_path / "backup")).exit_code == 0
        done = run("restore", str(tmp_path / "backup"))
        assert isinstance(done.exception, StoreLockedError)
        assert client.get("/v1/index").json()["articles"] == 2


def test_a_library_opens_with_the_model_that_it_was_made_with(data, monkeypatch, caplog):
    monkeypatch.setenv("GROUNDWIRE_EMBEDDER", "another")
    done = run("status", "--json")
    assert json.loads(done.stdout)["space"] == FakeEmbedder().space.id
    assert "`groundwire rebuild --embedder another` moves it" in caplog.text

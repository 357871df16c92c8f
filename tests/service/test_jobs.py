import os
import sqlite3
import sys
import threading
import time

import pytest
from fakes import FakeEmbedder

from index.errors import NotFoundError, StoreError, StoreVersionError, StoreWriteError
from index.library import open_library
from index.types import Article
from index.verify import verify
from service import job_queue
from service.job_queue import MAX_ATTEMPTS, JobQueue
from service.jobs import JobKind, JobRunner, work_lock
from service.store import SCHEMA_VERSION, ServiceStore


@pytest.fixture
def store(tmp_path):
    opened = ServiceStore(tmp_path / "service.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def queue(store):
    return JobQueue(store)


@pytest.fixture
def working(queue):
    """Start runners of kinds; all are stopped in the end."""
    runners = []

    def start(*kinds):
        runner = JobRunner(queue, kinds)
        runner.start()
        runners.append(runner)
        return runner

    yield start
    for runner in runners:
        runner.stop()


def until(condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("did not come about")


def ended(queue, job):
    until(lambda: queue.job(job.id).finished)
    return queue.job(job.id)


def test_a_job_is_worked_on_and_its_result_is_kept(queue, working):
    working(JobKind("double", lambda run: {"twice": run.params["n"] * 2}))
    job = queue.submit("double", {"n": 21})
    assert (job.status, job.progress, job.result) == ("queued", 0.0, None)
    done = ended(queue, job)
    assert (done.status, done.progress, done.result, done.error) == ("succeeded", 1.0, {"twice": 42}, None)
    assert done.created_at <= done.started_at <= done.finished_at


def test_jobs_that_write_take_turns_in_the_order_they_came_and_those_that_read_run_beside(queue, working):
    log, reading = [], threading.Event()

    def write(run):
        log.append(("begin", run.params["n"]))
        if run.params["n"] == 0:
            assert reading.wait(20)
        log.append(("end", run.params["n"]))
        return {}

    jobs = [queue.submit("write", {"n": n}) for n in range(4)]
    jobs.append(queue.submit("read", {}))
    working(JobKind("write", write), JobKind("read", lambda run: reading.set() or {}, lane="read"))
    for job in jobs:
        assert ended(queue, job).status == "succeeded"
    assert log == [(word, n) for n in range(4) for word in ("begin", "end")]


def test_progress_and_remaining_time_can_be_read_while_a_job_runs(queue, working, monkeypatch):
    monkeypatch.setattr("service.jobs._REPORT_EVERY_S", 0.0)
    proceed, seen = threading.Event(), threading.Event()

    def run_(run):
        run.progress(0.2)
        time.sleep(0.05)
        run.progress(0.4)
        seen.set()
        proceed.wait(20)
        return {}

    working(JobKind("slow", run_))
    job = queue.submit("slow", {})
    assert seen.wait(20)
    running = queue.job(job.id)
    assert (running.status, running.progress) == ("running", 0.4)
    # Three more fifths at the speed of one in a twentieth of a second or more.
    assert running.eta_s >= 0.15
    proceed.set()
    assert ended(queue, job).eta_s is None


def test_a_running_job_that_is_cancelled_ends_at_its_next_report(queue, working, monkeypatch):
    monkeypatch.setattr("service.jobs._REPORT_EVERY_S", 0.0)
    begun = threading.Event()

    def endless(run):
        while True:
            run.progress(0.5)
            begun.set()
            time.sleep(0.005)

    working(JobKind("endless", endless))
    job, next_job = queue.submit("endless", {}), queue.submit("endless", {})
    assert begun.wait(20)
    assert queue.cancel(job.id).status == "running"
    assert queue.job(job.id).cancel_asked
    assert ended(queue, job).status == "cancelled"
    assert queue.job(job.id).progress == 0.5
    queue.cancel(next_job.id)
    assert ended(queue, next_job).status == "cancelled"


def test_a_queued_job_that_is_cancelled_is_never_begun(queue, working):
    job = queue.submit("boom", {})
    assert queue.cancel(job.id).status == "cancelled"
    working(JobKind("boom", lambda run: pytest.fail("begun")), JobKind("after", lambda run: {}))
    assert ended(queue, queue.submit("after", {})).status == "succeeded"
    assert queue.job(job.id).status == "cancelled"


def test_a_finished_job_is_not_changed_by_cancelling_it(queue, working):
    working(JobKind("quick", lambda run: {"a": 1}))
    done = ended(queue, queue.submit("quick", {}))
    assert queue.cancel(done.id) == done


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (StoreWriteError("The disk is full. Free space."), "The disk is full. Free space."),
        (KeyError("secret"), "log"),
    ],
)
def test_a_job_that_fails_says_why_and_the_next_is_worked_on(queue, working, error, message):
    def fail(run):
        raise error

    working(JobKind("fail", fail), JobKind("after", lambda run: {}))
    failed = ended(queue, queue.submit("fail", {}))
    assert failed.status == "failed"
    assert message in failed.error
    assert "secret" not in failed.error
    assert ended(queue, queue.submit("after", {})).status == "succeeded"


def test_a_stopped_service_puts_back_what_can_be_resumed_and_fails_the_rest(queue, working):
    begun = [threading.Event(), threading.Event()]

    def endless(number):
        def run_(run):
            while True:
                begun[number].set()
                run.progress(0.1)
                time.sleep(0.005)

        return run_

    resumable = queue.submit("resumable", {})
    other = queue.submit("other", {})
    runner = working(
        JobKind("resumable", endless(0), resumable=True), JobKind("other", endless(1), lane="read")
    )
    assert all(event.wait(20) for event in begun)
    runner.stop()
    assert queue.job(resumable.id).status == "queued"
    assert queue.job(other.id).status == "failed"
    assert "was stopped before the job ended" in queue.job(other.id).error
    working(JobKind("resumable", lambda run: {"resumed": True}))
    assert ended(queue, resumable).result == {"resumed": True}


def test_after_a_crash_jobs_are_resumed_or_honestly_failed(queue, working):
    resumable, other = queue.submit("resumable", {}), queue.submit("other", {})
    cancelled = queue.submit("resumable", {})
    for kind in ("resumable", "other", "resumable"):
        queue.take([kind])
    queue.cancel(cancelled.id)
    working(JobKind("resumable", lambda run: {}, resumable=True), JobKind("other", lambda run: {}))
    assert ended(queue, resumable).status == "succeeded"
    assert ended(queue, other).status == "failed"
    assert "ended before it, at start 1" in queue.job(other.id).error
    assert queue.job(cancelled.id).status == "cancelled"


def test_a_job_that_kills_its_process_again_and_again_is_given_up(queue):
    job = queue.submit("deadly", {})
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert queue.job(job.id).status == "queued"
        assert queue.take(["deadly"]).id == job.id
        queue.recover(["deadly"])
        assert queue.job(job.id).status == ("queued" if attempt < MAX_ATTEMPTS else "failed")


def test_the_same_request_is_one_job(queue):
    first = queue.submit("a", {"n": 1}, "key")
    assert queue.submit("a", {"n": 1}, "key") == first
    assert queue.submit("a", {"n": 1}).id != first.id
    assert queue.jobs()[1] == 2


def test_jobs_are_listed_newest_first_in_pages(queue):
    jobs = [queue.submit("a" if n % 2 else "b", {"n": n}) for n in range(5)]
    page, total, following = queue.jobs(limit=2)
    assert ([job.params["n"] for job in page], total) == ([4, 3], 5)
    page, _, following = queue.jobs(limit=3, before=following)
    assert ([job.params["n"] for job in page], following) == ([2, 1, 0], None)
    queue.cancel(jobs[1].id)
    assert [job.params["n"] for job in queue.jobs(kind="a", status="queued")[0]] == [3]


def test_only_so_many_finished_jobs_are_remembered(queue, monkeypatch):
    monkeypatch.setattr(job_queue, "KEPT_JOBS", 3)
    jobs = [queue.submit("a", {}) for _ in range(6)]
    for job in jobs[:5]:
        queue.cancel(job.id)
    waiting = queue.submit("a", {})
    assert [job.id for job in queue.jobs()[0]] == [waiting.id, *(job.id for job in reversed(jobs[2:]))]
    with pytest.raises(NotFoundError, match="GET /v1/jobs lists"):
        queue.job(jobs[0].id)


def test_two_processes_share_the_jobs_and_take_each_once(store, tmp_path):
    other = ServiceStore(tmp_path / "service.sqlite3")
    queues = [JobQueue(store), JobQueue(other)]
    expected = {queues[n % 2].submit("a", {"n": n}).id for n in range(40)}
    taken = []

    def take(queue):
        while job := queue.take(["a"]):
            taken.append(job.id)

    threads = [threading.Thread(target=take, args=(queue,)) for queue in queues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(expected)
    other.close()


def test_a_file_of_another_application_or_of_a_newer_version_is_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "foreign")
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    with pytest.raises(StoreError, match="was not written by Groundwire"):
        ServiceStore(tmp_path / "foreign")
    ServiceStore(tmp_path / "newer").close()
    connection = sqlite3.connect(tmp_path / "newer")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(StoreVersionError, match="Install the newer Groundwire"):
        ServiceStore(tmp_path / "newer")
    (tmp_path / "text").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be opened"):
        ServiceStore(tmp_path / "text")


@pytest.mark.skipif(sys.platform != "linux", reason="single threads have a priority on Linux alone")
@pytest.mark.parametrize(
    ("lane", "behind"), [("write", True), ("read", True), ("upkeep", True), ("change", False)]
)
def test_jobs_that_nobody_waits_for_stand_behind_questions(queue, working, lane, behind):
    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    working(JobKind("look", lambda run: {"niceness": niceness()}, lane))
    seen = ended(queue, queue.submit("look", {})).result["niceness"]
    assert seen == (max(niceness(), 10) if behind else niceness())


def test_what_a_service_leaves_in_a_data_folder_is_no_fault(tmp_path):
    library = open_library(tmp_path, FakeEmbedder())
    library.put(Article("Port", "The port opened on Monday."))
    library.close()
    ServiceStore(tmp_path / "service.sqlite3").close()
    with work_lock(tmp_path):
        assert verify(tmp_path, FakeEmbedder()).faults == ()
    assert verify(tmp_path, FakeEmbedder()).faults == ()

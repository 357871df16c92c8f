"""The service on a disk that is full: a small file system of its own, filled to the last byte."""

import shutil
import subprocess
from itertools import count

import pytest
from service_fakes import Service

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A folder of 14 MiB, where this process may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=14m", "none", str(folder)]
    if (
        shutil.which("mount") is None
        or (tried := subprocess.run(mount, capture_output=True, text=True)).returncode
    ):
        pytest.skip(f"no file system can be mounted here: {tried.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def long_text(number: int) -> str:
    """About 60 KB of words that no other article has."""
    return " ".join(f"Word{number}x{place} rose by {place} percent." for place in range(1800))


def put(client, number):
    return client.put(f"/v1/articles/a{number}", json={"title": f"T{number}", "text": long_text(number)})


def assert_answers(client, stored):
    """Searches find the stored articles, questions are answered, and the service says that it is ready."""
    for number in stored:
        response = client.post("/v1/search", json={"question": f"word{number}x7"})
        assert response.status_code == 200
        assert response.json()["hits"][0]["article_id"] == f"a{number}"
    answer = client.post("/v1/answer", json={"question": f"What rose by 7 percent, word{stored[0]}x7?"})
    assert (answer.status_code, answer.json()["status"]) == (200, "answered")
    assert client.get("/readyz").status_code == 200


def fill(client):
    """Put articles until one is refused; gives those that were stored and the refusal."""
    stored = []
    for number in count():
        response = put(client, number)
        if response.status_code != 201:
            return stored, response
        stored.append(number)
    raise AssertionError("unreachable")


@pytest.mark.slow
def test_on_a_full_disk_articles_are_refused_with_507_and_questions_answered_until_there_is_room(
    small_disk, monkeypatch
):
    monkeypatch.setattr("index.library.FREE_BYTES_AT_LEAST", 0)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(5 * MIB))
    with Service(small_disk / "data").client(articles=False) as client:
        stored, refusal = fill(client)
        assert len(stored) >= 3
        for response in (refusal, put(client, 1000), put(client, 1001)):
            assert response.status_code == 507
            assert response.headers["content-type"] == "application/problem+json"
            assert "ree disk space" in response.json()["detail"]
        # To the last byte: what is there stays there, and can still be asked for.
        rest = small_disk / "rest"
        with pytest.raises(OSError, match="No space left"), rest.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        assert put(client, 1002).status_code == 507
        assert_answers(client, stored)
        ballast.unlink()
        rest.unlink()
        for number in (1000, 1001, 1002):
            assert put(client, number).status_code in (200, 201)
        assert_answers(client, [*stored, 1000, 1001, 1002])
        assert client.get("/readyz").json()["degraded"] == []
        gone = client.delete("/v1/articles/a0")
        assert gone.status_code == 200
    with Service(small_disk / "data").client(articles=False) as client:
        assert_answers(client, [*stored[1:], 1000, 1001, 1002])
        assert client.get("/v1/articles/a0").status_code == 404


@pytest.mark.slow
def test_before_the_disk_is_full_articles_are_refused_so_that_deletes_still_work(small_disk, monkeypatch):
    monkeypatch.setattr("index.library.FREE_BYTES_AT_LEAST", 5 * MIB)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(3 * MIB))
    with Service(small_disk / "data").client(articles=False) as client:
        stored, refusal = fill(client)
        assert refusal.status_code == 507
        assert "MiB are free" in refusal.json()["detail"]
        gone = client.delete("/v1/articles/a0")
        assert (gone.status_code, gone.json()["status"]) == (200, "deleted")
        assert_answers(client, stored[1:])
        ballast.unlink()
        assert put(client, 0).status_code == 201
        assert_answers(client, stored)

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from hostile_files import BOMBS, mutants
from html_pages import all_pages
from office_files import plain, word_files
from test_parse_properties import assert_sound

from index.errors import RefusedDocumentError
from index.parse import parse, parse_all
from index.parse.budget import WALL_SECONDS
from index.parse.contained import ParserPool, parse_contained
from index.parse.html import parse_html
from index.parse.sniff import sniff

REASONS = {
    *("timeout", "too-large", "no-text", "encrypted", "too-many-pages"),
    *("unsupported-type", "damaged", "bad-front-matter"),
}
PAGE = next(all_pages())


def outcome(content: bytes, name: str = "given") -> str:
    """Parse, and hold that what comes is sound or a refusal in words."""
    try:
        articles = parse_all(content, name)
    except RefusedDocumentError as refusal:
        assert refusal.reason in REASONS and refusal.field == name
        assert refusal.problem.endswith(".") and refusal.remedy.endswith(".")
        return refusal.reason
    for article in articles:
        assert_sound(article)
    return "parsed"


@pytest.fixture
def pool():
    made = ParserPool()
    yield made
    made.close()


def children() -> list[int]:
    """Processes that this one started."""
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/stat")
        if (text := readable(path)) and int(text.rpartition(")")[2].split()[1]) == os.getpid()
    ]


def readable(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def test_page_read_in_another_process_is_the_same_article():
    assert parse(PAGE.content, PAGE.name) == parse_html(PAGE.content, PAGE.name)


def test_refusal_of_another_process_names_the_document_here():
    with pytest.raises(RefusedDocumentError, match=r"^a/b\.pdf: It is not a PDF") as refusal:
        parse_contained("pdf", b"%PDF-1.7", "a/b.pdf")
    assert refusal.value.reason == "damaged"


@pytest.fixture(scope="module")
def hasty():
    made = ParserPool(1, cpu_seconds=3, wall_seconds=6)
    yield made
    made.close()


@pytest.fixture(scope="module")
def ended(hasty) -> dict[str, str]:
    """How each bomb ends within a tenth of the budget."""
    found: dict[str, str] = {}
    for name, make in BOMBS.items():
        content = make()
        try:
            hasty.parse(sniff(content), content, name)
            found[name] = "parsed"
        except RefusedDocumentError as refusal:
            found[name] = refusal.reason
    return found


def test_bombs_are_stopped_and_hurt_no_other_document(ended, hasty):
    assert set(ended) == set(BOMBS)
    assert set(ended.values()) <= REASONS | {"parsed"}
    assert hasty.parse("html", PAGE.content, "a")[0].title == PAGE.title


def test_bombs_are_refused_for_what_they_are(ended):
    assert ended["operators_without_end"] == "timeout"
    assert ended["zip_bomb"] == ended["page_of_tags"] == "too-large"
    assert {ended[name] for name in ("million_laughs", "feed_laughs", "lying_zip", "pages_in_a_ring")} == {
        "damaged"
    }


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_stopped_within_the_budget(bomb):
    started = time.monotonic()
    assert outcome(BOMBS[bomb]()) in REASONS | {"parsed"}
    assert time.monotonic() - started < WALL_SECONDS + 30


@pytest.mark.parametrize("when", ["idle", "busy"])
def test_killed_worker_costs_no_document(pool, when):
    before = set(children())
    assert pool.parse("html", PAGE.content, "a")
    (worker,) = set(children()) - before
    if when == "idle":
        os.kill(worker, signal.SIGKILL)
    else:
        threading.Timer(0.005, os.kill, (worker, signal.SIGKILL)).start()
    assert pool.parse("html", PAGE.content, "a")[0].title == PAGE.title
    assert pool.parse("html", PAGE.content, "a")[0].title == PAGE.title


def test_workers_are_reused_and_never_more_than_two(pool):
    before = set(children())
    seen: list[set[int]] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(4):
                assert pool.parse("html", PAGE.content, "a")[0].title == PAGE.title
                seen.append(set(children()) - before)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert 1 <= len(set().union(*seen)) <= 2


def test_closed_pool_leaves_no_process(pool):
    before = set(children())
    pool.parse("html", PAGE.content, "a")
    pool.close()
    assert set(children()) <= before


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..%2f..%2fx.html",
        "/absolute",
        "C:\\x",
        "a\0b",
        "\u202egpj.exe",
        "\uff0f\uff0e\uff0e",
        "n" * 300,
        "con",
        "",
    ],
)
def test_name_is_a_label_and_no_path(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse(PAGE.content, name) == parse(PAGE.content, "page.html")
    with pytest.raises(RefusedDocumentError) as refusal:
        parse(b"<html></html>", name)
    assert refusal.value.field == (name or "document")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [plain(1).content, word_files(1)[0].content, PAGE.content], ids=["pdf", "docx", "html"]
)
@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.html", "a.txt", "a.jpg", "a"])
def test_content_decides_whatever_the_name_says(content, name):
    assert parse(content, name) == parse(content, "given")


def test_five_hundred_mutated_files_end_as_articles_or_refusals():
    outcomes = [outcome(content) for content in mutants(500)]
    assert len(outcomes) == 500
    assert {"parsed", "damaged"} <= set(outcomes)


@pytest.mark.slow
def test_ten_thousand_mutated_files_end_as_articles_or_refusals():
    assert sum(1 for content in mutants(10_000, 500) if outcome(content)) == 10_000

"""The command line: what it prints, what it stores, and its exit statuses."""

import gzip
import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import FakeEmbedder
from service_fakes import ARTICLES

from index.library import open_library

HERE = Path(__file__).parent
REFUSED, INVALID, LOCKED, NEWER = 3, 2, 75, 78


@pytest.fixture
def stored(groundwire, tmp_path):
    """The three articles in the library of `groundwire`."""
    file = tmp_path / "stored.jsonl"
    file.write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    assert groundwire("add", file)[0] == 0


@pytest.mark.usefixtures("stored")
def test_ask_prints_the_answer_and_its_numbered_sources(groundwire):
    status, out, err = groundwire("ask", "harbour bridge opened Monday")
    assert (status, err) == (0, "")
    assert out.startswith("The harbour bridge opened on Monday [1].\n")
    assert "[1] The harbour bridge opens (Coast Daily, 2026-05-10" in out
    assert "harbour v1 characters 0–36" in out


@pytest.mark.usefixtures("stored")
def test_ask_prints_the_object_of_the_contract_as_json(groundwire):
    status, out, _ = groundwire("ask", "harbour bridge opened Monday", "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["status"] == "answered"
    (citation,) = answer["citations"]
    text = ARTICLES[0]["text"]
    assert text[citation["char_start"] : citation["char_end"]] == citation["quote"]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    "arguments", [("articles",), ("articles", "--json"), ("ask", "harbour bridge opened Monday"), ("--help",)]
)
def test_a_reader_that_leaves_early_ends_a_command_quietly(arguments):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, str(HERE / "cli_worker.py"), *arguments]
    path = os.pathsep.join((str(HERE), str(HERE.parent), str(HERE.parents[1])))
    with os.fdopen(write) as nobody:
        ended = subprocess.run(
            command, stdout=nobody, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.usefixtures("stored")
def test_ask_says_why_there_is_no_answer_and_what_is_nearest(groundwire):
    status, out, _ = groundwire("ask", "volcano eruption")
    assert status == 0
    assert out.startswith("The articles do not answer this.\n")
    assert "nearest: " in out


@pytest.mark.usefixtures("stored")
def test_ask_names_the_part_that_is_not_answered(groundwire):
    status, out, _ = groundwire("ask", "What bridge opened Monday, and what volcano erupted?")
    assert status == 0
    assert "Not answered: what volcano erupted?\n" in out


@pytest.mark.usefixtures("stored")
def test_ask_tells_the_dates_that_it_read_out_of_a_question(groundwire):
    status, out, _ = groundwire("ask", "What is the news about the bridge in 1987?")
    assert status == 0
    assert out.startswith("No article lies inside the filters. They ask for 1987-01-01 to 1987-12-31")


@pytest.mark.usefixtures("stored")
def test_ask_counts_from_the_day_given_and_reads_what_was_published_between_two(groundwire):
    asks = ("ask", "What is the news about the bridge from last year?", "--as-of", "1988-05-01")
    assert "They ask for 1987-01-01 to 1987-12-31" in groundwire(*asks)[1]
    bridge = ("ask", "harbour bridge opened Monday")
    between = ("--published-after", "1987-01-01", "--published-before", "1987-12-31")
    assert groundwire(*bridge, *between)[1].startswith("No article lies inside the filters.")
    assert "bridge" in groundwire(*bridge, "--published-after", "1987-01-01")[1]


def test_ask_of_an_empty_library_says_how_to_fill_it(groundwire):
    status, out, _ = groundwire("ask", "anything at all")
    assert status == 0
    assert "groundwire add" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("",),
        ("  ",),
        ("?!",),
        ("a" * 3000,),
        ("bridge", "--top-k", "0"),
        ("bridge", "--top-k", "99"),
        ("bridge", "--as-of", "yesterday"),
        ("bridge", "--published-after", "2020-01-02", "--published-before", "2020-01-01"),
        ("a\udcff",),
    ],
)
def test_a_question_that_cannot_be_read_ends_with_status_2_and_one_line(groundwire, arguments):
    status, out, err = groundwire("ask", *arguments)
    assert (status, out) == (INVALID, "")
    assert err.startswith("error ")
    assert "Traceback" not in err


def test_add_takes_files_folders_and_lines_and_reports_each_refusal(groundwire, tmp_path):
    folder = tmp_path / "news"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "relit.md").write_text("---\ntitle: Relit\n---\n\nThe lighthouse shines again.\n")
    (folder / "plain.txt").write_text("灯塔重新亮起。它熄灭了九年。\n", encoding="utf-8")
    (folder / "empty.txt").write_text(" \n")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "binary.txt").write_bytes(b"\0\1\2\3")
    lines = tmp_path / "lines.jsonl.gz"
    lines.write_bytes(gzip.compress(b'{"title": "t", "text": "One more."}\n{broken\n{"title": "no text"}\n'))
    status, out, _ = groundwire("add", folder, lines, tmp_path / "missing.md")
    assert status == REFUSED
    assert out.startswith("3 added, 0 updated, 0 unchanged, 5 refused\n")
    for name in ("empty.txt", "binary.txt", "lines.jsonl.gz:2", "lines.jsonl.gz:3", "missing.md"):
        assert f"{name}: " in out, name
    assert "picture.png" not in out
    again, out, _ = groundwire("add", folder, "--json")
    assert again == REFUSED
    summary = json.loads(out)
    assert (summary["added"], summary["unchanged"], summary["refused_total"]) == (0, 2, 2)


def test_a_named_file_of_an_unknown_kind_is_refused_and_not_passed_over(groundwire, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    status, out, _ = groundwire("add", picture)
    assert status == REFUSED
    assert "picture.png: " in out


def test_a_file_that_may_not_be_read_is_refused_and_the_others_go_on(groundwire, tmp_path, monkeypatch):
    closed, good = tmp_path / "closed.md", tmp_path / "good.md"
    closed.write_text("# Closed\n\nText.\n")
    good.write_text("# Good\n\nText.\n")
    read_bytes = Path.read_bytes

    def guarded(path):
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    status, out, _ = groundwire("add", closed, good)
    assert status == REFUSED
    assert out.startswith("1 added, 0 updated, 0 unchanged, 1 refused\n")
    assert "closed.md: cannot be read: Permission denied. Check the path and its permissions." in out


def test_names_that_are_no_text_or_look_like_markup_are_reported_as_they_are(groundwire, tmp_path):
    odd = tmp_path / "[red]\x1b[2J.txt"
    odd.write_bytes(b"\0")
    raw = os.fsencode(tmp_path) + b"/\xff.txt"
    Path(os.fsdecode(raw)).write_bytes(b"\0")
    for arguments in ((odd, os.fsdecode(raw)), (odd, os.fsdecode(raw), "--json")):
        status, out, err = groundwire("add", *arguments)
        assert (status, err) == (REFUSED, "")
        assert "[red]" in out
        assert "\x1b" not in out


@pytest.mark.usefixtures("stored")
def test_what_an_article_holds_cannot_steer_the_terminal(groundwire, tmp_path):
    file = tmp_path / "evil.jsonl"
    evil = {"id": "evil", "title": "\x1b]0;owned\x07 [/bold]", "text": "\x1b[2J\x9b31m volcano [red]erupts.",
            "source": "[link=https://evil.example]x[/link]", "language": "[/b]"}  # fmt: skip
    file.write_text(json.dumps(evil))
    assert groundwire("add", file)[0] == 0
    for arguments in (("articles",), ("ask", "volcano erupts"), ("ask", "volcano in Paris sinks")):
        status, out, _ = groundwire(*arguments)
        assert status == 0
        assert not set(out) & {"\x1b", "\x9b", "\x07"}
    assert "[link=https://evil.example]x[/link]" in groundwire("articles")[1]


@pytest.mark.usefixtures("stored")
def test_remove_makes_an_article_unfindable(groundwire):
    status, out, _ = groundwire("remove", "harbour")
    assert (status, out) == (0, "removed harbour; no answer uses it from change 2 on\n")
    assert "do not answer" in groundwire("ask", "harbour bridge opened Monday")[1]
    assert json.loads(groundwire("articles", "--json")[1])["total"] == 2


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("identity", ["nobody", "[/red]", "../x"])
def test_remove_of_an_unknown_id_ends_with_status_1_and_names_it(groundwire, identity):
    status, out, err = groundwire("remove", identity)
    assert (status, out) == (1, "")
    assert err.startswith("error There is no article")
    assert identity in err


@pytest.mark.usefixtures("stored")
def test_articles_lists_a_page_and_says_where_the_next_begins(groundwire):
    status, out, _ = groundwire("articles", "--limit", 2)
    assert status == 0
    assert "harbour" in out
    assert "qiao" not in out
    first = json.loads(groundwire("articles", "--limit", 2, "--json")[1])
    assert f"more with --after {first['next']}" in out
    second = json.loads(groundwire("articles", "--limit", 2, "--after", first["next"], "--json")[1])
    assert [item["id"] for item in first["items"] + second["items"]] == ["harbour", "orchard", "qiao"]
    assert second["next"] is None


@pytest.mark.usefixtures("stored")
def test_status_tells_what_the_library_holds(groundwire):
    status, out, _ = groundwire("status")
    assert status == 0
    assert "articles       3 (3 versions)" in out
    assert out.count("up to date") == 2
    state = json.loads(groundwire("status", "--json")[1])
    assert (state["articles"], state["seq"], state["writable"]) == (3, 1, True)
    assert state["dense_seq"] == state["lexical_seq"] == state["seq"]


def test_the_first_use_of_an_empty_library_loads_the_corpus_once(groundwire, tmp_path, monkeypatch):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "one.md").write_text("# One\n\nThe first text.\n")
    monkeypatch.setenv("GROUNDWIRE_CORPUS", str(corpus))
    assert json.loads(groundwire("status", "--json")[1])["articles"] == 1
    (corpus / "two.md").write_text("# Two\n\nThe second text.\n")
    identity = json.loads(groundwire("articles", "--json")[1])["items"][0]["id"]
    assert groundwire("remove", identity)[0] == 0
    assert json.loads(groundwire("status", "--json")[1])["articles"] == 0


def test_config_shows_each_value_and_where_it_came_from(groundwire, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("groundwire.toml").write_text("answers_at_once = 7\n")
    monkeypatch.setenv("GROUNDWIRE_PORT", "8123")
    monkeypatch.setenv("GROUNDWIRE_API_KEYS", "secret-key, other")
    status, out, _ = groundwire("config")
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert status == 0
    assert "8123" in rows["port"] and "environment" in rows["port"]
    assert "groundwire.toml" in rows["answers_at_once"]
    assert "default" in rows["host"]
    assert "2 keys" in rows["api_keys"]
    assert "secret-key" not in out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GROUNDWIRE_PORT", "many"),
        ("GROUNDWIRE_PORT", "70000"),
        ("GROUNDWIRE_HOST", "0.0.0.0"),
        ("GROUNDWIRE_GENERATOR", "[/red]"),
        ("GROUNDWIRE_ANSWERS_AT_ONCE", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_with_status_2_and_names_it(groundwire, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    status, out, err = groundwire("status")
    assert (status, out) == (INVALID, "")
    assert name in err or (name == "GROUNDWIRE_HOST" and "GROUNDWIRE_API_KEYS" in err)


@pytest.mark.parametrize("content", ["port = [", "prot = 8000\n"])
def test_a_file_of_settings_that_cannot_be_used_ends_with_status_2(
    groundwire, tmp_path, monkeypatch, content
):
    monkeypatch.chdir(tmp_path)
    Path("groundwire.toml").write_text(content)
    status, _, err = groundwire("status")
    assert status == INVALID
    assert "groundwire.toml" in err


@pytest.mark.parametrize(
    "arguments", [("serve",), ("add", "x.md"), ("remove", "harbour")], ids=["serve", "add", "remove"]
)
def test_what_writes_ends_with_status_75_while_no_service_writes(groundwire, monkeypatch, arguments):
    monkeypatch.setattr("service.commands.handing.TAKEN_WITHIN_S", 0.2)
    data = Path(os.environ["GROUNDWIRE_DATA"])
    writer = open_library(data, FakeEmbedder())
    try:
        status, out, err = groundwire(*arguments)
        assert (status, out) == (LOCKED, "")
        assert str(os.getpid()) in err
        assert groundwire("status")[0] == 0, "reading goes on"
        assert f"process {os.getpid()}" in groundwire("status")[1]
    finally:
        writer.close()
    assert groundwire("status")[0] == 0


def test_a_library_of_a_newer_version_ends_with_status_78(groundwire):
    assert groundwire("status")[0] == 0
    with sqlite3.connect(Path(os.environ["GROUNDWIRE_DATA"]) / "library.sqlite3") as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    status, _, err = groundwire("status")
    assert status == NEWER
    assert "newer" in err


@pytest.mark.parametrize("arguments", [("frobnicate",), ("ask",), ("articles", "--limit", "0"), ("add",)])
def test_wrong_use_ends_with_status_2(groundwire, arguments):
    assert groundwire(*arguments)[0] == INVALID


def test_an_evaluation_of_the_shipped_articles_writes_a_report(groundwire, tmp_path, monkeypatch):
    monkeypatch.delenv("GROUNDWIRE_CORPUS")
    report = tmp_path / "report.json"
    status, out, _ = groundwire("eval", "run", "--sample", 4, "--out", report)
    assert status == 0
    assert "hit@1" in out
    assert isinstance(json.loads(report.read_text()), dict)
    assert report.with_suffix(".md").read_text()


def test_an_evaluation_without_questions_says_so(groundwire):
    status, _, err = groundwire("eval", "run")
    assert status == INVALID
    assert "Q&A" in err


def test_serve_at_a_taken_port_names_the_setting_and_opens_no_library(groundwire, monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("GROUNDWIRE_PORT", str(taken.getsockname()[1]))
        status, out, err = groundwire("serve")
    assert (status, out) == (INVALID, "")
    assert "GROUNDWIRE_PORT" in err
    assert "Traceback" not in err

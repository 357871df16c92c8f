import gzip
import json
from pathlib import Path

import pytest
from fakes import FakeEmbedder
from loopback import serving
from typer.testing import CliRunner

from index.errors import InvalidInputError
from index.library import Library
from service.cli import app
from service.fetch import Fetcher
from service.ingest import Summary, add_sources, paths_of
from service.remote import Reader

OFFLINE = Reader(Fetcher(()))


def write(path: Path, title: str, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\ntitle: {title}\nsource: Test\n---\n{text}\n", encoding="utf-8")
    return path


def counts(summary: Summary) -> tuple[int, int, int, int]:
    return summary.added, summary.updated, summary.unchanged, summary.refused


def test_files_folders_patterns_and_lines_are_added_in_one_go(library: Library, tmp_path: Path):
    write(tmp_path / "folder/deep/a.md", "A", "Text of a.")
    write(tmp_path / "globbed/b.md", "B", "Text of b.")
    (tmp_path / "globbed/c.text").write_text("Not in the pattern.")
    rows = "".join(json.dumps({"id": f"l{i}", "title": "T", "text": f"Line {i}."}) + "\n" for i in range(3))
    (tmp_path / "lines.jsonl").write_text(rows)
    (tmp_path / "more.jsonl.gz").write_bytes(gzip.compress(rows.replace('"l', '"m').encode()))
    names = [str(tmp_path / name) for name in ("folder", "globbed/*.md", "lines.jsonl", "more.jsonl.gz")]
    assert counts(add_sources(names, library, OFFLINE)) == (8, 0, 0, 0)
    assert counts(add_sources(names, library, OFFLINE)) == (0, 0, 8, 0)
    write(tmp_path / "globbed/b.md", "B", "Text of b, changed.")
    assert counts(add_sources(names, library, OFFLINE)) == (0, 1, 7, 0)


def test_what_is_refused_stops_nothing_and_says_why(library: Library, tmp_path: Path):
    write(tmp_path / "good.md", "Good", "A text.")
    (tmp_path / "image.md").write_bytes(b"\x89PNG....")
    (tmp_path / "lines.jsonl").write_text('{"title": "T"}\n{"title": "T", "text": "Fine."}\nnot json\n')
    names = [*(str(tmp_path / name) for name in ("missing.md", "good.md", "image.md", "lines.jsonl"))]
    summary = add_sources([*names, "https://news.example.com/a"], library, OFFLINE)
    assert counts(summary) == (2, 0, 0, 5)
    assert {Path(item.name).name: item.reason for item in summary.refusals} == {
        "missing.md": "unreadable",
        "image.md": "unsupported-type",
        "lines.jsonl:1": "invalid",
        "lines.jsonl:3": "invalid",
        "a": "network-off",
    }
    assert [Path(label).name for label in summary.labels] == ["good.md", "lines.jsonl:2"]


def test_pages_are_fetched_from_hosts_that_are_allowed(library: Library):
    with serving() as site:
        site.put("/a.md", "---\ntitle: A\nsource: Test\n---\nText of a.\n")
        reader = Reader(Fetcher(("127.0.0.1",), loopback=True))
        summary = add_sources([site.url("/a.md"), site.url("/gone")], library, reader)
    assert counts(summary) == (1, 0, 0, 1)
    stored = library.catalog.article(summary.results[0].article_id)
    assert stored.url == site.url("/a.md")
    assert summary.refusals[0].reason == "http-status"


def test_progress_grows_to_the_whole_work(library: Library, tmp_path: Path):
    for number in range(5):
        write(tmp_path / f"{number}.md", f"T{number}", "A text of some length. " * 30)
    rows = "".join(json.dumps({"title": f"T{i}", "text": f"Line {i}."}) + "\n" for i in range(50))
    (tmp_path / "lines.jsonl").write_text(rows)
    seen = []
    summary = add_sources([str(tmp_path)], library, OFFLINE, lambda s: seen.append(s.work_done))
    assert seen == sorted(seen)
    assert (
        summary.work_done
        == summary.work
        == sum(path.stat().st_size for path in tmp_path.iterdir() if path.is_file())
    )


def test_a_pattern_that_finds_nothing_is_an_error_and_a_name_with_a_bracket_is_a_name(tmp_path: Path):
    odd = write(tmp_path / "[a].md", "A", "Text.")
    assert paths_of(str(odd)) == [odd]
    assert paths_of("plain.md") == [Path("plain.md")]
    with pytest.raises(InvalidInputError, match="matches no file"):
        paths_of(str(tmp_path / "*.pdf"))


@pytest.fixture
def runner(monkeypatch) -> CliRunner:
    monkeypatch.setattr("service.engine.load_embedder", lambda name: FakeEmbedder())
    monkeypatch.setattr("service.engine.load_scorer", lambda name, embedder: None)
    monkeypatch.setenv("GROUNDWIRE_CORPUS", "")
    return CliRunner()


def test_the_command_tells_what_was_done_and_its_exit_status_whether_all_of_it(
    runner: CliRunner, tmp_path: Path
):
    good = write(tmp_path / "good.md", "Good", "A text.")
    done = runner.invoke(app, ["add", str(good), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["added"] == 1
    done = runner.invoke(app, ["add", str(good), "https://news.example.com/a"])
    assert done.exit_code == 3
    assert "network-off" in done.stdout
    assert "GROUNDWIRE_FETCH_HOSTS" in " ".join(done.stdout.split())


def test_watching_once_ends_by_itself(runner: CliRunner, tmp_path: Path):
    write(tmp_path / "news/a.md", "A", "A text.")
    done = runner.invoke(app, ["watch", str(tmp_path / "news"), "--once", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["added"] == 1
    assert runner.invoke(app, ["watch", str(tmp_path / "news"), "--once", "--json"]).stdout == ""

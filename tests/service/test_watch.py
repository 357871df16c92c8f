import json
import threading
from pathlib import Path

import pytest
from loopback import Site, serving

from index.errors import InvalidInputError, RefusedDocumentError
from index.library import Library
from index.types import Article
from service.fetch import Fetcher
from service.remote import Reader
from service.watch import STATE_FILE, Watcher, checked_folder


def parsed_feed(content: bytes, label: str) -> tuple[Article, ...]:
    """Read lines `title|text|url` as a feed of teasers, anything else as a page."""
    if not content.startswith(b"feed\n"):
        text = content.decode()
        return (Article(text.splitlines()[0], text),)
    rows = [line.split("|") for line in content.decode().splitlines()[1:]]
    return tuple(
        Article(title, text, url=url, kind="teaser", published_at="2026-05-10") for title, text, url in rows
    )


@pytest.fixture
def site():
    with serving() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "news"
    made.mkdir()
    return made


@pytest.fixture
def watcher(library: Library, tmp_path: Path, folder: Path) -> Watcher:
    reader = Reader(Fetcher(("127.0.0.1",), loopback=True, seconds=5), parsed_feed)
    return Watcher(library, reader, tmp_path / STATE_FILE, folders=[folder])


def titles(library: Library) -> set[str]:
    from index.types import Filters

    return {item.title for item in library.catalog.articles(Filters(), limit=100, after=0)[0]}


def write(folder: Path, name: str, title: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"---\ntitle: {title}\nsource: Test\n---\n{text}\n", encoding="utf-8")
    return path


def test_new_and_changed_files_are_read_and_others_are_not(watcher: Watcher, library: Library, folder: Path):
    told = []
    watcher.tell = lambda what, summary: told.append((summary.added, summary.updated, summary.refused))
    write(folder, "a.md", "A", "First text.")
    write(folder, "b.md", "B", "Second text.")
    (folder / "c.md").write_bytes(b"\xff\xfe\x00\xd8")
    watcher.look_through()
    assert titles(library) == {"A", "B"}
    write(folder, "a.md", "A", "First text, and more of it.")
    watcher.look_through()
    watcher.look_through()
    assert told == [(2, 0, 1), (0, 1, 0)]


def test_what_was_read_is_not_read_again_after_a_restart(watcher: Watcher, library: Library, folder: Path):
    path = write(folder, "a.md", "A", "First text.")
    watcher.look_through()
    again = Watcher(library, watcher.reader, watcher.state_path, folders=[folder])
    assert again.state.files[str(path)].articles == watcher.state.files[str(path)].articles
    seq = library.catalog.seq()
    again.look_through()
    assert library.catalog.seq() == seq


def test_the_articles_of_each_file_are_known_with_those_of_lines(watcher, library, folder):
    lines = [json.dumps({"id": f"l{i}", "title": "T", "text": f"Line {i}."}) for i in range(3)]
    (folder / "many.jsonl").write_text("\n".join([lines[0], "{broken", *lines[1:]]))
    write(folder, "one.md", "One", "A text of its own.")
    write(folder, "bad.md", "", "")
    watcher.look_through()
    given = {Path(name).name: state.articles for name, state in watcher.state.files.items()}
    assert given["many.jsonl"] == ["l0", "l1", "l2"]
    assert len(given["one.md"]) == 1
    assert given["bad.md"] == []


def test_a_damaged_state_is_begun_anew_and_loses_nothing(watcher: Watcher, library: Library, folder: Path):
    write(folder, "a.md", "A", "First text.")
    watcher.look_through()
    watcher.state_path.write_text('{"files": 3}')
    again = Watcher(library, watcher.reader, watcher.state_path, folders=[folder])
    again.look_through()
    assert titles(library) == {"A"}
    assert library.catalog.counts()["versions"] == 1


def test_the_articles_of_a_file_that_is_gone_stay(watcher: Watcher, library: Library, folder: Path):
    path = write(folder, "a.md", "A", "First text.")
    watcher.look_through()
    path.unlink()
    watcher.look_through()
    assert titles(library) == {"A"}
    assert watcher.state.files == {}


def test_they_go_where_that_is_asked_for_unless_another_file_gives_them(
    watcher: Watcher, library: Library, folder: Path
):
    watcher.forget = True
    first = write(folder, "a.md", "A", "First text.")
    moved = write(folder, "b.md", "A", "First text.")
    write(folder, "c.md", "C", "Third text.")
    watcher.look_through()
    first.unlink()
    watcher.look_through()
    assert titles(library) == {"A", "C"}
    moved.unlink()
    watcher.look_through()
    assert titles(library) == {"C"}


def test_a_feed_is_followed_to_its_pages_and_asked_with_a_condition(
    watcher: Watcher, library: Library, site: Site
):
    feed = site.url("/feed")
    watcher.folders, watcher.feeds = [], [feed]
    watcher.clock = lambda: now
    now = 1000.0
    body = f"feed\nOne|Short one.|{site.url('/1')}\nTwo|Short two.|{site.url('/2')}\n"
    site.put("/feed", body, ETag='"v1"')
    site.put("/1", "One in full\nThe whole text of the first.")
    watcher.look_through()
    assert titles(library) == {"One in full", "Two"}
    assert watcher.state.feeds[feed].etag == '"v1"'

    watcher.look_through()
    assert len([r for r in site.requests if r.path == "/feed"]) == 1
    site.put("/feed", b"", status="304 Not Modified")
    now += watcher.feed_seconds
    again = Watcher(library, watcher.reader, watcher.state_path, feeds=[feed], clock=lambda: now)
    again.look_through()
    assert site.requests[-1].headers["if-none-match"] == '"v1"'
    assert again.state.feeds[feed].etag == '"v1"'


def test_a_failing_feed_is_asked_less_and_less_until_it_answers(
    watcher: Watcher, library: Library, site: Site
):
    feed = site.url("/feed")
    watcher.folders, watcher.feeds, watcher.feed_seconds = [], [feed], 100.0
    now = 0.0
    watcher.clock = lambda: now
    waits = []
    for _ in range(12):
        watcher.look_through()
        waits.append(watcher.state.feeds[feed].next_at - now)
        now = watcher.state.feeds[feed].next_at
    assert waits[:4] == [200.0, 400.0, 800.0, 1600.0]
    assert waits[-1] == 24 * 3600.0
    site.put("/feed", "feed\nOne|Short one.|" + site.url("/1"))
    watcher.look_through()
    assert watcher.state.feeds[feed].failures == 0
    assert titles(library) == {"One"}


def test_it_sees_changes_until_it_is_stopped(watcher: Watcher, library: Library, folder: Path):
    stop, seen = threading.Event(), threading.Event()
    watcher.tell = lambda what, summary: seen.set()
    write(folder, "a.md", "A", "First text.")
    running = threading.Thread(target=watcher.run, args=(stop,))
    running.start()
    try:
        assert seen.wait(60)
        seen.clear()
        write(folder, "b.md", "B", "Second text.")
        assert seen.wait(60)
    finally:
        stop.set()
        running.join(60)
    assert not running.is_alive()
    assert titles(library) == {"A", "B"}


def test_a_page_cannot_take_the_place_of_another_sites_article(site: Site):
    def claiming(content: bytes, label: str) -> tuple[Article, ...]:
        return (Article("T", "Text.", url=content.decode()),)

    reader = Reader(Fetcher(("127.0.0.1",), loopback=True), claiming)
    site.put("/own", site.url("/canonical"))
    site.put("/other", "https://www.example.com/story")
    site.put("/none", "")
    assert [article.url for article in reader.read(site.url("/own"))] == [site.url("/canonical")]
    assert [article.url for article in reader.read(site.url("/other"))] == [site.url("/other")]
    assert [article.url for article in reader.read(site.url("/none"))] == [site.url("/none")]


def test_what_is_no_folder_is_refused(tmp_path: Path):
    with pytest.raises(InvalidInputError, match="is no folder"):
        checked_folder(str(tmp_path / "missing"))


def test_a_feed_that_may_not_be_fetched_is_told_of(watcher: Watcher):
    told = []
    watcher.reader = Reader(Fetcher(()))
    watcher.feeds = ["https://news.example.com/feed"]
    watcher.tell = lambda what, summary: told.append(summary.refusals[0].reason)
    watcher.look_through()
    assert told == ["network-off"]
    with pytest.raises(RefusedDocumentError):
        list(watcher.reader.read("https://news.example.com/feed"))

"""What one change costs in a library of a few articles and in one of many: work is counted, not timed."""

from dataclasses import replace

import numpy as np
import pytest
from cache_checks import article, assert_caches_agree
from fakes import FakeEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from index import database
from index.library import open_library
from index.types import Article, Filters

FEW, MANY = 20, 1500
STEPS_AT_ONCE = 10
CHANGES = {
    "put": lambda library, number: library.put(article(number)),
    "update": lambda library, number: library.put(article(number - 10, " anew")),
    "delete": lambda library, number: library.delete(f"a{number - 10}"),
}


@pytest.fixture
def steps(monkeypatch):
    """The steps of SQLite's virtual machine so far, on any connection opened from now on."""
    counted = [0]

    def count() -> None:
        counted[0] += STEPS_AT_ONCE

    connect = database.sqlite3.connect

    def counting(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_progress_handler(count, STEPS_AT_ONCE)
        return connection

    monkeypatch.setattr(database.sqlite3, "connect", counting)
    return counted


def steps_of(change, library, steps, number):
    before = steps[0]
    change(library, number)
    library.snapshot()
    return steps[0] - before


def filled(folder, count):
    library = open_library(folder, FakeEmbedder())
    library.put_many([article(number) for number in range(count)], lambda result: None, pytest.fail)
    library.upkeep.wait("merge")
    return library


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_takes_no_more_steps_in_a_library_of_many_articles(name, tmp_path, steps):
    taken = []
    for count in (FEW, MANY):
        library = filled(tmp_path / str(count), count)
        # The first vectors of a process are compared with those that are stored.
        library.put(article(count))
        taken.append(steps_of(CHANGES[name], library, steps, count + 1))
        assert library.catalog.counts()["articles"] == count + {"put": 2, "update": 1, "delete": 0}[name]
        library.close()
    few, many = taken
    assert few > 100
    assert many < 1.3 * few


def test_a_filter_looks_at_articles_and_at_the_passages_of_those_that_pass(tmp_path, steps):
    library = open_library(tmp_path, FakeEmbedder())
    text = "The harbour of Bergen was dredged, and ships of all kinds came in again. " * 200
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 11) for day in range(1, 11)]
    many = [Article(f"T{n}", f"{n} {text}", published_at=day) for n, day in enumerate(days)]
    library.put_many(many, lambda result: None, pytest.fail)
    snapshot = library.snapshot()
    before = steps[0]
    found = snapshot.keys_matching(Filters(published_after="2024-03-05", published_before="2024-03-06"))
    assert 0 < len(found) < snapshot.passage_count / 20
    assert steps[0] - before < 3 * snapshot.passage_count
    before = steps[0]
    assert len(snapshot.keys_matching(Filters(article_ids=("nobody",)))) == 0
    assert steps[0] - before < 100
    library.close()


def test_the_first_article_of_a_process_takes_no_more_steps_in_a_library_of_many(tmp_path, steps):
    taken = []
    for count in (FEW, MANY):
        filled(tmp_path / str(count), count).close()
        library = open_library(tmp_path / str(count), FakeEmbedder())
        taken.append(steps_of(CHANGES["put"], library, steps, count))
        library.close()
    assert taken[1] < 1.3 * taken[0]


def test_a_delete_leaves_the_vectors_of_texts_that_other_articles_have_too(tmp_path):
    embedder = FakeEmbedder()
    library = open_library(tmp_path, embedder)
    for name in "abc":
        library.put(Article("Port", "Shanghai opened a port.", article_id=name))
    library.put(Article("Gold", "Gold rose.", article_id="gold"))
    assert len(embedder.embedded) == 2

    library.delete("a")
    library.put(Article("Port", "It closed again.", article_id="b"))
    assert_caches_agree(library)
    library.delete("gold")
    library.put(Article("Gold", "Gold rose.", article_id="gold"))
    # The vector of "a" and of the old "b" is that of "c" as well; nobody else had that of gold.
    assert [text.splitlines()[-1] for text in embedder.embedded[2:]] == ["It closed again.", "Gold rose."]

    library.delete("c")
    library.put(Article("Port", "Shanghai opened a port.", article_id="d"))
    assert embedder.embedded[-1].endswith("Shanghai opened a port.")
    assert len(embedder.embedded) == 5
    assert_caches_agree(library)
    library.close()


@given(
    st.integers(0, 30),
    st.sets(st.integers(0, 29)),
    st.sets(st.integers(0, 29), max_size=5),
    st.integers(1, 12),
)
@settings(max_examples=10, deadline=None)
def test_spread_keys_are_live_and_reach_over_the_library(tmp_path_factory, count, deleted, updated, wanted):
    library = filled(tmp_path_factory.mktemp("spread"), count)
    for number in sorted(deleted):
        if number < count:
            library.delete(f"a{number}")
    for number in sorted(updated - deleted):
        if number < count:
            library.put(replace(article(number), text="anew"))
    live, found = library.catalog.live_keys(), library.catalog.spread_keys(wanted)
    library.close()
    assert len(found) <= wanted
    assert np.isin(found, live).all()
    assert found.tolist() == sorted(set(found.tolist()))
    assert found[:1].tolist() == live[:1].tolist()
    if not deleted and not updated and wanted > 1 and count:
        assert found[-1] == live[-1]
        assert len(found) == min(wanted, count)

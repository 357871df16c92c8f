"""What a question sees of a library: one state from start to end, by its filters."""

from dataclasses import replace

import pytest
from library_articles import KIMI, PORT, found

from index.types import Article, Filters


def test_a_question_in_flight_ends_on_the_text_it_began_with(library):
    library.put(KIMI)
    library.put(PORT)
    held = library.snapshot()
    library.put(replace(KIMI, text="Kimi raised three billion.", language="fr"))
    assert found(library, "zebra", held) == [KIMI.text]
    assert [hit.key for hit in held.dense("zebra", 1)] == [1]
    assert held.article_ids([1, 2]) == {1: "kimi", 2: "port"}
    assert found(library, "zebra") == []


def test_a_question_in_flight_keeps_its_filters(library):
    library.put(replace(KIMI, source="BBC"))
    held = library.snapshot()
    library.put(replace(KIMI, source="CNN"))
    library.put(replace(PORT, source="BBC"))
    assert held.keys_matching(Filters(sources=("BBC",))).tolist() == [1]
    assert library.snapshot().keys_matching(Filters(sources=("BBC",))).tolist() == [3]


@pytest.mark.parametrize("again", [False, True])
def test_a_question_in_flight_drops_what_was_deleted(library, again):
    library.put(KIMI)
    library.put(PORT)
    held = library.snapshot()
    library.delete("kimi")
    if again:
        library.put(replace(KIMI, text="Another text."))
    assert [hit.key for hit in held.lexical("zebra", 5)] == [1]
    assert held.passages([1, 2]).keys() == {2}
    assert held.article_ids([1, 2]) == {2: "port"}
    assert held.keys_matching(Filters(article_ids=("kimi", "port"))).tolist() == [2]


def test_the_passage_before_is_the_one_of_the_same_state_and_version(library):
    told = [f"The yard built ship number {n} for the fleet of the coast." for n in range(30)]
    long = replace(KIMI, text=" ".join(told))
    library.put(PORT)
    library.put(long)
    held = library.snapshot()
    keys = sorted(held.keys_matching(Filters(article_ids=("kimi",))).tolist())
    assert len(keys) >= 3
    first, *rest = (held.passages([key])[key] for key in keys)
    assert held.passages_before([first.key]) == []
    assert [held.passages_before([passage.key]) for passage in rest] == [[first], *([p] for p in rest[:-1])]
    library.put(replace(long, text="Another opening of the story. " + long.text))
    after = library.snapshot()
    assert [p.char_end for p in held.passages_before([rest[0].key])] == [first.char_end]
    live = [
        after.passages([key])[key] for key in after.keys_matching(Filters(article_ids=("kimi",))).tolist()
    ]
    for passage in live:
        (before,) = after.passages_before([passage.key]) or [None]
        assert (before is None) == (passage.ordinal == 0)
        assert before is None or 0 <= passage.char_start - before.char_end <= 1


@pytest.fixture
def shelf(library):
    for number, (published, source, language) in enumerate(
        [
            ("2026-05-01", "BBC", "en"),
            ("2026-05-02T10:00:00Z", "CNN", "en"),
            ("2026-05-03T01:00:00+08:00", "BBC", "zh"),
            ("", "BBC", "en"),
        ],
        start=1,
    ):
        library.put(
            Article(f"T{number}", f"Bank {number}.", source, "", language, published, article_id=f"a{number}")
        )
    return library


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(published_after="2026-05-02"), [2, 3]),
        (Filters(published_before="2026-05-01"), [1]),
        (Filters(published_after="2026-05-02T18:00:00+08:00", published_before="2026-05-02"), [2, 3]),
        (Filters(sources=("BBC",)), [1, 3, 4]),
        (Filters(sources=("BBC", "CNN"), languages=("en",)), [1, 2, 4]),
        (Filters(languages=("zh",)), [3]),
        (Filters(article_ids=("a4", "a2", "nobody")), [2, 4]),
        (Filters(sources=("nobody",)), []),
    ],
)
def test_filters_hold_in_both_legs_and_in_the_list(shelf, filters, keys):
    snapshot = shelf.snapshot()
    allowed = snapshot.keys_matching(filters)
    assert allowed.tolist() == keys
    assert sorted(hit.key for hit in snapshot.lexical("bank", 9, allowed)) == keys
    assert sorted(hit.key for hit in snapshot.dense("bank", 9, allowed)) == keys
    items, total, following = shelf.catalog.articles(filters, limit=10, after=0)
    assert [item.article_id for item in items] == [f"a{key}" for key in keys]
    assert (total, following) == (len(keys), None)


def test_no_filters_allow_all(shelf):
    assert shelf.snapshot().keys_matching(Filters()) is None


def test_a_list_is_read_in_pages(shelf):
    shelf.delete("a2")
    pages, after = [], 0
    while after is not None:
        items, total, after = shelf.catalog.articles(Filters(), limit=2, after=after)
        assert total == 3
        pages.append([item.article_id for item in items])
    assert pages == [["a1", "a3"], ["a4"]]
    [first, *_] = shelf.catalog.articles(Filters(), limit=1, after=0)[0]
    assert (first.characters, first.passages, first.title, first.seq) == (7, 1, "T1", 1)

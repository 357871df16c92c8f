import hashlib
import sqlite3
import threading
from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeEmbedder

from index import library as library_module
from index.errors import InvalidInputError, NotFoundError, StoreError, StoreWriteError
from index.library import open_library
from index.types import Article, Filters, PutResult, QAPair, Section

KIMI = Article("Kimi", "Kimi raised two billion. 😀 The zebra round closed.", article_id="kimi")
PORT = Article("Port", "Shanghai opened a port. It cost forty million.", article_id="port")


def found(library, question, snapshot=None):
    """Texts of the lexical hits."""
    snapshot = snapshot or library.snapshot()
    keys = [hit.key for hit in snapshot.lexical(question, 20)]
    passages = snapshot.passages(keys)
    return [passages[key].text for key in keys if key in passages]


def seq_of(library):
    seq = library.catalog.seq()
    assert library.snapshot().seq == seq
    return seq


def rows(folder, query):
    connection = sqlite3.connect(folder / "library.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_an_article_that_was_put_is_found_by_both_legs(library):
    assert library.put(KIMI) == PutResult("kimi", 1, "created", 1)
    snapshot = library.snapshot()
    assert [hit.key for hit in snapshot.lexical("zebra", 5)] == [1]
    assert [hit.key for hit in snapshot.dense("zebra", 5)] == [1]
    assert snapshot.passage_count == 1


def test_an_article_is_read_as_it_was_put(library):
    given = Article(
        "Title 😀",
        "Head\n\nBody one. 正文。",
        source="BBC",
        url="https://a.de/x",
        published_at="2026-05-10T09:41:00+08:00",
        updated_at="2026-05-11",
        sections=(Section("Head", 6, 19, "summary"),),
        metadata={"desk": "商业", "n": [1, None]},
    )
    result = library.put(given)
    stored = library.catalog.article(result.article_id)
    for field in (
        "title",
        "text",
        "source",
        "url",
        "published_at",
        "updated_at",
        "sections",
        "kind",
        "metadata",
    ):
        assert getattr(stored, field) == getattr(given, field)
    assert (stored.version, stored.latest_version, stored.seq, stored.language) == (1, 1, 1, "en")
    assert stored.added_at.endswith("Z")


def test_a_passage_is_the_characters_of_its_article_at_its_offsets(library):
    text = "Head 😀\n\nOne 😀 sentence. e\u0301te\u0301 二。\n\n尾\n\nLast 𠮷 one.  "
    sections = (Section("Head 😀", 8, 30), Section("尾", text.index("Last"), len(text)))
    library.put(Article("T", text, article_id="a", sections=sections))
    library.put(KIMI)
    passages = library.snapshot().passages([1, 2, 3])
    assert [p.heading for p in passages.values()] == ["Head 😀", "尾", ""]
    for passage in passages.values():
        stored = library.catalog.article(passage.article_id, passage.version)
        assert stored.text[passage.char_start : passage.char_end] == passage.text
        for sentence in passage.sentences:
            assert passage.char_start <= sentence.char_start < sentence.char_end <= passage.char_end
    assert passages[1].passage_id == "a.1.0"


def test_a_changed_article_is_a_new_version_and_old_ones_stay_readable(library):
    library.put(KIMI)
    assert library.put(replace(KIMI, text="Kimi raised three billion.")) == PutResult("kimi", 2, "updated", 2)
    assert library.put(replace(KIMI, title="Kimi again")) == PutResult("kimi", 3, "updated", 3)
    assert [version.text for version in library.catalog.versions("kimi")] == [
        KIMI.text,
        "Kimi raised three billion.",
        KIMI.text,
    ]
    assert library.catalog.article("kimi", 2).latest_version == 3
    assert found(library, "zebra") == [KIMI.text]
    assert found(library, "three") == []
    assert library.state().versions == 3
    assert library.state().articles == library.state().passages == 1


def test_an_unchanged_article_costs_nothing(library, embedder):
    library.put(KIMI)
    embedded = list(embedder.embedded)
    before = library.snapshot()
    assert library.put(KIMI) == PutResult("kimi", 1, "unchanged", 1)
    assert library.put(replace(KIMI, missing=("source",))) == PutResult("kimi", 1, "unchanged", 1)
    assert embedder.embedded == embedded
    assert library.snapshot() is before


def test_seq_grows_by_one_for_each_change_and_for_nothing_else(library):
    assert seq_of(library) == 0
    library.put(KIMI)
    assert seq_of(library) == 1
    library.put(KIMI)
    with pytest.raises(InvalidInputError):
        library.put(replace(KIMI, text=""))
    with pytest.raises(NotFoundError):
        library.delete("nobody")
    assert seq_of(library) == 1
    library.put(PORT)
    assert library.delete("kimi") == 3
    assert library.delete("kimi") == 3
    assert seq_of(library) == 3
    library.put_many([KIMI, PORT, PORT], lambda result: None, lambda position, refusal: None)
    assert seq_of(library) == 4


def test_a_deleted_article_is_gone_and_can_be_put_again(library):
    library.put(KIMI)
    library.put(PORT)
    library.delete("kimi")
    for read in (library.catalog.article, library.catalog.versions):
        with pytest.raises(NotFoundError, match="no article 'kimi'"):
            read("kimi")
    assert found(library, "zebra") == []
    assert library.catalog.known_ids() == {"port"}
    assert library.put(KIMI) == PutResult("kimi", 2, "created", 4)
    assert [version.version for version in library.catalog.versions("kimi")] == [2]
    assert found(library, "zebra") == [KIMI.text]


def test_an_unknown_version_is_not_found(library):
    library.put(KIMI)
    with pytest.raises(NotFoundError, match="no version 2 of article 'kimi'"):
        library.catalog.article("kimi", 2)


def test_one_text_is_embedded_once(library, embedder, tmp_path):
    library.put(KIMI)
    library.put(replace(KIMI, article_id="copy"))
    library.put(replace(KIMI, article_id="third", source="BBC"))
    assert embedder.embedded == [f"Kimi\n{KIMI.text}"]
    assert rows(tmp_path / "library", "SELECT count(*) FROM vectors") == [(1,)]
    library.delete("kimi")
    assert rows(tmp_path / "library", "SELECT count(*) FROM vectors") == [(1,)]
    assert [hit.key for hit in library.snapshot().dense("zebra", 5)] == [2, 3]
    library.delete("copy")
    library.delete("third")
    assert rows(tmp_path / "library", "SELECT count(*) FROM vectors") == [(0,)]


def test_a_vector_is_kept_with_its_hash(library, embedder, tmp_path):
    library.put(KIMI)
    [(content, space, vector, vector_hash)] = rows(tmp_path / "library", "SELECT * FROM vectors")
    assert content == hashlib.sha256(f"Kimi\n{KIMI.text}".encode()).digest()
    assert space == embedder.space.id
    assert vector_hash == hashlib.sha256(vector).digest()
    [expected] = embedder.embed_queries([f"Kimi\n{KIMI.text}"])
    assert np.frombuffer(vector, np.float16) == pytest.approx(expected, abs=1e-3)


def test_nothing_of_a_deleted_article_is_left_in_the_catalog_file(library, embedder, tmp_path):
    secret = Article("Confidential", "Xylophonist Quetzalcoatl paid. " * 300, article_id="secret")
    library.put(replace(secret, qa_pairs=(QAPair("Quetzalcoatl?", "Yes."),), metadata={"by": "Quetzalcoatl"}))
    for number in range(20):
        library.put(replace(PORT, article_id=f"port{number}"))
    vectors = [vector for (vector,) in rows(tmp_path / "library", "SELECT vector FROM vectors")]
    kept = np.array(embedder.embed_queries([f"Port\n{PORT.text}"]), np.float16).tobytes()
    library.put(replace(secret, text="Xylophonist left.", metadata={}))
    library.delete("secret")
    library.close()
    content = (tmp_path / "library" / "library.sqlite3").read_bytes()
    assert b"Quetzalcoatl" not in content
    assert b"Xylophonist" not in content
    assert b"Confidential" not in content
    assert kept in content
    assert [vector for vector in vectors if vector in content] == [kept]


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


def test_questions_and_answers_are_kept_apart_from_what_is_searched(library, embedder):
    pairs = (QAPair("What did the walrus say?", "The walrus said yes."),)
    library.put(replace(KIMI, qa_pairs=pairs))
    snapshot = library.snapshot()
    assert snapshot.lexical("walrus", 5) == []
    assert snapshot.passages([1])[1].text == KIMI.text
    assert not any("walrus" in text for text in embedder.embedded)
    [stored] = library.catalog.qa_pairs()
    assert (stored.article_id, stored.question, stored.answer) == ("kimi", pairs[0].question, pairs[0].answer)
    assert library.state().questions == 1
    library.put(KIMI)
    assert library.catalog.qa_pairs() == []
    library.put(replace(KIMI, qa_pairs=pairs))
    library.delete("kimi")
    assert library.catalog.qa_pairs() == []


def test_a_teaser_gives_way_to_the_full_article_and_never_the_other_way(library):
    teaser = Article("Kimi", "Kimi raised.", source="marsbit", kind="teaser")
    full = replace(teaser, text=KIMI.text, kind="article")
    assert library.put(teaser).status == "created"
    assert library.put(full).status == "updated"
    assert library.put(teaser).status == "unchanged"
    assert found(library, "kimi") == [KIMI.text]
    assert library.put(replace(teaser, title="Other")).status == "created"


def test_refused_articles_of_a_batch_are_told_and_the_others_go_on(library):
    results, refusals = [], []
    articles = [KIMI, replace(PORT, text=""), replace(PORT, metadata={"a": float("nan")}), PORT, KIMI]
    library.put_many(
        articles, results.append, lambda position, refusal: refusals.append((position, refusal.field))
    )
    assert [(result.article_id, result.status) for result in results] == [
        ("kimi", "created"),
        ("port", "created"),
        ("kimi", "unchanged"),
    ]
    assert refusals == [(1, "text"), (2, "metadata")]
    assert library.state().articles == 2


def test_versions_of_one_article_in_a_batch_follow_each_other(library):
    library.put(KIMI)
    results = []
    changed = replace(KIMI, text="Kimi raised three billion.")
    library.put_many([changed, KIMI, changed], results.append, pytest.fail)
    assert [(result.version, result.status) for result in results] == [
        (2, "updated"),
        (3, "updated"),
        (4, "updated"),
    ]
    assert found(library, "kimi") == [changed.text]
    assert len(library.snapshot().dense("kimi", 9)) == 1


def test_a_long_load_is_committed_in_batches(library, monkeypatch):
    monkeypatch.setattr(library_module, "BATCH_PASSAGES", 4)
    told = []
    articles = (replace(KIMI, article_id=f"a{number}") for number in range(10))
    library.put_many(articles, lambda result: told.append((result.seq, library.catalog.seq())), pytest.fail)
    assert told == [(1, 1)] * 4 + [(2, 2)] * 4 + [(3, 3)] * 2


def test_an_empty_load_changes_nothing(library):
    library.put_many([], pytest.fail, pytest.fail)
    assert seq_of(library) == 0


def test_a_delete_while_an_article_is_embedded_takes_no_vector_from_it(library, embedder, monkeypatch):
    library.put(KIMI)
    embed = type(embedder).embed_passages

    def meanwhile(texts):
        monkeypatch.setattr(embedder, "embed_passages", lambda texts: embed(embedder, texts))
        library.delete("kimi")
        return embed(embedder, texts)

    monkeypatch.setattr(embedder, "embed_passages", meanwhile)
    # The first passage is that of the deleted article, whose vector was there when it was asked for.
    shared = replace(KIMI, article_id="copy")
    library.put_many([shared, PORT], lambda result: None, pytest.fail)
    assert [hit.key for hit in library.snapshot().dense("zebra", 1)] == [2]
    assert sorted(library.catalog.known_ids()) == ["copy", "port"]


def test_many_threads_read_while_one_writes(library):
    library.put(KIMI)
    problems, done = [], threading.Event()

    def read():
        while not done.is_set():
            try:
                snapshot = library.snapshot()
                keys = {hit.key for hit in [*snapshot.lexical("kimi", 50), *snapshot.dense("kimi", 50)]}
                passages = snapshot.passages(sorted(keys))
                assert len(snapshot.dense("kimi", 1000)) == snapshot.passage_count
                assert all("Kimi" in passage.title for passage in passages.values())
            except BaseException as error:
                problems.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(40):
        library.put(replace(KIMI, article_id=f"a{number % 10}", text=f"Kimi round {number}."))
        if number % 4 == 3:
            library.delete(f"a{number % 10}")
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []


def test_writers_of_several_threads_take_turns(library):
    threads = [
        threading.Thread(
            target=lambda start=start: [
                library.put(replace(KIMI, article_id=f"a{start}-{number}", text=f"Round {start} {number}."))
                for number in range(8)
            ]
        )
        for start in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seq_of(library) == 24
    assert library.snapshot().passage_count == len(library.snapshot().lexical("round", 99)) == 24


def test_on_a_full_disk_writes_fail_whole_and_reading_goes_on(library):
    library.put(KIMI)
    connection = library.catalog._database.connection()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreWriteError, match="Nothing of it was kept; free disk space"):
        library.put(Article("Long", "A port. " * 20_000, article_id="long"))
    assert seq_of(library) == 1
    assert found(library, "zebra") == [KIMI.text]
    connection.execute("PRAGMA max_page_count = 1000000")
    assert library.put(PORT).seq == 2


def test_where_a_cache_cannot_be_written_questions_go_on_and_nothing_is_lost(library, monkeypatch):
    library.put(KIMI)

    def full(*arguments):
        raise StoreWriteError("The disk is full. Free space.")

    with monkeypatch.context() as patch:
        patch.setattr("index.lexical.certify", full)
        with pytest.raises(StoreWriteError):
            library.put(PORT)
        assert found(library, "zebra") == [KIMI.text]
        assert library.state().lexical_seq == 1
    assert found(library, "shanghai") == [PORT.text]
    assert library.put(PORT).status == "unchanged"
    assert len(library.snapshot().lexical("port", 9)) == len(library.snapshot().dense("port", 9)) - 1 == 1


def test_a_library_is_not_read_with_another_model(tmp_path, embedder):
    library = open_library(tmp_path / "x", embedder)
    library.put(KIMI)
    library.close()
    with pytest.raises(StoreError, match=r"no vector in the space other@000000000000.*GROUNDWIRE_EMBEDDER"):
        open_library(tmp_path / "x", FakeEmbedder(model="other"))
    again = open_library(tmp_path / "x", embedder)
    assert again.writable
    assert found(again, "zebra") == [KIMI.text]
    again.close()

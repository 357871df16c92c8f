"""Articles in, versions, deletes: what a library stores of each."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeEmbedder
from library_articles import KIMI, PORT, found, rows, seq_of

from index.errors import InvalidInputError, NotFoundError, StoreError
from index.library import open_library
from index.types import Article, PutResult, QAPair, Section


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


def test_a_library_is_closed_twice_without_harm(tmp_path):
    library = open_library(tmp_path / "twice", FakeEmbedder())
    library.put(Article("Ferry", "The ferry sails at nine."))
    library.close()
    library.close()

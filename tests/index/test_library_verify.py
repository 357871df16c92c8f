import shutil
import sqlite3

import pytest
from fakes import FakeEmbedder

from index.library import open_library
from index.reembed import rebuild, reembed
from index.types import Article, QAPair, Section
from index.verify import verify


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify") / "library"
    library = open_library(folder, FakeEmbedder())
    for number in range(20):
        library.put(
            Article(
                f"T{number}",
                f"Head\n\nBank 😀 {number} rose. 上海港开放了。",
                article_id=f"a{number}",
                sections=(Section("Head", 6, 18 + len(str(number))),),
                qa_pairs=(QAPair("Q?", "A."),) * (number % 3),
                metadata={"n": number},
            )
        )
    library.put(Article("T1", "Changed.", article_id="a1"))
    library.delete("a2")
    library.close()
    return folder


@pytest.fixture
def folder(written, tmp_path):
    shutil.copytree(written, tmp_path / "library")
    return tmp_path / "library"


def faults(folder, embedder=None):
    return [(fault.what, fault.repair) for fault in verify(folder, embedder or FakeEmbedder()).faults]


def change(folder, *statements):
    connection = sqlite3.connect(folder / "library.sqlite3")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def mended(folder):
    library = open_library(folder, FakeEmbedder())
    rebuild(library)
    library.close()
    return faults(folder)


def test_a_whole_library_has_no_fault_and_what_was_checked_is_told(folder):
    verdict = verify(folder, FakeEmbedder())
    assert verdict.faults == ()
    live = 19
    assert verdict.checked["versions"] == 20
    assert verdict.checked["passages"] == verdict.checked["vectors made anew"] == live
    assert verdict.checked["caches"] > live
    assert verdict.checked["files"] >= 5


def test_a_library_is_verified_while_another_process_writes_to_it(folder):
    library = open_library(folder, FakeEmbedder())
    library.put(Article("New", "A port.", article_id="new"))
    assert faults(folder) == []
    library.close()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            "UPDATE versions SET text = replace(text, 'rose', 'fell') WHERE article = 5",
            "article a4 is not what",
        ),
        ("UPDATE versions SET metadata = '{' WHERE article = 5", "article a4 is not what was stored"),
        ("UPDATE qa_pairs SET answer = 'B.' WHERE article = 6", "article a5 is not what was stored"),
        ("UPDATE passages SET char_end = 900 WHERE key = 7", "passage 7: its offsets lie outside"),
        ("UPDATE passages SET sentences = '[[9, 7]]' WHERE key = 8", "passage 8: its sections or sentences"),
        ("UPDATE passages SET sentences = '[]' WHERE key = 8", "passage 8: its sentences are not"),
        ("UPDATE passages SET char_start = char_start + 1 WHERE key = 9", "passage 9: its"),
        ("DELETE FROM versions WHERE article = 10", "passage 10: its version is gone"),
    ],
)
def test_a_row_that_is_not_what_was_stored_is_found(folder, damage, said):
    change(folder, "PRAGMA foreign_keys = ON" if "DELETE" in damage else "SELECT 1", damage)
    found = faults(folder)
    assert any(said in what and repair == "restore" for what, repair in found), found


def damaged_vector(folder):
    change(
        folder,
        "UPDATE vectors SET vector = zeroblob(length(vector)) WHERE rowid_ = 1".replace(
            "rowid_ = 1", "content_sha256 = (SELECT content_sha256 FROM passages WHERE key = 5)"
        ),
    )


def missing_vector(folder):
    change(
        folder,
        "DELETE FROM vectors WHERE content_sha256 = (SELECT content_sha256 FROM passages WHERE key = 5)",
    )


def orphan_vector(folder):
    change(folder, "INSERT INTO vectors SELECT x'00', space, vector, vector_sha256 FROM vectors LIMIT 1")


def flipped_cache(folder):
    [index] = (folder / "dense").glob("*/index.faiss")
    content = bytearray(index.read_bytes())
    content[-3] ^= 8
    index.write_bytes(content)


def no_lexical_index(folder):
    shutil.rmtree(folder / "lexical")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damaged_vector, "is damaged"),
        (missing_vector, "1 passages have no vector"),
        (orphan_vector, "1 vectors belong to no passage"),
        (flipped_cache, "its files are not those of its manifest"),
        (no_lexical_index, "there is no index"),
    ],
)
def test_what_can_be_made_again_is_found_and_mended_by_a_rebuild(folder, damage, said):
    damage(folder)
    found = faults(folder)
    assert any(said in what and repair == "rebuild" for what, repair in found), found
    assert mended(folder) == []


def test_a_cache_that_lacks_a_passage_of_its_change_is_found(folder):
    change(folder, "UPDATE passages SET removed_seq = NULL WHERE key = 2")
    found = faults(folder)
    assert any("the catalog held" in what for what, _ in found), found


def test_a_swapped_model_is_found(folder):
    class Swapped(FakeEmbedder):
        def _rows(self, texts):
            return super()._rows([text[::-1] for text in texts])

    [(what, repair)] = faults(folder, Swapped())
    assert (repair, "other vectors than those stored" in what) == ("model", True)
    [(what, repair)] = faults(folder, FakeEmbedder(model="other"))
    assert (repair, "the model at hand is other" in what) == ("model", True)


def test_files_that_nothing_reads_are_found_and_removed_by_the_next_writer(folder):
    for place in ("dense/tmp-1-2", "lexical/tmp-1-2"):
        (folder / place).mkdir()
    (folder / "stray.txt").write_text("")
    assert faults(folder) == [
        ("dense/tmp-1-2 belongs to nothing", "remove"),
        ("lexical/tmp-1-2 belongs to nothing", "remove"),
        ("stray.txt belongs to nothing", "remove"),
    ]
    open_library(folder, FakeEmbedder()).close()
    assert faults(folder) == [("stray.txt belongs to nothing", "remove")]


def test_a_library_that_holds_nothing_yet_is_whole(tmp_path):
    open_library(tmp_path, FakeEmbedder()).close()
    assert faults(tmp_path) == []


def test_a_moved_library_is_whole(folder):
    library = open_library(folder, FakeEmbedder())
    other = FakeEmbedder(32, "other")
    reembed(library, other, lambda before, after: None)
    library.close()
    assert faults(folder, other) == []

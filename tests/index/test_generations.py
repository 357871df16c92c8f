"""Generations of a cache: whole or not there, and none that differs from its manifest."""

import shutil

import pytest
from cache_checks import flip, names

from index.errors import StoreWriteError
from index.generations import MANIFEST, certify, generations, verified_manifest, write_generation


def test_any_flipped_bit_and_any_truncation_of_a_generation_is_noticed(tmp_path):
    generation = write_generation(tmp_path, {"a.bin": bytes(range(60)), "b.bin": b"b"}, {"space": "s"}, 1204)
    original = verified_manifest(generation)
    assert original["seq"] == 1204
    for path in generation.iterdir():
        content = path.read_bytes()
        for position, byte in enumerate(content):
            for bit in (position % 8, (position + 5) % 8):
                path.write_bytes(content[:position] + bytes([byte ^ 1 << bit]) + content[position + 1 :])
                assert verified_manifest(generation) is None, (path.name, position, bit)
            path.write_bytes(content[:position])
            assert verified_manifest(generation) is None, (path.name, position)
        path.write_bytes(content)
    assert verified_manifest(generation) == original


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"null", b"{}", b'{"format": 1}', b"\xff", b"1" * 5000, b"[" * 100_000]
)
def test_a_manifest_that_is_none_certifies_nothing(manifest, tmp_path):
    (tmp_path / MANIFEST).write_bytes(manifest)
    assert verified_manifest(tmp_path) is None


def test_a_generation_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    write_generation(tmp_path, {"a": b"1"}, {}, 1)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreWriteError, match="No space left on device"):
        write_generation(tmp_path, {"a": b"2"}, {}, 2)
    [(path, manifest)] = generations(tmp_path)
    assert (manifest["seq"], (path / "a").read_bytes()) == (1, b"1")
    assert [child.name for child in tmp_path.iterdir()] == [path.name]
    with pytest.raises(StoreWriteError):
        certify(path, ["a"], {}, 3, {})
    assert verified_manifest(path) == manifest


def test_the_newest_generation_that_verifies_is_taken(tmp_path):
    write_generation(tmp_path / "one", {"a": b"1"}, {}, 1)
    write_generation(tmp_path / "two", {"a": b"2"}, {}, 2)
    shutil.move(tmp_path / "two" / "g000000000002", tmp_path / "one")
    assert [manifest["seq"] for _, manifest in generations(tmp_path / "one")] == [2, 1]
    flip(tmp_path / "one" / "g000000000002" / "a")
    (_, damaged), (_, older) = generations(tmp_path / "one")
    assert (damaged, older["seq"]) == (None, 1)


@pytest.mark.parametrize("stray", ["note.txt", ".DS_Store"])
def test_a_file_that_somebody_put_there_stops_no_clearing(stray, tmp_path):
    for seq in range(1, 41):
        (tmp_path / stray).write_text("?")
        write_generation(tmp_path, {"a": b"%d" % seq}, {"space": "s"}, seq)
    assert names(tmp_path) == ["g000000000039", "g000000000040"]

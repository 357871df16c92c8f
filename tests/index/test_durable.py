"""What a folder needs no more is removed: files, folders, and what could not be removed the last time."""

import shutil
from pathlib import Path

import pytest
from cache_checks import names

from index.durable import GOING, remove_entries


@pytest.fixture
def entries(tmp_path):
    """A folder with a file, a link to a folder elsewhere, and folders; one of them had lost its name."""
    folder = tmp_path / "cache"
    for name in ("g1", "g2", f"{GOING}7-g0"):
        (folder / name).mkdir(parents=True)
        (folder / name / "keys").touch()
    (folder / "note.txt").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    return folder


def test_files_links_and_folders_are_removed_and_what_a_link_leads_to_is_not(entries, tmp_path):
    remove_entries(entries, entries.iterdir())
    assert names(entries) == []
    assert names(tmp_path / "elsewhere") == ["kept"]


def test_what_cannot_be_removed_keeps_the_name_that_it_was_given(entries, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *given, **named: None)
        remove_entries(entries, entries.iterdir())
        left = names(entries)
        assert len(left) == 3 and all(name.startswith(GOING) for name in left)
        remove_entries(entries, entries.iterdir())
        assert names(entries) == left
    remove_entries(entries, entries.iterdir())
    assert names(entries) == []


def test_one_that_keeps_its_name_keeps_no_other_from_being_removed(entries, monkeypatch, caplog):
    rename = Path.rename

    def stuck(path, target):
        if path.name == "g1":
            raise OSError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stuck)
    remove_entries(entries, sorted(entries.iterdir()))
    assert names(entries) == ["g1"]
    assert names(entries / "g1") == ["keys"]
    assert "g1 cannot be removed now: [Errno 13] Permission denied" in caplog.text

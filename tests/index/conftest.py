"""What several of the tests of a library begin with."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from cache_checks import answers, article
from fakes import FakeEmbedder

from index.library import open_library


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A closed library of thirty articles, and what it answers."""
    folder = tmp_path_factory.mktemp("written")
    library = open_library(folder, FakeEmbedder())
    library.put_many([article(number) for number in range(30)], lambda result: None, pytest.fail)
    expected = answers(library)
    library.close()
    return folder, expected


@pytest.fixture(scope="module")
def strace():
    """The strace command, where it may look after other processes."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed: no errors of a disk can be made")
    tried = subprocess.run([found, "-qq", "-e", "trace=none", "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"strace may not look after other processes here: {tried.stderr.strip()}")
    return found

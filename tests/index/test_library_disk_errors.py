"""A library on a disk that fails: nothing is acknowledged that is not there, and questions go on.

The errors are real ones, given by the kernel's answer to a call of a process that `strace` looks after.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from disk_worker import ERROR_MUTANTS, ORDER_MUTANTS
from fakes import FakeEmbedder
from test_library_kill import PATHS, Expected, assert_whole

from index.library import open_library

WORKER = Path(__file__).parent / "disk_worker.py"


def watched(
    strace: str, folder: Path, options: list[str], count: int, mutant: str = ""
) -> tuple[list[str], str]:
    """Run the worker under strace; gives what it said and the trace."""
    trace = folder.with_suffix(".trace")
    worker = [sys.executable, str(WORKER), str(folder), str(count), *filter(None, [mutant])]
    done = subprocess.run(
        [strace, "-qq", f"-o{trace}", *options, *worker],
        env={**os.environ, "PYTHONPATH": PATHS, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[-1]) == (0, "DONE"), f"{options}\n{done.stdout}{done.stderr}"
    return lines, trace.read_text()


def prove(
    strace: str,
    folder: Path,
    call: str,
    error: str,
    when: str,
    *,
    threads: bool = False,
    count: int = 6,
    mutant: str = "",
) -> tuple[int, list[str]]:
    """Make errors, then open the library on a sound disk; gives how many were made and what was told."""
    open_library(folder, FakeEmbedder()).close()
    options = [f"-etrace={call}", f"-einject={call}:error={error}:when={when}", *(["-f"] if threads else [])]
    lines, trace = watched(strace, folder, options, count, mutant)
    expected = Expected()
    for line in lines:
        if line.startswith(("BEGIN", "STORED", "DELETED")):
            expected.hear(line)
    library = open_library(folder, FakeEmbedder())
    try:
        assert library.writable
        assert library.state().degraded == ()
        assert_whole(library, expected)
    finally:
        library.close()
    told = [line for line in lines if line.startswith(("FAILED", "UNOPENED"))]
    return trace.count("(INJECTED)"), told


@pytest.mark.parametrize(
    ("call", "error", "when", "says"),
    [
        ("fdatasync", "EIO", "5+11", "The disk failed while the library was written"),
        ("fsync", "EIO", "2+5", "could not be certified: [Errno 5] Input/output error"),
        ("pwrite64", "ENOSPC", "9+47", "database or disk is full. Nothing of it was kept"),
    ],
)
def test_what_is_acknowledged_on_a_failing_disk_is_there_and_errors_say_what_to_do(
    call, error, when, says, strace, tmp_path
):
    injected, told = prove(strace, tmp_path / "library", call, error, when)
    assert injected >= 2
    assert any(says in line for line in told), told
    assert all("disk" in line for line in told)


@pytest.mark.slow
@pytest.mark.parametrize("call", ["fsync", "fdatasync", "write", "pwrite64", "rename", "ftruncate", "link"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_an_error_at_any_one_call_loses_nothing_that_was_acknowledged(call, error, strace, tmp_path):
    number = injected = 1
    while injected:
        injected, _ = prove(strace, tmp_path / str(number), call, error, str(number), count=3)
        shutil.rmtree(tmp_path / str(number))
        number += 1
    assert number > 2


@pytest.mark.slow
@pytest.mark.parametrize("call", ["fsync", "fdatasync", "write", "pwrite64"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("first", [1, 3, 9, 27, 81])
@pytest.mark.parametrize("threads", [False, True])
def test_a_disk_that_goes_on_failing_loses_nothing_that_was_acknowledged(
    call, error, first, threads, strace, tmp_path
):
    prove(strace, tmp_path / "library", call, error, f"{first}+", threads=threads, count=4)


@pytest.mark.slow
@pytest.mark.parametrize("error", [("fdatasync", "EIO", "5+11"), ("pwrite64", "ENOSPC", "9+47")])
@pytest.mark.parametrize("mutant", ERROR_MUTANTS)
def test_the_proof_notices_a_library_that_makes_light_of_an_error(mutant, error, strace, tmp_path):
    if (mutant, error[1]) == ("carry_on_after_a_lost_write", "ENOSPC"):
        pytest.skip("a full disk loses no write")
    with pytest.raises(AssertionError):
        prove(strace, tmp_path / "library", *error, mutant=mutant)


CALL = re.compile(r'(\w+)\((?:\d+<([^>]*)>|"([^"]*)", "([^"]*)")')
SAID = re.compile(r'writev\(1<.*iov_base="(STORED|DELETED) ')


def order_faults(trace: str) -> list[str]:
    """Name what was acknowledged or renamed before it was written through, in the order of the calls.

    A process that is killed leaves what it wrote to the kernel; only the order of the calls shows what a
    power failure would take.
    """
    dirty: set[str] = set()
    names: set[str] = set()
    faults = []
    for line in trace.splitlines():
        if SAID.search(line):
            faults += [f"{path} was not written through when a change was acknowledged" for path in names]
            faults += [f"{path} likewise" for path in dirty if path.endswith(".sqlite3-wal")]
            names.clear()
        elif found := CALL.search(line):
            call, path, old, new = found.groups()
            if call in ("write", "pwrite64"):
                dirty.add(path)
            elif call in ("fsync", "fdatasync"):
                dirty.discard(path)
                names.discard(path)
            elif call == "rename":
                faults += [f"{path} was renamed before that" for path in dirty if path.startswith(old)]
                names.add(str(Path(new).parent))
    return faults


def ordered(strace: str, folder: Path, mutant: str = "") -> list[str]:
    calls = "-etrace=write,pwrite64,fsync,fdatasync,rename,writev"
    lines, trace = watched(strace, folder, ["-y", "-s99", calls], 4, mutant)
    assert sum(line.startswith("STORED") for line in lines) == 4
    assert trace.count("rename(") >= 6
    return order_faults(trace)


def test_files_are_written_through_before_they_are_named_and_before_a_change_is_acknowledged(
    strace, tmp_path
):
    assert ordered(strace, tmp_path / "library") == []


@pytest.mark.slow
@pytest.mark.parametrize("mutant", ORDER_MUTANTS)
def test_the_proof_notices_what_is_not_written_through(mutant, strace, tmp_path):
    assert ordered(strace, tmp_path / "library", mutant) != []

"""An acknowledged change survives a power loss at any moment, and the library opens."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from disk_worker import ORDER_MUTANTS
from lossy_disk import BYTES_SURVIVE, NAMES_SURVIVE, Disk
from power_worker import article, make_small, opened, put
from recorded_run import OPTIONS, Call, Replay, calls
from test_library_kill import PATHS

from index import dense
from index import library as library_module
from index.errors import GroundwireError
from index.generations import verified_manifest
from index.library import Library
from index.verify import verify

WORKER = Path(__file__).parent / "power_worker.py"
LOSSES = int(os.environ.get("TORTURE_POWER_LOSSES", "600"))
NESTED = 8
"""Power losses of the slow proof after which the next run loses power as well."""

PLACE = Path("data") / "library"
NEW = 900_000


class Expected:
    """What may be in the library, by what its writer said: the editions that each article may have."""

    def __init__(self) -> None:
        self.editions: dict[str, set[int]] = defaultdict(lambda: {0})

    def hear(self, lines: list[str]) -> None:
        for line in lines:
            word, *about = line.split()
            if word == "BEGIN":
                self.editions[about[0]].add(int(about[1]))
            elif word == "DONE":
                self.editions[about[0]] = {int(about[1])}

    def copy(self) -> Expected:
        other = Expected()
        other.editions.update({identity: set(editions) for identity, editions in self.editions.items()})
        return other


def recorded(strace: str, folder: Path, first: int = 0, mutant: str = "") -> list[Call]:
    """Run the worker on the library in `folder / PLACE` and give its calls."""
    trace = folder.with_suffix(".trace")
    command = [sys.executable, str(WORKER), str(folder / PLACE), str(first), mutant]
    done = subprocess.run(
        [strace, *OPTIONS, f"-o{trace}", *filter(None, command)],
        env={**os.environ, "PYTHONPATH": PATHS, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stdout.endswith("END\n"), done.stdout + done.stderr
    with trace.open() as lines:
        found = list(calls(lines))
    trace.unlink()
    return found


def lose_power_and_check(
    run: list[Call], base: Path, expected: Expected, losses: int, chance: random.Random, scratch: Path
) -> None:
    """Lose power at so many moments of a run that began with what is in `base`; check what each leaves."""
    moments = sorted(chance.choices(changing(run, base), k=losses))
    for number, (moment, disk, heard) in enumerate(disks_at(moments, run, base, expected)):
        names, content = chance.choice(NAMES_SURVIVE), chance.choice(BYTES_SURVIVE)
        left = scratch / str(number)
        disk.lose_power(chance, names, content, left)
        try:
            check(left / PLACE, heard)
        except (AssertionError, GroundwireError, OSError) as error:
            told = f"power lost after call {moment} ({run[moment].name}); names: {names}, bytes: {content}"
            raise AssertionError(f"{told}; {error}") from error
        # Tantivy looks at an index for a moment after it was left, and makes a lock file as it does.
        shutil.rmtree(left, ignore_errors=True)


def disks_at(
    moments: list[int], run: list[Call], base: Path, expected: Expected
) -> Iterator[tuple[int, Disk, Expected]]:
    """Give the disk after each of these calls (ascending), and what may be in the library."""
    replay, said, done = Replay(Disk(base)), 0, 0
    expected = expected.copy()
    for moment in moments:
        for call in run[done : moment + 1]:
            replay.do(call)
        done = moment + 1
        expected.hear(replay.said[said:])
        said = len(replay.said)
        yield moment, replay.disk, expected


def changing(run: list[Call], base: Path) -> list[int]:
    """Give the calls after which the disk may be another one than before."""
    replay = Replay(Disk(base))
    return [number for number, call in enumerate(run) if replay.do(call)]


def check(folder: Path, expected: Expected) -> None:
    """What stands under a final name is whole; the library opens, has what it must, and goes on."""
    acknowledged = any(0 not in editions for editions in expected.editions.values())
    if (folder / "dense").is_dir():
        for generation in (folder / "dense").glob("g*"):
            assert verified_manifest(generation) is not None, f"{generation} is not whole"
    if acknowledged:
        places = list((folder / "lexical").iterdir())
        assert any(verified_manifest(place) for place in places), "no lexical index is whole"
    library = opened(folder)
    try:
        assert library.writable
        assert_has(library, expected)
        put(library, NEW)
        assert [found.article_id for found in passages_of(library, f"Word{NEW}x1")] == [f"a{NEW}"]
        embedder = library.embedder
    finally:
        library.close()
    faults = [fault.what for fault in verify(folder, embedder).faults]
    assert not faults, faults


def passages_of(library: Library, word: str) -> list:
    snapshot = library.snapshot()
    return list(snapshot.passages([hit.key for hit in snapshot.lexical(word, 9)]).values())


def assert_has(library: Library, expected: Expected) -> None:
    """Every article has an edition that it may have, and both legs find that one and no other."""
    catalog, snapshot = library.catalog, library.snapshot()
    ids, live = catalog.known_ids(), catalog.live_keys().tolist()
    assert ids <= expected.editions.keys()
    assert snapshot.passage_count == snapshot.lexical_leg.searcher.num_docs == len(live) == len(ids)
    assert sorted(hit.key for hit in snapshot.dense("bank", len(live) + 99)) == live
    for identity, editions in expected.editions.items():
        number = int(identity[1:])
        stored = catalog.article(identity).text if identity in ids else None
        texts = {article(number, edition).text if edition else None: edition for edition in editions}
        assert stored in texts, f"{identity} is {stored!r} and may be one of {list(texts)}"
        for edition in range(1, 4):
            found = [passage.article_id for passage in passages_of(library, f"Word{number}x{edition}")]
            assert found == ([identity] if edition == texts[stored] else []), (identity, edition, found)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for module, name in (
        (dense, "MERGE_AFTER"),
        (dense, "REPLAY_AT_MOST"),
        (library_module, "BATCH_PASSAGES"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    make_small()


@pytest.fixture
def folder(tmp_path):
    """A folder in memory where there is such a thing: what a disk keeps is simulated here."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else tmp_path
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as made:
        yield Path(made)


def prove(strace: str, folder: Path, losses: int, seed: int, mutant: str = "") -> None:
    """Record a run that begins with nothing, and lose power so many times."""
    base = new(folder / "base")
    run = recorded(strace, base, mutant=mutant)
    lose_power_and_check(run, new(base), Expected(), losses, random.Random(seed), folder / "left")


def new(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def test_what_was_acknowledged_survives_a_power_loss(strace, folder):
    prove(strace, folder, 40, seed=7)


@pytest.mark.slow
def test_what_was_acknowledged_survives_hundreds_of_power_losses(strace, folder):
    seed = time.time_ns()
    sys.stderr.write(f"seed {seed}\n")
    prove(strace, folder, LOSSES, seed)


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_power_loss_in_the_run_after_a_power_loss(strace, folder):
    seed = time.time_ns()
    sys.stderr.write(f"seed {seed}\n")
    chance = random.Random(seed)
    base = new(folder / "base")
    run = recorded(strace, base)
    moments = sorted(chance.sample(changing(run, new(base)), NESTED))
    for moment, disk, expected in disks_at(moments, run, base, Expected()):
        left, before = folder / f"left-{moment}", folder / f"before-{moment}"
        disk.lose_power(chance, chance.choice(NAMES_SURVIVE), chance.choice(BYTES_SURVIVE), left)
        copy(left, before)
        again = recorded(strace, left, first=100)
        # The paths of the calls are those of the run.
        shutil.rmtree(left)
        copy(before, left)
        lose_power_and_check(again, left, expected, LOSSES // NESTED, chance, folder / f"twice-{moment}")


def copy(folder: Path, to: Path) -> None:
    """Copy a folder; what are two names of one file stay that."""
    Disk(folder).lose_power(random.Random(0), "none", "none", to)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", ORDER_MUTANTS)
def test_the_proof_notices_what_a_power_loss_takes(mutant, strace, folder):
    with pytest.raises(AssertionError, match="power lost after call"):
        prove(strace, folder, 40, seed=7, mutant=mutant)


def test_the_proof_notices_a_database_that_is_not_written_through(strace, folder):
    with pytest.raises(AssertionError, match="power lost after call"):
        prove(strace, folder, 40, seed=7, mutant="write_the_catalog_through_some_time")


def test_a_file_that_a_cut_off_commit_left_in_a_certified_index_stops_nothing(tmp_path):
    library = opened(tmp_path)
    put(library, 1)
    library.close()
    [place] = (tmp_path / "lexical").glob("index-*")
    [segment] = place.glob("*.term")
    for number in range(40):
        (place / f"{segment.stem}.{number}.del").touch()
    expected = Expected()
    expected.hear(["DONE a1 1"])
    library = opened(tmp_path)
    library.delete("a1")
    put(library, 2)
    library.close()
    expected.hear(["DONE a1 0", "DONE a2 1"])
    check(tmp_path, expected)

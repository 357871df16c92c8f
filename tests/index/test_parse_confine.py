"""A confined process tries what a parser has no business doing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CONFINED = """
import os, socket, subprocess, sys
from index.parse.confine import confine_document, confine_process
confine_process()
confine_document(1, 2)
"""


def run(attempt: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CONFINED + attempt],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket()",
        "socket.getaddrinfo('localhost', 80)",
        "open('written-by-a-parser', 'w')",
        "os.open('written-by-a-parser', os.O_WRONLY | os.O_CREAT)",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "os.remove('README.md')",
        "os.mkdir('made-by-a-parser')",
        "import ctypes; ctypes.CDLL(None)",
    ],
)
def test_parser_can_neither_write_nor_start_nor_connect(attempt):
    done = run(attempt)
    assert done.returncode == 1
    assert "PermissionError" in done.stderr


def test_parser_can_read_what_it_still_has_to_load():
    assert run("print(len(open('README.md').read()) > 0)").stdout == "True\n"


def test_memory_has_a_limit():
    done = run("held = bytearray(1100 * 1024 * 1024)")
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


@pytest.mark.parametrize("attempt", ["while True: pass", "import time; time.sleep(30)"])
def test_time_has_a_limit(attempt):
    assert run(attempt).returncode < 0

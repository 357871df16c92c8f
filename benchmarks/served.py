"""A server as `groundwire serve` starts it, over a library that is made for it, and requests to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from material import ROOT

_START_S, _STOP_S, _REQUEST_S = 120.0, 40.0, 120.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@contextmanager
def served(data: Path, log: Path) -> Iterator[httpx2.Client]:
    """Serve a library by the command line on a free port; the process ends with the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDWIRE_")}
    environment |= {
        "GROUNDWIRE_DATA": str(data),
        "GROUNDWIRE_PORT": "0",
        "GROUNDWIRE_CORPUS": "",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve"]
    # A folder of its own: no groundwire.toml of where the benchmark was started.
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, cwd=data, stdout=output, stderr=output) as process,
    ):
        try:
            with httpx2.Client(base_url=address(process, log), timeout=_REQUEST_S) as client:
                yield client
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server says where it answers."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if found := _ADDRESS.search(log.read_text(errors="replace")):
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def served_too(client: httpx2.Client) -> httpx2.Client:
    """Give a second client of the same server."""
    return httpx2.Client(base_url=client.base_url, timeout=_REQUEST_S)


def sent(client: httpx2.Client, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    """Send a request; status 0 stands for one that was not answered at all."""
    try:
        response = client.request(method, path, json=body)
        return response.status_code, response.json()
    except (httpx2.HTTPError, ValueError) as error:
        return 0, {"detail": f"{type(error).__name__}: {error}"}

"""Length-prefixed messages over a pipe, and articles as the plain JSON that crosses it."""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from index.errors import RefusedDocumentError
from index.types import Article, QAPair, Section

LARGEST: Final = 64 * 1024 * 1024
_LENGTH: Final = struct.Struct(">Q")
_STEP: Final = 1 << 20


class BrokenFrameError(Exception):
    """The other side is gone, or says more than it may."""


class TooSlowError(BrokenFrameError):
    """The other side did not answer in time."""


def send(descriptor: int, message: bytes, *, seconds: float | None = None) -> None:
    """Write one message. Raises `TooSlowError` where the reader takes nothing for `seconds`."""
    view = memoryview(_LENGTH.pack(len(message)) + message)
    # A pipe that can be written to takes this much without blocking.
    step = _STEP if seconds is None else select.PIPE_BUF
    while view:
        if seconds is not None and not select.select([], [descriptor], [], seconds)[1]:
            raise TooSlowError("the reader takes nothing")
        view = view[os.write(descriptor, view[:step]) :]


def receive(descriptor: int, *, seconds: float | None = None) -> bytes:
    """Read one message; `b""` where the other side closed the pipe between two messages.

    Raises `TooSlowError` after `seconds`, `BrokenFrameError` in the middle of a message or for one
    that is too long.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    head = _read(descriptor, _LENGTH.size, deadline)
    if not head:
        return b""
    if len(head) < _LENGTH.size:
        raise BrokenFrameError("the pipe closed inside a message")
    (length,) = _LENGTH.unpack(head)
    if length > LARGEST:
        raise BrokenFrameError("the message is too long")
    body = _read(descriptor, length, deadline)
    if len(body) < length:
        raise BrokenFrameError("the pipe closed inside a message")
    return body


def write_all(descriptor: int, content: bytes) -> None:
    """Write bytes that end where the pipe does."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view[:_STEP]) :]


def read_all(descriptor: int, most: int) -> bytes:
    """Read to the end of a pipe, or one byte more than `most`."""
    return _read(descriptor, most + 1, None)


def _read(descriptor: int, length: int, deadline: float | None) -> bytes:
    parts: list[bytes] = []
    while length:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise TooSlowError("the other side takes too long")
        part = os.read(descriptor, min(length, _STEP))
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def articles_to_json(articles: Sequence[Article]) -> bytes:
    """Write articles as JSON that `articles_from_json` reads back equal."""
    return json.dumps({"articles": [asdict(article) for article in articles]}).encode()


def refusal_to_json(refusal: RefusedDocumentError) -> bytes:
    """Write a refusal without its name, which the reader knows."""
    return json.dumps(
        {"reason": refusal.reason, "problem": refusal.problem, "remedy": refusal.remedy}
    ).encode()


def outcome_from_json(message: bytes, name: str) -> tuple[Article, ...]:
    """Read what a parsing process said of a document; raises the refusal, if it is one."""
    outcome = json.loads(message)
    if "articles" not in outcome:
        raise RefusedDocumentError(
            name, str(outcome["reason"]), str(outcome["problem"]), str(outcome["remedy"])
        )
    return tuple(_article(fields) for fields in outcome["articles"])


def _article(fields: Mapping[str, Any]) -> Article:
    values = dict(fields)
    values["sections"] = tuple(Section(**section) for section in values["sections"])
    values["qa_pairs"] = tuple(QAPair(**pair) for pair in values["qa_pairs"])
    values["missing"] = tuple(values["missing"])
    return Article(**values)

"""The parsing process: `python -m index.parse.worker` reads documents from its input and forks for each.

The parent of the forks has all parsers loaded and never touches a document. A fork reads one document,
writes articles or a refusal as JSON into a pipe, and ends; however it ends, the parent tells.
"""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Mapping
from typing import Any, Final, get_args

from index.errors import RefusedDocumentError
from index.parse import frames
from index.parse.budget import MEMORY_BYTES
from index.parse.confine import confine_document, confine_process
from index.parse.refusals import damaged, timed_out, too_large
from index.parse.rich import RichFormat, parse_rich, warm_up

_STDIN: Final = 0
_STDOUT: Final = 1


def main() -> None:
    """Serve until the input ends."""
    warm_up()
    confine_process()
    gc.freeze()
    frames.send(_STDOUT, b"ready")
    while request := frames.receive(_STDIN):
        frames.send(_STDOUT, _outcome(request))


def _outcome(request: bytes) -> bytes:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _work(request, writer)
    os.close(writer)
    answer = frames.read_all(reader, frames.LARGEST)
    os.close(reader)
    if len(answer) > frames.LARGEST:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if len(answer) > frames.LARGEST:
        return frames.refusal_to_json(too_large("", "What it unfolds to is too large."))
    if os.WIFSIGNALED(status) or not answer:
        return frames.refusal_to_json(_of_signal(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0))
    return answer


def _of_signal(number: int) -> RefusedDocumentError:
    if number in (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL):
        return timed_out("", "Reading it takes longer than any honest document does.")
    return damaged("", "Reading it ended in a crash.")


def _work(request: bytes, writer: int) -> None:
    """Parse in the fork, and leave it without any of the parent's cleaning up."""
    code = 1
    try:
        head, _, content = request.partition(b"\n")
        fields = json.loads(head)
        confine_document(fields["cpu_seconds"], fields["wall_seconds"])
        frames.write_all(writer, _parsed(fields, content))
        code = 0
    finally:
        os._exit(code)


def _parsed(fields: Mapping[str, Any], content: bytes) -> bytes:
    kind: RichFormat = fields["format"]
    if kind not in get_args(RichFormat):
        raise ValueError(f"no parser for {kind}")
    try:
        return frames.articles_to_json(parse_rich(kind, content, fields["name"]))
    except RefusedDocumentError as refusal:
        return frames.refusal_to_json(refusal)
    except MemoryError:
        gc.collect()
        return frames.refusal_to_json(
            too_large("", f"Reading it takes more memory than {MEMORY_BYTES >> 20} MiB.")
        )
    # A hostile file can make a library raise anything; here that is an answer and no accident.
    except (Exception, RecursionError) as error:
        return frames.refusal_to_json(damaged("", f"It cannot be read ({type(error).__name__})."))


if __name__ == "__main__":
    main()

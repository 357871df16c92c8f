"""What a parsing process may use: memory, time, no files to write, no network.

Linux and other systems with `fork` and resource limits only; there is no weaker mode.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Final

from index.parse.budget import MEMORY_BYTES

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38
_FORBIDDEN: Final = frozenset(
    """
    socket.__new__ socket.connect socket.bind socket.getaddrinfo socket.gethostbyname socket.sendto
    subprocess.Popen os.system os.exec os.posix_spawn os.spawn os.fork os.forkpty pty.spawn os.kill os.killpg
    os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.chmod os.chown os.truncate shutil.rmtree
    ctypes.dlopen urllib.Request
    """.split()
)


def confine_process() -> None:
    """Limit this process and all that it forks: memory, no core dumps, no files, no network if possible.

    A network namespace of its own has no way out; where the kernel refuses it, the audit hook of
    `confine_document` alone stands between a parser and the network.
    """
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 64)
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def confine_document(cpu_seconds: int, wall_seconds: int) -> None:
    """Limit the process of one document: its time is up by the kernel's clock, in Python or in C.

    From here on it can open nothing for writing, start nothing and connect nowhere, and there is no way back.
    """
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)
    sys.addaudithook(_forbid)


def _limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (allowed, allowed))


def _forbid(event: str, args: tuple[object, ...]) -> None:
    if event in _FORBIDDEN or (event == "open" and _writes(args)):
        raise PermissionError(f"{event} is not for a parser")


def _writes(args: tuple[object, ...]) -> bool:
    """Whether the arguments of an `open` event ask for anything but reading."""
    mode, flags = (*args, None, None)[1:3]
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))

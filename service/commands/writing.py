"""What commands that change the library ask for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.errors import StoreLockedError
from service.settings import read_settings

if TYPE_CHECKING:
    from service.engine import Engine


def require_writer(engine: Engine) -> None:
    """Refuse to go on where another process writes to the library. Raises `StoreLockedError`."""
    if not engine.library.writable:
        from index.lock import lock_holder

        holder = lock_holder(read_settings().data)
        raise StoreLockedError(
            f"Process {holder} writes to this library (`groundwire serve`?). "
            "Send the change to it (POST /v1/articles, or `groundwire add`), or stop it first."
        )

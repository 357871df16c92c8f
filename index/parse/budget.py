"""What one document may cost: memory, time, pages, what it unfolds to."""

from __future__ import annotations

from typing import Final

MEMORY_BYTES: Final = 1024 * 1024 * 1024
CPU_SECONDS: Final = 20
WALL_SECONDS: Final = 30
MAX_TEXT_BYTES: Final = 5 * 1024 * 1024
MAX_PAGES: Final = 500
MAX_UNPACKED_BYTES: Final = 100 * 1024 * 1024
MAX_ELEMENTS: Final = 200_000
MAX_ENTRIES: Final = 2000
MAX_RATIO: Final = 100
AT_ONCE: Final = 2

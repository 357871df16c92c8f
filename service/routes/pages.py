"""The web pages."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).resolve().parent.parent / "pages"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FILES = {
    path.name: (path.read_bytes(), f"{_TYPES[path.suffix]}; charset=utf-8")
    for path in _FOLDER.iterdir()
    if path.suffix in _TYPES
}
"""A handful of files, read once: no path of a request ever reaches the file system."""


@router.get("/")
async def start() -> Response:
    """Give the page."""
    return _file("index.html")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Give a script or style sheet of the page."""
    return _file(name)


def _file(name: str) -> Response:
    if name not in _FILES:
        raise HTTPException(404, "There is no such file.")
    content, media_type = _FILES[name]
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})

"""The built widget: `/widget.js`, copies whose names carry their hash, and `/widget.json`."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from services.rating_capture.answers import problems
from services.rating_capture.browsers import OPEN, OpenRoute
from services.rating_capture.configuration import is_held
from shared.errors import NotFoundError, NotReadyError

_FOLDER = Path(__file__).parent / "static"
_IMMUTABLE = re.compile(r"widget-[0-9a-f]{16}\.js")
_SCRIPT = "text/javascript; charset=utf-8"
# A page may keep the widget for minutes, and use it while it asks for the next one.
_SOON = "public, max-age=300, stale-while-revalidate=86400"
_NEVER = "public, max-age=31536000, immutable"


class WidgetNotBuiltError(Exception):
    """The front end has not been built, so there is no widget to give out."""


@dataclass(frozen=True)
class _File:
    body: bytes
    compressed: bytes
    etag: str
    media_type: str
    cache_control: str


class WidgetFiles:
    """The widget in memory, read once when the program starts."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}

    def load(self) -> None:
        """Read the files; raises `WidgetNotBuiltError` if they are not there."""
        missing = [
            name for name in ("widget.js", "widget.json") if not (self._folder / name).is_file()
        ]
        if missing:
            message = f"{' and '.join(missing)} not built in {self._folder}: npm run build:widget"
            raise WidgetNotBuiltError(message)
        self._files = {
            "widget.js": _read(self._folder / "widget.js", _SCRIPT, _SOON),
            "widget.json": _read(self._folder / "widget.json", "application/json", _SOON),
        }
        # Pages may have pinned the builds before by their integrity hash.
        for path in self._folder.glob("widget-*.js"):
            if _IMMUTABLE.fullmatch(path.name):
                self._files[path.name] = _read(path, _SCRIPT, _NEVER)

    def answer(self, request: Request, name: str) -> Response:
        """Answer with one file; raises `NotFoundError` where there is none of that name."""
        if not self._files:
            message = "the widget has not been read yet"
            raise NotReadyError(message)
        file = self._files.get(name)
        if file is None:
            message = "there is no such build of the widget"
            raise NotFoundError(message)
        is_compressed = "gzip" in request.headers.get("accept-encoding", "")
        etag = f'"{file.etag}-gz"' if is_compressed else f'"{file.etag}"'
        headers = {
            **OPEN,
            "ETag": etag,
            "Cache-Control": file.cache_control,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if is_held(request, etag):
            return Response(status_code=304, headers=headers)
        if is_compressed:
            headers["Content-Encoding"] = "gzip"
        body = file.compressed if is_compressed else file.body
        return Response(body, headers=headers, media_type=file.media_type)


def widget_routes(files: WidgetFiles) -> APIRouter:
    """Return the routes of the widget's files."""
    router = APIRouter(route_class=OpenRoute)
    script: dict[int | str, dict[str, Any]] = {
        200: {"description": "The widget", "content": {"text/javascript": {}}}
    }

    @router.head("/widget.js", include_in_schema=False)
    @router.get("/widget.js", responses=script, response_class=Response)
    async def widget(request: Request) -> Response:
        """Return the whole widget; pages load it with one tag."""
        return files.answer(request, "widget.js")

    @router.head("/widget.json", include_in_schema=False)
    @router.get("/widget.json")
    async def manifest(request: Request) -> Response:
        """Return the name of the immutable copy, and its integrity hash."""
        return files.answer(request, "widget.json")

    @router.head("/widget-{digest}.js", include_in_schema=False)
    @router.get("/widget-{digest}.js", responses=script | problems(404), response_class=Response)
    async def pinned_widget(request: Request, digest: str) -> Response:
        """Return one build of the widget, which never changes."""
        return files.answer(request, f"widget-{digest}.js")

    return router


def _read(path: Path, media_type: str, cache_control: str) -> _File:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:24]
    return _File(body, gzip.compress(body, 9, mtime=0), digest, media_type, cache_control)

"""The dashboard's pages: one document for all of them, and the scripts, styles and fonts it is made of."""

import gzip
import mimetypes
from collections.abc import Callable, Coroutine
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Path as InPath
from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response

from ..guarded import GuardedRoute
from ..problems import Problem, not_found
from ..routing import Share
from ..routing import router as make_router

STATIC = Path(__file__).resolve().parents[1] / "static"
# No inline code or style, no other host, no frame. three.js reads textures out of blobs; its decoder is WebAssembly.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
TEXT = ("text/css", "text/javascript", "image/svg+xml")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(GuardedRoute):
    """A guarded page: a person who is not signed in gets the document all the same, with 401, to sign in there."""

    def get_route_handler(self) -> Handler:
        """The guarded handler, with a page in place of an error for browsers."""
        guarded = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await guarded(request)
            except Problem as problem:
                if problem.status != 401 or "text/html" not in request.headers.get("accept", ""):
                    raise
                return document(401)

        return handler


router = make_router("pages")
router.route_class = PageRoute


def document(status: int = 200) -> Response:
    """The document of every page. Raises Problem UNAVAILABLE when the pages were never built."""
    try:
        content = (STATIC / "index.html").read_bytes()
    except OSError:
        raise Problem("UNAVAILABLE", "The pages were not built: run scripts/setup.") from None
    return HTMLResponse(content, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})


async def page() -> Response:
    """A page of the dashboard."""
    return document()


for _path in ("/", "/setup", "/generate", "/avatars", "/process", "/settings", "/settings/keys"):
    router.add_api_route(_path, page, methods=["GET"], response_class=HTMLResponse, include_in_schema=False)


@router.get("/api/preview", response_class=HTMLResponse)
async def preview(
    avatar_id: Annotated[str | None, Query(max_length=64, description="the avatar to show")] = None,
    preset: Annotated[str | None, Query(max_length=64, description="or a preset, made on first sight")] = None,
    share: Share = None,
) -> Response:
    """A page that shows an avatar in WebGL: orbit, levels of detail, shapes, skeleton, channels, findings."""
    return document()


@router.get("/assets/{name}", response_class=Response, include_in_schema=False)
async def asset(name: Annotated[str, InPath(max_length=120)], request: Request) -> Response:
    """A part of the pages. Names carry a hash of the content, so it never changes."""
    content = _content(name)
    if content is None:
        raise not_found("file")
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if media in TEXT and "gzip" in request.headers.get("accept-encoding", ""):
        content = _packed(name)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=media, headers=headers)


def _content(name: str) -> bytes | None:
    # Looked up in the folder's listing, so that no name can lead out of it.
    folder = STATIC / "assets"
    found = {p.name: p for p in folder.iterdir()}.get(name) if folder.is_dir() else None
    return found.read_bytes() if found is not None else None


@lru_cache(maxsize=64)
def _packed(name: str) -> bytes:
    return gzip.compress(_content(name) or b"", 9, mtime=0)

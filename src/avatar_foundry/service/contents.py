"""Contents over HTTP: ETag, one Range, conditional requests, immutable caching, a name for saving."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from .problems import Problem
from .store import Store

MIME: Mapping[str, str] = {
    "glb": "model/gltf-binary",
    "vrm": "model/gltf-binary",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "json": "application/json",
    "zip": "application/zip",
    "usdz": "model/vnd.usdz+zip",
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
# How contents are described.
BINARY: dict[str, Any] = {"description": "The file", "content": {"*/*": _BYTES}}
DOCUMENT: dict[str, Any] = {"description": "The file", "content": {"application/json": {"schema": {"type": "object"}}}}
PICTURE: dict[str, Any] = {"description": "The picture", "content": {"image/png": _BYTES}}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def content_response(
    request: Request, store: Store, sha256: str, size: int, name: str, *, inline: bool = False
) -> Response:
    """The content as 200, 206 or 304. Raises Problem 416 for a range outside it."""
    etag = f'"{sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name)}",
    }
    given = request.headers.get("if-none-match", "")
    if given == "*" or etag in (tag.strip().removeprefix("W/") for tag in given.split(",")):
        return Response(status_code=304, headers=headers)
    mime = MIME.get(name.rpartition(".")[2], "application/octet-stream")
    start, end, status = 0, size, 200
    wanted = request.headers.get("range", "") if request.headers.get("if-range", etag) == etag else ""
    if span := parse_range(wanted, size):
        start, end = span
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=mime)
    return StreamingResponse(store.stream(sha256, start, end), status, headers, mime)


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """(start, end) of `bytes=a-b`; None when the header is not one plain range, which then counts as absent."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= size or start >= end:
        raise Problem(
            "RANGE_NOT_SATISFIABLE",
            f"The file has {size} bytes; {header} lies outside it.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, end

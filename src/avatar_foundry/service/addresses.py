"""Absolute addresses in answers: from the configured public address, else from the request."""

from typing import Any
from urllib.parse import quote

from fastapi import Request


def absolute(request: Request, path: str) -> str:
    """The absolute address of `path` (which begins with a slash)."""
    base = request.app.state.settings.public_url or str(request.base_url)
    return base.rstrip("/") + path


def with_addresses(request: Request, record: dict[str, Any]) -> dict[str, Any]:
    """A stored answer with the addresses of its files."""
    avatar_id = record["avatar_id"]
    files = [
        {**f, "url": absolute(request, f"/api/avatars/{avatar_id}/files/{quote(f['name'])}")} for f in record["files"]
    ]
    return {
        **record,
        "files": files,
        "download_url": files[0]["url"],
        "thumbnail_url": absolute(request, f"/api/avatars/{avatar_id}.png"),
    }

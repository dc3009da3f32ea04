"""Absolute addresses in answers: from the configured public address, else from the request."""

from typing import Any
from urllib.parse import quote

from starlette.requests import HTTPConnection

from .services import services


def base(connection: HTTPConnection) -> str:
    """The service's address as the caller knows it, without a slash at its end."""
    configured = services(connection).settings.public_url
    found = configured or str(connection.base_url).replace("ws://", "http://").replace("wss://", "https://")
    return found.rstrip("/")


def absolute(connection: HTTPConnection, path: str) -> str:
    """The absolute address of `path` (which begins with a slash)."""
    return base(connection) + path


def with_addresses(connection: HTTPConnection, record: dict[str, Any]) -> dict[str, Any]:
    """A stored answer with the addresses of its files, picture and preview."""
    root, avatar_id = base(connection), record["avatar_id"]
    files = [{**f, "url": f"{root}/api/avatars/{avatar_id}/files/{quote(f['name'])}"} for f in record["files"]]
    return {
        **record,
        "files": files,
        "download_url": files[0]["url"],
        "preview_url": f"{root}/api/preview?avatar_id={avatar_id}",
        "thumbnail_url": f"{root}/api/avatars/{avatar_id}.png",
    }

"""Avatars that were made, and their files."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse

from ..addresses import with_addresses

router = APIRouter()
MIME = {"glb": "model/gltf-binary", "png": "image/png", "json": "application/json"}


def _record(request: Request, avatar_id: str) -> dict[str, Any]:
    record: dict[str, Any] | None = request.app.state.store.get(avatar_id)
    if record is None:
        raise HTTPException(404, "There is no such avatar.")
    return record


@router.get("/api/avatars/{avatar_id}/files/{name}")
async def file(avatar_id: str, name: str, request: Request) -> FileResponse:
    """One file of an avatar; ranges and conditional requests are served."""
    for entry in _record(request, avatar_id)["files"]:
        if entry["name"] == name:
            return FileResponse(
                request.app.state.store.content(entry["sha256"]),
                media_type=MIME.get(entry["format"], "application/octet-stream"),
                filename=name,
                headers={"ETag": f'"{entry["sha256"]}"', "Cache-Control": "private, max-age=31536000, immutable"},
            )
    raise HTTPException(404, "The avatar has no such file.")


@router.get("/api/avatars/{avatar_id}")
async def avatar(avatar_id: str, request: Request) -> dict[str, Any]:
    """The answer that was given when the avatar was made."""
    return with_addresses(request, _record(request, avatar_id))

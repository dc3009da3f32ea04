"""Workspaces: files by name, one workspace per owner."""

from typing import Any

from fastapi import Request, UploadFile
from fastapi.responses import Response

from ..db.tables import Upload
from ..problems import not_found
from ..records import uploads
from ..routing import Id
from ..routing import router as make_router
from ..schemas import UploadAnswer, UploadPage
from ..services import caller, services
from ..workspace import keep_upload
from .avatars import sweep

router = make_router("uploads")


def wire(upload: Upload) -> dict[str, Any]:
    """An upload as the API shows it."""
    return {
        "id": upload.id,
        "path": upload.path,
        "size": upload.size,
        "sha256": upload.sha256,
        "created_at": upload.created_at.isoformat(),
    }


@router.get("/api/uploads", responses={200: {"model": UploadPage}})
async def workspace(request: Request) -> dict[str, Any]:
    """The files of the caller's workspace, newest first."""
    found = await services(request).database.read(uploads.of, caller(request).user_id)
    return {"items": [wire(u) for u in found], "next_cursor": None}


@router.post("/api/uploads", status_code=201, responses={201: {"model": UploadAnswer}})
async def upload(request: Request, file: UploadFile) -> dict[str, Any]:
    """Put a file into the caller's workspace; one of the same name is replaced."""
    return wire(await keep_upload(services(request), caller(request), file))


@router.delete("/api/uploads/{upload_id}", status_code=204)
async def delete(upload_id: Id, request: Request) -> Response:
    """Delete a file of the caller's workspace."""
    s = services(request)
    mine = await s.database.read(uploads.of, caller(request).user_id)
    found = next((u for u in mine if u.id == upload_id), None)
    if found is None:
        raise not_found("upload")
    await sweep(s, await s.database.write(uploads.remove, found))
    return Response(status_code=204)

"""Workspaces: files by name, one workspace per owner; sent as a form or, piece by piece, over tus."""

from typing import Annotated, Any

from fastapi import Header, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from .. import resumable
from ..addresses import absolute
from ..db.tables import Upload
from ..problems import Problem, not_found
from ..records import partial_uploads, uploads
from ..routing import Id
from ..routing import router as make_router
from ..schemas import UploadAnswer, UploadPage
from ..services import caller, services
from ..workspace import keep_upload
from .avatars import sweep

router = make_router("uploads")
# How tus' headers are described. They are read by `resumable`, which says in tus' own way what is wrong with them.
TusVersion = Annotated[str | None, Header(alias="Tus-Resumable", description="1.0.0; makes the call one of tus")]
Length = Annotated[str | None, Header(alias="Upload-Length", description="tus: bytes of the whole file")]
Metadata = Annotated[str | None, Header(alias="Upload-Metadata", description="tus: `filename <base64>`")]
Offset = Annotated[str | None, Header(alias="Upload-Offset", description="tus: where these bytes go")]
Sum = Annotated[str | None, Header(alias="Upload-Checksum", description="tus: `sha1` or `sha256`, and base64")]
PIECE = {
    "required": True,
    "content": {"application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


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
async def upload(
    request: Request,
    file: UploadFile | None = None,
    tus: TusVersion = None,
    length: Length = None,
    metadata: Metadata = None,
) -> Response:
    """Put a file into the caller's workspace; one of the same name is replaced. With `Tus-Resumable` the body is empty
    and the answer's `Location` takes the bytes by PATCH, in as many goes as it needs (tus 1.0)."""
    s = services(request)
    if tus is not None:
        resumable.check_version(request)
        begun = await resumable.create(s, caller(request), request)
        location = absolute(request, f"/api/uploads/{begun.id}")
        return Response(status_code=201, headers={**resumable.standing(begun), "Location": location})
    if file is None:
        raise Problem("VALIDATION_ERROR", "/file: a file is needed, as multipart/form-data or over tus 1.0")
    return JSONResponse(wire(await keep_upload(s, caller(request), file)), 201)


@router.options("/api/uploads", status_code=204)
async def abilities(request: Request) -> Response:
    """What resumable uploads can do here (tus 1.0)."""
    return Response(status_code=204, headers=resumable.abilities(services(request)))


@router.head("/api/uploads/{upload_id}", response_class=Response)
async def standing(upload_id: Id, request: Request, tus: TusVersion = None) -> Response:
    """How far a resumable upload is: `Upload-Offset`."""
    resumable.check_version(request)
    found = await resumable.look(services(request), caller(request), upload_id)
    return Response(headers=resumable.standing(found))


@router.patch("/api/uploads/{upload_id}", status_code=204, openapi_extra={"requestBody": PIECE})
async def more(
    upload_id: Id, request: Request, tus: TusVersion = None, offset: Offset = None, checksum: Sum = None
) -> Response:
    """Add bytes to a resumable upload. With the last of them it is a file of the workspace: `Upload-Path`."""
    resumable.check_version(request)
    s, who = services(request), caller(request)
    found = await resumable.take(s, who, await resumable.find(s, who, upload_id), request)
    return Response(status_code=204, headers=resumable.standing(found))


@router.delete("/api/uploads/{upload_id}", status_code=204)
async def delete(upload_id: Id, request: Request, tus: TusVersion = None) -> Response:
    """Delete a file of the caller's workspace, or give up a resumable upload."""
    s = services(request)
    if tus is not None:
        resumable.check_version(request)
    if upload_id.startswith(partial_uploads.PREFIX):
        await resumable.drop(s, caller(request), upload_id)
        return Response(status_code=204)
    mine = await s.database.read(uploads.of, caller(request).user_id)
    found = next((u for u in mine if u.id == upload_id), None)
    if found is None:
        raise not_found("upload")
    await sweep(s, await s.database.write(uploads.remove, found))
    return Response(status_code=204)

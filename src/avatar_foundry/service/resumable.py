"""Resumable uploads after tus 1.0: creation, termination, checksum, expiration. docs/decisions/resumable-uploads.md.

Bytes go into the store in pieces as they come, so that any machine can go on where another was killed; when the last
one is there they become a file of the workspace like any other.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import NamedTuple

from fastapi import Request
from starlette.requests import ClientDisconnect

from .auth.identity import Identity
from .db.tables import PartialUpload
from .ids import new_id
from .problems import Problem, not_found
from .records import partial_uploads as records
from .records import uploads
from .services import Services

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
ALGORITHMS = ("sha1", "sha256")
TUS_HEADERS = (
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Expires",
    "Upload-Path",
)
PIECE = 8 << 20  # bytes in memory before they go into the store
UNFINISHED = 100  # uploads under way per owner


def check_version(request: Request) -> None:
    """Raises Problem 412 for a client of another version of tus; marks the answer, whatever it will be."""
    request.state.answer_headers = {**getattr(request.state, "answer_headers", {}), "Tus-Resumable": VERSION}
    given = request.headers.get("tus-resumable", "")
    if given != VERSION:
        raise Problem(
            "PRECONDITION_FAILED",
            f"Tus-Resumable: {VERSION} is spoken here, not {given[:16]!r}.",
            headers={"Tus-Version": VERSION},
        )


def abilities(s: Services) -> dict[str, str]:
    """What a client may ask for before it begins."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(s.settings.max_upload_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def standing(upload: PartialUpload) -> dict[str, str]:
    """How far an upload is, as headers."""
    found = {
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.length),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
        "Cache-Control": "no-store",
    }
    return found if upload.path is None else {**found, "Upload-Path": upload.path}


def number(request: Request, header: str) -> int:
    """A header's whole number. Raises Problem."""
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise Problem("VALIDATION_ERROR", f"{header}: a whole number, please.")
    return int(value)


def file_name(metadata: str) -> str:
    """`filename` (or `name`) out of Upload-Metadata: `key base64,key base64`. Raises Problem."""
    found: dict[str, str] = {}
    for entry in metadata.split(",") if metadata.strip() else ():
        key, _, value = entry.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise Problem("VALIDATION_ERROR", f"Upload-Metadata: {key[:32]!r} is not base64.") from None
    return found.get("filename") or found.get("name") or "upload"


async def create(s: Services, identity: Identity, request: Request) -> PartialUpload:
    """Begin an upload. Raises Problem when it could never be kept."""
    length = number(request, "Upload-Length")
    if not length:
        raise Problem("VALIDATION_ERROR", "Upload-Length: the file is empty.")
    if length > s.settings.max_upload_bytes:
        raise Problem("PAYLOAD_TOO_LARGE", f"The file is larger than {s.settings.max_upload_bytes:,} bytes.")
    name = uploads.safe_path(file_name(request.headers.get("upload-metadata", "")))
    if await s.database.read(records.unfinished, identity.user_id) >= UNFINISHED:
        raise Problem("CONFLICT", f"{UNFINISHED} uploads are unfinished; finish or delete one first.")
    if await s.database.read(uploads.taken, identity.user_id) + length > s.settings.workspace_bytes:
        raise Problem("PAYLOAD_TOO_LARGE", "The workspace is full; delete uploads that are not needed any more.")
    return await s.database.write(records.add, identity.user_id, name, length, _life(s))


async def find(s: Services, identity: Identity, upload_id: str) -> PartialUpload:
    """The caller's upload. Raises 404."""
    found = await s.database.read(records.get, identity.user_id, upload_id)
    if found is None:
        raise not_found("upload")
    return found


async def look(s: Services, identity: Identity, upload_id: str) -> PartialUpload:
    """As `find`; what a killed process left whole but unkept is kept now."""
    found = await find(s, identity, upload_id)
    if found.offset == found.length and found.path is None:
        await _finish(s, identity, upload_id)
        found = await find(s, identity, upload_id)
    return found


class Checksum(NamedTuple):
    """What the bytes of one request have to give."""

    algorithm: str
    digest: bytes


def checksum(request: Request) -> Checksum | None:
    """Upload-Checksum, if any. Raises Problem."""
    value = request.headers.get("upload-checksum")
    if value is None:
        return None
    algorithm, _, text = value.partition(" ")
    try:
        digest = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Problem("VALIDATION_ERROR", "Upload-Checksum: not base64.") from None
    if algorithm not in ALGORITHMS:
        raise Problem("VALIDATION_ERROR", f"Upload-Checksum: one of {', '.join(ALGORITHMS)}, please.")
    return Checksum(algorithm, digest)


async def take(s: Services, identity: Identity, upload: PartialUpload, request: Request) -> PartialUpload:
    """Add the request's bytes. What came before a connection broke is kept, unless a checksum was to be held."""
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise Problem("UNSUPPORTED_FORMAT", "Content-Type: application/offset+octet-stream, please.")
    if number(request, "Upload-Offset") != upload.offset or upload.path is not None:
        raise Problem("CONFLICT", f"The upload stands at {upload.offset}.", headers=standing(upload))
    wanted, offset = checksum(request), upload.offset
    async for piece in _checked(request, wanted) if wanted else _pieces(request):
        if offset + len(piece) > upload.length:
            raise Problem("PAYLOAD_TOO_LARGE", f"The upload was to have {upload.length:,} bytes.")
        part = f"{upload.id}-{offset}-{new_id('p')}"
        await asyncio.to_thread(s.store.put_part, part, piece)
        if not await s.database.write(records.extend, upload.id, offset, part, len(piece), _life(s)):
            await asyncio.to_thread(s.store.delete_part, part)
            raise Problem("CONFLICT", "Another request added to this upload meanwhile.")
        offset += len(piece)
    if offset == upload.length:
        await _finish(s, identity, upload.id)
    return await find(s, identity, upload.id)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) >= PIECE:
                yield bytes(held)
                held.clear()
    except ClientDisconnect:
        pass  # keep what came: that is what resuming is for
    if held:
        yield bytes(held)


async def _checked(request: Request, wanted: Checksum) -> AsyncIterator[bytes]:
    found = hashlib.new(wanted.algorithm, usedforsecurity=False)
    with tempfile.TemporaryFile() as spool:
        async for chunk in request.stream():
            found.update(chunk)
            spool.write(chunk)
        if not hmac.compare_digest(found.digest(), wanted.digest):
            raise Problem("CHECKSUM_MISMATCH", "The bytes do not give the checksum; send them again.")
        spool.seek(0)
        while piece := spool.read(PIECE):
            yield piece


async def _finish(s: Services, identity: Identity, upload_id: str) -> None:
    upload = await find(s, identity, upload_id)
    try:
        sha256, size = await asyncio.to_thread(_join, s, list(upload.parts))
    except FileNotFoundError:
        if (await find(s, identity, upload_id)).path is None:
            raise
        return  # another request was at it, too, and is done
    path = upload.name
    _, loose = await s.database.write(uploads.put, identity.user_id, path, sha256, size)
    parts = await s.database.write(records.finish, upload_id, path)
    for content in loose:
        await asyncio.to_thread(s.store.delete, content)
    await drop_parts(s, parts)


def _join(s: Services, parts: list[str]) -> tuple[str, int]:
    with tempfile.TemporaryFile() as file:
        for part in parts:
            file.write(s.store.get_part(part))
        return s.store.put_file(file)


async def drop(s: Services, identity: Identity, upload_id: str) -> None:
    """Give up an upload. Raises 404."""
    await find(s, identity, upload_id)
    await drop_parts(s, await s.database.write(records.remove, upload_id))


async def drop_expired(s: Services) -> None:
    """Forget uploads that nobody went on with."""
    for upload_id in await s.database.read(records.expired):
        await drop_parts(s, await s.database.write(records.remove, upload_id))


async def drop_parts(s: Services, parts: list[str]) -> None:
    """Delete pieces out of the store."""
    for part in parts:
        await asyncio.to_thread(s.store.delete_part, part)


def _life(s: Services) -> timedelta:
    return timedelta(hours=s.settings.upload_hours)

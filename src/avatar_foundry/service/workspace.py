"""Files that callers bring: into the store, under a name in the caller's own workspace."""

import asyncio
import unicodedata

from fastapi import UploadFile

from .auth.identity import Identity
from .db.tables import Upload
from .problems import Problem, not_found
from .records import uploads
from .services import Services


async def keep_content(s: Services, file: UploadFile) -> tuple[str, int]:
    """Put an uploaded file into the store; returns its SHA-256 and size."""
    if file.size is not None and file.size > s.settings.max_upload_bytes:
        raise Problem("PAYLOAD_TOO_LARGE", f"The file is larger than {s.settings.max_upload_bytes:,} bytes.")
    if not file.size:
        raise Problem("VALIDATION_ERROR", "/file: the file is empty")
    return await asyncio.to_thread(s.store.put_file, file.file)


async def keep_upload(s: Services, identity: Identity, file: UploadFile) -> Upload:
    """Keep a file in the caller's workspace."""
    taken = await s.database.read(uploads.taken, identity.user_id)
    if taken + (file.size or 0) > s.settings.workspace_bytes:
        raise Problem("PAYLOAD_TOO_LARGE", "The workspace is full; delete uploads that are not needed any more.")
    sha256, size = await keep_content(s, file)
    path = uploads.safe_path(file.filename or "upload")
    upload, loose = await s.database.write(uploads.put, identity.user_id, path, sha256, size)
    for content in loose:
        await asyncio.to_thread(s.store.delete, content)
    return upload


async def find(s: Services, identity: Identity, path: str) -> Upload:
    """The caller's upload called `path`. The path is compared, never opened: `..` is only a name that nobody has."""
    if "\0" in path or len(path) > 160 or any(unicodedata.category(c) == "Cs" for c in path):
        raise not_found("file in your workspace")
    upload = await s.database.read(uploads.by_path, identity.user_id, path)
    if upload is None:
        raise not_found("file in your workspace")
    return upload

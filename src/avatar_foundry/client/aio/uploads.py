"""The caller's workspace."""

import base64
import os
from asyncio import sleep
from collections.abc import Sequence
from pathlib import Path

from ..calls import Call, Source, segment
from ..errors import Conflict, ConnectionFailed, FoundryApiError
from ..types import Upload
from .connection import AsyncConnection

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 8 << 20  # bytes per request: what a broken line costs at most


class AsyncUploads:
    """`foundry.uploads`: the caller's workspace."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[Upload]:
        """The workspace's files, newest first."""
        found: list[Upload] = (await self._connection.json(Call("GET", "/api/uploads")))["items"]
        return found

    async def create(self, file: Source) -> Upload:
        """Put a file (a path, `(name, bytes)` or an open file) there; one of the same name is replaced."""
        upload: Upload = await self._connection.json(Call("POST", "/api/uploads", file=file))
        return upload

    async def delete(self, upload_id: str) -> None:
        """Delete a file."""
        await self._connection.json(Call("DELETE", f"/api/uploads/{segment(upload_id)}"))

    async def send(self, file: str | os.PathLike[str], *, piece: int = PIECE) -> Upload:
        """As `create`, for large files and bad lines: in pieces, taken up again where one broke (tus 1.0)."""
        path = Path(file)
        size = path.stat().st_size
        name = base64.b64encode(path.name.encode()).decode()
        head = {**TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {name}"}
        begun = await self._connection.send(Call("POST", "/api/uploads", headers=head))
        where = f"/api/uploads/{segment(begun.headers['location'].rstrip('/').rpartition('/')[2])}"
        offset, place, attempt = 0, begun.headers.get("upload-path", ""), 0
        with path.open("rb") as stream:
            while offset < size:
                stream.seek(offset)
                headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                call = Call("PATCH", where, content=stream.read(piece), headers=headers, once=True)
                try:
                    answer = await self._connection.send(call)
                    attempt = 0
                except FoundryApiError as error:
                    lost = isinstance(error, ConnectionFailed | Conflict)  # Conflict: more had arrived than we knew
                    wait = self._connection.patience.wait(attempt, error, None)
                    if not lost or (wait is None and not isinstance(error, Conflict)) or attempt > 20:
                        raise
                    await sleep(wait or 0.0)
                    attempt += 1
                    answer = await self._connection.send(Call("HEAD", where, headers=TUS))
                offset = int(answer.headers["upload-offset"])
                place = answer.headers.get("upload-path", place)
        return next(u for u in await self.list() if u["path"] == place)

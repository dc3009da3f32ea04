"""Files: streamed to the disk, resumed where they broke off, and proven by their hash."""

import hashlib
import os
import secrets
from asyncio import sleep
from pathlib import Path
from typing import IO, Any

import httpx

from ..calls import Call
from ..errors import DownloadCorrupt, connection_failed
from .connection import LOST, AsyncConnection

Target = str | os.PathLike[str]


async def download(connection: AsyncConnection, call: Call, target: Target, sha256: str | None = None) -> Path:
    """Fetch what `call` answers into `target`, which appears whole or not at all.

    A broken transfer goes on with a Range, if the file is still the same (If-Range). The hash is compared with `sha256`
    or, without it, with the ETag, which is the hash for files of avatars. Raises FoundryApiError, DownloadCorrupt.
    """
    path = Path(target)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as out:
            found = await _fetch(connection, call, out)
        wanted = sha256 or (found.etag if len(found.etag) == 64 else "")
        if wanted and found.digest != wanted:
            raise DownloadCorrupt(
                {
                    "error": "Download Corrupt",
                    "error_code": "DOWNLOAD_CORRUPT",
                    "detail": f"{path.name}: sha256 is {found.digest}, not {wanted}",
                    "is_retryable": True,
                }
            )
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


class _Found:
    """What came so far."""

    def __init__(self) -> None:
        self.hash, self.size, self.etag = hashlib.sha256(), 0, ""

    @property
    def digest(self) -> str:
        return self.hash.hexdigest()


async def _fetch(connection: AsyncConnection, call: Call, out: IO[bytes]) -> _Found:
    found, attempt = _Found(), 0
    while True:
        headers: dict[str, Any] = {"Accept-Encoding": "identity"}
        if found.size and found.etag:
            headers |= {"Range": f"bytes={found.size}-", "If-Range": f'"{found.etag}"'}
        again = Call(call.method, call.path, call.params, headers={**call.headers, **headers}, timeout=call.timeout)
        before = found.size
        try:
            response = await connection.send(again, stream=True)
            try:
                if response.status_code != 206:  # from the start: nothing was there, or the file is another one now
                    out.seek(0)
                    out.truncate()
                    found, before = _Found(), 0
                found.etag = response.headers.get("etag", "").removeprefix("W/").strip('"')
                async for piece in response.aiter_raw():
                    out.write(piece)
                    found.hash.update(piece)
                    found.size += len(piece)
            finally:
                await response.aclose()
            return found
        except LOST as error:
            lost = connection_failed(f"{connection.url}: {str(error) or type(error).__name__}")
        except httpx.StreamError as error:
            lost = connection_failed(f"{connection.url}: {type(error).__name__}")
        attempt = 0 if found.size > before else attempt + 1  # whoever gets on may go on
        wait = connection.patience.wait(attempt, lost, None)
        if wait is None:
            raise lost
        await sleep(wait)

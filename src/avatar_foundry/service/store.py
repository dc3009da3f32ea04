"""Contents by their SHA-256: a local folder by default, S3-compatible by URL. Equal contents are kept once.

A put is atomic: a content is there as a whole or not at all (a rename on disk, one object on S3).
"""

import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url

_SHA = re.compile(r"[0-9a-f]{64}")
CHUNK = 1 << 18
_PART = re.compile(r"[a-z0-9_-]{1,80}")


def _part(name: str) -> str:
    assert _PART.fullmatch(name), "not the name of a part"
    return f"partial/{name}"


class Store:
    """Contents at `url` (s3://bucket/prefix), or in `folder` when it is empty."""

    def __init__(self, url: str, folder: Path) -> None:
        self._where = (url, folder)
        self._objects: ObjectStore = from_url(url) if url else LocalStore(folder, mkdir=True)

    def __reduce__(self) -> tuple[type["Store"], tuple[str, Path]]:
        return (Store, self._where)

    @staticmethod
    def _path(sha256: str) -> str:
        assert _SHA.fullmatch(sha256), "not a SHA-256"
        return f"content/{sha256[:2]}/{sha256}"

    def put(self, data: bytes, sha256: str = "") -> str:
        """Keep `data`; returns its SHA-256, which is computed unless the caller knows it."""
        sha256 = sha256 or hashlib.sha256(data).hexdigest()
        with contextlib.suppress(AlreadyExistsError):
            obstore.put(self._objects, self._path(sha256), data, mode="create")
        return sha256

    def put_file(self, file: IO[bytes]) -> tuple[str, int]:
        """Keep an open file without holding it in memory; returns its SHA-256 and size."""
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        obstore.put(self._objects, self._path(sha256), file)
        return sha256, size

    def get(self, sha256: str) -> bytes:
        """The whole content. Raises FileNotFoundError."""
        return bytes(obstore.get(self._objects, self._path(sha256)).bytes())

    def has(self, sha256: str) -> bool:
        """Whether the content is there."""
        try:
            obstore.head(self._objects, self._path(sha256))
        except FileNotFoundError:
            return False
        return True

    async def stream(self, sha256: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) in pieces. Raises FileNotFoundError before the first."""
        if start == end:
            return
        found = await obstore.get_async(self._objects, self._path(sha256), options={"range": (start, end)})
        async for piece in found.stream(min_chunk_size=CHUNK):
            yield bytes(piece)

    def put_part(self, name: str, data: bytes) -> None:
        """Keep a piece of an upload that is under way."""
        obstore.put(self._objects, _part(name), data)

    def get_part(self, name: str) -> bytes:
        """A piece of an upload. Raises FileNotFoundError."""
        return bytes(obstore.get(self._objects, _part(name)).bytes())

    def delete_part(self, name: str) -> None:
        """Forget a piece; a no-op when it is gone."""
        with contextlib.suppress(FileNotFoundError):
            obstore.delete(self._objects, _part(name))

    def delete(self, sha256: str) -> None:
        """Forget a content; a no-op when it is gone."""
        with contextlib.suppress(FileNotFoundError):
            obstore.delete(self._objects, self._path(sha256))

    def alive(self) -> bool:
        """Whether the store answers and takes writes."""
        obstore.put(self._objects, "alive", b"1")
        return True

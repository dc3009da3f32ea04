"""Avatars on the local disk: contents by hash, one small JSON record per avatar. Writes are atomic by rename."""

import json
import os
import re
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA = re.compile(r"[0-9a-f]{64}")


class Store:
    """A folder with `content/ab/<sha256>` and `avatars/<id>.json`. Equal files are kept once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "content").mkdir(parents=True, exist_ok=True)
        (root / "avatars").mkdir(parents=True, exist_ok=True)

    def content(self, sha256: str) -> Path:
        """Where the content with this hash lives."""
        assert _SHA.fullmatch(sha256)
        return self.root / "content" / sha256[:2] / sha256

    def put(self, sha256: str, data: bytes) -> None:
        """Keep `data` under its hash; a no-op when it is there."""
        target = self.content(sha256)
        if not target.exists():
            _write(target, data)

    def add(self, record: Mapping[str, Any]) -> str:
        """Keep a new avatar's record; returns its id."""
        avatar_id = str(uuid.uuid4())
        text = json.dumps({**record, "avatar_id": avatar_id}, ensure_ascii=False)
        _write(self.root / "avatars" / f"{avatar_id}.json", text.encode())
        return avatar_id

    def get(self, avatar_id: str) -> dict[str, Any] | None:
        """The record of an avatar, or None. No string can reach outside the folder."""
        if not _ID.fullmatch(avatar_id):
            return None
        try:
            record: dict[str, Any] = json.loads((self.root / "avatars" / f"{avatar_id}.json").read_bytes())
        except FileNotFoundError:
            return None
        return record


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

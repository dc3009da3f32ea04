"""Files in workspaces. A path is a name in its owner's workspace: it is looked up, never opened."""

import re
import unicodedata

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..db.tables import PartialUpload, Upload
from ..ids import new_id, now
from . import avatars

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def safe_path(name: str) -> str:
    """`/name` for an upload's file name: its last segment, letters, digits, `.`, `_` and `-`."""
    last = unicodedata.normalize("NFKD", name).replace("\\", "/").rpartition("/")[2]
    plain = _UNSAFE.sub("_", last).strip("._") or "upload"
    stem, dot, ending = plain.rpartition(".")
    return f"/{stem[-100:]}{dot}{ending[-12:]}" if stem else f"/{plain[-100:]}"


def put(session: Session, owner_id: str, path: str, sha256: str, size: int) -> tuple[Upload, list[str]]:
    """Keep an upload under its path, in place of an older one; returns the contents that nobody holds any more."""
    upload = by_path(session, owner_id, path)
    loose = avatars.release(session, upload.id) if upload else []
    if upload is None:
        upload = Upload(id=new_id("upload"), owner_id=owner_id, path=path)
        session.add(upload)
    upload.sha256, upload.size, upload.created_at = sha256, size, now()
    session.flush()
    avatars.hold(
        session, upload.id, [{"name": path, "sha256": sha256, "size": size, "format": path.rpartition(".")[2][:16]}]
    )
    return upload, [h for h in loose if h != sha256]


def by_path(session: Session, owner_id: str, path: str) -> Upload | None:
    """The upload that its owner calls `path`: an exact match of text, so nothing can be climbed out of."""
    return session.scalar(select(Upload).where(Upload.owner_id == owner_id, Upload.path == path[:160]))


def of(session: Session, owner_id: str) -> list[Upload]:
    """An owner's uploads, newest first."""
    return list(session.scalars(select(Upload).where(Upload.owner_id == owner_id).order_by(Upload.created_at.desc())))


def taken(session: Session, owner_id: str) -> int:
    """The bytes of an owner's uploads, with those that unfinished ones will take."""
    kept = select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.owner_id == owner_id)
    coming = select(func.coalesce(func.sum(PartialUpload.length), 0)).where(
        PartialUpload.owner_id == owner_id, PartialUpload.path.is_(None)
    )
    return int(session.scalar(kept) or 0) + int(session.scalar(coming) or 0)


def remove(session: Session, upload: Upload) -> list[str]:
    """Delete an upload; returns the contents that nobody holds any more."""
    session.delete(session.merge(upload))
    return avatars.release(session, upload.id)

"""Resumable uploads: what has come so far. Pieces lie in the store under the names in `parts`."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..db.tables import PartialUpload
from ..ids import new_id, now

PREFIX = "tus"


def add(session: Session, owner_id: str, name: str, length: int, life: timedelta) -> PartialUpload:
    """Begin an upload."""
    moment = now()
    found = PartialUpload(
        id=new_id(PREFIX),
        owner_id=owner_id,
        name=name,
        length=length,
        offset=0,
        parts=[],
        created_at=moment,
        expires_at=moment + life,
    )
    session.add(found)
    return found


def get(session: Session, owner_id: str, upload_id: str) -> PartialUpload | None:
    """The owner's upload, unless it has expired."""
    found = session.get(PartialUpload, upload_id)
    return found if found and found.owner_id == owner_id and found.expires_at > now() else None


def unfinished(session: Session, owner_id: str) -> int:
    """How many the owner has under way."""
    query = select(func.count()).where(PartialUpload.owner_id == owner_id, PartialUpload.path.is_(None))
    return session.scalar(query) or 0


def extend(session: Session, upload_id: str, offset: int, part: str, size: int, life: timedelta) -> bool:
    """Note a piece at `offset`; False when another request was faster or the upload is gone."""
    found = session.get(PartialUpload, upload_id)
    if found is None:
        return False
    # The condition decides between two requests on any database; the row read before may be old.
    done = session.execute(
        update(PartialUpload)
        .where(PartialUpload.id == upload_id, PartialUpload.offset == offset, PartialUpload.path.is_(None))
        .values(offset=offset + size, parts=[*found.parts, part], expires_at=now() + life)
        .returning(PartialUpload.id)
    )
    return done.first() is not None


def finish(session: Session, upload_id: str, path: str) -> list[str]:
    """The upload is whole and kept as `path`; returns the pieces that are not needed any more."""
    found = session.get_one(PartialUpload, upload_id)
    parts, found.path, found.parts = list(found.parts), path, []
    return parts


def remove(session: Session, upload_id: str) -> list[str]:
    """Forget an upload; returns its pieces."""
    found = session.get(PartialUpload, upload_id)
    if found is None:
        return []
    session.delete(found)
    return list(found.parts)


def parts_of(session: Session, owner_id: str) -> list[str]:
    """The pieces of everything that the owner has under way."""
    return [
        p
        for parts in session.scalars(select(PartialUpload.parts).where(PartialUpload.owner_id == owner_id))
        for p in parts
    ]


def expired(session: Session) -> list[str]:
    """Uploads behind their end."""
    return list(session.scalars(select(PartialUpload.id).where(PartialUpload.expires_at <= now()).limit(500)))

"""First answers to an Idempotency-Key, kept for a day."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from ..db.tables import Replay
from ..ids import now

LIFE = timedelta(hours=24)


def claim(session: Session, owner_id: str, key: str, request_hash: str, patience: timedelta) -> Replay | None:
    """None when the caller is the first and has to make the answer; else what is known of it.

    A claim without an answer after `patience` was left by a process that died, and is given again.
    """
    moment = now()
    session.execute(delete(Replay).where(Replay.created_at < moment - LIFE))
    found = session.get(Replay, (owner_id, key), with_for_update=True)
    if found is not None and not (found.status is None and found.created_at < moment - patience):
        return found
    if found is not None:
        session.delete(found)
        session.flush()
    session.add(Replay(owner_id=owner_id, key=key, request_hash=request_hash, created_at=moment))
    session.flush()
    return None


def get(session: Session, owner_id: str, key: str) -> Replay | None:
    """What is known of a key."""
    return session.get(Replay, (owner_id, key))


def keep(session: Session, owner_id: str, key: str, status: int, headers: dict[str, Any], body: bytes) -> None:
    """Keep the answer."""
    session.execute(
        update(Replay)
        .where(Replay.owner_id == owner_id, Replay.key == key)
        .values(status=status, headers=headers, body=body)
    )


def drop(session: Session, owner_id: str, key: str) -> None:
    """The answer failed: the next one with this key is the first again."""
    session.execute(delete(Replay).where(Replay.owner_id == owner_id, Replay.key == key, Replay.status.is_(None)))

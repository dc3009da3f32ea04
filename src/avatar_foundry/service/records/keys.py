"""API keys: made once, shown once, stored as a hash."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..auth.identity import SCOPES
from ..db.tables import Key, User
from ..ids import new_id, now, secret_hash

FRESH = timedelta(minutes=1)  # `last_used_at` is not written more often than this


def add(session: Session, user: User, name: str, scope: str, expires_at: datetime | None = None) -> tuple[Key, str]:
    """A new key of `user` and its secret, which nobody can show again."""
    secret = f"sk-{secrets.token_urlsafe(32)}"
    key = Key(
        id=new_id("key"),
        user_id=user.id,
        name=name,
        prefix=secret[:9],
        secret_hash=secret_hash(secret),
        scope=scope,
        created_at=now(),
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, secret


def find(session: Session, secret: str) -> tuple[Key, User] | None:
    """The living key with this secret, and whose it is."""
    row = session.execute(
        select(Key, User).join(User, User.id == Key.user_id).where(Key.secret_hash == secret_hash(secret))
    ).first()
    if row is None or row[0].revoked_at is not None:
        return None
    if row[0].expires_at is not None and row[0].expires_at <= now():
        return None
    return row[0], row[1]


def touch(session: Session, key_id: str) -> None:
    """Note that the key was used."""
    session.execute(update(Key).where(Key.id == key_id).values(last_used_at=now()))


def of(session: Session, user_id: str | None) -> list[Key]:
    """The keys of a user (None: everybody's) that are not revoked, newest first."""
    query = select(Key).where(Key.revoked_at.is_(None)).order_by(Key.created_at.desc(), Key.id)
    return list(session.scalars(query if user_id is None else query.where(Key.user_id == user_id)))


def any_ever(session: Session) -> bool:
    """Whether a key was ever made, revoked ones included."""
    return session.scalar(select(Key.id).limit(1)) is not None


def get(session: Session, key_id: str) -> Key | None:
    """The key with this id, revoked or not."""
    return session.get(Key, key_id)


def revoke(session: Session, key_id: str) -> None:
    """Make the key worthless, at once and for good."""
    session.execute(update(Key).where(Key.id == key_id, Key.revoked_at.is_(None)).values(revoked_at=now()))


def wire(key: Key, secret: str | None = None) -> dict[str, Any]:
    """A key as the API shows it; its secret only when it was just made."""

    def text(moment: datetime | None) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(SCOPES[: SCOPES.index(key.scope) + 1]),
        "user_id": key.user_id,
        "created_at": key.created_at.isoformat(),
        "expires_at": text(key.expires_at),
        "last_used_at": text(key.last_used_at),
        **({"key": secret} if secret else {}),
    }

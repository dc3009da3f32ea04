"""Secrets with an end: sessions, the set-up link, WebSocket tickets."""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db.tables import Token, User
from ..ids import now, secret_hash


def add(session: Session, purpose: str, user_id: str, data: dict[str, Any], life: timedelta) -> str:
    """A new token's secret."""
    secret = secrets.token_urlsafe(32)
    moment = now()
    session.execute(delete(Token).where(Token.expires_at <= moment))
    session.add(
        Token(secret_hash=secret_hash(secret), purpose=purpose, user_id=user_id, data=data, expires_at=moment + life)
    )
    return secret


def find(session: Session, purpose: str, secret: str) -> tuple[Token, User] | None:
    """The living token and whose it is."""
    row = session.execute(
        select(Token, User)
        .join(User, User.id == Token.user_id)
        .where(Token.secret_hash == secret_hash(secret), Token.purpose == purpose, Token.expires_at > now())
    ).first()
    return None if row is None else (row[0], row[1])


def take(session: Session, purpose: str, secret: str) -> tuple[Token, User] | None:
    """As `find`, once: of two callers one gets it."""
    found = find(session, purpose, secret)
    if found is None:
        return None
    gone = session.execute(delete(Token).where(Token.secret_hash == found[0].secret_hash).returning(Token.secret_hash))
    return found if gone.first() is not None else None


def drop(session: Session, secret: str) -> None:
    """Forget one token."""
    session.execute(delete(Token).where(Token.secret_hash == secret_hash(secret)))


def drop_all(session: Session, purpose: str, user_id: str) -> None:
    """Forget a user's tokens of one purpose."""
    session.execute(delete(Token).where(Token.purpose == purpose, Token.user_id == user_id))

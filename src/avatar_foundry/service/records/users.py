"""Users. The owner is there from the first start; a person takes the account over with the set-up link."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db.tables import Avatar, Replay, Upload, User
from ..ids import new_id, now
from ..problems import Problem
from . import avatars

OWNER = "owner"


def ensure_owner(session: Session) -> User:
    """The first account, made when it is not there; whoever took it over may have renamed it."""
    found = session.scalar(select(User).where(User.is_admin).order_by(User.created_at, User.id).limit(1))
    return found or add(session, OWNER, is_admin=True)


def add(session: Session, name: str, *, is_admin: bool = False, password: str | None = None) -> User:
    """A new user. Raises Problem CONFLICT when the name is taken."""
    if by_name(session, name) is not None:
        raise Problem("CONFLICT", f"There is a user called '{name}' already.")
    user = User(id=new_id("user"), name=name, password=password, is_admin=is_admin, created_at=now())
    session.add(user)
    session.flush()
    return user


def by_name(session: Session, name: str) -> User | None:
    """The user with this name."""
    return session.scalar(select(User).where(User.name == name))


def get(session: Session, user_id: str) -> User | None:
    """The user with this id."""
    return session.get(User, user_id)


def everyone(session: Session) -> list[User]:
    """All users, oldest first."""
    return list(session.scalars(select(User).order_by(User.created_at, User.id)))


def set_up(session: Session) -> bool:
    """Whether somebody can sign in."""
    return session.scalar(select(User.id).where(User.password.is_not(None)).limit(1)) is not None


def remove(session: Session, user_id: str) -> list[str]:
    """Delete a user with all that is theirs; returns the contents that nobody holds any more."""
    loose: list[str] = []
    for table in (Avatar, Upload):
        for holder in session.scalars(select(table.id).where(table.owner_id == user_id)).all():
            loose += avatars.release(session, holder)
    session.execute(delete(Replay).where(Replay.owner_id == user_id))
    session.execute(delete(User).where(User.id == user_id))
    return loose

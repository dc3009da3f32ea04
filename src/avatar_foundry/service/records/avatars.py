"""Avatars with their files and their review: added together, deleted together."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db.tables import Avatar, Content, Review
from ..ids import derived_id, now
from .pages import Page, page


def add(session: Session, owner_id: str, job_id: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a job made; a job that is run again finds its first avatar. Returns the answer with its new ids."""
    found = session.scalar(select(Avatar).where(Avatar.job_id == job_id))
    if found is not None:
        return found.answer
    avatar_id = derived_id(job_id, "avatar")
    review_id = f"review_{derived_id(job_id, 'review').replace('-', '')[:16]}"
    answer = {**answer, "avatar_id": avatar_id, "review_session_id": review_id}
    recipe = answer.get("recipe") or {}
    words = " ".join(str(recipe.get(k) or "") for k in ("name", "preset", "prompt")) + f" {answer.get('platform')}"
    moment = now()
    session.add(
        Avatar(
            id=avatar_id,
            owner_id=owner_id,
            job_id=job_id,
            platform=str(answer.get("platform")),
            preset=answer.get("preset"),
            words=words.strip().lower(),
            answer=answer,
            created_at=moment,
        )
    )
    session.flush()
    hold(session, avatar_id, answer["files"])
    session.add(
        Review(id=review_id, avatar_id=avatar_id, owner_id=owner_id, state="pending", decisions=[], created_at=moment)
    )
    return answer


def hold(session: Session, holder_id: str, files: Iterable[Mapping[str, Any]]) -> None:
    """Note that `holder_id` needs these contents."""
    for f in files:
        row = Content(holder_id=holder_id, name=f["name"], sha256=f["sha256"], size=f["size"], format=f["format"])
        session.merge(row)


def held(session: Session, holder_id: str, name: str) -> Content | None:
    """A content by its holder and name."""
    return session.get(Content, (holder_id, name))


def get(session: Session, avatar_id: str) -> Avatar | None:
    """The avatar with this id."""
    return session.get(Avatar, avatar_id)


def search(
    session: Session,
    owner_id: str | None,
    *,
    words: str = "",
    platform: str | None = None,
    preset: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Avatars of an owner (None: everybody's) that have all the words, newest first."""
    query = select(Avatar)
    if owner_id is not None:
        query = query.where(Avatar.owner_id == owner_id)
    for word in words.lower().split()[:10]:
        query = query.where(Avatar.words.contains(word, autoescape=True))
    if platform:
        query = query.where(Avatar.platform == platform)
    if preset:
        query = query.where(Avatar.preset == preset)
    return page(session, query, Avatar, limit, cursor)


def older_than(session: Session, moment: datetime) -> list[str]:
    """Avatars that were made before `moment`."""
    return list(session.scalars(select(Avatar.id).where(Avatar.created_at < moment).limit(500)))


def remove(session: Session, avatar_id: str) -> list[str]:
    """Delete an avatar with its variants; returns the contents that nobody holds any more."""
    session.execute(delete(Avatar).where(Avatar.id == avatar_id))
    return release(session, avatar_id)


def release(session: Session, holder_id: str) -> list[str]:
    """Let go of a holder's contents; returns those that nobody holds any more."""
    hashes = set(session.scalars(select(Content.sha256).where(Content.holder_id == holder_id)))
    session.execute(delete(Content).where(Content.holder_id == holder_id))
    still = set(session.scalars(select(Content.sha256).where(Content.sha256.in_(hashes))))
    return sorted(hashes - still)

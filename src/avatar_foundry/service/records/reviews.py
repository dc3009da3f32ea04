"""Reviews and the decisions that were taken."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db.tables import Review
from ..ids import now
from .pages import Page, page

STATES = {"approve": "approved", "reject": "rejected", "request_changes": "changes_requested"}


def get(session: Session, review_id: str) -> Review | None:
    """The review with this id."""
    return session.get(Review, review_id)


def of_avatar(session: Session, avatar_id: str) -> Review | None:
    """The review of an avatar."""
    return session.scalar(select(Review).where(Review.avatar_id == avatar_id))


def search(session: Session, owner_id: str | None, state: str | None, limit: int, cursor: str | None) -> Page:
    """Reviews of an owner (None: everybody's) in a state, newest first."""
    query = select(Review)
    if owner_id is not None:
        query = query.where(Review.owner_id == owner_id)
    if state:
        query = query.where(Review.state == state)
    return page(session, query, Review, limit, cursor)


def decide(session: Session, review_id: str, decision: str, comment: str, by: str) -> Review:
    """Add a decision; the newest one counts."""
    review = session.get_one(Review, review_id, with_for_update=True)
    taken = {"decision": decision, "comment": comment, "by": by, "at": now().isoformat()}
    review.decisions = [*review.decisions, taken]
    review.state = STATES[decision]
    return review

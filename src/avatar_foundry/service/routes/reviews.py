"""Reviews: what was made, and what people say of it."""

from typing import Annotated, Any, Literal

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from ..addresses import absolute
from ..auth.identity import Identity
from ..db.tables import Review
from ..problems import not_found
from ..records import reviews, webhooks
from ..routing import Cursor, Id, Limit
from ..routing import router as make_router
from ..schemas import ReviewAnswer, ReviewPage
from ..services import caller, services

router = make_router("reviews")


class Decision(BaseModel):
    """What is decided, and why."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["approve", "reject", "request_changes"]
    comment: str = Field("", max_length=4000)


def wire(request: Request, review: Review) -> dict[str, Any]:
    """A review as the API shows it."""
    return {
        "review_session_id": review.id,
        "avatar_id": review.avatar_id,
        "avatar_url": absolute(request, f"/api/avatars/{review.avatar_id}"),
        "state": review.state,
        "decisions": review.decisions,
        "created_at": review.created_at.isoformat(),
    }


@router.get("/api/reviews", responses={200: {"model": ReviewPage}})
async def search(
    request: Request,
    state: Annotated[Literal["pending", "approved", "rejected", "changes_requested"] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The caller's reviews (with scope admin: everybody's), newest first."""
    s, sees = services(request), caller(request).sees
    page = await s.database.read(reviews.search, sees, state, limit, cursor)
    return page.wire(lambda r: wire(request, r))


@router.get("/api/reviews/{review_session_id}", responses={200: {"model": ReviewAnswer}})
async def review(review_session_id: Id, request: Request) -> dict[str, Any]:
    """One review with all its decisions."""
    s = services(request)
    found = await s.database.read(reviews.get, review_session_id)
    caller(request).check_owner(found.owner_id if found else None, "review")
    assert found is not None
    return wire(request, found)


@router.post("/api/reviews/{review_session_id}/decision", responses={200: {"model": ReviewAnswer}})
async def decide(review_session_id: Id, decision: Decision, request: Request) -> dict[str, Any]:
    """Add a decision; the newest one counts."""
    s = services(request)
    return wire(request, await s.database.write(_decide, caller(request), review_session_id, decision))


def _decide(session: Session, who: Identity, review_id: str, decision: Decision) -> Review:
    found = reviews.get(session, review_id)
    who.check_owner(found.owner_id if found else None, "review")
    if found is None:
        raise not_found("review")
    found = reviews.decide(session, review_id, decision.decision, decision.comment, who.user_name)
    data = {"review_session_id": review_id, "avatar_id": found.avatar_id, "state": found.state, **found.decisions[-1]}
    webhooks.announce(session, found.owner_id, "review.decided", f"{review_id} {len(found.decisions)}", data)
    return found

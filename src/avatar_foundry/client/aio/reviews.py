"""Reviews of what was made."""

from typing import Literal

from ..calls import Call, filled, segment
from ..types import Review, ReviewPage, ReviewState
from .connection import AsyncConnection


class AsyncReviews:
    """`foundry.reviews`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(
        self, state: ReviewState | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> ReviewPage:
        """A page of reviews, newest first."""
        params = filled(state=state, limit=limit, cursor=cursor)
        page: ReviewPage = await self._connection.json(Call("GET", "/api/reviews", params=params))
        return page

    async def get(self, review_session_id: str) -> Review:
        """One review with all its decisions."""
        review: Review = await self._connection.json(Call("GET", f"/api/reviews/{segment(review_session_id)}"))
        return review

    async def decide(
        self, review_session_id: str, decision: Literal["approve", "reject", "request_changes"], comment: str = ""
    ) -> Review:
        """Add a decision; the newest one counts."""
        path = f"/api/reviews/{segment(review_session_id)}/decision"
        call = Call("POST", path, json={"decision": decision, "comment": comment})
        review: Review = await self._connection.json(call)
        return review

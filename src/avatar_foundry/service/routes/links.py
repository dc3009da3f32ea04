"""Links that show one avatar to whoever has them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Body, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ..addresses import absolute
from ..auth import shares
from ..ids import now
from ..routing import Id
from ..routing import router as make_router
from ..schemas import LinkAnswer
from ..services import caller, services
from .avatars import owned

router = make_router("avatars")


class NewLink(BaseModel):
    """How long it opens."""

    model_config = ConfigDict(extra="forbid")
    expires_in: int = Field(7 * 86400, ge=60, le=366 * 86400, description="seconds from now")


@router.post("/api/avatars/{avatar_id}/links", status_code=201, responses={201: {"model": LinkAnswer}})
async def make(avatar_id: Id, request: Request, link: Annotated[NewLink | None, Body()] = None) -> dict[str, Any]:
    """Make a link to the preview page that needs no key: it reads this avatar and its files, and nothing else."""
    s = services(request)
    await owned(s, caller(request), avatar_id)
    end = int((now() + timedelta(seconds=(link or NewLink()).expires_in)).timestamp())
    token = await s.database.write(shares.make, avatar_id, end)
    query = urlencode({"avatar_id": avatar_id, shares.PARAMETER: token})
    return {
        "url": absolute(request, f"/api/preview?{query}"),
        "token": token,
        "avatar_id": avatar_id,
        "expires_at": datetime.fromtimestamp(end, UTC).isoformat(),
    }


@router.delete("/api/avatars/{avatar_id}/links", status_code=204)
async def revoke(avatar_id: Id, request: Request) -> Response:
    """Make every link to this avatar worthless."""
    s = services(request)
    await owned(s, caller(request), avatar_id)
    await s.database.write(shares.revoke, avatar_id)
    return Response(status_code=204)

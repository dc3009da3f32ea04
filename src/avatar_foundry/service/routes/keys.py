"""API keys: shown once, revoked at once."""

from typing import Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from ..auth.identity import Identity
from ..db.tables import Key
from ..ids import now
from ..problems import Problem, not_found
from ..records import keys, users
from ..routing import Id
from ..routing import router as make_router
from ..schemas import KeyAnswer, KeyPage
from ..services import caller, services

router = make_router("keys")


class NewKey(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=64)
    scopes: list[Literal["read", "write", "admin"]] = Field(
        ["read", "write"], min_length=1, max_length=3, description="the largest one counts: it includes the smaller"
    )
    expires_at: AwareDatetime | None = None
    user: str | None = Field(None, max_length=64, description="whose key; the caller's own when absent")


def largest(scopes: list[str]) -> str:
    """The scope that includes the others."""
    return max(scopes, key=("read", "write", "admin").index)


@router.get("/api/keys", responses={200: {"model": KeyPage}})
async def every_key(request: Request) -> dict[str, Any]:
    """All keys that are not revoked."""
    found = await services(request).database.read(keys.of, None)
    return {"items": [keys.wire(k) for k in found], "next_cursor": None}


@router.post("/api/keys", status_code=201, responses={201: {"model": KeyAnswer}})
async def create(new: NewKey, request: Request) -> dict[str, Any]:
    """Make a key. `key` is shown here and never again."""
    key, secret = await services(request).database.write(_create, caller(request), new)
    return keys.wire(key, secret)


def _create(session: Session, who: Identity, new: NewKey) -> tuple[Key, str]:
    user = users.by_name(session, new.user) if new.user else users.get(session, who.user_id)
    if user is None:
        raise not_found("user")
    if new.expires_at is not None and new.expires_at <= now():
        raise Problem("VALIDATION_ERROR", "/expires_at: is in the past")
    scope = largest(list(new.scopes))
    if scope == "admin" and not user.is_admin:
        raise Problem("VALIDATION_ERROR", "/scopes: 'admin' is for keys of administrators")
    return keys.add(session, user, new.name, scope, new.expires_at)


@router.delete("/api/keys/{key_id}", status_code=204)
async def revoke(key_id: Id, request: Request) -> Response:
    """Revoke a key: from now on it is worthless."""
    database = services(request).database
    found = await database.read(keys.get, key_id)
    if found is None or found.revoked_at is not None:
        raise not_found("key")
    await database.write(keys.revoke, key_id)
    return Response(status_code=204)

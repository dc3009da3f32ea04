"""Users, for administrators."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.orm import Session

from ..auth.passwords import hash_password
from ..db.tables import User
from ..problems import Problem, not_found
from ..records import jobs, partial_uploads, users
from ..resumable import drop_parts
from ..routing import Id
from ..routing import router as make_router
from ..schemas import UserAnswer, UserPage
from ..services import caller, services
from .avatars import sweep

router = make_router("users")


class NewUser(BaseModel):
    """A user to make; without a password they have keys only."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=64, pattern=r"^[\w.@+-]+$")
    password: SecretStr | None = Field(None, min_length=10, max_length=200)
    is_admin: bool = False


def wire(user: User) -> dict[str, Any]:
    """A user as the API shows them."""
    return {
        "id": user.id,
        "name": user.name,
        "is_admin": user.is_admin,
        "can_sign_in": user.password is not None,
        "created_at": user.created_at.isoformat(),
    }


@router.get("/api/users", responses={200: {"model": UserPage}})
async def everyone(request: Request) -> dict[str, Any]:
    """All users."""
    return {"items": [wire(u) for u in await services(request).database.read(users.everyone)], "next_cursor": None}


@router.post("/api/users", status_code=201, responses={201: {"model": UserAnswer}})
async def create(new: NewUser, request: Request) -> dict[str, Any]:
    """Make a user."""
    password = hash_password(new.password.get_secret_value()) if new.password else None
    user = await services(request).database.write(users.add, new.name, is_admin=new.is_admin, password=password)
    return wire(user)


@router.delete("/api/users/{user_id}", status_code=204)
async def delete(user_id: Id, request: Request) -> Response:
    """Delete a user with all that is theirs: keys, sessions, jobs (stopped), avatars, uploads, reviews, webhooks."""
    if user_id == caller(request).user_id:
        raise Problem("CONFLICT", "You cannot delete yourself.")
    s = services(request)
    for job_id in await s.database.read(jobs.newest_of, user_id):
        await s.jobs.cancel(job_id)
    loose, pieces = await s.database.write(_delete, user_id)
    await sweep(s, loose)
    await drop_parts(s, pieces)
    return Response(status_code=204)


def _delete(session: Session, user_id: str) -> tuple[list[str], list[str]]:
    if users.get(session, user_id) is None:
        raise not_found("user")
    pieces = partial_uploads.parts_of(session, user_id)
    return users.remove(session, user_id), pieces

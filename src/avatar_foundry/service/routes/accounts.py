"""Signing in: the set-up link, sessions, WebSocket tickets."""

import secrets
from datetime import timedelta
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.orm import Session

from ..auth.guard import COOKIE, unauthorized
from ..auth.passwords import hash_password, verify_password
from ..db.tables import User
from ..problems import Problem
from ..records import tokens, users
from ..routing import router as make_router
from ..schemas import SignedIn, Ticket, WhoAmI
from ..services import Services, caller, services

router = make_router("accounts")
TICKET = timedelta(seconds=30)


class SetUp(BaseModel):
    """The set-up link's token, and who takes the service over."""

    model_config = ConfigDict(extra="forbid")
    token: str = Field(max_length=200)
    name: str = Field(min_length=1, max_length=64, pattern=r"^[\w.@+-]+$")
    password: SecretStr = Field(min_length=10, max_length=200)


class Login(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64)
    password: SecretStr = Field(max_length=200)


@router.post("/api/auth/setup", responses={200: {"model": SignedIn}})
async def set_up(wanted: SetUp, request: Request, response: Response) -> dict[str, Any]:
    """Take the fresh service over with the link that its first start printed; signs in."""
    s = services(request)
    s.logins.take(_address(request))
    user = await s.database.write(_set_up, wanted, hash_password(wanted.password.get_secret_value()))
    return await _sign_in(s, request, response, user)


def _set_up(session: Session, wanted: SetUp, password: str) -> User:
    found = tokens.take(session, "setup", wanted.token)
    if found is None:
        raise unauthorized("The set-up link was used, or is not this service's.")
    user = found[1]
    other = users.by_name(session, wanted.name)
    if other is not None and other.id != user.id:
        raise Problem("CONFLICT", f"There is a user called '{wanted.name}' already.")
    user = session.merge(user)
    user.name, user.password = wanted.name, password
    return user


@router.post("/api/auth/login", responses={200: {"model": SignedIn}})
async def login(wanted: Login, request: Request, response: Response) -> dict[str, Any]:
    """Sign in; the session is a cookie, `csrf` goes into X-CSRF-Token of every change."""
    s = services(request)
    s.logins.take(_address(request))
    s.logins.take(f"name:{wanted.name}")
    user = await s.database.read(users.by_name, wanted.name)
    if not verify_password(wanted.password.get_secret_value(), user.password if user else None) or user is None:
        raise unauthorized("The name or the password is wrong.")
    return await _sign_in(s, request, response, user)


@router.post("/api/auth/logout", status_code=204)
async def logout(request: Request) -> Response:
    """End the session."""
    if cookie := request.cookies.get(COOKIE):
        await services(request).database.write(tokens.drop, cookie)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/api/auth/session", responses={200: {"model": WhoAmI}})
async def session(request: Request) -> dict[str, Any]:
    """Who calls; with a session, its CSRF token too."""
    who = caller(request)
    return {"user_id": who.user_id, "name": who.user_name, "scope": who.scope, "csrf": who.csrf}


@router.post("/api/ws-ticket", responses={200: {"model": Ticket}})
async def ticket(request: Request) -> dict[str, Any]:
    """A ticket for one WebSocket connection, for browsers, which cannot send headers there."""
    who = caller(request)
    data = {"scope": who.scope, "credential": who.credential}
    secret = await services(request).database.write(tokens.add, "ticket", who.user_id, data, TICKET)
    return {"ticket": secret, "expires_in": int(TICKET.total_seconds())}


async def _sign_in(s: Services, request: Request, response: Response, user: User) -> dict[str, Any]:
    life = timedelta(hours=s.settings.session_hours)
    csrf = secrets.token_urlsafe(24)
    cookie = await s.database.write(tokens.add, "session", user.id, {"csrf": csrf}, life)
    secure = request.url.scheme == "https" or s.settings.public_url.startswith("https://")
    response.set_cookie(
        COOKIE, cookie, max_age=int(life.total_seconds()), path="/", secure=secure, httponly=True, samesite="strict"
    )
    return {"user_id": user.id, "name": user.name, "is_admin": user.is_admin, "csrf": csrf}


def _address(request: Request) -> str:
    return f"address:{request.client.host if request.client else '?'}"

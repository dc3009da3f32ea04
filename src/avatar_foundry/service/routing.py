"""What route modules share: the router, parameter types, `Prefer: respond-async`."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse

from . import work
from .addresses import absolute
from .guarded import GuardedRoute
from .idempotency import idempotency_key
from .services import caller, services

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="an id that the API gave")]
Limit = Annotated[int, Query(ge=1, le=200, description="most items of the page")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")]
Share = Annotated[str | None, Query(max_length=200, description="the token of a signed link, in place of a key")]
Prefer = Annotated[str | None, Header(max_length=200, description="`respond-async` to be answered at once with 202")]
Idempotency = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$",
        description="the same key and body: the same answer, for a day",
    ),
]


def router(tag: str) -> APIRouter:
    """A router whose routes are guarded by the table in auth/scopes.py."""
    return APIRouter(route_class=GuardedRoute, tags=[tag])


def wants_async(prefer: str | None) -> bool:
    """Whether `Prefer` says respond-async."""
    return prefer is not None and "respond-async" in (p.strip().lower() for p in prefer.split(","))


async def accepted(request: Request, task: str, params: Mapping[str, Any]) -> JSONResponse:
    """202 with the job's address."""
    s, key = services(request), idempotency_key(request)
    job_id = await work.start(s, caller(request), task, params, lane="queue", key=key)
    address = absolute(request, f"/api/jobs/{job_id}")
    body = {"job_id": job_id, "state": "queued", "url": address, "events_url": f"{address}/events"}
    return JSONResponse(body, 202, {"Location": f"/api/jobs/{job_id}", "Preference-Applied": "respond-async"})

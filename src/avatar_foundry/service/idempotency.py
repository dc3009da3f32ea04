"""Idempotency-Key: the same key and body get the first answer again, concurrent ones wait for it."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import Request, Response
from sqlalchemy.exc import IntegrityError
from starlette.responses import StreamingResponse

from .auth.identity import Identity
from .db.tables import Replay
from .problems import Problem
from .records import replays
from .services import services

LONGEST = 200
KEPT_HEADERS = ("content-type", "location", "preference-applied", "etag")
Handler = Callable[[Request], Awaitable[Response]]


def idempotency_key(request: Request) -> str | None:
    """The header, checked. Raises Problem when it is too long or empty."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= LONGEST and key.isprintable()):
        raise Problem("VALIDATION_ERROR", f"Idempotency-Key: 1 to {LONGEST} printable characters, please.")
    return key


async def idempotent(request: Request, identity: Identity, handler: Handler) -> Response:
    """`handler(request)`, or the answer that it gave before."""
    key = idempotency_key(request)
    if key is None or request.method != "POST" or request.url.path.endswith("/stream"):
        return await handler(request)  # a repeated stream joins the same job by its id
    s = services(request)
    digest = await _digest(request)
    patience = s.settings.generate_timeout + 30
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            found = await s.database.write(replays.claim, identity.user_id, key, digest, timedelta(seconds=patience))
        except IntegrityError:
            continue  # another process claimed it just now
        if found is None:
            break
        if found.request_hash != digest:
            raise Problem("CONFLICT", "This Idempotency-Key was used for another request.")
        if found.status is not None:
            return _replay(found)
        if asyncio.get_running_loop().time() > deadline:
            raise Problem("CONFLICT", "The first request with this Idempotency-Key is still running.")
        await asyncio.sleep(0.05)
    try:
        response = await handler(request)
    except BaseException:
        await s.database.write(replays.drop, identity.user_id, key)
        raise
    if isinstance(response, StreamingResponse) or response.status_code >= 400:
        await s.database.write(replays.drop, identity.user_id, key)
        return response
    headers = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
    await s.database.write(replays.keep, identity.user_id, key, response.status_code, headers, bytes(response.body))
    return response


def _replay(found: Replay) -> Response:
    headers = {**(found.headers or {}), "Idempotency-Replayed": "true"}
    return Response(found.body, found.status or 200, headers)


async def _digest(request: Request) -> str:
    body = await request.body()
    kind = request.headers.get("content-type", "")
    if match := re.search(r'boundary="?([^";]+)', kind):
        # A client draws a new boundary for each try.
        body = body.replace(match.group(1).encode(), b"-")
    head = f"{request.method} {request.url.path}?{request.url.query} {request.headers.get('prefer', '')}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()

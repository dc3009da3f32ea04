"""Avatars that were made, and their files."""

import asyncio
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import Response

from ..addresses import with_addresses
from ..auth.identity import Identity
from ..auth.shares import PARAMETER
from ..contents import BINARY, content_response
from ..db.tables import Avatar
from ..problems import Problem, not_found
from ..records import avatars as records
from ..records import reviews
from ..routing import Cursor, Id, Limit, Share
from ..routing import router as make_router
from ..schemas import AvatarPage, Made
from ..services import Services, caller, services

router = make_router("avatars")
FileName = Annotated[str, Path(max_length=160)]
Word = Annotated[str | None, Query(max_length=64)]


async def owned(s: Services, identity: Identity, avatar_id: str) -> Avatar:
    """The caller's avatar. Raises 404."""
    found = await s.database.read(records.get, avatar_id)
    identity.check_owner(found.owner_id if found else None, "avatar")
    assert found is not None
    return found


async def downloadable(s: Services, identity: Identity, avatar_id: str) -> Avatar:
    """As `owned`; raises 403 while the review holds the files."""
    found = await owned(s, identity, avatar_id)
    if s.settings.hold_until_approved:
        review = await s.database.read(reviews.of_avatar, avatar_id)
        if review is None or review.state != "approved":
            raise Problem("FORBIDDEN", "Downloads wait until the avatar's review approves it.")
    return found


def wire(request: Request, found: Avatar) -> dict[str, Any]:
    """An avatar as the API shows it: the answer that was given when it was made."""
    answer = {**with_addresses(request, found.answer), "created_at": found.created_at.isoformat()}
    if token := caller(request).share:
        # The files of a shared avatar open by the same link.
        answer["files"] = [{**f, "url": f"{f['url']}?{PARAMETER}={token}"} for f in answer["files"]]
        answer["download_url"] = answer["files"][0]["url"]
    return answer


@router.get("/api/avatars", responses={200: {"model": AvatarPage}})
async def search(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="words that all have to be there")] = "",
    platform: Word = None,
    preset: Word = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The caller's avatars (with scope admin: everybody's), newest first."""
    s, sees = services(request), caller(request).sees
    page = await s.database.read(
        records.search, sees, words=q, platform=platform, preset=preset, limit=limit, cursor=cursor
    )
    return page.wire(lambda a: wire(request, a))


@router.get("/api/avatars/{avatar_id}", responses={200: {"model": Made}})
async def avatar(avatar_id: Id, request: Request, share: Share = None) -> dict[str, Any]:
    """The answer that was given when the avatar was made."""
    return wire(request, await owned(services(request), caller(request), avatar_id))


@router.delete("/api/avatars/{avatar_id}", status_code=204)
async def delete(avatar_id: Id, request: Request) -> Response:
    """Delete an avatar with its files, variants and review."""
    s = services(request)
    await owned(s, caller(request), avatar_id)
    await sweep(s, await s.database.write(records.remove, avatar_id))
    return Response(status_code=204)


async def sweep(s: Services, contents: list[str]) -> None:
    """Delete contents that nobody holds any more."""
    for sha256 in contents:
        await asyncio.to_thread(s.store.delete, sha256)


@router.get("/api/avatars/{avatar_id}/files/{name}", response_class=Response, responses={200: BINARY})
async def file(avatar_id: Id, name: FileName, request: Request, share: Share = None) -> Response:
    """One file of an avatar; ranges and conditional requests are served."""
    s = services(request)
    found = await downloadable(s, caller(request), avatar_id)
    for entry in found.answer["files"]:
        if entry["name"] == name:
            return content_response(request, s.store, entry["sha256"], entry["size"], name)
    raise not_found("file of this avatar")

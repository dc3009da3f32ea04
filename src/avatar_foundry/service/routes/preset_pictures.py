"""What presets look like: drawn when first asked for, kept beside the engine's other products."""

import asyncio
import hashlib

from fastapi import Request
from fastapi.responses import Response

from ...cache import cached_bytes
from ...presets import load_presets
from ...recipe import parse
from .. import work
from ..problems import not_found
from ..routing import Id
from ..routing import router as make_router
from ..services import Services, caller, services

router = make_router("catalogue")
SIZE = 512
# One at a time: a page asks for all of them at once, and people's own avatars come first.
_turn = asyncio.Semaphore(1)


class _Missing(Exception):
    pass


@router.get("/api/presets/{preset_id}.png", response_class=Response)
async def preset_picture(preset_id: Id, request: Request) -> Response:
    """A picture of the preset, head to foot, on a transparent ground."""
    preset = load_presets().get(preset_id)
    if preset is None:
        raise not_found("preset")
    key = f"preset picture {SIZE} {hashlib.sha256(repr(preset).encode()).hexdigest()}"
    content = await asyncio.to_thread(_kept, key)
    if content is None:
        async with _turn:
            content = await asyncio.to_thread(_kept, key) or await _draw(services(request), request, preset_id)
            await asyncio.to_thread(cached_bytes, key, lambda: content)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=3600"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/png", headers=headers)


def _kept(key: str) -> bytes | None:
    def missing() -> bytes:
        raise _Missing

    try:
        return cached_bytes(key, missing)
    except _Missing:
        return None


async def _draw(s: Services, request: Request, preset_id: str) -> bytes:
    recipe = parse({"preset": preset_id, "lods": False, "morph_targets": False, "texture_size": 512, "pose": "A"})
    made = await work.run(s, caller(request), "variant", {"recipe": recipe.compact()})
    wanted = {"camera": "fullbody", "size": SIZE, "background": "", "sha256": made["files"][0]["sha256"]}
    drawn = await work.run(s, caller(request), "picture", wanted)
    return await asyncio.to_thread(s.store.get, drawn["sha256"])

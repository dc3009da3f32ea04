"""POST /api/generate."""

import secrets
from typing import Any

from fastapi import APIRouter, Request

from ...recipe import Recipe
from .. import tasks
from ..addresses import with_addresses

router = APIRouter()


@router.post("/api/generate")
async def generate(recipe: Recipe, request: Request) -> dict[str, Any]:
    """Make an avatar from preset, prompt and explicit fields."""
    state = request.app.state
    answer = await state.pool.run(
        tasks.generate,
        recipe.model_dump(mode="json", exclude_unset=True),
        str(state.settings.data_dir),
        timeout=state.settings.generate_timeout,
    )
    answer["review_session_id"] = f"review_{secrets.token_hex(8)}"
    answer["avatar_id"] = state.store.add(answer)
    return with_addresses(request, answer)

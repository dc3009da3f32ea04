"""POST /api/generate."""

from fastapi import Request
from fastapi.responses import JSONResponse

from ...recipe import Recipe
from .. import work
from ..addresses import with_addresses
from ..idempotency import idempotency_key
from ..routing import Idempotency, Prefer, accepted, wants_async
from ..routing import router as make_router
from ..schemas import Accepted, Made
from ..services import caller, services

router = make_router("avatars")


@router.post("/api/generate", responses={200: {"model": Made}, 202: {"model": Accepted}})
async def generate(
    recipe: Recipe, request: Request, prefer: Prefer = None, idempotency: Idempotency = None
) -> JSONResponse:
    """Make an avatar from preset, prompt and explicit fields."""
    params = {"recipe": recipe.model_dump(mode="json", exclude_unset=True)}
    if wants_async(prefer):
        return await accepted(request, "generate", params)
    answer = await work.run(services(request), caller(request), "generate", params, idempotency_key(request))
    return JSONResponse(with_addresses(request, answer))

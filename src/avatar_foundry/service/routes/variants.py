"""Variants in the style that Ready Player Me clients know: derived from the stored recipe, kept, shared."""

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ...recipe import parse
from ...rig import POSES
from .. import work
from ..contents import BINARY, PICTURE, content_response
from ..db.tables import Avatar
from ..problems import Problem, not_found
from ..records import avatars as records
from ..routing import Id
from ..routing import router as make_router
from ..services import Services, caller, services
from .avatars import downloadable

router = make_router("avatars")
QUALITY = {"low": (2, 512), "medium": (1, 1024), "high": (0, 2048)}
SIZES = (256, 512, 1024, 2048, 4096)
_SHAPE = re.compile(r"blendShapes\[(\w{1,64})\]")


class Variant(BaseModel):
    """The query of `.glb`, in the names that Ready Player Me made known."""

    model_config = ConfigDict(extra="forbid")
    platform: str | None = Field(None, max_length=32)
    quality: Literal["low", "medium", "high"] | None = None
    lod: int | None = Field(None, ge=0, le=3)
    textureAtlas: Literal["none", "256", "512", "1024", "2048"] | None = None
    textureSizeLimit: int | None = Field(None, ge=256, le=4096)
    textureFormat: Literal["webp", "jpeg", "png"] | None = None
    morphTargets: str | None = Field(None, max_length=400, description="`none`, or any list: all shapes are written")
    pose: Literal["A", "T"] | None = None
    useHands: bool | None = Field(None, description="taken and left: hands are always there")
    useDracoMeshCompression: bool = False
    useMeshOptCompression: bool = False

    def recipe(self, stored: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The stored recipe with what the query changes, and the level of detail that is wanted."""
        level, limit = QUALITY.get(self.quality or "", (0, None))
        level = level if self.lod is None else self.lod
        limit = self.textureSizeLimit or limit
        codec = "draco" if self.useDracoMeshCompression else "meshopt" if self.useMeshOptCompression else None
        change: dict[str, Any] = {
            "platform": self.platform,
            "texture_size": max(s for s in SIZES if s <= limit) if limit else None,
            "texture_format": self.textureFormat,
            "atlas": None if self.textureAtlas is None else self.textureAtlas != "none",
            "morph_targets": False if self.morphTargets == "none" else None,
            "pose": self.pose,
            "lods": True if level else None,
            "compression": codec,
        }
        return {**stored, **{k: v for k, v in change.items() if v is not None}}, level


class Picture(BaseModel):
    """The query of `.png`; `blendShapes[name]=weight` may be added."""

    expression: Literal["happy", "lol", "sad", "scared", "rage"] | None = None
    pose: Literal[*POSES] | None = None  # type: ignore[valid-type]  # names from a data file
    camera: Literal["portrait", "fullbody", "fit"] = "portrait"
    size: int = Field(512, ge=64, le=1024)
    background: str = Field("", pattern=r"^([0-9a-fA-F]{6})?$", description="rrggbb; transparent when empty")


@router.get("/api/avatars/{avatar_id}.glb", response_class=Response, responses={200: BINARY})
async def glb(avatar_id: Id, query: Annotated[Variant, Query()], request: Request) -> Response:
    """The avatar as a GLB, with other options than it was made with."""
    s = services(request)
    avatar = await downloadable(s, caller(request), avatar_id)
    entry = avatar.answer["files"][0]
    if query.model_fields_set:
        entry = await _variant(request, s, avatar, query)
    return content_response(request, s.store, entry["sha256"], entry["size"], f"{avatar_id}.glb", inline=True)


async def _variant(request: Request, s: Services, avatar: Avatar, query: Variant) -> dict[str, Any]:
    if not avatar.answer.get("recipe"):
        raise Problem("CONFLICT", "Variants are made from a recipe; this avatar was made from an upload.")
    asked, level = query.recipe(avatar.answer["recipe"])
    recipe = parse(asked)
    name = f"variant/{recipe.digest()[:32]}/{level}"
    if held := await s.database.read(records.held, avatar.id, name):
        s.metrics.shared.labels("variant").inc()
        return {"sha256": held.sha256, "size": held.size}
    answer = await work.run(s, caller(request), "variant", {"recipe": recipe.compact()})
    wanted = [f for f in answer["files"] if f["name"].endswith(f"_LOD{level}.glb" if level else ".glb")]
    if not wanted:
        raise not_found(f"level of detail {level} on this platform")
    await s.database.write(records.hold, avatar.id, [{**wanted[0], "name": name}])
    found: dict[str, Any] = wanted[0]
    return found


@router.get("/api/avatars/{avatar_id}.png", response_class=Response, responses={200: PICTURE})
async def png(avatar_id: Id, query: Annotated[Picture, Query()], request: Request) -> Response:
    """A picture of the avatar, drawn on the CPU."""
    s = services(request)
    avatar = await downloadable(s, caller(request), avatar_id)
    params = {**query.model_dump(), "blend_shapes": _blend_shapes(request)}
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
    name = f"picture/{digest[:32]}.png"
    held = await s.database.read(records.held, avatar_id, name)
    if held is None:
        source = avatar.answer["files"][0]["sha256"]
        answer = await work.run(s, caller(request), "picture", {**params, "sha256": source})
        await s.database.write(records.hold, avatar_id, [{**answer, "name": name, "format": "png"}])
        held = await s.database.read(records.held, avatar_id, name)
        assert held is not None
    return content_response(request, s.store, held.sha256, held.size, f"{avatar_id}.png", inline=True)


def _blend_shapes(request: Request) -> dict[str, float]:
    shapes = {}
    for key, value in request.query_params.multi_items():
        if match := _SHAPE.fullmatch(key):
            try:
                shapes[match.group(1)] = min(1.0, max(-1.0, float(value)))
            except ValueError:
                raise Problem("VALIDATION_ERROR", f"/{key}: not a number") from None
    return dict(sorted(shapes.items())[:72])

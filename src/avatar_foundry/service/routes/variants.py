"""Variants in the style that Ready Player Me clients know: derived from the stored recipe, kept, shared."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ...errors import Suggestion
from ...explain import instead_of
from ...platforms import PLATFORMS
from ...platforms.platform import ENDINGS
from ...recipe import parse
from ...rig import POSES
from .. import work
from ..contents import BINARY, DOCUMENT, PICTURE, content_response
from ..db.tables import Avatar
from ..problems import Problem, not_found
from ..records import avatars as records
from ..routing import Id
from ..routing import router as make_router
from ..services import Services, caller, services
from ..shape_names import shapes_in
from .avatars import downloadable

router = make_router("avatars")
QUALITY = {"low": (2, 512), "medium": (1, 1024), "high": (0, 2048)}
ARCHIVE = "archive.zip"
# What may be asked for by ending beside .glb, and that ending; whether it is written is the platforms' table to say.
FORMATS: Mapping[str, str] = {kind: f".{kind}" for kind in ("vrm", "vrma", "fbx", "usdz", "obj", "vrm0")} | {
    "static": ".static.glb",
    "report": ".report.json",
    "metahuman": ".metahuman.json",
}
SIZES = (256, 512, 1024, 2048, 4096)
_SHAPE = re.compile(r"blendShapes\[(\w{1,64})\]")


class Variant(BaseModel):
    """The query of `.glb`, in the names that Ready Player Me made known."""

    model_config = ConfigDict(extra="forbid")
    platform: str | None = Field(None, max_length=32)
    quality: Literal["low", "medium", "high"] | None = None
    lod: int | None = Field(None, ge=0, le=3)
    textureAtlas: Literal["none", "256", "512", "1024", "2048"] | None = Field(
        None, description="pixels of the sheets that all textures are merged into: at most two draw calls"
    )
    textureSizeLimit: int | None = Field(None, ge=256, le=4096)
    textureFormat: Literal["webp", "jpeg", "png"] | None = None
    morphTargets: str | None = Field(
        None,
        max_length=4000,
        description="shapes to keep, separated by commas: names, or none, Default, ARKit, Oculus Visemes, all",
    )
    pose: Literal["A", "T"] | None = None
    animations: str | None = Field(
        None, max_length=4000, description="clips to write, separated by commas: names, none or all"
    )
    rootMotion: bool | None = Field(None, description="clips move the root over the ground")
    useHands: bool | None = Field(None, description="taken and left: hands are always there")
    useDracoMeshCompression: bool = False
    useMeshOptCompression: bool = False
    dracoCompression: bool = Field(False, description="as useDracoMeshCompression")
    meshCompression: bool = Field(False, description="as useMeshOptCompression")

    def recipe(self, stored: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The stored recipe with what the query changes, and the level of detail that is wanted."""
        level, limit = QUALITY.get(self.quality or "", (0, None))
        level = level if self.lod is None else self.lod
        limit = self.textureSizeLimit or limit
        draco = self.useDracoMeshCompression or self.dracoCompression
        meshopt = self.useMeshOptCompression or self.meshCompression
        codec = "draco" if draco else "meshopt" if meshopt else None
        atlas = self.textureAtlas or "none"
        change: dict[str, Any] = {
            "platform": self.platform,
            "texture_size": max(s for s in SIZES if s <= limit) if limit else None,
            "texture_format": self.textureFormat,
            "atlas": None if self.textureAtlas is None else self.textureAtlas != "none",
            "morph_targets": True if self.morphTargets and shapes_in(self.morphTargets) else None,
            "pose": self.pose,
            "animations": None if self.animations is None else clips_in(self.animations),
            "root_motion": self.rootMotion,
            "lods": True if level else None,
            "compression": codec,
            "budget": None if atlas == "none" else {**(stored.get("budget") or {}), "texture": int(atlas)},
        }
        return {**stored, **{k: v for k, v in change.items() if v is not None}}, level


def clips_in(text: str) -> str:
    """`animations=` as a recipe takes it: `none` is an empty list of names."""
    return "" if text.strip().lower() in ("", "none") else text


def clips_there(answer: Mapping[str, Any], query: Variant) -> tuple[str, ...] | None:
    """The clips that are asked for, by their names in the file, when it has them all and need only lose the others:
    uploads, too, can be had so. None when the clips have to be made."""
    if query.animations is None or query.rootMotion is not None or query.platform is not None:
        return None
    ending = PLATFORMS[answer["platform"]].loops
    names = [clip["name"] for clip in answer.get("animations", ())]
    there = {**{name.removesuffix(ending): name for name in names}, **{name: name for name in names}}
    wanted = [name.strip() for name in clips_in(query.animations).split(",") if name.strip()]
    if "all" in wanted or not set(wanted) <= set(there):
        return None
    return tuple(sorted({there[name] for name in wanted}))


class Picture(BaseModel):
    """The query of `.png`; `blendShapes[name]=weight` may be added."""

    expression: Literal["happy", "lol", "sad", "scared", "rage"] | None = None
    pose: Literal[*POSES] | None = None  # type: ignore[valid-type]  # names from a data file
    camera: Literal["portrait", "fullbody", "fit"] = "portrait"
    size: int = Field(512, ge=64, le=1024)
    background: str = Field("", pattern=r"^([0-9a-fA-F]{6})?$", description="rrggbb; transparent when empty")


def _in_format(kind: str) -> Any:
    async def variant(avatar_id: Id, query: Annotated[Variant, Query()], request: Request) -> Response:
        s = services(request)
        avatar = await downloadable(s, caller(request), avatar_id)
        platform = query.platform or avatar.platform
        if _of_level(avatar.answer["files"], kind, 0) is None:
            check_format(kind, platform)
        entry = await _variant(request, s, avatar, query, kind)
        return content_response(
            request, s.store, entry["sha256"], entry["size"], named(avatar_id, kind), inline=kind != "obj"
        )

    what = "the format obj, a ZIP with textures" if kind == "obj" else f"the format {kind}"
    variant.__doc__ = f"The avatar in {what}; UNSUPPORTED_FORMAT where the platform is not written so."
    return variant


# Before .glb, whose address ID.static.glb also fits
for _kind, _ending in FORMATS.items():
    router.add_api_route(
        f"/api/avatars/{{avatar_id}}{_ending}",
        _in_format(_kind),
        methods=["GET"],
        response_class=Response,
        responses={200: DOCUMENT if _ending.endswith(".json") else BINARY},
    )


def named(avatar_id: str, kind: str) -> str:
    """What a file of this format is saved as."""
    return avatar_id + ENDINGS.get(kind, f".{kind}")


@router.get("/api/avatars/{avatar_id}.glb", response_class=Response, responses={200: BINARY})
async def glb(avatar_id: Id, query: Annotated[Variant, Query()], request: Request) -> Response:
    """The avatar as a GLB, with other options than it was made with."""
    s = services(request)
    avatar = await downloadable(s, caller(request), avatar_id)
    if (kept := clips_there(avatar.answer, query)) is not None:
        query = query.model_copy(update={"animations": None})
        query.model_fields_set.discard("animations")
    entry = await _variant(request, s, avatar, query, "glb")
    if kept is not None:
        entry = await _with_some(request, s, avatar, entry["sha256"], "clips", kept)
    if query.morphTargets is not None:
        entry = await _with_some(request, s, avatar, entry["sha256"], "shapes", shapes_in(query.morphTargets))
    return content_response(request, s.store, entry["sha256"], entry["size"], f"{avatar_id}.glb", inline=True)


async def _variant(request: Request, s: Services, avatar: Avatar, query: Variant, kind: str) -> dict[str, Any]:
    """The avatar's file of one format, made anew where the query changes it."""
    stored: dict[str, Any] | None = avatar.answer.get("recipe")
    asked, level = (None, 0) if stored is None else query.recipe(stored)
    wanted = None if asked is None else parse({**asked, "formats": [kind]} if kind != "glb" else asked)
    if stored is None or wanted is None:
        as_made = not query.model_fields_set - {"morphTargets", "useHands"}
    else:
        own = parse(stored)  # a further format, there or not, makes no other avatar
        as_made = wanted.digest() == own.model_copy(update={"formats": wanted.formats}).digest()
    if as_made and (there := _of_level(avatar.answer["files"], kind, level)):
        return there
    if wanted is None:
        raise Problem("CONFLICT", "Variants are made from a recipe; this avatar was made from an upload.")
    name = f"variant/{wanted.digest()[:32]}/{level}" + (f".{kind}" if kind != "glb" else "")
    if held := await s.database.read(records.held, avatar.id, name):
        s.metrics.shared.labels("variant").inc()
        return {"sha256": held.sha256, "size": held.size}
    answer = await work.run(s, caller(request), "variant", {"recipe": wanted.compact()})
    found = _of_level(answer["files"], kind, level)
    if found is None:
        raise not_found(f"level of detail {level} on this platform")
    await s.database.write(records.hold, avatar.id, [{**found, "name": name}])
    return found


def _of_level(files: list[dict[str, Any]], kind: str, level: int) -> dict[str, Any] | None:
    """The file of a format and level: NAME.glb, NAME_lod1.glb, NAME_obj.zip ..."""
    if ending := ENDINGS.get(kind):
        return next((f for f in files if not level and f["name"].endswith(ending)), None)
    own = [f for f in files if f["format"] == kind]
    names = [f["name"].rpartition(".")[0] for f in own]
    wanted = f"{names[0]}_lod{level}" if names and level else names[0] if names else ""
    return next((f for f, name in zip(own, names, strict=True) if name == wanted), None)


async def _with_some(
    request: Request, s: Services, avatar: Avatar, source: str, what: str, names: tuple[str, ...]
) -> dict[str, Any]:
    """A GLB of the avatar with these shapes (or clips) and no others."""
    name = f"{what}/{hashlib.sha256(','.join((source, *names)).encode()).hexdigest()[:32]}"
    held = await s.database.read(records.held, avatar.id, name)
    if held is not None:
        s.metrics.shared.labels("variant").inc()
        return {"sha256": held.sha256, "size": held.size}
    made: dict[str, Any] = await work.run(s, caller(request), what, {"sha256": source, what: list(names)})
    await s.database.write(records.hold, avatar.id, [{**made, "name": name, "format": "glb"}])
    return made


@router.get("/api/avatars/{avatar_id}.zip", response_class=Response, responses={200: BINARY})
async def archive(avatar_id: Id, request: Request) -> Response:
    """All files of the avatar with recipe.json and LICENCES.txt, as a ZIP: the same avatar gives the same bytes."""
    s = services(request)
    avatar = await downloadable(s, caller(request), avatar_id)
    held = await s.database.read(records.held, avatar_id, ARCHIVE)
    if held is None:
        answer = avatar.answer
        params = {k: answer.get(k) for k in ("files", "licences", "recipe")}
        made = await work.run(s, caller(request), "archive", params)
        await s.database.write(records.hold, avatar_id, [{**made, "name": ARCHIVE, "format": "zip"}])
        held = await s.database.read(records.held, avatar_id, ARCHIVE)
        assert held is not None
    return content_response(request, s.store, held.sha256, held.size, f"{avatar_id}.zip")


def check_format(kind: str, platform: str) -> None:
    """Raises Problem UNSUPPORTED_FORMAT, naming what can be had, when the platform's table has no such format."""
    if platform not in PLATFORMS:
        raise Problem(
            "VALIDATION_ERROR",
            f"/platform: unknown platform '{platform[:32]}'",
            suggestions=[instead_of(platform, tuple(PLATFORMS))],
        )
    written = {name: p.describe()["formats"] for name, p in PLATFORMS.items()}
    if kind in written[platform]:
        return
    others = [name for name, kinds in written.items() if kind in kinds]
    here = ", ".join(written[platform])
    raise Problem(
        "UNSUPPORTED_FORMAT",
        f"Platform '{platform}' is written as {here}, not as {kind}.",
        suggestions=[
            Suggestion(f"Use platform '{name}'", f"It is written as {kind}.", 0.7, action=f"platform={name}")
            for name in others[:3]
        ]
        or [Suggestion("Take the .glb", f"No platform is written as {kind} yet.", 0.6)],
    )


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

"""The recipe: one schema for the API, the command line, the dashboard's form and the MCP server.

Every field is optional. A recipe as asked becomes a resolved recipe (`plan.resolve`) in which each value that shapes
the files is written out; resolving a resolved recipe changes nothing.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model, field_validator

from .body import PARAMETERS
from .budgets import BudgetSpec
from .errors import RecipeError
from .explain import explain
from .motion import CLIPS
from .platforms import PLATFORMS
from .wardrobe import resolve

PROMPT_LIMIT = 2000  # characters: a paragraph; longer texts are a mistake or an attack
NAME_LIMIT = 64
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Color = Annotated[str, Field(min_length=1, max_length=32, description="#rrggbb or a colour name")]


def _clips(value: Any) -> Any:
    """ "walk, run" is ["walk", "run"], and ["all"] is "all". Raises ValueError for what is no clip."""
    if isinstance(value, str):
        value = [value.strip(" []")]
    if isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        value = [name.strip() for text in value for name in text.split(",") if name.strip()]
    if isinstance(value, list) and "all" in value:
        return "all"
    if not isinstance(value, list | tuple) or len(value) > 64 or not all(isinstance(name, str) for name in value):
        raise ValueError("must be 'all' or a list of up to 64 names of clips")
    for name in value:
        if name not in CLIPS:
            raise ValueError(f"unknown clip '{name[:64]}'")
    return tuple(dict.fromkeys(value))


Animations = Annotated[
    Literal["all"] | Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=64)],
    BeforeValidator(_clips),
]


def _listed(value: Any) -> Any:
    """ "fbx, usdz" and "[fbx, usdz]", which shells make of a list, are ["fbx", "usdz"]."""
    return (
        [name for part in value.strip(" []").split(",") if (name := part.strip())] if isinstance(value, str) else value
    )


Formats = Annotated[
    tuple[Literal["glb", "fbx", "vrm", "vrm0", "usdz", "obj", "static", "report", "vrma", "metahuman"], ...],
    Field(max_length=8),
    BeforeValidator(_listed),
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _parameters(section: str, title: str) -> type[_Model]:
    """A model with one optional, bounded field per parameter of `section`."""
    fields: dict[str, Any] = {}
    for key, p in PARAMETERS.items():
        prefix, _, name = key.partition(".")
        if prefix == section:
            bounded = Annotated[
                float, Field(ge=p.minimum, le=p.maximum, allow_inf_nan=False, description=f"{p.doc} [{p.unit or '-'}]")
            ]
            fields[name] = (bounded | None, None)
    model: type[_Model] = create_model(title, __base__=_Model, **fields)
    return model


if TYPE_CHECKING:

    class BodySpec(_Model): ...

    class FaceSpec(_Model): ...
else:
    BodySpec = _parameters("body", "BodySpec")
    FaceSpec = _parameters("face", "FaceSpec")


class SkinSpec(_Model):
    """Skin, in physical terms rather than presets."""

    tone: Share | None = Field(None, description="melanin: 0 very fair, 1 very deep")
    undertone: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = Field(
        None, description="-1 cool, 1 warm"
    )
    redness: Share | None = Field(None, description="blush of cheeks, nose, ears, joints")
    freckles: Share | None = None


class HairSpec(_Model):
    """What grows on the head."""

    style: str | None = Field(None, max_length=64, description="an item of slot hair, or 'none'")
    color: Color | None = None
    brows: str | None = Field(None, max_length=64, description="an item of slot brows")
    brow_color: Color | None = Field(None, description="follows the hair when unset")
    lashes: str | None = Field(None, max_length=64, description="an item of slot lashes")
    stubble: Share | None = Field(None, description="beard shadow")


class Recipe(_Model):
    """What is wanted. `preset` < `prompt` < explicit fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "preset": "warrior",
                    "prompt": "tall athletic male",
                    "platform": "unity",
                    "morph_targets": True,
                    "lods": True,
                    "no_face": False,
                }
            ]
        },
    )

    preset: str | None = Field(None, max_length=64, description="the id of a preset")
    prompt: str | None = Field(None, max_length=PROMPT_LIMIT, description="a few words, e.g. 'slim female elf'")
    platform: str = Field("web", max_length=32, description="the engine to write for")
    morph_targets: bool = Field(True, description="write the ARKit, viseme and extra shapes")
    lods: bool = Field(True, description="write lower levels of detail")
    no_face: bool = Field(False, description="no shapes, and eye and jaw joints without weights")
    seed: int = Field(0, ge=0, le=2**53, description="varies what nothing else settles; 0 varies nothing")
    formats: Formats = Field((), description="further formats beside the GLB")
    body: BodySpec = BodySpec()
    face: FaceSpec = FaceSpec()
    skin: SkinSpec = SkinSpec()
    hair: HairSpec = HairSpec()
    outfit: tuple[Annotated[str, Field(max_length=64)], ...] | None = Field(
        None, max_length=24, description="items of the wardrobe, any order"
    )
    colors: Mapping[str, Color] = Field(
        default_factory=dict, max_length=64, description="eyes, lips, underwear, a slot, an item or 'item.region'"
    )
    texture_size: Literal[256, 512, 1024, 2048, 4096] | None = Field(None, description="pixels; default by platform")
    texture_format: Literal["auto", "png", "jpeg", "webp"] = "auto"
    atlas: bool | None = Field(None, description="body and outfit in at most two draw calls; default by platform")
    shading: Literal["pbr", "mtoon"] = Field("pbr", description="mtoon: toon shading in VRM files")
    compression: Literal["none", "meshopt", "draco"] = "none"
    skeleton: Literal["full", "no_twists", "mittens", "no_fingers", "minimal"] = Field(
        "full",
        description="how many bones: mittens keep thumb and middle finger, minimal the 19 that every engine takes",
    )
    budget: BudgetSpec = Field(BudgetSpec(), description="numbers that the files must meet, below the platform's own")
    pose: Literal["T", "A"] = "T"
    animations: Animations = Field((), description="clips to write: names of clips, or 'all'; see docs/animations.md")
    root_motion: bool = Field(
        False, description="clips move the root over the ground; without, figures walk and turn on the spot"
    )
    name: str | None = Field(None, max_length=NAME_LIMIT, description="the avatar's name, used in file and node names")
    fixes: tuple[Annotated[str, Field(max_length=64)], ...] = Field((), max_length=32)

    @field_validator("prompt", "name", "preset")
    @classmethod
    def _plain_text(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if _CONTROL.search(value):
            raise ValueError("control characters are not allowed")
        if not value.strip():
            raise ValueError("must not be empty; leave the field out instead")
        return value.strip()

    @field_validator("prompt")
    @classmethod
    def _has_words(cls, value: str | None) -> str | None:
        if value is not None and not any(c.isalnum() for c in value):
            raise ValueError("has no words in it; leave the field out instead")
        return value

    @field_validator("platform")
    @classmethod
    def _known_platform(cls, value: str) -> str:
        if value not in PLATFORMS:
            raise ValueError(f"unknown platform '{value}'")
        return value

    @field_validator("outfit")
    @classmethod
    def _known_items(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for item in value or ():
            try:
                resolve(item)
            except RecipeError:
                raise ValueError(f"unknown item '{item}'") from None
        return value

    def compact(self) -> dict[str, Any]:
        """Plain JSON of what differs from an empty recipe, keys sorted."""
        return _sorted(self.model_dump(mode="json", exclude_none=True, exclude_defaults=True))

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: the same for recipes that ask for the same."""
        text = json.dumps(self.compact(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def values(self) -> dict[str, float]:
        """The body and face parameters that are set, keyed as in `body.PARAMETERS`."""
        sections = (("body", self.body), ("face", self.face))
        return {f"{s}.{k}": v for s, spec in sections for k, v in spec.model_dump(exclude_none=True).items()}


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    plain = {k: _sorted(v) if isinstance(v, dict) else v for k, v in value.items()}
    return {k: plain[k] for k in sorted(plain) if plain[k] != {}}


def parse(data: Any) -> Recipe:
    """Validate plain data into a Recipe. Raises RecipeError with a JSON pointer and a suggestion per problem."""
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise explain(error.errors(include_url=False, include_context=True)) from None

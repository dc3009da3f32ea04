"""What may be asked for when a mesh is processed: one schema for the API's form, the command line and Python."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..budgets import BudgetSpec
from ..errors import RecipeError
from ..explain import explain, known
from ..humanoid import INDEX, NAMES
from ..platforms import PLATFORMS
from ..recipe import Animations, Formats
from ..repair import FIXES

Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Point = tuple[Coordinate, Coordinate, Coordinate]


class Options(BaseModel):
    """How to process a mesh. Every field is optional."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    platform: str = Field("web", max_length=32, description="the engine to write for")
    auto_fix: bool = Field(True, description="mend what can be mended without asking")
    fixes: tuple[Annotated[str, Field(max_length=64)], ...] | None = Field(
        None, max_length=32, description="actions of suggestions to apply; replaces what `auto_fix` would choose"
    )
    morph_targets: bool = Field(True, description="write shapes: those of the file, and expressions where it has none")
    lods: bool = Field(True, description="write lower levels of detail")
    no_face: bool = Field(False, description="make no expressions; eyes and jaw get no weights of their own")
    pose: Literal["T", "A", "keep"] = Field("T", description="rest pose; 'keep' leaves the file's own")
    texture_size: Literal[256, 512, 1024, 2048, 4096] | None = Field(
        None, description="longest side in pixels; default by platform"
    )
    triangles: int | None = Field(
        None, ge=0, le=10_000_000, description="most triangles of the full detail; default by platform, 0 for no limit"
    )
    skeleton: Literal["full", "no_twists", "mittens", "no_fingers", "minimal"] = Field(
        "full",
        description="how many bones: mittens keep thumb and middle finger, minimal the 19 that every engine takes",
    )
    budget: BudgetSpec = Field(BudgetSpec(), description="numbers that the files must meet, below the platform's own")
    atlas: bool | None = Field(None, description="few draw calls; default: as the file has it")
    shading: Literal["pbr", "mtoon"] = Field("pbr", description="mtoon: toon shading in VRM files")
    compression: Literal["none", "meshopt", "draco"] = "none"
    formats: Formats = Field((), description="further formats beside the GLB, where the platform has them")
    hints: Mapping[Annotated[str, Field(max_length=32)], Point] = Field(
        default_factory=dict,
        max_length=len(NAMES),
        description="places of joints, by canonical name, in the file's space",
    )
    min_confidence: float = Field(
        0.5, ge=0.0, le=1.0, allow_inf_nan=False, description="a skeleton found with less is not used"
    )
    animations: Animations = Field((), description="clips to write beside those of the file: names of clips, or 'all'")
    root_motion: bool = Field(
        False, description="clips move the root over the ground; without, figures walk and turn on the spot"
    )
    name: str | None = Field(None, max_length=64, description="the avatar's name, used in file and node names")

    @field_validator("platform")
    @classmethod
    def _known_platform(cls, value: str) -> str:
        return known(value, tuple(PLATFORMS), "platform")

    @field_validator("hints")
    @classmethod
    def _known_joints(cls, value: Mapping[str, Point]) -> Mapping[str, Point]:
        for name in value:
            if name not in INDEX:
                known(name, NAMES, "joint")
        return value

    @field_validator("fixes")
    @classmethod
    def _known_fixes(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in value or ():
            known(name, tuple(FIXES), "fix")
        return value


def parse(data: Mapping[str, Any]) -> Options:
    """Options from untrusted data; `hints` and `budget` may be JSON text, as forms send them. Raises RecipeError naming
    each field."""
    for name in ("hints", "budget"):
        if isinstance(text := data.get(name), str):
            try:
                data = {**data, name: json.loads(text or "{}")}
            except (ValueError, RecursionError):
                raise RecipeError(f"/{name}: not JSON", pointer=f"/{name}") from None
    try:
        return Options.model_validate(dict(data))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=True)
        raise explain(problems, tuple(Options.model_fields)) from None

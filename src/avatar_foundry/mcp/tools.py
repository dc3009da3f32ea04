"""What assistants can ask for: names, words, inputs. Inputs are pydantic models; generate's is the Recipe itself."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ..body import PARAMETERS
from ..platforms import PLATFORMS
from ..presets import load_presets
from ..process import Options
from ..recipe import Recipe
from ..render import VIEWS
from ..rig import POSES


class Input(BaseModel):
    """A tool's input: nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Listing(Input):
    """list_presets, list_platforms."""

    id: str | None = Field(None, max_length=64, description="all details of this one; a short list of all without it")


class Parameters(Input):
    """list_parameters."""

    search: str = Field("", max_length=64, description="words that names or descriptions must have, e.g. 'nose'")


class Generate(Recipe):
    """generate: the recipe's fields, and where the files go."""

    folder: str = Field("avatars", max_length=1024, description="where to write, below the root folder")


class Process(Options):
    """process: the options of the API, the file, and where the files go."""

    file: str = Field(max_length=4096, description="the mesh, below the root folder")
    folder: str = Field("avatars", max_length=1024, description="where to write, below the root folder")

    def form(self) -> dict[str, Any]:
        """What was asked for, as plain data."""
        return self.model_dump(mode="json", exclude_unset=True, exclude={"file", "folder"})


class Validate(Input):
    """validate."""

    file: str = Field(max_length=4096, description="the mesh, below the root folder")
    platform: str = Field("web", max_length=32)


class Subject(Input):
    """inspect."""

    file: str | None = Field(None, max_length=4096, description="a GLB below the root folder")
    avatar_id: str | None = Field(None, max_length=64, description="or an avatar that was made here")


class Render(Subject):
    """render."""

    views: tuple[str, ...] = Field(("front", "face"), min_length=1, max_length=6)
    size: int = Field(512, ge=64, le=1024, description="pixels per view")
    pose: str | None = Field(None, max_length=32, description="a test pose; the rest pose without it")
    morphs: Mapping[str, float] = Field(default_factory=dict, max_length=72, description="shapes by weight")


class Review(Input):
    """review."""

    action: Literal["list", "decide"] = "list"
    state: Literal["pending", "approved", "rejected", "changes_requested"] | None = None
    review_session_id: str | None = Field(None, max_length=64)
    decision: Literal["approve", "reject", "request_changes"] | None = None
    comment: str = Field("", max_length=4000)


class Tool(NamedTuple):
    """title, about: for assistants. writes: whether it changes anything."""

    title: str
    about: str
    input: type[BaseModel]
    writes: bool = False


TOOLS: Mapping[str, Tool] = {
    "list_presets": Tool("List presets", "Characters that can be asked for by name.", Listing),
    "list_platforms": Tool("List platforms", "Engines that files are written for, with budgets and rules.", Listing),
    "list_parameters": Tool(
        "List body and face parameters", "Names, ranges and meanings for generate's `body` and `face`.", Parameters
    ),
    "generate": Tool(
        "Generate an avatar",
        "Make a complete game character (GLB: body, clothes, 65-bone skeleton, face shapes, levels of detail) from a "
        "preset, a few words, or explicit parameters; explicit fields override the prompt, which overrides the preset. "
        "Writes the files and says which words of the prompt did nothing. Look at the outcome with render.",
        Generate,
        True,
    ),
    "process": Tool(
        "Process a mesh", "Read a mesh file, repair and rig it, and write it for a platform.", Process, True
    ),
    "validate": Tool("Validate a mesh", "Judge a mesh file by a platform's rules; writes nothing.", Validate),
    "inspect": Tool("Inspect a GLB", "Counts, bones, shapes, materials and sizes of a file or avatar.", Subject),
    "render": Tool("Render a picture", "Draw a GLB file or an avatar, and see it.", Render),
    "review": Tool(
        "Review avatars",
        "List the reviews of made avatars, or decide one: approve, reject, request changes.",
        Review,
        True,
    ),
}


def schema_of(name: str) -> dict[str, Any]:
    """The input's JSON schema, short enough for an assistant's context: parameters by name are in list_parameters."""
    if name == "generate":
        return _generate_schema()
    schema: dict[str, Any] = _plain(TOOLS[name].input.model_json_schema())
    properties = schema["properties"]
    if "platform" in properties:
        properties["platform"] = {"enum": list(PLATFORMS), "default": "web"}
    if "hints" in properties:
        properties["hints"] = {
            "type": "object",
            "description": properties["hints"]["description"] + ": {name: [x,y,z]}",
        }
    if "views" in properties:
        properties["views"]["items"] = {"enum": list(VIEWS)}
        properties["pose"] = {"enum": list(POSES), "description": "a test pose; the rest pose without it"}
    return schema


def _generate_schema() -> dict[str, Any]:
    schema: dict[str, Any] = _plain(Generate.model_json_schema())
    del schema["$defs"]["BodySpec"], schema["$defs"]["FaceSpec"]
    properties = schema["properties"]
    main = [k.removeprefix("body.") for k in PARAMETERS if k.startswith("body.")][:12]
    number = {"type": "object", "additionalProperties": {"type": "number"}}
    properties["body"] = {**number, "description": f"{', '.join(main)} and more: see list_parameters"}
    properties["face"] = {**number, "description": "-1..1 or 0..1 each: see list_parameters"}
    properties["preset"] = {"enum": list(load_presets())}
    properties["platform"] = {"enum": list(PLATFORMS), "default": "web"}
    schema.pop("examples", None)
    return schema


def _plain(value: Any) -> Any:
    """The schema without what only people read, and with optional fields as their own type: leaving out is enough."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if not isinstance(value, dict):
        return value
    found = {k: _plain(v) for k, v in value.items() if not (k == "title" and isinstance(v, str))}
    if "default" in found and found["default"] is None:
        del found["default"]
    options = found.get("anyOf")
    if isinstance(options, list):
        kept = [o for o in options if o != {"type": "null"}]
        if len(kept) == 1:
            del found["anyOf"]
            found = {**kept[0], **found}
    return found

"""The recipe: one schema for the API, the command line, the dashboard's form and the MCP server.

Every field is optional. A recipe as asked becomes a resolved recipe (`plan.resolve`) in which each value that shapes
the files is written out; resolving a resolved recipe changes nothing.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model, field_validator
from rapidfuzz import fuzz, process

from .body import PARAMETERS
from .budgets import BudgetSpec
from .errors import Issue, RecipeError, Suggestion
from .motion import CLIPS
from .platforms import PLATFORMS
from .wardrobe import ITEMS, resolve

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


class Unknown(ValueError):
    """A name that is not in its list, and what to write instead."""

    def __init__(self, message: str, suggestion: Suggestion) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def known(value: str, names: tuple[str, ...], what: str) -> str:
    """`value` if it is one of `names`. Raises Unknown with the nearest of them, or with all (up to 32)."""
    if value in names:
        return value
    raise Unknown(f"unknown {what} '{value[:32]}'", instead_of(value, names))


def instead_of(word: str, names: tuple[str, ...]) -> Suggestion:
    """The nearest of `names`, or all of them (up to 32)."""
    if close := nearest(word, names):
        return Suggestion(f"Use '{close[0]}'", f"The nearest that exists is '{close[0]}'.", close[1])
    return Suggestion("Choose one that exists", ", ".join(names[:32]) + (", ..." if len(names) > 32 else ""), 0.5)


def explain(problems: Sequence[Any], fields: tuple[str, ...] | None = None) -> RecipeError:
    """pydantic's problems -> one RecipeError: the first in words, all (up to 50) as issues, cures as suggestions.

    fields: those that the request may have, where it is no recipe."""
    issues = [Issue(_pointer(p["loc"]), _message(p)) for p in problems[:50]]
    suggestions = [s for p in problems[:10] if (s := suggest(p, fields)) is not None]
    first = issues[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return RecipeError(
        f"{first.pointer or '/'}: {first.message}{more}",
        pointer=first.pointer,
        issues=list(dict.fromkeys(issues)),
        suggestions=list(dict.fromkeys(suggestions)),
    )


def _pointer(loc: tuple[int | str, ...]) -> str:
    # A union's branch names (constrained-str, tuple[...]) are pydantic's, not the sender's.
    own = [p for p in loc if isinstance(p, int) or not re.search(r"[\[\-(]|^(all|float|str|literal)$", p)]
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1")[:80] for p in own)


def _message(problem: Any) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return "unknown field"
    if kind in _WORDS:
        return f"must be {_WORDS[kind]}"
    return str(problem["msg"]).removeprefix("Value error, ")


# What pydantic names by its own types, in words of JSON
_WORDS = {
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), "a JSON object"),
}
_SUCH_AS = {
    "/formats": '["fbx"]',
    "/outfit": '["tee", "jeans"]',
    "/animations": '["idle", "walk"]',
    "/budget": '{"triangles": 5000}',
    "/body": '{"height": 1.8}',
    "/colors": '{"eyes": "green"}',
    "": '{"preset": "warrior"}',
}


_NAMED = {"/platform": "platform", "/outfit": "item", "/animations": "clip"}


@lru_cache(1)
def _names() -> dict[str, tuple[str, ...]]:
    """Valid names by the place where they may stand."""
    return {
        "": tuple(Recipe.model_fields),
        "/body": tuple(BodySpec.model_fields),
        "/face": tuple(FaceSpec.model_fields),
        "/skin": tuple(SkinSpec.model_fields),
        "/hair": tuple(HairSpec.model_fields),
        "/budget": tuple(BudgetSpec.model_fields),
        "platform": tuple(PLATFORMS),
        "item": tuple(ITEMS),
        "clip": tuple(CLIPS),
    }


def nearest(word: str, names: tuple[str, ...]) -> tuple[str, float] | None:
    """The most similar of `names` and how similar it is (0..1), or None when nothing is close."""
    # parts of words count only in words long enough to mean something: "nix" is no "mixamo"
    scorer = fuzz.WRatio if len(word) > 3 else fuzz.ratio
    found = process.extractOne(word[:64].lower(), names, scorer=scorer, score_cutoff=55)
    return (found[0], round(found[1] / 100, 2)) if found else None


def suggest(problem: Any, fields: tuple[str, ...] | None = None) -> Suggestion | None:
    """What would cure one validation problem; made from the problem itself. fields: as for `explain`."""
    pointer, kind, context = _pointer(problem["loc"]), problem["type"], problem.get("ctx") or {}
    text = str(problem.get("input"))
    if isinstance(cause := context.get("error"), Unknown):
        return cause.suggestion
    if kind == "extra_forbidden":
        place, _, word = pointer.rpartition("/")
        there = fields if fields is not None and not place else _names().get(place, ())
        if close := nearest(word, there):
            return Suggestion(f"Use '{close[0]}'", f"'{word[:64]}' is not a field here; '{close[0]}' is.", close[1])
        choice = f" There are: {', '.join(there)}." if there and (place or fields is not None) else ""
        return Suggestion("Remove the field", f"'{word[:64]}' is not a field here.{choice}", 0.8)
    if (kinds := [k for place, k in _NAMED.items() if pointer.startswith(place)]) and "unknown" in str(problem["msg"]):
        table = _names()[kinds[0]]
        return instead_of(re.sub(r".*unknown \w+ '(.*)'", r"\1", str(problem["msg"])), table)
    for key, word in (("le", "most"), ("ge", "least"), ("lt", "most"), ("gt", "least")):
        if key in context:
            return Suggestion(
                f"Use {context[key]:g}", f"{pointer} may be {context[key]:g} at {word}; {text[:32]} was given.", 0.9
            )
    if kind == "finite_number":
        return Suggestion("Send a finite number", f"{pointer} takes an ordinary number, not {text[:32]}.", 0.9)
    if kind in ("string_too_long", "too_long"):
        return Suggestion("Shorten it", f"At most {context.get('max_length')} are taken.", 0.9)
    if kind == "literal_error":
        return Suggestion("Choose one of the values", f"Valid: {context.get('expected')}.", 0.8)
    if kind in _WORDS:
        such = f", such as {_SUCH_AS[pointer]}" if pointer in _SUCH_AS else ""
        place = pointer or "The request"
        return Suggestion(f"Send {_WORDS[kind]}", f"{place} takes {_WORDS[kind]}{such}; not {text[:32]!r}.", 0.9)
    if "control characters" in str(problem["msg"]):
        return Suggestion("Remove the control characters", "Send printable text only.", 0.95)
    if "leave the field out" in str(problem["msg"]):
        return Suggestion("Leave the field out", "An absent field takes its default.", 0.9)
    if kind.endswith(("_type", "_parsing")):
        wanted = kind.removesuffix("_type").removesuffix("_parsing")
        return Suggestion(f"Send a {wanted}", f"{pointer or 'The recipe'} takes a {wanted}, not {text[:32]!r}.", 0.9)
    return None

"""What a platform is: declarations, no behaviour of its own."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..avatar import Avatar
from ..errors import RecipeError, Suggestion
from ..fitting import Notes
from ..formats import GlbOptions, compressible
from ..pipeline import Stage
from ..rules import RULES, Order
from ..rules.registry import OFF, PLAIN
from ..stages.adapt_skeleton import Scheme, adapt_skeleton
from ..stages.add_springs import add_springs
from ..stages.atlas_textures import atlas_textures
from ..stages.fit_draws import fit_draws
from ..stages.fit_images import fit_images, power_below
from ..stages.fit_shapes import fit_shapes
from ..stages.lead_clip import lead_clip
from ..stages.limit_influences import limit_influences
from ..stages.name_loops import name_loops
from ..stages.name_parts import name_parts
from ..stages.plain_pictures import plain_pictures
from ..stages.reduce_skeleton import reduce_skeleton
from ..stages.rename_shapes import rename_shapes
from ..stages.take_springs import take_springs

Write = Callable[[Avatar, "Platform", str], dict[str, bytes]]
Export = Callable[[Avatar], bytes]
Packed = Callable[[Avatar, str], bytes]
Clips = Callable[[Avatar], Mapping[str, bytes]]
REMADE = 400_000  # triangles of what is made anew: they only cost time
# format -> what follows the name, where that is not .FORMAT
ENDINGS = {
    "report": "_report.json",
    "metahuman": "_metahuman.json",
    "vrm0": "_vrm0.vrm",
    "obj": "_obj.zip",
    "static": "_static.glb",
}


# texture format -> media type of an atlas, where it is not the richest among those of its parts
SHEETS = {"webp": "image/webp", "jpeg": "image/jpeg"}

#: The families of rules that apply everywhere. Those of one platform (vrm/, roblox/ ..) it adds itself.
FAMILIES = (
    "mesh/",
    "skin/",
    "skeleton/",
    "morph/",
    "material/",
    "texture/",
    "animation/",
    "budget/",
    "format/",
)


@dataclass(frozen=True)
class Budget:
    """Upper limits; the budget rules warn above them. Sources in facts: section 1.5, 3.2, 6.5.

    triangles, bones, materials, draw_calls: counts at full detail.  influences: joints per vertex.
    texture: longest side, pixels.  bytes: size of the main file.
    texture_memory: bytes on the graphics card with mip levels, None for no limit.  morphs: shapes, None for no limit.
    """

    triangles: int
    bones: int
    influences: int = 4
    materials: int = 16
    draw_calls: int = 16
    texture: int = 2048
    bytes: int = 32_000_000
    texture_memory: int | None = None
    morphs: int | None = None

    @property
    def single(self) -> bool:
        """Whether everything must be one mesh with one material."""
        return min(self.materials, self.draw_calls) < 2


STATED = "the request states this budget"
RULE_OF = {  # field of a budget -> the rule that judges it
    "influences": "skin/influences",
    "draw_calls": "budget/draw-calls",
    "texture": "material/texture-size",
    "texture_memory": "budget/texture-memory",
    "bytes": "budget/file-size",
} | {name: f"budget/{name}" for name in ("triangles", "bones", "materials", "morphs")}


@dataclass(frozen=True)
class Platform:
    """One engine's expectations, as data.

    skeleton:     its bones, hierarchy and axes; None keeps AXIS-65.
    glb:          how its main file is written.
    lods:         "separate": NAME_lod1.glb .. beside the main file; "msft": in the main file too.
    texture_size: default edge, pixels.  texture_format: default file format of textures.
    springs:      whether hair, skirts, capes and long ears get chains of joints that swing.
    atlas:        whether body and outfit are merged into two draw calls unless the recipe says otherwise.
    rules:        id prefixes of the rules that apply.
    severities:   rule id -> (severity, reason), where it differs from the rule's own; "off": it does not apply.
    bone_pattern: what bone names may look like.
    bone_axis:    the local axis that limbs lie along: "+Y", or "±X" where sides are mirrored; "" for no convention.
    required:     bones that must be there, by their names in this platform.
    node_pattern: what names of parts keep through the importer.
    node_suffixes: endings of parts' names that the importer takes for orders.
    packages:     compression -> what must be installed before the engine reads it.
    order:        how the files are asked for; `judge` fills it in.
    exports:      further formats that may be asked for: ending -> what writes NAME.ending.
    variants:     further files that are always written: what follows NAME -> what writes it.
    static:       what writes the format "static", NAME_static.glb, compressed as the recipe asks; None: nothing does.
    clips:        what writes the format "vrma", a file per clip: {what follows NAME: its bytes}; None: nothing does.
    codecs:       the compressions that its programs read.
    plain:        whether its programs read no textures but PNG and JPEG.
    shadings:     how its materials can be shaded.
    texel:        bytes that a pixel takes on the graphics card: 1 where the engine compresses textures, else 4.
    shapes:       canonical shape name -> theirs, where it differs.
    leads:        the clip that comes first where there is one: its programs play the first and no other.
    loops:        what follows the names of clips that loop.
    remake:       the stage that makes everything anew for it, given the edge of textures in pixels; None: nothing does.
                  It sees the skeleton, the detail and the layers as they come, and meets the budget itself.
    notes:        what a user has to know on import, one sentence each.
    """

    id: str
    title: str
    write: Write
    skeleton: Scheme | None = None
    glb: GlbOptions = field(default_factory=GlbOptions)
    lods: str = "separate"
    texture_size: int = 2048
    texture_format: str = "png"
    springs: bool = False
    atlas: bool = False
    budget: Budget = field(default_factory=lambda: Budget(70_000, 256))
    rules: tuple[str, ...] = FAMILIES
    severities: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    bone_pattern: str = r"[A-Za-z0-9_]+"
    bone_axis: str = ""
    node_pattern: str = r"[\w.$-]([\w.$ -]*[\w.$-])?"
    node_suffixes: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    order: Order = PLAIN
    required: tuple[str, ...] = ()
    metres_per_unit: float = 1.0
    exports: Mapping[str, Export] = field(default_factory=dict)
    variants: Mapping[str, Export] = field(default_factory=dict)
    static: Packed | None = None
    clips: Clips | None = None
    codecs: tuple[str, ...] = ("meshopt", "draco")
    plain: bool = False
    shadings: tuple[str, ...] = ("pbr",)
    texel: int = 1
    shapes: Mapping[str, str] = field(default_factory=dict)
    leads: str = ""
    loops: str = ""
    remake: Callable[[int], Stage] | None = None
    notes: tuple[str, ...] = ()

    @property
    def bones(self) -> Mapping[str, str]:
        """Canonical bone name -> theirs."""
        return self.skeleton.names if self.skeleton is not None else {}

    @property
    def root(self) -> str:
        """The joint above the hips, at the origin; "" where the platform has none."""
        first = self.skeleton.joints[0] if self.skeleton is not None and self.skeleton.joints else None
        return first.name if first is not None and not first.source and not first.parent else ""

    @property
    def helpers(self) -> tuple[str, ...]:
        """The joints without skin that hang below the root, for the platform's own tools."""
        joints = self.skeleton.joints if self.skeleton is not None else ()
        beside = {self.root} - {""}
        for j in joints:
            if not j.weighted and j.parent in beside:
                beside.add(j.name)
        return tuple(sorted(beside - {self.root}))

    @property
    def intake(self) -> int:
        """Triangles that an avatar may have before it is finished."""
        return REMADE if self.remake is not None else self.budget.triangles

    @property
    def idle(self) -> tuple[str, ...]:
        """The joints that have no skin and should have none: the platform's own, and the ends of toes."""
        joints = self.skeleton.joints if self.skeleton is not None else ()
        own = {j.name for j in joints if not j.weighted}
        return tuple(sorted(own | {self.bones.get(n, n) for n in ("leftToesEnd", "rightToesEnd")}))

    @property
    def images(self) -> tuple[str, ...]:
        """The media types of images that its programs read."""
        return ("image/png", "image/jpeg", *(() if self.plain else ("image/webp",)))

    @property
    def finish(self) -> tuple[Stage, ...]:
        """The stages that finish an avatar for this platform."""
        return self.finish_for(None)

    def merges(self, atlas: bool | None) -> bool:
        """Whether textures are merged, after the recipe's word on it."""
        return self.atlas if atlas is None else atlas

    def painted(self, texture_format: str, atlas: bool | None) -> str:
        """What textures are painted as for a recipe that wants `texture_format`; an atlas is encoded once, at last."""
        webp = texture_format == "auto" and self.texture_format == "webp" and not self.merges(atlas)
        return "webp" if webp else texture_format

    def finish_for(
        self,
        atlas: bool | None,
        *,
        skeleton: str = "full",
        texture_size: int | None = None,
        texture_format: str = "auto",
        notes: Notes | None = None,
    ) -> tuple[Stage, ...]:
        """As `finish`, with the recipe's word on the atlas, on the level of the skeleton and on textures; None leaves
        them to the platform. What was done to meet the budget goes into `notes`."""
        budget = self.budget
        if self.remake is not None:
            return (self.remake(min(texture_size or self.texture_size, budget.texture)),)
        mime = SHEETS.get(self.texture_format, "") if texture_format == "auto" else ""
        sheet = power_below(min(2 * (texture_size or self.texture_size), budget.texture))
        return (
            *((take_springs(), add_springs()) if self.springs else ()),
            *((adapt_skeleton(self.skeleton),) if self.skeleton is not None else ()),
            reduce_skeleton(self.skeleton, skeleton, budget.bones, notes),
            limit_influences(budget.influences, notes),
            # one sheet is made of the parts' own pictures, not of two sheets
            *((atlas_textures(sheet, mime),) if self.merges(atlas) and not budget.single else ()),
            fit_draws(budget.materials, budget.draw_calls, sheet, mime, notes),
            fit_shapes(budget.morphs, notes),
            *((rename_shapes(self.shapes),) if self.shapes else ()),
            *((lead_clip(self.leads),) if self.leads else ()),
            *((name_loops(self.loops),) if self.loops else ()),
            *((plain_pictures(),) if self.plain else ()),
            name_parts(self.node_pattern, self.node_suffixes),
            fit_images(budget.texture, budget.texture_memory, self.texel, notes),
        )

    def within(self, stated: Mapping[str, int]) -> "Platform":
        """This platform with a budget lowered to what a request states; what is stated has to be met."""
        own = asdict(self.budget)
        lower = {name: n if own[name] is None else min(n, own[name]) for name, n in stated.items()}
        held = {RULE_OF[name]: ("error", STATED) for name in stated}
        return replace(self, budget=replace(self.budget, **lower), severities={**self.severities, **held})

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that are written: GLB always, the others when they are asked for."""
        more = {"static": self.static, "vrma": self.clips}
        own = [kind for kind, write in more.items() if write is not None]
        return ("glb", *sorted(["report", *self.exports, *own]))

    def packing(self, avatar: Avatar, formats: Collection[str], compression: str) -> str:
        """The main file's compression: Draco that the static file alone can have leaves the main file as it is."""
        return "none" if compression == "draco" and "static" in formats and not compressible(avatar) else compression

    def written(
        self, avatar: Avatar, formats: Collection[str], compression: str, main: str | None = None
    ) -> dict[str, bytes]:
        """{file name: bytes}, the main file first. main: its own compression, where that is another.

        Raises RecipeError for what this platform has not."""
        wanted = [kind for kind in dict.fromkeys(formats) if kind not in ("glb", "report")]  # who judged it reports
        self.check(wanted, compression)
        files = self.write(avatar, self, self.packing(avatar, wanted, compression) if main is None else main)
        files |= {avatar.name + ending: write(avatar) for ending, write in self.variants.items()}
        for kind in wanted:
            name = avatar.name + ENDINGS.get(kind, f".{kind}")
            if kind == "static" and self.static is not None:
                files[name] = self.static(avatar, compression)
            elif kind == "vrma" and self.clips is not None:
                files |= {avatar.name + ending: data for ending, data in self.clips(avatar).items()}
            elif name not in files:
                files[name] = self.exports[kind](avatar)
        return files

    def check(self, formats: Iterable[str], compression: str) -> None:
        """Raises RecipeError for formats and compressions that this platform has not."""
        for kind in formats:
            if kind not in self.formats:
                raise self._without("formats", f"{self.title} is not written as {kind}", self.formats)
        if compression not in ("none", *self.codecs):
            message = f"{self.title} does not read files with {compression} compression"
            raise self._without("compression", message, ("none", *self.codecs))

    def check_shading(self, shading: str) -> None:
        """Raises RecipeError for a shading that this platform has not."""
        if shading not in self.shadings:
            raise self._without("shading", f"{self.title} has no {shading} materials", self.shadings)

    def _without(self, field: str, message: str, there: Iterable[str]) -> RecipeError:
        way = Suggestion(
            f"Leave '{field}' out, or choose what is there",
            f"For the platform {self.id} there are: {', '.join(there)}; docs/platforms.md tells what others have.",
            0.8,
        )
        return RecipeError(f"/{field}: {message}", pointer=f"/{field}", suggestions=[way])

    def describe(self) -> dict[str, Any]:
        """What users are told about this platform, as plain data."""
        off = {id for id, (severity, _) in self.severities.items() if severity == OFF}
        return {
            "id": self.id,
            "title": self.title,
            "formats": list(self.formats),
            "compressions": ["none", *self.codecs],
            "axes": {"up": "+Y", "forward": "+Z", "handedness": "right"},
            "metres_per_unit": self.metres_per_unit,
            "budgets": asdict(self.budget),
            "texture_size": self.texture_size,
            "texture_format": self.texture_format,
            "shadings": list(self.shadings),
            "atlas": self.atlas,
            "bones": dict(self.bones),
            "morph_naming": "ARKit, Oculus visemes and Ready Player Me extras, by their own names"
            + (f", but visemes as {', '.join(list(self.shapes.values())[:2])} ..." if self.shapes else ""),
            "lods": self.lods,
            "rules": sorted(r for r in RULES if r.startswith(self.rules) and r not in off),
            "notes": list(self.notes),
        }

"""Materials of FBX files as metallic-roughness, and their pictures: embedded or beside the file."""

import math

from ...avatar import Material, Texture
from ..names import unique_names
from .bundle import Bundle
from .fbx_objects import Graph, Object
from .fbx_tree import Packed
from .images import picture
from .mtl import has_alpha, tangent_space, unit
from .upload import Log

BASE = ("DiffuseColor", "Maya|baseColor", "3dsMax|Parameters|base_color_map", "Maya|TEX_color_map", "base_color",
        "3dsMax|main|base_color_map")  # fmt: skip
BUMP = ("NormalMap", "Bump", "Maya|normalCamera", "3dsMax|Parameters|bump_map", "Maya|TEX_normal_map",
        "3dsMax|main|norm_map")  # fmt: skip
CLEAR = ("TransparentColor", "TransparencyFactor", "Maya|opacity")


class Paints:
    """All materials of a file, by the object's id."""

    def __init__(self, graph: Graph, bundle: Bundle, log: Log) -> None:
        self._graph, self._bundle, self._log = graph, bundle, log
        self._pictures: dict[int, Texture | None] = {}
        objects = list(graph.kind("Material"))
        names = unique_names([o.name or f"material_{i}" for i, o in enumerate(objects)])
        self.number = {o.id: i for i, o in enumerate(objects)}
        self.materials = tuple(self._material(o, n) for o, n in zip(objects, names, strict=True))

    def _material(self, o: Object, name: str) -> Material:
        maps: dict[str, Texture | None] = {}
        for texture, slot in self._graph.below(o.id, "Texture"):
            if slot not in maps:
                maps[slot] = self._texture(texture)
        base = next((maps[s] for s in BASE if maps.get(s) is not None), None)
        bump = next((maps[s] for s in BUMP if maps.get(s) is not None), None)
        if bump is not None and not tangent_space(bump):
            self._log.note(f"The bump map {bump.name} is not a normal map and was left out.")
            bump = None
        for slot, held in maps.items():
            if held is not None and held is not base and held is not bump and slot not in CLEAR:
                self._log.note(f"The map {slot} of the material {name} is not read.")
        color = o.vector("DiffuseColor", o.vector("Diffuse", (0.8, 0.8, 0.8)))
        factor = o.number("DiffuseFactor", 1.0)
        if base is not None:
            color, factor = (1.0, 1.0, 1.0), 1.0
        alpha = o.number("Opacity", math.nan)
        if math.isnan(alpha):
            clear = o.vector("TransparentColor", (0.0, 0.0, 0.0))
            alpha = 1.0 - o.number("TransparencyFactor", 0.0) * (max(clear) if "TransparentColor" in o.props else 1.0)
        shine = o.number("Shininess", o.number("ShininessExponent", math.nan))
        rough = 1.0 - math.sqrt(min(max(shine, 0.0), 100.0)) / 10.0 if not math.isnan(shine) else 0.8
        cut = any(maps.get(s) is not None for s in CLEAR) and has_alpha(base)
        if not cut and alpha <= 0.0:
            alpha = 1.0  # exporters that mean the opposite: nobody exports what cannot be seen
        return Material(
            name=name,
            color=(
                unit(color[0] * factor),
                unit(color[1] * factor),
                unit(color[2] * factor),
                1.0 if cut else unit(alpha),
            ),
            metallic=unit(o.number("ReflectionFactor", 0.0)) if "ReflectionFactor" in o.props else 0.0,
            roughness=rough,
            base=base,
            normal=bump,
            normal_scale=min(max(o.number("BumpFactor", 1.0), 0.0), 10.0) if bump is not None else 1.0,
            alpha_mode="MASK" if cut else "BLEND" if alpha < 0.999 else "OPAQUE",
        )

    def _texture(self, o: Object) -> Texture | None:
        if o.id not in self._pictures:
            self._pictures[o.id] = self._read(o)
        return self._pictures[o.id]

    def _read(self, o: Object) -> Texture | None:
        names = [o.record.text(n) for n in ("RelativeFilename", "FileName", "Filename")]
        for video, _ in self._graph.below(o.id, "Video"):
            names += [video.record.text(n) for n in ("RelativeFilename", "Filename", "FileName")]
            names += [str(v[0]) for n in ("RelPath", "Path") if (v := video.props.get(n))]
            if data := content(video):
                return picture(base_name(names) or o.name or "texture", data, self._log)
        for name in filter(None, names):
            if (found := self._bundle.find(name)) is not None:
                return picture(found[0].rsplit("/", 1)[-1], found[1], self._log)
        if shown := base_name(names):
            self._log.note(f"The texture {shown} is not in the upload.")
            self._log.counts["textures_missing"] += 1
        return None


def base_name(names: list[str]) -> str:
    """The file name in the first of some paths."""
    for name in names:
        if base := name.replace("\\", "/").rsplit("/", 1)[-1]:
            return "".join(c for c in base if c.isprintable())[:120]
    return ""


def content(video: Object) -> bytes:
    """The picture inside a Video object, or nothing."""
    found = video.record.first("Content")
    if found is None or not found.values:
        return b""
    value = found.values[0]
    if isinstance(value, Packed):
        return value.unpack().tobytes()
    return value if isinstance(value, bytes) else b""

"""Materials of COLLADA files, as metallic-roughness."""

import math

from ...avatar import Material, Texture
from ..names import unique_names
from .bundle import Bundle
from .dae_mesh import number_list
from .images import picture
from .mtl import has_alpha, tangent_space, unit
from .upload import Log
from .xml import Element

SHADERS = ("phong", "lambert", "blinn", "constant")


class Effects:
    """All materials of a file, and their numbers by address."""

    def __init__(self, root: Element, by_id: dict[str, Element], bundle: Bundle, log: Log) -> None:
        self._by_id, self._bundle, self._log = by_id, bundle, log
        self._pictures: dict[str, Texture | None] = {}
        held = [m for library in root.all("library_materials") for m in library.all("material")]
        names = unique_names([m.attributes.get("name") or m.attributes.get("id") or "material" for m in held])
        self._numbers = {m.attributes.get("id", ""): i for i, m in enumerate(held)}
        self._names = {n: i for i, n in enumerate(names)}
        self.materials = tuple(self._material(m, n) for m, n in zip(held, names, strict=True))

    def number(self, url: str | None) -> int:
        """A material's number by its address, -1 for none."""
        return self._numbers.get((url or "").removeprefix("#"), -1)

    def named(self, symbol: str) -> int:
        """A material's number by its id or name, for meshes that do not bind their symbols."""
        return self._numbers.get(symbol, self._names.get(symbol, -1))

    def _material(self, element: Element, name: str) -> Material:
        instance = element.first("instance_effect")
        url = instance.attributes.get("url", "") if instance is not None else ""
        effect = self._by_id.get(url.removeprefix("#"))
        profile = effect.first("profile_COMMON") if effect is not None else None
        technique = profile.first("technique") if profile is not None else None
        if profile is None or technique is None:
            return Material(name, color=(0.8, 0.8, 0.8, 1.0))
        shader = next((e for e in technique.children if e.tag in SHADERS), None)
        diffuse = shader.first("diffuse") if shader is not None else None
        base = self._texture(diffuse, profile)
        color = self._color(diffuse) or [0.8, 0.8, 0.8, 1.0]
        if base is not None:
            color = [1.0, 1.0, 1.0, 1.0]
        bump = next((self._texture(e, profile) for e in technique.walk() if e.tag in ("bump", "normal")), None)
        if bump is not None and not tangent_space(bump):
            bump = None
        alpha = self._alpha(shader)
        cut = shader is not None and self._texture(shader.first("transparent"), profile) is not None and has_alpha(base)
        shine = self._number(shader, "shininess")
        return Material(
            name=name,
            color=(unit(color[0]), unit(color[1]), unit(color[2]), 1.0 if cut else alpha),
            roughness=1.0 - math.sqrt(min(max(shine, 0.0), 100.0)) / 10.0 if shine is not None else 0.8,
            base=base,
            normal=bump,
            alpha_mode="MASK" if cut else "BLEND" if alpha < 0.999 else "OPAQUE",
            double_sided=any(e.tag == "double_sided" and e.text.strip() == "1" for e in profile.walk()),
        )

    def _color(self, slot: Element | None) -> list[float] | None:
        held = slot.first("color") if slot is not None else None
        values = [float(v) for v in number_list(held.text)[:4]] if held is not None else []
        return values if len(values) == 4 and all(map(math.isfinite, values)) else None

    def _number(self, shader: Element | None, name: str) -> float | None:
        held = shader.first(name, "float") if shader is not None else None
        values = number_list(held.text if held is not None else "")[:1]
        return float(values[0]) if len(values) and math.isfinite(values[0]) else None

    def _alpha(self, shader: Element | None) -> float:
        slot = shader.first("transparent") if shader is not None else None
        amount = self._number(shader, "transparency")
        color = self._color(slot)
        if slot is None or color is None:
            return 1.0 if not amount else unit(amount)
        amount = 1.0 if amount is None else amount
        if slot.attributes.get("opaque", "A_ONE") == "RGB_ZERO":
            alpha = unit(1.0 - amount * max(color[:3]))
        else:
            alpha = unit(amount * color[3])
        return alpha or 1.0  # exporters that mean the opposite: nobody exports what cannot be seen

    def _texture(self, slot: Element | None, profile: Element) -> Texture | None:
        held = slot.first("texture") if slot is not None else None
        if held is None:
            return None
        name = held.attributes.get("texture", "")
        params = {p.attributes.get("sid", ""): p for p in profile.all("newparam")}
        for path in (("sampler2D", "source"), ("surface", "init_from")):
            if name in params and (found := params[name].first(*path)) is not None:
                name = found.text.strip()
        if name in params and (found := params[name].first("sampler2D", "instance_image")) is not None:
            name = found.attributes.get("url", "").removeprefix("#")
        return self._image(name)

    def _image(self, id: str) -> Texture | None:
        if id not in self._pictures:
            element = self._by_id.get(id)
            start = element.first("init_from") if element is not None and element.tag == "image" else None
            ref = start.first("ref") if start is not None else None
            file = (ref or start).text.strip() if start is not None and (ref or start) is not None else ""
            found = self._bundle.find(file) if file else None
            if file and found is None:
                self._log.note(f"The texture {file.rsplit('/', 1)[-1][:80]} is not in the upload.")
                self._log.counts["textures_missing"] += 1
            self._pictures[id] = picture(found[0].rsplit("/", 1)[-1], found[1], self._log) if found else None
        return self._pictures[id]

"""UsdPreviewSurface materials of USD files, as metallic-roughness."""

from typing import Any

from ...avatar import Material, Texture
from .bundle import Bundle
from .images import picture
from .mtl import unit
from .upload import Log


class Looks:
    """Materials as they are met; each once."""

    def __init__(self, bundle: Bundle, log: Log) -> None:
        self._bundle, self._log = bundle, log
        self._numbers: dict[str, int] = {}
        self._found: list[Material] = []
        self._pictures: dict[str, Texture | None] = {}

    @property
    def materials(self) -> tuple[Material, ...]:
        """All materials that were met."""
        return tuple(self._found)

    def number(self, prim: Any) -> int:
        """The number of the material bound to a prim, -1 for none."""
        from pxr import UsdShade

        material = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()[0]
        if not material:
            return -1
        path = str(material.GetPrim().GetPath())
        if path not in self._numbers:
            self._numbers[path] = len(self._found)
            taken = {m.name for m in self._found}
            name = title = material.GetPrim().GetName()
            k = 2
            while title in taken:
                title, k = f"{name}_{k}", k + 1
            self._found.append(self._read(material, title))
        return self._numbers[path]

    def _read(self, material: Any, name: str) -> Material:
        shader = material.ComputeSurfaceSource()[0]
        if not shader or shader.GetIdAttr().Get() != "UsdPreviewSurface":
            self._log.note(f"The material {name} is no UsdPreviewSurface; only its name was read.")
            return Material(name, color=(0.8, 0.8, 0.8, 1.0))
        base, bump = self._texture(shader, "diffuseColor"), self._texture(shader, "normal")
        rough, metal = self._texture(shader, "roughness"), self._texture(shader, "metallic")
        color = self._value(shader, "diffuseColor", (0.18, 0.18, 0.18)) if base is None else (1.0, 1.0, 1.0)
        opacity = self._value(shader, "opacity", 1.0)
        clear = self._texture(shader, "opacity")
        threshold = float(self._value(shader, "opacityThreshold", 0.0))
        orm = rough if rough is not None and rough is metal else None
        if (rough is not None or metal is not None) and orm is None:
            self._log.note(f"Separate roughness and metallic maps of the material {name} are not read.")
        alpha = 1.0 if clear is not None else unit(float(opacity))
        return Material(
            name=name,
            color=(unit(float(color[0])), unit(float(color[1])), unit(float(color[2])), alpha),
            metallic=1.0 if orm is not None else unit(float(self._value(shader, "metallic", 0.0))),
            roughness=1.0 if orm is not None else unit(float(self._value(shader, "roughness", 0.5))),
            base=base,
            normal=bump,
            orm=orm,
            alpha_mode="MASK" if threshold > 0 else "BLEND" if alpha < 0.999 or clear is not None else "OPAQUE",
            alpha_cutoff=unit(threshold) if threshold > 0 else 0.5,
        )

    def _value(self, shader: Any, name: str, default: Any) -> Any:
        held = shader.GetInput(name)
        if not held or held.HasConnectedSource():
            return default
        value = held.Get()
        return default if value is None else value

    def _texture(self, shader: Any, name: str) -> Texture | None:
        held = shader.GetInput(name)
        if not held or not held.HasConnectedSource():
            return None
        from pxr import UsdShade

        source = UsdShade.Shader(held.GetConnectedSource()[0].GetPrim())
        if not source or source.GetIdAttr().Get() != "UsdUVTexture":
            return None
        file = source.GetInput("file")
        value = file.Get() if file else None
        path = str(value.path) if value is not None else ""
        if path not in self._pictures:
            found = self._bundle.find(path) if path else None
            if path and found is None:
                self._log.note(f"The texture {path.rsplit('/', 1)[-1][:80]} is not in the upload.")
                self._log.counts["textures_missing"] += 1
            self._pictures[path] = picture(found[0].rsplit("/", 1)[-1], found[1], self._log) if found else None
        return self._pictures[path]

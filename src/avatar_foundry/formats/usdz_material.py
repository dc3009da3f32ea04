"""UsdPreviewSurface materials (https://openusd.org/release/spec_usdpreviewsurface.html) and their pictures."""

import math

from ..avatar import Material, Texture
from .pictures import ENDINGS, readable, safe_file, strengthened
from .usd_text import identifier, named, plain, prim, quoted

FOLDER = "textures"
UV = "st"
DIELECTRIC = 1.5  # glTF's index of refraction where a material does not say


class Paints:
    """The materials of a layer, each once, and the pictures that go into the package beside it."""

    def __init__(self, root: str) -> None:
        self.path = f"{root}/Materials"
        self.files: dict[str, bytes] = {}
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        self._pictures: dict[bytes, str] = {}
        self._files: set[str] = set()
        self._prims: list[str] = []

    def add(self, material: Material) -> str:
        """The path of a material's prim."""
        if material.name not in self._names:
            name = self._names[material.name] = identifier(material.name, self._taken)
            self._prims.append(self._material(material, name))
        return f"{self.path}/{self._names[material.name]}"

    def prims(self) -> tuple[str, ...]:
        """The scope of all materials; nothing when there are none."""
        return (prim("Scope", "Materials", *self._prims),) if self._prims else ()

    def _material(self, m: Material, name: str) -> str:
        at = f"{self.path}/{name}"
        red, green, blue, alpha = (plain(c) for c in m.color)
        shaders = []
        surface = [
            'uniform token info:id = "UsdPreviewSurface"',
            "int inputs:useSpecularWorkflow = 0",
            f"float inputs:ior = {plain(refraction(m))}",
        ]
        if m.base is not None:
            file = self._picture(*readable(m.base), m.base)
            tint = "" if tuple(m.color) == (1.0, 1.0, 1.0, 1.0) else f"({red}, {green}, {blue}, {alpha})"
            shaders.append(self._texture(at, "Color", file, "sRGB", tint, ("float3 outputs:rgb", "float outputs:a")))
            surface.append(f"color3f inputs:diffuseColor.connect = <{at}/Color.outputs:rgb>")
        else:
            surface.append(f"color3f inputs:diffuseColor = ({red}, {green}, {blue})")
        if m.alpha_mode != "OPAQUE":
            source = f".connect = <{at}/Color.outputs:a>" if m.base is not None else f" = {alpha}"
            surface.append(f"float inputs:opacity{source}")
        if m.alpha_mode == "MASK":
            surface.append(f"float inputs:opacityThreshold = {plain(max(m.alpha_cutoff, 1e-3))}")
        if m.normal is not None:
            file = self._picture(*strengthened(m.normal, float(m.normal_scale)), m.normal)
            unpack = ("float4 inputs:bias = (-1, -1, -1, 0)",)
            shaders.append(self._texture(at, "Normal", file, "raw", "(2, 2, 2, 1)", ("float3 outputs:rgb",), unpack))
            surface.append(f"normal3f inputs:normal.connect = <{at}/Normal.outputs:rgb>")
        if m.orm is not None:
            file = self._picture(*readable(m.orm), m.orm)
            plainly = m.roughness == 1.0 and m.metallic == 1.0
            scale = "" if plainly else f"(1, {plain(m.roughness)}, {plain(m.metallic)}, 1)"
            outputs = ("float outputs:r", "float outputs:g", "float outputs:b")
            shaders.append(self._texture(at, "ORM", file, "raw", scale, outputs))
            for channel, target in zip("rgb", ("occlusion", "roughness", "metallic"), strict=True):
                surface.append(f"float inputs:{target}.connect = <{at}/ORM.outputs:{channel}>")
        else:
            surface += [
                f"float inputs:roughness = {plain(m.roughness)}",
                f"float inputs:metallic = {plain(m.metallic)}",
            ]
        if shaders:
            shaders.append(
                prim(
                    "Shader",
                    "UV",
                    'uniform token info:id = "UsdPrimvarReader_float2"',
                    f"string inputs:varname = {quoted(UV)}",
                    "float2 outputs:result",
                )
            )
        return prim(
            "Material",
            name,
            f"token outputs:surface.connect = <{at}/Surface.outputs:surface>",
            prim("Shader", "Surface", *surface, "token outputs:surface"),
            *shaders,
            meta=named(m.name, name),
        )

    def _texture(
        self,
        at: str,
        name: str,
        file: str,
        space: str,
        scale: str,
        outputs: tuple[str, ...],
        more: tuple[str, ...] = (),
    ) -> str:
        """A UsdUVTexture. scale: of what is read, "" for none."""
        return prim(
            "Shader",
            name,
            'uniform token info:id = "UsdUVTexture"',
            f"asset inputs:file = @{file}@",
            f"float2 inputs:st.connect = <{at}/UV.outputs:result>",
            f'token inputs:sourceColorSpace = "{space}"',
            'token inputs:wrapS = "repeat"',
            'token inputs:wrapT = "repeat"',
            *((f"float4 inputs:scale = {scale}",) if scale else ()),
            *more,
            *outputs,
        )

    def _picture(self, mime: str, data: bytes, texture: Texture) -> str:
        """The path of a picture in the package. Pictures that are the same are stored once."""
        if data not in self._pictures:
            file = f"{FOLDER}/{safe_file(texture.name or 'texture', ENDINGS[mime], self._files)}"
            self._pictures[data] = file
            self.files[file] = data
        return self._pictures[data]


def refraction(material: Material) -> float:
    """The index of refraction whose reflectance at normal incidence is glTF's, specular factor included.

    F0 = ((ior - 1) / (ior + 1))^2 * factor (KHR_materials_ior, KHR_materials_specular), solved for ior.
    """
    held = material.extensions
    ior = float(held.get("KHR_materials_ior", {}).get("ior", DIELECTRIC))
    factor = float(held.get("KHR_materials_specular", {}).get("specularFactor", 1.0))
    root = abs(ior - 1.0) / (ior + 1.0) * math.sqrt(max(factor, 0.0))
    return round((1.0 + root) / (1.0 - root), 4) if root < 1.0 else DIELECTRIC

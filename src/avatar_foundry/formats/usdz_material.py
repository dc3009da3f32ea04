"""UsdPreviewSurface materials (https://openusd.org/release/spec_usdpreviewsurface.html) and their pictures."""

import math

from ..avatar import Material, Texture
from .pictures import ENDINGS, readable, safe_file, strengthened
from .usd_layer import Attribute, Prim, Relationship, identifier, named

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
        self._prims: list[Prim] = []

    def add(self, material: Material) -> str:
        """The path of a material's prim."""
        if material.name not in self._names:
            name = self._names[material.name] = identifier(material.name, self._taken)
            self._prims.append(self._material(material, name))
        return f"{self.path}/{self._names[material.name]}"

    def prims(self) -> list[Prim]:
        """The scope of all materials; nothing when there are none."""
        return [Prim("Scope", "Materials", children=self._prims)] if self._prims else []

    def _material(self, m: Material, name: str) -> Prim:
        at = f"{self.path}/{name}"
        shaders: list[Prim] = []
        surface: list[Attribute | Relationship] = [
            Attribute("info:id", "token", "UsdPreviewSurface", uniform=True),
            Attribute("inputs:useSpecularWorkflow", "int", 0),
            Attribute("inputs:ior", "float", refraction(m)),
        ]
        if m.base is not None:
            file = self._picture(*readable(m.base), m.base)
            tint = None if tuple(m.color) == (1.0, 1.0, 1.0, 1.0) else m.color
            shaders.append(texture_prim(at, "Color", file, "sRGB", ("rgb", "a"), scale=tint))
            surface.append(Attribute("inputs:diffuseColor", "color3f", source=f"{at}/Color.outputs:rgb"))
        else:
            surface.append(Attribute("inputs:diffuseColor", "color3f", m.color[:3]))
        if m.alpha_mode != "OPAQUE" and m.base is not None:
            surface.append(Attribute("inputs:opacity", "float", source=f"{at}/Color.outputs:a"))
        elif m.alpha_mode != "OPAQUE":
            surface.append(Attribute("inputs:opacity", "float", m.color[3]))
        if m.alpha_mode == "MASK":  # zero would mean blending
            surface.append(Attribute("inputs:opacityThreshold", "float", max(m.alpha_cutoff, 1e-3)))
        if m.normal is not None:
            file = self._picture(*strengthened(m.normal, float(m.normal_scale)), m.normal)
            shaders.append(texture_prim(at, "Normal", file, "raw", ("rgb",), scale=(2, 2, 2, 1), bias=(-1, -1, -1, 0)))
            surface.append(Attribute("inputs:normal", "normal3f", source=f"{at}/Normal.outputs:rgb"))
        if m.orm is not None:
            file = self._picture(*readable(m.orm), m.orm)
            scale = None if m.roughness == 1.0 and m.metallic == 1.0 else (1.0, m.roughness, m.metallic, 1.0)
            shaders.append(texture_prim(at, "ORM", file, "raw", ("r", "g", "b"), scale=scale))
            for channel, target in zip("rgb", ("occlusion", "roughness", "metallic"), strict=True):
                surface.append(Attribute(f"inputs:{target}", "float", source=f"{at}/ORM.outputs:{channel}"))
        else:
            surface.append(Attribute("inputs:roughness", "float", m.roughness))
            surface.append(Attribute("inputs:metallic", "float", m.metallic))
        surface.append(Attribute("outputs:surface", "token"))
        if shaders:
            shaders.append(reader_prim())
        own: list[Attribute | Relationship] = [
            Attribute("outputs:surface", "token", source=f"{at}/Surface.outputs:surface")
        ]
        return Prim("Material", name, own, [Prim("Shader", "Surface", surface), *shaders], meta=named(m.name, name))

    def _picture(self, mime: str, data: bytes, texture: Texture) -> str:
        """The path of a picture in the package. Pictures that are the same are stored once."""
        if data not in self._pictures:
            file = f"{FOLDER}/{safe_file(texture.name or 'texture', ENDINGS[mime], self._files)}"
            self._pictures[data] = file
            self.files[file] = data
        return self._pictures[data]


def texture_prim(
    at: str,
    name: str,
    file: str,
    space: str,
    channels: tuple[str, ...],
    *,
    scale: tuple[float, ...] | None = None,
    bias: tuple[float, ...] | None = None,
) -> Prim:
    """A UsdUVTexture below the material `at`. scale, bias: of what is read."""
    told: list[Attribute | Relationship] = [
        Attribute("info:id", "token", "UsdUVTexture", uniform=True),
        Attribute("inputs:file", "asset", file),
        Attribute("inputs:st", "float2", source=f"{at}/UV.outputs:result"),
        Attribute("inputs:sourceColorSpace", "token", space),
        Attribute("inputs:wrapS", "token", "repeat"),
        Attribute("inputs:wrapT", "token", "repeat"),
    ]
    for key, value in (("scale", scale), ("bias", bias)):
        if value is not None:
            told.append(Attribute(f"inputs:{key}", "float4", value))
    told += [Attribute(f"outputs:{c}", "float3" if c == "rgb" else "float") for c in channels]
    return Prim("Shader", name, told)


def reader_prim() -> Prim:
    """The shader that reads texture coordinates."""
    return Prim(
        "Shader",
        "UV",
        [
            Attribute("info:id", "token", "UsdPrimvarReader_float2", uniform=True),
            Attribute("inputs:varname", "string", UV),
            Attribute("outputs:result", "float2"),
        ],
    )


def refraction(material: Material) -> float:
    """The index of refraction whose reflectance at normal incidence is glTF's, specular factor included.

    F0 = ((ior - 1) / (ior + 1))^2 * factor (KHR_materials_ior, KHR_materials_specular), solved for ior.
    """
    held = material.extensions
    ior = float(held.get("KHR_materials_ior", {}).get("ior", DIELECTRIC))
    factor = float(held.get("KHR_materials_specular", {}).get("specularFactor", 1.0))
    root = abs(ior - 1.0) / (ior + 1.0) * math.sqrt(max(factor, 0.0))
    return round((1.0 + root) / (1.0 - root), 4) if root < 1.0 else DIELECTRIC

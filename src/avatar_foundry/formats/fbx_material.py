"""Materials of FBX files: Phong surfaces with what is physical about them beside, and the pictures embedded."""

import hashlib
import io

import numpy as np
from PIL import Image

from ..avatar import Material, Texture
from ..cache import cached_bytes
from .fbx_objects import Document
from .fbx_records import Id, Record, properties, titled
from .pictures import ENDINGS, readable, safe_file

SPECULAR = 0.25  # Phong's share of what glTF's dielectrics reflect; readers double it


class Paints:
    """Adds materials and textures to a document, each once."""

    def __init__(self, document: Document, uv_set: str) -> None:
        self._document, self._uv_set = document, uv_set
        self._materials: dict[str, Id] = {}
        self._textures: dict[bytes, Id] = {}
        self._files: set[str] = set()

    def add(self, material: Material) -> Id:
        """The object of a material."""
        if material.name not in self._materials:
            self._materials[material.name] = self._add(material)
        return self._materials[material.name]

    def _add(self, m: Material) -> Id:
        # Blender, Unity and our own reader take roughness = 1 - sqrt(shininess) / 10 and metallic = reflection
        rough, metal = surface(m)
        shine = 100.0 * (1.0 - min(max(rough, 0.0), 1.0)) ** 2
        red, green, blue, alpha = (float(c) for c in m.color)
        clear = 1.0 - alpha
        id = self._document.add(
            "Material",
            m.name,
            "Material",
            "",
            Record("Version", 102),
            Record("ShadingModel", "phong"),
            Record("MultiLayer", 0),
            properties(
                ("ShadingModel", "KString", "", "", "Phong"),
                ("EmissiveColor", "Color", "", "A", 0.0, 0.0, 0.0),
                ("EmissiveFactor", "Number", "", "A", 0.0),
                ("AmbientColor", "Color", "", "A", 0.0, 0.0, 0.0),
                ("DiffuseColor", "Color", "", "A", red, green, blue),
                ("DiffuseFactor", "Number", "", "A", 1.0),
                ("TransparentColor", "Color", "", "A", clear, clear, clear),
                ("TransparencyFactor", "Number", "", "A", 1.0 if clear else 0.0),
                ("Opacity", "Number", "", "A", alpha),
                ("NormalMap", "Vector3D", "Vector", "", 0.0, 0.0, 0.0),
                ("BumpFactor", "double", "Number", "", float(m.normal_scale)),
                ("SpecularColor", "Color", "", "A", 1.0, 1.0, 1.0),
                ("SpecularFactor", "Number", "", "A", SPECULAR),
                ("Shininess", "Number", "", "A", shine),
                ("ShininessExponent", "Number", "", "A", shine),
                ("ReflectionColor", "Color", "", "A", 1.0, 1.0, 1.0),
                ("ReflectionFactor", "Number", "", "A", metal),
                ("Metallic", "double", "Number", "AU", metal),
                ("Roughness", "double", "Number", "AU", rough),
                ("ORM", "Color", "", "AU", 1.0, rough, metal),
                ("AlphaMode", "KString", "", "U", m.alpha_mode),
                ("AlphaCutoff", "double", "Number", "AU", float(m.alpha_cutoff)),
                ("DoubleSided", "bool", "", "AU", int(m.double_sided)),
            ),
        )
        for texture, target in ((m.base, "DiffuseColor"), (m.normal, "NormalMap"), (m.orm, "ORM")):
            if texture is not None:
                self._connect(texture, id, target)
        if m.base is not None and m.alpha_mode != "OPAQUE":
            self._connect(m.base, id, "TransparentColor")
        return id

    def _connect(self, texture: Texture, material: Id, target: str) -> None:
        """Let a texture drive a property. Pictures that are the same are one texture, stored once."""
        mime, data = readable(texture)
        if data not in self._textures:
            self._textures[data] = self._texture(safe_file(texture.name or "texture", ENDINGS[mime], self._files), data)
        self._document.link(self._textures[data], material, target)

    def _texture(self, file: str, data: bytes) -> Id:
        """The texture of a picture that is called `file`."""
        video = self._video(file, data)
        name = file.rpartition(".")[0]
        id = self._document.add(
            "Texture",
            name,
            "Texture",
            "",
            Record("Type", "TextureVideoClip"),
            Record("Version", 202),
            Record("TextureName", titled(name, "Texture")),
            properties(
                ("UVSet", "KString", "", "", self._uv_set),
                ("UseMaterial", "bool", "", "", 1),
                ("CurrentMappingType", "enum", "", "", 0),
                ("WrapModeU", "enum", "", "", 0),
                ("WrapModeV", "enum", "", "", 0),
            ),
            Record("Media", titled(file, "Video")),
            Record("FileName", file),
            Record("RelativeFilename", file),
            Record("ModelUVTranslation", 0.0, 0.0),
            Record("ModelUVScaling", 1.0, 1.0),
            Record("Texture_Alpha_Source", "None"),
            Record("Cropping", 0, 0, 0, 0),
        )
        self._document.link(video, id)
        return id

    def _video(self, file: str, data: bytes) -> Id:
        """The picture itself."""
        return self._document.add(
            "Video",
            file,
            "Video",
            "Clip",
            Record("Type", "Clip"),
            properties(
                ("Path", "KString", "XRefUrl", "", file),
                ("RelPath", "KString", "XRefUrl", "", file),
            ),
            Record("UseMipMap", 0),
            Record("Filename", file),
            Record("RelativeFilename", file),
            Record("Content", data),
        )


def surface(material: Material) -> tuple[float, float]:
    """(roughness, metallic) on average: Phong has numbers for them, and no maps."""
    rough, metal = float(material.roughness), float(material.metallic)
    if (orm := material.orm) is not None:
        digest = hashlib.sha256(orm.data).hexdigest()
        green, blue = np.frombuffer(cached_bytes(f"fbx orm {digest}", lambda: averages(orm.data)), np.float64)
        rough, metal = round(rough * float(green), 4), round(metal * float(blue), 4)
    return rough, metal


def averages(data: bytes) -> bytes:
    """Two f64: the mean green and blue of a picture, 0 to 1."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (64, 64))
        small = np.asarray(image.convert("RGB"), np.float64)
    packed: bytes = (small.mean(axis=(0, 1))[1:] / 255.0).tobytes()
    return packed

"""Write VRM 1.0 and 0.x: a GLB that says which joint is which bone, what a face can do, what swings, who may use it.

The old format faces -Z and has no turned bones: the avatar is turned about and its bones' axes are laid along the
world's before writing. VRM forbids TANGENT, so Khronos' validator tells of MESH_PRIMITIVE_GENERATED_TANGENT_SPACE for
materials with a normal map, and of the old extension's name, VRM, which has no vendor's prefix; nothing else.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from PIL import Image

from ..avatar import Avatar, Collider, Material, Mesh, Part, Texture
from ..humanoid import AXIS65
from .glb import GENERATOR, GlbOptions, _Writer
from .glb_container import Json, pack
from .names import unique_names
from .vrm_expressions import new_expressions, old_groups
from .vrm_materials import add_mtoon, old_properties
from .vrm_meta import VrmMeta, meta_for, new_meta, old_meta
from .vrm_springs import new_springs, old_springs

HUMAN: dict[str, str] = {b.name: b.parent for b in AXIS65 if not b.name.endswith(("Twist", "ToesEnd"))}
OLD_THUMB = {"ThumbMetacarpal": "ThumbProximal", "ThumbProximal": "ThumbIntermediate"}
# degrees of turn of the target, and of the eyes: inwards, outwards, down, up
GAZE = {"HorizontalInner": (90.0, 20.0), "HorizontalOuter": (90.0, 24.0)}
GAZE |= {"VerticalDown": (90.0, 18.0), "VerticalUp": (90.0, 16.0)}
ROLL = {  # twist bone that takes half of what turns behind it
    **{f"{s}LowerArmTwist": f"{s}Hand" for s in ("left", "right")},
    **{f"{s}LowerLegTwist": f"{s}Foot" for s in ("left", "right")},
}
MINE = 0.5  # share of a vertex that must hang on the head for a part to hide in first person
Version = Literal["1.0", "0.x"]


@dataclass(frozen=True)
class VrmOptions:
    """bones: canonical bone -> its name in the skeleton.  shapes: canonical shape -> its name in the meshes.
    lod: the level written."""

    bones: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)
    lod: int = 0


DEFAULT = VrmOptions()


def write_vrm(
    avatar: Avatar, version: Version = "1.0", meta: VrmMeta | None = None, options: VrmOptions = DEFAULT
) -> bytes:
    """The avatar as one VRM. Same input, same bytes. meta: by default, what the avatar's licences allow."""
    if avatar.skeleton is None:
        raise ValueError("a VRM needs a skeleton")
    avatar = named_apart(replace(avatar, clips=()))
    if version == "0.x":
        avatar = faced_back(avatar)
    return _VrmWriter(avatar, version, meta or meta_for(avatar.name, avatar.licences), options).bytes()


def named_apart(avatar: Avatar) -> Avatar:
    """Parts whose names differ from each other and from the joints': VRM wants unique node names."""
    assert avatar.skeleton is not None
    taken = ["Armature", *avatar.skeleton.names]
    names = unique_names([*taken, *(p.name for p in avatar.parts)])[len(taken) :]
    return replace(avatar, parts=tuple(replace(p, name=n) for p, n in zip(avatar.parts, names, strict=True)))


def faced_back(avatar: Avatar) -> Avatar:
    """Turned by 180 degrees about Y, joints' axes along the world's: how VRM 0 stands."""
    turn = np.array([-1.0, 1.0, -1.0], np.float32)

    def about(mesh: Mesh) -> Mesh:
        return replace(
            mesh,
            positions=mesh.positions * turn,
            normals=None if mesh.normals is None else mesh.normals * turn,
            morphs=tuple(
                replace(m, delta=m.delta * turn, normal=None if m.normal is None else m.normal * turn)
                for m in mesh.morphs
            ),
        )

    def over(c: Collider) -> Collider:
        a, b = c.start, c.end
        return replace(c, start=(-a[0], a[1], -a[2]), end=(-b[0], b[1], -b[2]))

    skeleton = avatar.skeleton
    assert skeleton is not None
    rest = np.tile(np.eye(4, dtype=np.float32), (len(skeleton.names), 1, 1))
    rest[:, :3, 3] = skeleton.rest[:, :3, 3] * turn
    return replace(
        avatar.map_meshes(about),
        skeleton=replace(skeleton, rest=rest),
        colliders=tuple(over(c) for c in avatar.colliders),
    )


class _VrmWriter(_Writer):
    """A GLB writer that adds what VRM asks for."""

    def __init__(self, avatar: Avatar, version: Version, meta: VrmMeta, options: VrmOptions) -> None:
        glb = GlbOptions(lod=options.lod, clips=False, tangents=False)
        super().__init__(avatar, glb, {})
        self.version, self.meta, self.vrm = version, meta, options

    def bytes(self) -> bytes:
        document = self.document()
        extension = self._new(document) if self.version == "1.0" else self._old(document)
        document["extensions"] = extension
        document["extensionsUsed"] = sorted(self.used | extension.keys())
        return pack(document, self.chunk)

    # -- what both versions share

    def _texture(self, texture: Texture) -> int:
        if texture.mime == "image/webp":  # VRM knows PNG and JPEG alone
            out = io.BytesIO()
            Image.open(io.BytesIO(texture.data)).save(out, "PNG")
            texture = replace(texture, mime="image/png", data=out.getvalue())
        return super()._texture(texture)

    def _material(self, material: Material) -> int:
        if material.shading == "mtoon":  # which knows neither metal nor roughness
            material = replace(material, orm=None, metallic=0.0, roughness=0.9, extensions={})
        return super()._material(material)

    def _nodes(self) -> dict[str, int]:
        assert self.avatar.skeleton is not None
        return dict(zip(self.avatar.skeleton.names, self._joint_nodes, strict=True))

    def _bone(self, canonical: str) -> int | None:
        return self._nodes().get(self.vrm.bones.get(canonical, canonical))

    def _human(self) -> dict[str, int]:
        """Humanoid bone -> node; fingers only below their parents, upperChest only with a chest."""
        out: dict[str, int] = {}
        for name, parent in HUMAN.items():
            node = self._bone(name)
            chained = any(f in name for f in ("Thumb", "Index", "Middle", "Ring", "Little")) or name == "upperChest"
            if node is not None and (not chained or parent in out):
                out[name] = node
        return out

    def _drawn(self) -> list[tuple[int, int, Part]]:
        """(node, mesh, part) of every part that is written."""
        nodes = [(i, n["mesh"]) for i, n in enumerate(self.nodes) if "mesh" in n]
        parts = [p for p in self.avatar.parts if any(len(m.faces) for m in p.lods)]
        return [(node, mesh, part) for (node, mesh), part in zip(nodes, parts, strict=True)]

    def _shape_names(self, mesh: int) -> list[str]:
        return list(self.meshes[mesh].get("extras", {}).get("targetNames", ()))

    def _view(self, part: Part) -> str:
        """Whether a part is seen in first person: not when it belongs to the head alone."""
        skeleton, mesh = self.avatar.skeleton, part.mesh
        assert skeleton is not None
        head = self.vrm.bones.get("head", "head")
        if head not in skeleton.names or mesh.joints is None or mesh.weights is None:
            return "auto"
        under = np.zeros(len(skeleton.names), bool)
        under[skeleton.names.index(head)] = True
        for i, up in enumerate(skeleton.parents.tolist()):
            under[i] |= up >= 0 and under[up]
        share = np.where(under[mesh.joints], mesh.weights, 0).sum(axis=1)
        return "thirdPersonOnly" if bool((share > MINE).all()) else "auto"

    def _eyes(self) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        """The point between the eyes as the head sees it, (3,), or None without eyes."""
        skeleton = self.avatar.skeleton
        assert skeleton is not None
        names = [self.vrm.bones.get(n, n) for n in ("head", "leftEye", "rightEye")]
        if not set(names) <= set(skeleton.names):
            return None
        head, left, right = (skeleton.rest[skeleton.names.index(n)].astype(np.float64) for n in names)
        middle = 0.5 * (left[:3, 3] + right[:3, 3])
        return np.asarray(np.round(head[:3, :3].T @ (middle - head[:3, 3]), 6) + 0.0, np.float64)

    def _toon(self) -> set[str]:
        """Names of the materials that are shaded as drawings are."""
        return {m.name for m in self.avatar.materials if m.shading == "mtoon"}

    def _thumbnail(self, document: Json) -> int | None:
        data = self.meta.thumbnail
        if data is None:
            return None
        mime = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        document["images"].append({"name": "thumbnail", "mimeType": mime, "bufferView": self.chunk.view(data)})
        return len(document["images"]) - 1

    # -- 1.0

    def _new(self, document: Json) -> Json:
        human, nodes, drawn = self._human(), self._nodes(), self._drawn()
        vrm: Json = {
            "specVersion": "1.0",
            "meta": new_meta(self.meta, self._thumbnail(document)),
            "humanoid": {"humanBones": {name: {"node": node} for name, node in human.items()}},
            "firstPerson": {"meshAnnotations": [{"node": n, "type": self._view(p)} for n, _, p in drawn]},
            "expressions": new_expressions([(n, self._shape_names(m)) for n, m, _ in drawn], self.vrm.shapes),
        }
        if (eyes := self._eyes()) is not None:
            ranges = {f"rangeMap{k}": {"inputMaxValue": a, "outputScale": b} for k, (a, b) in GAZE.items()}
            vrm["lookAt"] = {"type": "bone", "offsetFromHeadBone": eyes.tolist(), **ranges}
        out: Json = {"VRMC_vrm": vrm}
        if (springs := new_springs(self.avatar, nodes, self.vrm.bones)) is not None:
            out["VRMC_springBone"] = springs
        for twist, source in ROLL.items():
            mine, theirs = self._bone(twist), self._bone(source)
            if mine is not None and theirs is not None:
                roll = {"source": theirs, "rollAxis": "Y", "weight": 0.5}
                self.nodes[mine]["extensions"] = {
                    "VRMC_node_constraint": {"specVersion": "1.0", "constraint": {"roll": roll}}
                }
                self.used.add("VRMC_node_constraint")
        toon = self._toon()
        for material in self.materials:
            if material["name"] in toon:
                add_mtoon(material)
        shading = {name for m in self.materials for name in m.get("extensions", ())}
        self.used = {u for u in self.used if not u.startswith("KHR_materials_")} | shading
        return out

    # -- 0.x

    def _old(self, document: Json) -> Json:
        human, nodes, drawn = self._human(), self._nodes(), self._drawn()
        image = self._thumbnail(document)
        picture = None
        if image is not None:
            document["textures"].append({"source": image, "sampler": 0})
            document["samplers"] = document["samplers"] or [{}]
            picture = len(document["textures"]) - 1
        for _, mesh, _ in drawn:  # readers look in either place
            if names := self._shape_names(mesh):
                self.meshes[mesh]["primitives"][0]["extras"] = {"targetNames": names}
        toon, eyes = self._toon(), self._eyes()
        offset = eyes if eyes is not None else np.array([0.0, 0.06, 0.0])
        gaze = {
            f"lookAt{k}": {"curve": [0, 0, 0, 1, 1, 1, 1, 0], "xRange": a, "yRange": b} for k, (a, b) in GAZE.items()
        }
        return {
            "VRM": {
                "exporterVersion": GENERATOR,
                "specVersion": "0.0",
                "meta": old_meta(self.meta, picture),
                "humanoid": {
                    "humanBones": [
                        {"bone": old_bone(name), "node": node, "useDefaultValues": True} for name, node in human.items()
                    ],
                    **{"armStretch": 0.05, "legStretch": 0.05, "feetSpacing": 0.0, "hasTranslationDoF": False},
                    **dict.fromkeys(("upperArmTwist", "lowerArmTwist", "upperLegTwist", "lowerLegTwist"), 0.5),
                },
                "firstPerson": {
                    "firstPersonBone": human.get("head", -1),
                    # in Unity's axes, where the old format looks along +z
                    "firstPersonBoneOffset": {"x": 0.0, "y": float(offset[1]), "z": float(-offset[2])},
                    "meshAnnotations": [
                        {"mesh": m, "firstPersonFlag": v[0].upper() + v[1:]}
                        for _, m, p in drawn
                        for v in (self._view(p),)
                    ],
                    "lookAtTypeName": "Bone",
                    **gaze,
                },
                "blendShapeMaster": {
                    "blendShapeGroups": old_groups([(m, self._shape_names(m)) for _, m, _ in drawn], self.vrm.shapes)
                },
                "secondaryAnimation": old_springs(self.avatar, nodes, self.vrm.bones),
                "materialProperties": [old_properties(m, m["name"] in toon) for m in self.materials],
            }
        }


def old_bone(name: str) -> str:
    """VRM 1.0's bone name -> VRM 0's: thumbs count otherwise."""
    for new, old in OLD_THUMB.items():
        if name.endswith(new):
            return name.removesuffix(new) + old
    return name

"""Write GLB 2.0: deterministic, clean under Khronos' validator, vertices split at uv seams only here.

Scene: one armature node that holds the joints, and one node per part, all at the scene's root and untransformed, since
glTF ignores a skinned node's own transform.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .._version import __version__
from ..avatar import Avatar, Material, Mesh, Part, Skeleton, Texture
from .glb_animation import Morphed, add_clips
from .glb_container import Chunk, Json, pack
from .glb_mesh import Plain, Storage
from .split import SplitMesh, split_mesh
from .transforms import inverse_binds, local_transforms

GENERATOR = f"AXIS Avatar Foundry {__version__}"
SCREEN_COVERAGE = (0.5, 0.25, 0.1, 0.02)  # share of the screen's height from which each level is shown
SAMPLER = {"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}


@dataclass(frozen=True)
class GlbOptions:
    """What goes into the file.

    lod:        the level shown; parts with fewer levels show their last.
    extra_lods: "none", or "msft": the coarser levels ride along as NAME_LOD1.. under MSFT_lod, outside the scene.
    morphs, clips: whether they are written.
    quantise:   KHR_mesh_quantization: 16-bit positions, 8-bit normals; needs a reader that knows it.
    meshopt:    EXT_meshopt_compression on every geometry view; needs a reader that knows it.
    draco:      KHR_draco_mesh_compression on meshes with neither skin nor shapes; needs a reader that knows it.
    armature:   name of the node above the joints.
    hips:       the joint that Clip.translations move; "" for the first.
    tangents:   written for materials with a normal map; without, readers derive them.
    coverage:   MSFT_screencoverage, one per level.
    """

    lod: int = 0
    extra_lods: str = "none"
    morphs: bool = True
    clips: bool = True
    quantise: bool = False
    meshopt: bool = False
    draco: bool = False
    armature: str = "Armature"
    hips: str = ""
    tangents: bool = True
    coverage: Sequence[float] = SCREEN_COVERAGE
    extras: Mapping[str, Any] = field(default_factory=dict)


DEFAULT = GlbOptions()
Splits = dict[tuple[int, bool, bool], SplitMesh]  # by mesh identity, tangents, morphs


def write_glb(avatar: Avatar, options: GlbOptions = DEFAULT, splits: Splits | None = None) -> bytes:
    """The avatar as one GLB file. Same avatar, same options: same bytes.

    splits: a dictionary that several calls with one avatar may share, so that no mesh is split twice.
    """
    return _Writer(avatar, options, {} if splits is None else splits).bytes()


class _Writer:
    """Collects the document; one instance per file."""

    def __init__(self, avatar: Avatar, options: GlbOptions, splits: Splits) -> None:
        self.avatar, self.options, self.splits = avatar, options, splits
        self.chunk = Chunk()
        self.nodes: list[Json] = []
        self.meshes: list[Json] = []
        self.materials: list[Json] = []
        self.textures: list[Json] = []
        self.images: list[Json] = []
        self.used: set[str] = set()
        self.required: set[str] = set()
        self.roots: list[int] = []
        self.animations: list[Json] = []
        self._material_index: dict[str, int] = {}
        self._texture_index: dict[tuple[str, bytes], int] = {}
        self._mesh_index: dict[int, int] = {}
        self._joint_nodes: list[int] = []
        self._skins: list[Json] = []
        self._skin_index: dict[Any, int] = {}
        self.storage: Storage = Plain(self.chunk)
        if options.draco:
            from .glb_draco_write import Draco  # an extra

            self.storage = Draco(self.chunk)
        if options.quantise or options.meshopt:
            from .glb_compress import Packed  # loads the WASM encoder only for those who want it
            from .grid import Grid

            grid = Grid.around(avatar) if options.quantise else None
            self.storage = Packed(self.chunk, grid, meshopt=options.meshopt)

    def bytes(self) -> bytes:
        return pack(self.document(), self.chunk)

    def document(self) -> Json:
        if self.avatar.skeleton is not None:
            self._add_joints(self.avatar.skeleton)
        for part in self.avatar.parts:
            self._add_part(part)
        if self.options.clips and self.avatar.skeleton is not None:
            self.animations = add_clips(
                self.storage.keys(),
                self.avatar.clips,
                self.avatar.skeleton,
                self._joint_nodes,
                self._morphed(),
                self.options.hips,
            )
        document: Json = {
            "asset": {"version": "2.0", "generator": GENERATOR, "extras": self._about()},
            "scene": 0,
            "scenes": [{"name": self.avatar.name, "nodes": self.roots}],
            "nodes": self.nodes,
            "meshes": self.meshes,
            "skins": self._skins,
            "materials": self.materials,
            "textures": self.textures,
            "images": self.images,
            "samplers": [SAMPLER] if self.textures else [],
            "animations": self.animations,
            "extensionsUsed": sorted(self.used),
            "extensionsRequired": sorted(self.required),
        }
        if not self.roots:
            del document["scenes"], document["scene"]
        self.storage.finish(document)
        return document

    def _about(self) -> Json:
        about: Json = {"engine": __version__, **self.avatar.extras, **self.options.extras}
        if self.avatar.licences:
            about["licences"] = [dict(sorted(entry.items())) for entry in self.avatar.licences]
        return about

    # -- skeleton

    def _add_joints(self, skeleton: Skeleton) -> None:
        children: list[list[int]] = [[] for _ in skeleton.names]
        roots: list[int] = []
        for i, parent in enumerate(skeleton.parents.tolist()):
            (children[parent] if parent >= 0 else roots).append(i)
        armature = len(self.nodes)
        first = armature + 1
        self.nodes.append({"name": self.options.armature, "children": [first + r for r in roots]})
        self.roots.append(armature)
        translation, rotation, scale = local_transforms(skeleton)
        for i, name in enumerate(skeleton.names):
            node: Json = {"name": name}
            if children[i]:
                node["children"] = [first + c for c in children[i]]
            if translation[i].any():
                node["translation"] = translation[i].tolist()
            if abs(rotation[i, 3]) < 1.0:
                node["rotation"] = rotation[i].tolist()
            if (scale[i] != 1.0).any():
                node["scale"] = scale[i].tolist()
            self.nodes.append(node)
        self._joint_nodes = [first + i for i in range(len(skeleton.names))]
        self._skeleton_root = first + roots[0] if len(roots) == 1 else armature

    def _skin(self, dequantise: np.ndarray[Any, np.dtype[np.float64]] | None) -> int:
        """The skin with these bind matrices; parts without quantisation share one."""
        key = None if dequantise is None else dequantise.tobytes()
        if key not in self._skin_index:
            assert self.avatar.skeleton is not None
            binds = inverse_binds(self.avatar.skeleton, dequantise)
            self._skins.append(
                {
                    "name": self.avatar.name,
                    "joints": self._joint_nodes,
                    "skeleton": self._skeleton_root,
                    "inverseBindMatrices": self.chunk.accessor(binds),
                }
            )
            self._skin_index[key] = len(self._skins) - 1
        return self._skin_index[key]

    # -- parts

    def _add_part(self, part: Part) -> None:
        levels = [m for m in part.lods if len(m.faces)]
        if not levels:
            return
        level = min(self.options.lod, len(levels) - 1)
        if self.options.extra_lods != "msft" or len(levels) - level < 2:
            self.roots.append(self._add_node(part.name, part, levels[level], levels[0]))
            return
        ids = [self._add_node(f"{part.name}_LOD{i}", part, m, levels[0]) for i, m in enumerate(levels[level:])]
        self.roots.append(ids[0])
        self.used.add("MSFT_lod")
        self.nodes[ids[0]]["extensions"] = {"MSFT_lod": {"ids": ids[1:]}}
        self.nodes[ids[0]].setdefault("extras", {})["MSFT_screencoverage"] = list(self.options.coverage[: len(ids)])

    def _split(self, mesh: Mesh, full: Mesh, tangents: bool) -> SplitMesh:
        """`mesh`, a level of `full`, split. Its tangents come from the full detail, even where that is not written."""
        morphs = self.options.morphs
        key = (id(mesh), tangents, morphs)
        if key not in self.splits:
            whole = self._split(full, full, True) if tangents and mesh is not full else None
            self.splits[key] = split_mesh(mesh, with_tangents=tangents, with_morphs=morphs, full=whole)
        return self.splits[key]

    def _add_node(self, name: str, part: Part, mesh: Mesh, full: Mesh) -> int:
        material = self.avatar.material(part.material) if self._has_material(part.material) else None
        wants_tangents = self.options.tangents and material is not None and material.normal is not None
        if part.place is not None and (mesh.joints is None or not self._joint_nodes):
            mesh = replace(mesh, positions=mesh.positions - np.array(part.place, np.float32))
        split = self._split(mesh, full, wants_tangents)
        primitive, dequantise = self.storage.primitive(split, len(self._joint_nodes))
        self.used |= self.storage.extensions
        self.required |= self.storage.extensions
        if material is not None:
            primitive["material"] = self._material(material)
        entry: Json = {"name": name, "primitives": [primitive]}
        if split.shapes.names:
            entry["extras"] = {"targetNames": list(split.shapes.names)}
            entry["weights"] = [0.0] * len(split.shapes.names)
        self.meshes.append(entry)
        node: Json = {"name": name, "mesh": len(self.meshes) - 1}
        if split.joints is not None and self._joint_nodes:
            node["skin"] = self._skin(dequantise)
        elif dequantise is not None:
            node["translation"] = dequantise[:3, 3].tolist()
            node["scale"] = dequantise.diagonal()[:3].tolist()
        if part.place is not None and "skin" not in node:
            node["translation"] = (np.array(part.place) + np.array(node.get("translation", 0.0))).tolist()
        if part.properties:
            node["extras"] = dict(part.properties)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _morphed(self) -> list[Morphed]:
        """The nodes of the scene with shapes."""
        drawn = [(n, self.nodes[n]["mesh"]) for n in self.roots if "mesh" in self.nodes[n]]
        names = [(n, self.meshes[m].get("extras", {}).get("targetNames", ())) for n, m in drawn]
        return [Morphed(n, held) for n, held in names if held]

    # -- materials

    def _has_material(self, name: str) -> bool:
        return any(m.name == name for m in self.avatar.materials)

    def _material(self, material: Material) -> int:
        if material.name in self._material_index:
            return self._material_index[material.name]
        pbr: Json = {"metallicFactor": float(material.metallic), "roughnessFactor": float(material.roughness)}
        if tuple(material.color) != (1.0, 1.0, 1.0, 1.0):
            pbr["baseColorFactor"] = [float(c) for c in material.color]
        entry: Json = {"name": material.name, "pbrMetallicRoughness": pbr}
        if material.base is not None:
            pbr["baseColorTexture"] = {"index": self._texture(material.base)}
        if material.orm is not None:
            pbr["metallicRoughnessTexture"] = {"index": self._texture(material.orm)}
            entry["occlusionTexture"] = {"index": self._texture(material.orm)}
        if material.normal is not None:
            entry["normalTexture"] = {"index": self._texture(material.normal)}
            if material.normal_scale != 1.0:
                entry["normalTexture"]["scale"] = float(material.normal_scale)
        if material.alpha_mode != "OPAQUE":
            entry["alphaMode"] = material.alpha_mode
            if material.alpha_mode == "MASK":
                entry["alphaCutoff"] = float(material.alpha_cutoff)
        if material.double_sided:
            entry["doubleSided"] = True
        if material.extensions:
            # a copy by JSON: the mapping may hold tuples and nested mappings
            entry["extensions"] = json.loads(json.dumps(dict(material.extensions), sort_keys=True))
            self.used.update(material.extensions)
        self.materials.append(entry)
        self._material_index[material.name] = len(self.materials) - 1
        return self._material_index[material.name]

    def _texture(self, texture: Texture) -> int:
        key = (texture.mime, texture.data)
        if key not in self._texture_index:
            self.images.append(
                {"name": texture.name, "mimeType": texture.mime, "bufferView": self.chunk.view(texture.data)}
            )
            entry: Json = {"sampler": 0}
            if texture.mime == "image/webp":
                entry["extensions"] = {"EXT_texture_webp": {"source": len(self.images) - 1}}
                self.used.add("EXT_texture_webp")
                self.required.add("EXT_texture_webp")
            else:
                entry["source"] = len(self.images) - 1
            self.textures.append(entry)
            self._texture_index[key] = len(self.textures) - 1
        return self._texture_index[key]

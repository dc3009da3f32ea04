"""Write binary FBX 7.4: skeleton, skinned meshes with blend shapes, all levels, materials, clips. Deterministic.

docs/decisions/fbx-writer.md says why things are as they are. Joints carry their rest rotation as PreRotation, so that
their own rotation is zero at rest and clips stay far from the angles where Euler curves jump.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Mesh, Part
from .fbx_animation import Rig, add_clip
from .fbx_material import Paints
from .fbx_mesh import Packed, add_geometry, add_shapes, add_skin, bind_matrices, packed
from .fbx_objects import Document, text_rows
from .fbx_records import Id, Record, encode, properties
from .fbx_space import TURNS, Joints, Space, joints_in

SCENE = Id(0)
UV_SET = "UVMap"
EYE = np.eye(4).reshape(-1)
# percent of the screen's height below which the next level is shown
THRESHOLDS = (50.0, 25.0, 10.0, 2.0)


@dataclass(frozen=True)
class FbxOptions:
    """What goes into the file.

    up:            "y", or "z" with the front along -Y (Unreal, 3ds Max).
    levels:        "first": full detail alone; "names": NAME_LOD0.. side by side, as Unity wants them;
                   "group": the same under an LODGroup node per part, as Unreal wants them.
    morphs, clips: whether they are written.
    shape_normals: what shapes do to normals; importers that are not told compute it.
    tangents:      MikkTSpace tangents; engines compute the same ones themselves.
    hips:          the joint that Clip.translations move; "" for the first.
    """

    up: str = "y"
    levels: str = "first"
    morphs: bool = True
    clips: bool = True
    shape_normals: bool = True
    tangents: bool = False
    hips: str = ""


DEFAULT = FbxOptions()


def write_fbx(avatar: Avatar, options: FbxOptions = DEFAULT) -> bytes:
    """The avatar as one binary FBX file. Same avatar, same options: same bytes."""
    return _Writer(avatar, options).bytes()


class _Writer:
    """Collects the document; one instance per file."""

    def __init__(self, avatar: Avatar, options: FbxOptions) -> None:
        self.avatar, self.options = avatar, options
        self.space = Space(TURNS[options.up])
        self.document = Document()
        self.paints = Paints(self.document, UV_SET)
        self.materials = {m.name: m for m in avatar.materials}
        self.joints: Joints | None = None
        self.bones: list[Id] = []
        self.posed: list[tuple[Id, Any]] = []  # models and their world matrices in the bind pose
        self.channels: list[tuple[str, Id]] = []  # of shapes, of all meshes and levels
        self.bound = False  # whether a mesh has clusters for all joints already
        self.about: list[tuple[Any, ...]] = text_rows(facts(avatar))

    def bytes(self) -> bytes:
        skeleton = self.avatar.skeleton
        if skeleton is not None:
            self.joints = joints_in(self.space, skeleton)
            self._add_bones(self.joints, skeleton.names)
        for part in self.avatar.parts:
            self._add_part(part)
        if self.joints is not None and skeleton is not None:
            self._add_pose(self.joints)
            if self.options.clips:
                rig = Rig(self.space, skeleton, self.joints, self.bones, self.channels, self.options.hips)
                for clip in self.avatar.clips:
                    add_clip(self.document, rig, clip)
        seconds = max((float(c.times[-1]) for c in self.avatar.clips if len(c.times)), default=0.0)
        comment = "\n".join(": ".join(row) for row in facts(self.avatar))
        return encode(self.document.records(self.avatar.name, self.options.up, seconds, comment))

    # -- skeleton

    def _add_bones(self, joints: Joints, names: tuple[str, ...]) -> None:
        document = self.document
        for k, name in enumerate(names):
            attribute = document.add(
                "NodeAttribute",
                name,
                "NodeAttribute",
                "LimbNode",
                properties(("Size", "double", "Number", "", 1.0)),
                Record("TypeFlags", "Skeleton"),
            )
            rows: list[tuple[Any, ...]] = [
                ("RotationOrder", "enum", "", "", 0),
                ("RotationActive", "bool", "", "", 1),
                ("PreRotation", "Vector3D", "Vector", "", *joints.angles[k].tolist()),
                ("InheritType", "enum", "", "", 1),
                ("DefaultAttributeIndex", "int", "Integer", "", 0),
                ("Lcl Translation", "Lcl Translation", "", "A", *joints.places[k].tolist()),
                ("Lcl Rotation", "Lcl Rotation", "", "A", 0.0, 0.0, 0.0),
                ("Lcl Scaling", "Lcl Scaling", "", "A", *joints.scales[k].tolist()),
            ]
            model = self._model(name, "LimbNode", rows)
            document.link(attribute, model)
            self.bones.append(model)
        for k, up in enumerate(joints.parents.tolist()):
            document.link(self.bones[k], self.bones[up] if up >= 0 else SCENE)

    def _add_pose(self, joints: Joints) -> None:
        places = bind_matrices(joints)[1]
        rows = [*self.posed, *zip(self.bones, places, strict=True)]
        nodes = [Record("PoseNode", children=[Record("Node", id), Record("Matrix", m)]) for id, m in rows]
        self.document.add(
            "Pose",
            "BindPose",
            "Pose",
            "BindPose",
            Record("Type", "BindPose"),
            Record("Version", 100),
            Record("NbPoseNodes", len(nodes)),
            *nodes,
        )

    # -- parts

    def _add_part(self, part: Part) -> None:
        levels = [m for m in part.lods if len(m.faces)]
        if not levels:
            return
        if self.options.levels == "first":
            self._add_mesh(part.name, part, levels[0], SCENE)
            return
        holder = self._add_group(part.name, len(levels)) if self.options.levels == "group" else SCENE
        for k, mesh in enumerate(levels):
            self._add_mesh(f"{part.name}_LOD{k}", part, mesh, holder)

    def _add_group(self, name: str, levels: int) -> Id:
        rows: list[tuple[Any, ...]] = [
            ("MinMaxDistance", "bool", "", "", 0),
            ("ThresholdsUsedAsPercentage", "bool", "", "", 1),
            ("WorldSpace", "bool", "", "", 0),
        ]
        rows += [(f"Thresholds|Level{k}", "Percent", "", "", t) for k, t in enumerate(THRESHOLDS[: levels - 1])]
        rows += [(f"DisplayLevels|Level{k}", "enum", "", "", 0) for k in range(levels)]
        attribute = self.document.add(
            "NodeAttribute", name, "NodeAttribute", "LodGroup", properties(*rows), Record("TypeFlags", "LodGroup")
        )
        model = self._model(name, "LodGroup", [("DefaultAttributeIndex", "int", "Integer", "", 0)])
        self.document.link(attribute, model)
        self.document.link(model, SCENE)
        self.posed.append((model, EYE))
        return model

    def _add_mesh(self, name: str, part: Part, mesh: Mesh, holder: Id) -> None:
        place = np.zeros(3)
        if part.place is not None and mesh.joints is None:
            place = np.array(part.place, np.float64)
            mesh = replace(mesh, positions=mesh.positions - place.astype(np.float32))
        held: Packed = packed(mesh)
        material = self.materials.get(part.material)
        tangents = self.options.tangents and material is not None and material.normal is not None
        geometry = add_geometry(self.document, self.space, name, held, tangents)
        rows: list[tuple[Any, ...]] = [
            ("InheritType", "enum", "", "", 1),
            ("DefaultAttributeIndex", "int", "Integer", "", 0),
            *placed_rows(moved := self.space.places(place[None])[0]),
            *text_rows(part.properties.items()),
            *self.about,
        ]
        self.about = []  # the first mesh tells
        culling = "CullingOff" if material is None or material.double_sided else "CullingOnCCW"
        model = self._model(name, "Mesh", rows, culling)
        self.document.link(geometry, model)
        self.document.link(model, holder)
        world = np.eye(4)
        world[3, :3] = moved
        self.posed.append((model, world.reshape(-1)))
        if material is not None:
            self.document.link(self.paints.add(material), model)
        skeleton = self.avatar.skeleton
        if self.joints is not None and skeleton is not None and mesh.joints is not None and mesh.weights is not None:
            add_skin(
                self.document,
                name,
                geometry,
                held,
                self.joints,
                self.bones,
                skeleton.names,
                everything=not self.bound,
            )
            self.bound = True
        if self.options.morphs:
            normals = self.options.shape_normals
            self.channels += add_shapes(self.document, self.space, name, geometry, held, normals=normals)

    def _model(self, name: str, sort: str, rows: list[tuple[Any, ...]], culling: str = "CullingOff") -> Id:
        return self.document.add(
            "Model",
            name,
            "Model",
            sort,
            Record("Version", 232),
            properties(*rows),
            Record("Shading", True),
            Record("Culling", culling),
        )


def placed_rows(place: NDArray[np.float64]) -> list[tuple[Any, ...]]:
    """The translation of a model that does not stand at the origin. place: (3,) centimetres."""
    return [("Lcl Translation", "Lcl Translation", "", "A", *place.tolist())] if place.any() else []


def facts(avatar: Avatar) -> list[tuple[str, str]]:
    """What the file says of itself: the engine, the recipe, and the licence of everything in it."""
    rows = [(key, str(value)) for key, value in sorted(avatar.extras.items()) if isinstance(value, str | int | float)]
    for k, entry in enumerate(avatar.licences):
        rows.append((f"licence_{k:02d}", told(entry)))
    return rows


def told(entry: Mapping[str, str]) -> str:
    """One asset's licence in a line."""
    return "; ".join(f"{key}: {value}" for key, value in sorted(entry.items()))

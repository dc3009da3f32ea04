"""Everything an avatar is. Metres, +Y up, +Z forward, right-handed, rest pose, float32, linear colour.

Letters for counts: V vertices, F faces, U uvs, J joints, K sparse entries, B base-mesh vertices.
Values are frozen and their arrays read-only, so `dataclasses.replace` shares memory safely.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]


def own(a: NDArray[Any]) -> NDArray[Any]:
    """Take `a` over and freeze it; copy first only when it is a slice of someone else's memory."""
    if a.flags.writeable:
        if a.base is not None:
            a = a.copy()
        a.flags.writeable = False
    return a


class Frozen:
    """Makes every array field read-only on construction."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            if isinstance(value := getattr(self, f.name), np.ndarray):
                object.__setattr__(self, f.name, own(value))


@dataclass(frozen=True, eq=False, slots=True)
class Morph(Frozen):
    """One morph target, sparse: vertices that it does not name do not move.

    index:  (K,) i32 into the mesh's vertices, strictly increasing.
    delta:  (K, 3) f32, metres.
    normal: (K, 3) f32, change of the unit normal, or None while unknown.
    """

    name: str
    index: I32
    delta: F32
    normal: F32 | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Mesh(Frozen):
    """A welded triangle mesh: vertices are never split at uv seams; only `formats` splits.

    positions: (V, 3) f32, metres.
    faces:     (F, 3) i32, counter-clockwise from outside.
    normals:   (V, 3) f32, unit, or None: then computed from `faces`. Set it before hiding faces.
    uvs:       (U, 2) f32, origin top-left.  uv_faces: (F, 3) i32 into uvs.
    joints:    (V, 4) u16 into Skeleton.names.  weights: (V, 4) f32, rows sum to 1, descending.
    morphs:    in one order for all meshes; only the shapes that move this mesh.
    colors:    (V, 4) f32, linear, or None; uploads only.
    """

    positions: F32
    faces: I32
    normals: F32 | None = None
    uvs: F32 | None = None
    uv_faces: I32 | None = None
    joints: U16 | None = None
    weights: F32 | None = None
    morphs: tuple[Morph, ...] = ()
    colors: F32 | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Binding(Frozen):
    """How a mesh hangs on the base mesh: vertex = sum_k weights[k] * base[refs[k]] + offset.

    Weights sum to 1 and may be negative (affine extrapolation).
    refs:    (V, R) i32 into the base mesh's B vertices (R = 3 for garments, 1 for the body itself).
    weights: (V, R) f32.
    """

    refs: I32
    weights: F32


@dataclass(frozen=True, eq=False, slots=True)
class Part(Frozen):
    """One drawable thing.

    role:     body | eyes | brows | lashes | teeth | tongue | hair | underwear | garment | shoes | hat | armour
    lods:     lods[0] is full detail.
    material: name of one of Avatar.materials.
    binding:  how lods[0] hangs on the base mesh; None for meshes that do not (uploads).
    layer:    z-depth for dressing; higher lies further out.
    hides:    (B,) bool over base vertices that this part covers, or None.
    hidden:   (V,) bool over lods[0]: vertices that no one can see, or None. A face with only such vertices is not
              drawn; `build_lods` or `drop_hidden` take them away, and what comes later sees plain meshes.
    lod_errors: one mapping per lod (geometric_mm, posed_mm, expressive_mm); empty until lods are built.
    properties: custom text properties of its node in files: user properties in FBX, extras in glTF.
    place: where its node stands in files, metres, for parts without skin; the mesh stays where it is.
    pieces: per lod the (role, number of vertices) of what it was merged from, in the vertices' order; empty if nothing.
    """

    name: str
    role: str
    lods: tuple[Mesh, ...]
    material: str = "skin"
    binding: Binding | None = None
    layer: int = 0
    hides: NDArray[np.bool_] | None = None
    hidden: NDArray[np.bool_] | None = None
    lod_errors: tuple[Mapping[str, float], ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    place: tuple[float, float, float] | None = None
    pieces: tuple[tuple[tuple[str, int], ...], ...] = ()

    @property
    def mesh(self) -> Mesh:
        """The full-detail mesh."""
        return self.lods[0]

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """(F,) the faces of the full-detail mesh that are not hidden."""
        faces = self.mesh.faces
        return np.ones(len(faces), bool) if self.hidden is None else np.asarray(~self.hidden[faces].all(axis=1))


@dataclass(frozen=True, eq=False, slots=True)
class Skeleton(Frozen):
    """Joints in an order in which a parent precedes its children.

    parents: (J,) i16, -1 for a root.  rest: (J, 4, 4) f32, rest transforms in model space (rotation, translation).
    """

    names: tuple[str, ...]
    parents: NDArray[np.int16]
    rest: F32


@dataclass(frozen=True, slots=True)
class Texture:
    """An encoded image. `mime` is image/png, image/jpeg or image/webp; `data` are the file's bytes."""

    name: str
    mime: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Material:
    """glTF metallic-roughness. Factors are linear; the base colour texture is sRGB.

    orm packs occlusion (R), roughness (G), metallic (B). extensions: KHR_materials_* by name, plain JSON.
    shading: pbr, or mtoon where the format has it (VRM); elsewhere mtoon looks as pbr does.
    """

    name: str
    color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    metallic: float = 0.0
    roughness: float = 0.8
    base: Texture | None = None
    normal: Texture | None = None
    normal_scale: float = 1.0
    orm: Texture | None = None
    alpha_mode: str = "OPAQUE"  # OPAQUE | MASK | BLEND
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    extensions: Mapping[str, Any] = field(default_factory=dict)
    shading: str = "pbr"


@dataclass(frozen=True, eq=False, slots=True)
class Clip(Frozen):
    """An animation: joint rotations against the parent (T, J, 4) xyzw, at times (T,) seconds.

    translations: (T, 3) metres, of the hips in the frame of their parent, or None: as at rest.
    moves:        joint name -> (T, 3) the same of further joints that do not keep their place.
    shapes:       shape name -> (T,) weights.
    travel:       (T, 3) metres over the ground and  turn: (T,) radians about +Y, of the whole figure, beyond the rest;
                  None: it stays in place. What writes files puts both on the root joint or, without one, on the hips.
    loop:         whether the last key meets the first.
    """

    name: str
    times: F32
    rotations: F32
    translations: F32 | None = None
    shapes: Mapping[str, F32] = field(default_factory=dict)
    travel: F32 | None = None
    turn: F32 | None = None
    loop: bool = False
    moves: Mapping[str, F32] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spring:
    """A chain of joints that swings: hair, skirts, capes, ears.

    joints:    names, root first; each is the parent of the next. The last only says where the chain ends.
    stiffness: pull back to the rest pose.  drag: 0..1, share of speed lost.  gravity: pull downwards.
    radius:    of the joints against colliders, metres.  groups: the collider groups that it minds.
    part:      what swings: "hair", "skirt", "cape", "ear".
    """

    name: str
    joints: tuple[str, ...]
    stiffness: float = 1.0
    drag: float = 0.4
    gravity: float = 0.0
    radius: float = 0.01
    groups: tuple[str, ...] = ()
    part: str = "hair"


@dataclass(frozen=True, slots=True)
class Collider:
    """A sphere (start equals end) or a capsule that springs keep out of, in model space in the rest pose, metres.

    bone: the canonical bone that carries it.  group: what springs call it by.
    """

    group: str
    bone: str
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float


@dataclass(frozen=True, eq=False, slots=True)
class Avatar(Frozen):
    """The value that flows through the stages.

    base: (B, 3) f32, the parametric body's own vertices (helpers included) in the data's relaxed A-like pose,
          metres, not grounded; None for uploads. Parts hang on it through their bindings.
    licences: one mapping per asset used: name, source, author, licence.
    """

    name: str = "avatar"
    parts: tuple[Part, ...] = ()
    skeleton: Skeleton | None = None
    materials: tuple[Material, ...] = ()
    clips: tuple[Clip, ...] = ()
    base: F32 | None = None
    licences: tuple[Mapping[str, str], ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    springs: tuple[Spring, ...] = ()
    colliders: tuple[Collider, ...] = ()

    def map_parts(self, fn: Callable[[Part], Part]) -> "Avatar":
        """Apply `fn: Part -> Part` to every part; returns self when nothing changed."""
        parts = tuple(map(fn, self.parts))
        return self if all(a is b for a, b in zip(parts, self.parts, strict=True)) else replace(self, parts=parts)

    def map_meshes(self, fn: Callable[[Mesh], Mesh]) -> "Avatar":
        """Apply `fn: Mesh -> Mesh` to every lod; returns self when nothing changed."""

        def each(part: Part) -> Part:
            lods = tuple(map(fn, part.lods))
            return part if all(a is b for a, b in zip(lods, part.lods, strict=True)) else replace(part, lods=lods)

        return self.map_parts(each)

    def part(self, name: str) -> Part:
        """The part called `name`. Raises KeyError."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    def material(self, name: str) -> Material:
        """The material called `name`. Raises KeyError."""
        for material in self.materials:
            if material.name == name:
                return material
        raise KeyError(name)

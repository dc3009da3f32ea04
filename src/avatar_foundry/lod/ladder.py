"""The levels of one part, made once per topology and kept: in memory, on disk, for every body that wears it."""

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..avatar import F32, I32, Mesh, Part
from ..cache import cached_bytes
from ..face import carry
from ..geometry import content_digest
from ..geometry.channels import Shape, contact_vertices, spread_out
from ..geometry.simplify import build_levels
from ..pack import open_pack
from ..rig import bind_weights
from .probes import Probes, find_probes
from .reference import has_reference, reference_parts
from .shares import FLOOR, LEAST

Made = tuple[I32, I32 | None, Probes, I32, I32]

# Shapes that bring lips or eyelids together or apart: both edges stay, or the face twists and does not close.
CONTACTS = frozenset({"jawOpen", "eyeBlinkLeft", "eyeBlinkRight"})
LOCKED_SHARE = 0.1  # of a level's faces: a coarse level keeps so many of these vertices, well spread, corners first
FACE_CARE = 8.0  # how much more an error counts where the face moves
FACE_MOVES = 0.004  # metres: what moves so far is the face in full


#: Shares of a part's faces that its levels are made with; an avatar picks among them (`shares.choose_rungs`).
RUNGS = (0.7, 0.5, 0.35, 0.24, 0.16, 0.1)
UNSEEN = (0.4, 0.2, 0.1, 0.05, 0.025)  # what the lips hide
FINE = (0.78, 0.65, 0.55, 0.46, 0.38, 0.31, 0.25, 0.2, 0.16, 0.125, 0.1)  # so that the whole can meet its goal
SHARES = {"teeth": UNSEEN, "tongue": UNSEEN, "body": FINE}
#: Trims lie close on a garment built with them: coarser than this they tear and sink into it.
TRIMS = (0.7, 0.5, 0.35)
ON_TOP = frozenset({"trim", "embroidery"})
SMALL = 4000  # faces; larger pieces are garments themselves
FACIAL = frozenset({"body", "eyes", "brows", "lashes", "teeth", "tongue"})


class Rung(NamedTuple):
    """One level: vertices (V',) of the full mesh, place (V,) their numbers or -1, faces, uv_faces, probes.

    host, heir: (V,) the level's face and vertex (of the full mesh) that stand for each vertex: see `drawn_faces`.
    """

    vertices: I32
    place: I32
    faces: I32
    uv_faces: I32 | None
    probes: Probes
    host: I32
    heir: I32


class Ladder(NamedTuple):
    """The levels below the full mesh, finest first."""

    rungs: tuple[Rung, ...]


_held: OrderedDict[str, Ladder] = OrderedDict()
_lock = threading.Lock()
HELD = 256


def ladder(part: Part, targets: Sequence[int]) -> Ladder:
    """Levels of `part`, a mesh of any origin, with about `targets` faces each (falling), chosen in the shape it has."""
    return _recall(_key(part, targets), part, lambda: _make(_known_of(part), targets))


def item_ladder(part: Part) -> Ladder | None:
    """All levels of our body or of an item of the wardrobe, whole, whatever hides it; None for other parts.

    Depends on the topology alone: the same for all bodies, outfits, poses, platforms, with and without a face.
    """
    if not has_reference(part):
        return None
    mesh = part.mesh
    solid = [content_digest(a).hex() for a in (mesh.faces, mesh.uvs, mesh.uv_faces) if a is not None]
    key = f"levels of item {part.name} {part.role} {open_pack().digest} {' '.join(solid)}"
    found = _recall(key, part, lambda: _make_whole(part))
    return found if found.rungs else None


def _recall(key: str, part: Part, make: Callable[[], list[Made]]) -> Ladder:
    with _lock:
        if (found := _held.get(key)) is not None:
            _held.move_to_end(key)
            return found
    made = _unpack(cached_bytes(key, lambda: _pack(make())), len(part.mesh.positions))
    with _lock:
        _held[key] = made
        while len(_held) > HELD:
            _held.popitem(last=False)
    return made


def _key(part: Part, targets: Sequence[int]) -> str:
    mesh = part.mesh
    arrays: list[Any] = [mesh.faces, mesh.uvs, mesh.uv_faces, mesh.joints, mesh.weights]
    names = ",".join(m.name for m in mesh.morphs)
    arrays += [mesh.positions, *(a for m in mesh.morphs for a in (m.index, m.delta))]
    digests = " ".join("-" if a is None else content_digest(a).hex() for a in arrays)
    return f"ladder {part.name} {part.role} {tuple(targets)} {names} {digests}"


class Known(NamedTuple):
    """What the levels are chosen by: a mesh, its shapes, and the same mesh on other builds."""

    mesh: Mesh
    shapes: list[Shape]
    builds: tuple[F32, ...]


def _known_of(part: Part) -> Known:
    return Known(part.mesh, [(m.index, m.delta) for m in part.mesh.morphs], ())


def _make_whole(part: Part) -> list[Made]:
    parts = reference_parts(part)
    if not parts or not _alike(parts[0].mesh, part.mesh):
        return []
    mesh, binding = parts[0].mesh, parts[0].binding
    assert binding is not None
    if mesh.joints is None:
        joints, weights = bind_weights(binding)
        mesh = replace(mesh, joints=joints, weights=weights)
    morphs = carry(binding) if part.role in FACIAL else ()
    mesh = replace(mesh, morphs=morphs)
    builds = tuple(p.mesh.positions for p in parts[1:])
    floor = min(FLOOR.get(part.role, LEAST), len(mesh.faces))
    counts = [max(floor, int(len(mesh.faces) * share)) for share in _shares(part)]
    targets = [n for n, finer in zip(counts, (len(mesh.faces), *counts), strict=False) if n < finer]
    # a part that is small already has itself for a level
    return _make(Known(mesh, [(m.index, m.delta) for m in morphs], builds), targets or [len(mesh.faces)])


def _alike(a: Mesh, b: Mesh) -> bool:
    same_uvs = (a.uv_faces is None and b.uv_faces is None) or (
        a.uv_faces is not None and b.uv_faces is not None and np.array_equal(a.uv_faces, b.uv_faces)
    )
    return len(a.positions) == len(b.positions) and np.array_equal(a.faces, b.faces) and same_uvs


def _make(known: Known, targets: Sequence[int]) -> list[Made]:
    mesh, shapes = known.mesh, known.shapes
    points = mesh.positions
    contacts = [(m.index, m.delta) for m in mesh.morphs if m.name in CONTACTS]
    edges = spread_out(contact_vertices(points, contacts), points, contacts)
    locks = []
    for target in targets:
        locks.append(np.zeros(len(points), bool))
        locks[-1][edges[: int(LOCKED_SHARE * target)]] = True
    levels = build_levels(
        points,
        mesh.faces,
        targets,
        uvs=mesh.uvs,
        uv_faces=mesh.uv_faces,
        joints=mesh.joints,
        weights=mesh.weights,
        shapes=shapes,
        builds=known.builds,
        locks=locks,
        care=_care(len(points), mesh),
    )
    return [
        (
            level.faces,
            level.uv_faces,
            *find_probes(points, mesh.faces, level.faces, mesh.joints, mesh.weights, shapes),
        )
        for level in levels
    ]


def _shares(part: Part) -> tuple[float, ...]:
    return TRIMS if is_trim(part) else SHARES.get(part.role, RUNGS)


def is_trim(part: Part) -> bool:
    """Whether a part lies close on a garment built with it."""
    return part.role == "garment" and part.name.rpartition(".")[2] in ON_TOP and len(part.mesh.faces) <= SMALL


def _care(count: int, mesh: Mesh) -> F32:
    """(V,) how much more the errors of the face count."""
    far = np.zeros(count, np.float32)
    for morph in mesh.morphs:
        far[morph.index] = np.maximum(far[morph.index], np.linalg.norm(morph.delta, axis=1))
    return np.asarray(FACE_CARE * np.minimum(far / FACE_MOVES, 1), np.float32)


def _pack(levels: list[Made]) -> bytes:
    out = io.BytesIO()
    for faces, uv_faces, probes, host, heir in levels:
        for array in (faces, uv_faces, *probes[:3], np.array([probes.even, probes.share]), host, heir):
            np.save(out, np.zeros(0, np.int32) if array is None else array, allow_pickle=False)
    return out.getvalue()


def _unpack(data: bytes, count: int) -> Ladder:
    source = io.BytesIO(data)
    rungs = []
    while source.tell() < len(data):
        faces, uv_faces, vertex, corners, weights, rest, host, heir = (
            np.load(source, allow_pickle=False) for _ in range(8)
        )
        vertices = np.unique(faces).astype(np.int32)
        place = np.full(count, -1, np.int32)
        place[vertices] = np.arange(len(vertices), dtype=np.int32)
        probes = Probes(vertex, corners, weights, int(rest[0]), float(rest[1]))
        rung = Rung(vertices, place, place[faces], uv_faces if uv_faces.size else None, probes, host, heir)
        for array in (*rung[:4], *probes[:3], host, heir):
            if array is not None:
                array.flags.writeable = False
        rungs.append(rung)
    return Ladder(tuple(rungs))

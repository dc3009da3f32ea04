"""The levels of one part, made once per topology and kept: in memory, on disk, for every body that wears it."""

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..avatar import I32, Part
from ..cache import cached_bytes
from ..face import carry
from ..geometry import content_digest
from ..geometry.channels import Shape, contact_vertices
from ..geometry.simplify import build_levels
from ..pack import open_pack
from .probes import Probes, find_probes
from .reference import has_reference, reference_positions

# Shapes that bring lips or eyelids together or apart: both edges stay in every level, or the face does not close.
CONTACTS = frozenset({"jawOpen", "eyeBlinkLeft", "eyeBlinkRight"})
LOCKED_SHARE = 0.25  # of a level's faces; a level with fewer faces per locked vertex than that locks nothing


class Rung(NamedTuple):
    """One level: vertices (V',) of the full mesh, place (V,) their numbers or -1, faces, uv_faces, probes."""

    vertices: I32
    place: I32
    faces: I32
    uv_faces: I32 | None
    probes: Probes


class Ladder(NamedTuple):
    """The levels below the full mesh, finest first."""

    rungs: tuple[Rung, ...]


_held: OrderedDict[str, Ladder] = OrderedDict()
_lock = threading.Lock()
HELD = 256


def ladder(part: Part, targets: Sequence[int]) -> Ladder:
    """Levels of `part` with about `targets` faces each (falling).

    Depends on topology, binding, skin weights and names of the shapes: the same for all bodies. Parts that the pack
    does not know (uploads) are simplified in the shape they have.
    """
    key = _key(part, targets)
    with _lock:
        if (found := _held.get(key)) is not None:
            _held.move_to_end(key)
            return found
    made = _unpack(cached_bytes(key, lambda: _pack(_make(part, targets))), len(part.mesh.positions))
    with _lock:
        _held[key] = made
        while len(_held) > HELD:
            _held.popitem(last=False)
    return made


def _key(part: Part, targets: Sequence[int]) -> str:
    mesh = part.mesh
    arrays: list[Any] = [mesh.faces, mesh.uvs, mesh.uv_faces, mesh.joints, mesh.weights]
    names = ",".join(m.name for m in mesh.morphs)
    if has_reference(part):
        assert part.binding is not None
        arrays += [part.binding.refs, part.binding.weights]
        names += f" on {open_pack().digest}"
    else:
        arrays += [mesh.positions, *(a for m in mesh.morphs for a in (m.index, m.delta))]
    digests = " ".join("-" if a is None else content_digest(a).hex() for a in arrays)
    return f"ladder {part.name} {part.role} {tuple(targets)} {names} {digests}"


def _make(part: Part, targets: Sequence[int]) -> list[tuple[I32, I32 | None, Probes]]:
    mesh = part.mesh
    known = has_reference(part)
    bodies = reference_positions(part) if known else ()
    morphs = carry(part.binding) if known and part.binding is not None and mesh.morphs else mesh.morphs
    names = {m.name for m in mesh.morphs}
    shapes: list[Shape] = [(m.index, m.delta) for m in morphs if m.name in names]
    points = bodies[0] if bodies else mesh.positions
    lock = np.zeros(len(points), bool)
    lock[contact_vertices(points, [(m.index, m.delta) for m in morphs if m.name in CONTACTS])] = True
    held = lock if lock.sum() < LOCKED_SHARE * min(targets, default=0) else None
    levels = build_levels(
        points,
        mesh.faces,
        targets,
        uvs=mesh.uvs,
        uv_faces=mesh.uv_faces,
        joints=mesh.joints,
        weights=mesh.weights,
        shapes=shapes,
        builds=bodies[1:],
        lock=held,
    )
    return [
        (level.faces, level.uv_faces, find_probes(points, mesh.faces, level.faces, mesh.joints, mesh.weights, shapes))
        for level in levels
    ]


def _pack(levels: list[tuple[I32, I32 | None, Probes]]) -> bytes:
    out = io.BytesIO()
    for faces, uv_faces, probes in levels:
        for array in (faces, uv_faces, *probes[:3], np.array([probes.even, probes.share])):
            np.save(out, np.zeros(0, np.int32) if array is None else array, allow_pickle=False)
    return out.getvalue()


def _unpack(data: bytes, count: int) -> Ladder:
    source = io.BytesIO(data)
    rungs = []
    while source.tell() < len(data):
        faces, uv_faces, vertex, corners, weights, rest = (np.load(source, allow_pickle=False) for _ in range(6))
        vertices = np.unique(faces).astype(np.int32)
        place = np.full(count, -1, np.int32)
        place[vertices] = np.arange(len(vertices), dtype=np.int32)
        probes = Probes(vertex, corners, weights, int(rest[0]), float(rest[1]))
        rung = Rung(vertices, place, place[faces], uv_faces if uv_faces.size else None, probes)
        for array in (*rung[:4], *probes[:3]):
            if array is not None:
                array.flags.writeable = False
        rungs.append(rung)
    return Ladder(tuple(rungs))

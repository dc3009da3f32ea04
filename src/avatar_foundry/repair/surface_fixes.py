"""The repairs of surfaces, each over all parts at once: what lies at one place counts as joined across parts."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import I32, Mesh
from ..geometry import vertex_normals
from . import clean
from .holes import fill
from .outward import Turns, find_turns, own_sense
from .scraps import find_scraps
from .select import drop_unused, gather_vertices, keep_faces
from .topology import edges_of, fans, pairs_of
from .weld import kinds
from .weld import weld as weld_mesh
from .whole import Whole
from .work import Numbers, Work

Flags = NDArray[np.bool_]


def add(total: Numbers, more: Numbers) -> None:
    """Sum numbers by name."""
    for key, value in more.items():
        total[key] = total.get(key, 0) + value


def sanitize(work: Work) -> Numbers:
    """Take out what is not a number or does not exist."""
    total: Numbers = {}
    meshes = []
    for part in work.avatar.parts:
        mesh, numbers = clean.sanitize(part.mesh)
        meshes.append(mesh)
        add(total, numbers)
    work.put(meshes)
    return total


def weld(work: Work) -> Numbers:
    """Join vertices that lie at one place and agree."""
    total: Numbers = {}
    meshes = []
    whole = work.whole
    for part, site in zip(work.avatar.parts, work.split(whole.site, "vertex"), strict=True):
        mesh, numbers = weld_mesh(part.mesh, site.astype(np.int32), whole.step)
        meshes.append(mesh)
        add(total, numbers)
    work.put(meshes)
    return total


def drop_degenerate(work: Work) -> Numbers:
    """Take out faces without area; where that would tear the surface, its neighbour takes the corner in."""
    caps = 0
    for _ in range(clean.ROUNDS):
        whole = work.whole
        if not (whole.degenerate & ~whole.collapsed).any():
            break
        turned = 0
        meshes = []
        collapsed, degenerate, sited = (work.split(a) for a in (whole.collapsed, whole.degenerate, whole.sited))
        for part, c, d, s in zip(work.avatar.parts, collapsed, degenerate, sited, strict=True):
            mesh, count = clean.flip_caps(part.mesh, s, d, c)
            meshes.append(mesh)
            turned += count
        work.put(meshes)
        caps += turned
        if not turned:
            break
    whole = work.whole
    dropped = int(whole.degenerate.sum())
    if dropped:
        keep = work.split(~whole.degenerate)
        work.put([keep_faces(p.mesh, k) for p, k in zip(work.avatar.parts, keep, strict=True)])
    return {"faces": dropped, "turned": caps}


def drop_duplicates(work: Work) -> Numbers:
    """Take out faces that lie on an earlier face of the same part, look the same way and move alike."""
    alike = repeated(work.whole)
    if not alike.any():
        return {}
    work.put([keep_faces(p.mesh, ~a) for p, a in zip(work.avatar.parts, work.split(alike), strict=True)])
    return {"faces": int(alike.sum())}


def repeated(whole: Whole) -> Flags:
    """(F,) faces that lie on an earlier face of their part, look the same way, and move and are painted alike."""
    out = np.zeros(len(whole.faces), bool)
    for k in np.unique(whole.part[whole.copies[0]]).tolist():
        rows = slice(int(whole.first_face[k]), int(whole.first_face[k + 1]))
        mesh = replace(whole.meshes[k], normals=None)
        site = whole.site[int(whole.first_vertex[k]) : int(whole.first_vertex[k + 1])]
        kind = kinds(mesh, site, whole.step)[mesh.faces]
        out[rows] = clean.second_copies(whole.sited[rows], kind, ~whole.collapsed[rows])[0]
    return out


def drop_loose(work: Work) -> Numbers:
    """Take out vertices and texture coordinates that no face uses."""
    before = work.avatar.parts
    meshes = [drop_unused(p.mesh) for p in before]
    numbers: Numbers = {
        "vertices": sum(len(p.mesh.positions) - len(m.positions) for p, m in zip(before, meshes, strict=True)),
        "uvs": sum(_uvs(p.mesh) - _uvs(m) for p, m in zip(before, meshes, strict=True)),
    }
    work.put(meshes)
    return numbers


def _uvs(mesh: Mesh) -> int:
    return len(mesh.uvs) if mesh.uvs is not None else 0


def turns(work: Work) -> Turns:
    """Which faces look the wrong way."""
    whole = work.whole
    double = {m.name for m in work.avatar.materials if m.double_sided}
    both = tuple(p.material in double for p in work.avatar.parts)
    key = "turns", both
    if key not in whole.answers:
        own = [own_sense(m, f) for m, f in zip(whole.meshes, work.split(whole.cross), strict=True)]
        every = np.concatenate(own) if own else np.zeros(0, np.float32)
        whole.answers[key] = find_turns(whole, every, np.array(both, bool)[whole.part])
    found: Turns = whole.answers[key]
    return found


def orient_faces(work: Work) -> Numbers:
    """Wind each sheet one way, and outwards where that can be told."""
    found = turns(work)
    meshes = [turn_over(p.mesh, t) for p, t in zip(work.avatar.parts, work.split(found.turn), strict=True)]
    work.put(meshes)
    return {"faces": int(found.turn.sum()), "sheets": found.inward_sheets}


def turn_over(mesh: Mesh, turn: Flags) -> Mesh:
    """The mesh with the faces of `turn` (F,) wound the other way; normals that now contradict them follow."""
    if not turn.any():
        return mesh
    faces = np.where(turn[:, None], mesh.faces[:, ::-1], mesh.faces)
    uv_faces = np.where(turn[:, None], mesh.uv_faces[:, ::-1], mesh.uv_faces) if mesh.uv_faces is not None else None
    out = replace(mesh, faces=np.ascontiguousarray(faces), uv_faces=uv_faces)
    if mesh.normals is None:
        return out
    touched = np.zeros(len(mesh.positions), bool)
    touched[mesh.faces[turn]] = True
    true = vertex_normals(out.positions, out.faces)
    wrong = touched & (np.einsum("ij,ij->i", true, mesh.normals) < 0)
    flip = np.where(wrong, np.float32(-1), np.float32(1))[:, None]
    morphs = tuple(
        replace(m, normal=m.normal * flip[m.index]) if m.normal is not None and wrong[m.index].any() else m
        for m in mesh.morphs
    )
    return replace(out, normals=mesh.normals * flip, morphs=morphs)


def split_crowded(work: Work) -> Numbers:
    """Give every fan of faces that meets others only at a point or a crowded edge vertices of its own."""
    meshes, added = [], 0
    for part in work.avatar.parts:
        mesh = part.mesh
        a, b, c = mesh.faces.T
        edges = edges_of(mesh.faces, (a != b) & (b != c) & (c != a))
        fan = fans(pairs_of(edges, mesh.faces), mesh.faces)
        flat = mesh.faces.ravel()
        own, corner = np.unique(fan, return_inverse=True)
        vertex = np.zeros(len(own), np.int64)
        vertex[corner] = flat
        order = np.lexsort((np.arange(len(own)), vertex))
        first = np.ones(len(own), bool)
        first[1:] = vertex[order][1:] != vertex[order][:-1]
        number = np.empty(len(own), np.int64)
        extra = order[~first]
        number[order[first]] = vertex[order[first]]
        number[extra] = len(mesh.positions) + np.arange(len(extra))
        if len(extra):
            source = np.concatenate([np.arange(len(mesh.positions)), vertex[extra]])
            faces: I32 = number[corner].reshape(-1, 3).astype(np.int32)
            mesh = gather_vertices(mesh, source, faces)
            added += len(extra)
        meshes.append(mesh)
    work.put(meshes)
    return {"vertices": added}


def drop_scraps(work: Work) -> Numbers:
    """Take out tiny pieces that float far from the figure."""
    whole = work.whole
    found = find_scraps(whole.positions, whole.faces, whole.piece, whole.size)
    if not len(found.piece):
        return {}
    keep = ~np.isin(whole.piece, found.piece)
    meshes = [keep_faces(p.mesh, k) for p, k in zip(work.avatar.parts, work.split(keep), strict=True)]
    work.put(meshes)
    return {"pieces": len(found.piece), "faces": int((~keep).sum())}


def fillable(work: Work) -> list[I32]:
    """The border loops that are safe to close: half-edges in order; see `holes`."""
    whole, options = work.whole, work.options
    if not len(whole.border):
        return []
    flat = whole.faces.ravel()
    moved = np.zeros(len(whole.positions), bool)
    for mesh, at in zip(whole.meshes, whole.first_vertex.tolist(), strict=False):
        for m in mesh.morphs:
            moved[m.index + at] = True
    out = []
    small = [lp.half for lp in whole.loops if lp.simple and 3 <= len(lp.half) <= options.hole_edges]
    if not small:
        return []
    from scipy.spatial import cKDTree

    tree = None
    for half in small:
        tails = flat[half]
        ring = whole.positions[tails].astype(np.float64)
        length = float(np.linalg.norm(ring - np.roll(ring, -1, axis=0), axis=1).sum())
        most = options.hole_length * (5 if len(half) <= 4 else 1)  # one or two missing faces may be large
        if length > most * whole.size or len(np.unique(whole.part[half // 3])) > 1:
            continue
        if moved[tails].any():  # lips and lids open here
            continue
        centre = ring.mean(axis=0)
        beside = whole.cross[half // 3]
        across = np.cross(ring, np.roll(ring, -1, axis=0)).sum(axis=0)
        flat_on = -(beside @ across) / np.maximum(np.linalg.norm(beside, axis=1) * np.linalg.norm(across), 1e-300)
        if len(half) > 3 and float(flat_on.mean()) < CONTINUES:  # the end of a tube, not a gap in a surface
            continue
        radius = float(np.linalg.norm(ring - centre, axis=1).min())
        if len(half) > 3:
            if tree is None:
                tree = cKDTree(whole.positions)
            if float(tree.query(centre)[0]) < 0.7 * radius:  # something looks out of it
                continue
        out.append(half)
    return out


def fill_holes(work: Work) -> Numbers:
    """Close small holes."""
    chosen = fillable(work)
    return fill(work, chosen) if chosen else {}


def recompute_normals(work: Work) -> Numbers:
    """New normals for vertices whose own are missing, not unit, or look into the surface."""
    meshes, mended = [], 0
    for part, bad in zip(work.avatar.parts, bad_normals(work.whole), strict=True):
        mesh = part.mesh
        if mesh.normals is not None and bad.any():
            mended += int(bad.sum())
            with np.errstate(over="ignore", invalid="ignore"):
                length = np.linalg.norm(mesh.normals, axis=1, keepdims=True)
                kept = np.nan_to_num(mesh.normals / np.where(length > 0, length, 1))
            true = vertex_normals(mesh.positions, mesh.faces)
            weak = ~np.isfinite(length[:, 0]) | (length[:, 0] < 0.5)
            anew = bad & (weak | (np.einsum("ij,ij->i", true, kept) < BACKWARD))
            normals = np.where(anew[:, None], true, np.where(bad[:, None], kept, mesh.normals))
            mesh = replace(mesh, normals=normals.astype(np.float32))
        meshes.append(mesh)
    work.put(meshes)
    return {"vertices": mended}


CONTINUES = 0.6  # cosine between a hole and the surface around it
BACKWARD = -0.5  # cosine: normals that look so far into the surface are wrong, not bent for shading


def bad_normals(whole: Whole) -> list[Flags]:
    """Per part (V,) used vertices whose normal is no unit vector or looks into the surface; none without normals.

    Backs of two-sided cards may share the fronts' normals, which is how hair and leaves are lit.
    """
    out = []
    for k, mesh in enumerate(whole.meshes):
        if mesh.normals is None:
            out.append(np.zeros(len(mesh.positions), bool))
            continue
        rows = slice(int(whole.first_face[k]), int(whole.first_face[k + 1]))
        used, card = np.zeros(len(mesh.positions), bool), np.zeros(len(mesh.positions), bool)
        used[mesh.faces] = True
        card[mesh.faces[whole.twins[rows]]] = True
        with np.errstate(over="ignore", invalid="ignore"):
            length = np.linalg.norm(mesh.normals.astype(np.float64), axis=1)
        true = vertex_normals(np.nan_to_num(mesh.positions), mesh.faces)
        inward = np.einsum("ij,ij->i", true, np.nan_to_num(mesh.normals)) < BACKWARD * np.maximum(length, 1e-9)
        bad = ~np.isfinite(length) | (np.abs(length - 1) > 0.02) | (inward & ~card)
        out.append(np.asarray(bad & used))
    return out

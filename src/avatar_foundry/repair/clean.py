"""Take out what draws nothing: faces without area, second copies, stray numbers. No cracks are left behind."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Mesh, Morph
from .select import keep_faces
from .sites import finite_rows, group_number
from .topology import edges_of, following, pairs_of

Flags = NDArray[np.bool_]
ROUNDS = 8


def sanitize(mesh: Mesh) -> tuple[Mesh, dict[str, float]]:
    """Drop faces with a corner that is not finite or does not exist; mend normals, uvs, weights and shapes."""
    good = finite_rows(mesh.positions)
    lost = ~good
    count = len(mesh.positions)
    stray: Flags = (mesh.faces < 0) | (mesh.faces >= count)
    if mesh.uv_faces is not None and mesh.uvs is not None:
        stray = stray | (mesh.uv_faces < 0) | (mesh.uv_faces >= len(mesh.uvs))
    bad = np.asarray(stray.any(axis=1), np.bool_)
    if count:
        bad = bad | lost[np.where(stray, 0, mesh.faces)].any(axis=1)
    changed: dict[str, float] = {"faces": int(bad.sum()), "vertices": int(lost.sum())}
    if bad.any():
        mesh = keep_faces(mesh, ~bad)
    if lost.any():  # no face names them any more; they must not spoil bounds
        mesh = replace(mesh, positions=np.where(good[:, None], mesh.positions, np.float32(0)))
    for name in ("normals", "uvs", "weights", "colors"):
        values: F32 | None = getattr(mesh, name)
        if values is not None and not np.isfinite(values).all():
            fine: Flags = np.isfinite(values)
            changed[name] = int((~fine).any(axis=1).sum())
            mended: dict[str, Any] = {name: np.where(fine, values, np.float32(0))}
            mesh = replace(mesh, **mended)
    if mesh.morphs:
        morphs = tuple(_sane_morph(m) for m in mesh.morphs)
        if moved := sum(a is not b for a, b in zip(morphs, mesh.morphs, strict=True)):
            changed["shapes"] = moved
            mesh = replace(mesh, morphs=morphs)
    return mesh, changed


def _sane_morph(m: Morph) -> Morph:
    good = np.isfinite(m.delta).all(axis=1)
    if m.normal is not None:
        good &= np.isfinite(m.normal).all(axis=1)
    if good.all():
        return m
    return Morph(m.name, m.index[good], m.delta[good], m.normal[good] if m.normal is not None else None)


def flip_caps(mesh: Mesh, sited: I32, degenerate: Flags, collapsed: Flags) -> tuple[Mesh, int]:
    """Turn the longest edge of each flat triangle over to its neighbour, so that dropping leaves no crack.

    A cap a-b-m whose middle corner m lies on the edge a-b, with a neighbour b-a-d, become m-a-d and b-m-d: two faces
    with an area for one. sited: faces by place. Returns the mesh and how many caps it turned.
    """
    cap = degenerate & ~collapsed
    if not cap.any():
        return mesh, 0
    p = mesh.positions[mesh.faces].astype(np.float64)
    length = np.linalg.norm(p[:, [1, 2, 0]] - p, axis=2)
    pairs = pairs_of(edges_of(sited, ~collapsed), sited)
    long_half = (3 * np.arange(len(p)) + length.argmax(axis=1)).astype(np.int32)
    opposite = np.full(3 * len(p), -1, np.int32)
    opposite[pairs.a[pairs.agree]], opposite[pairs.b[pairs.agree]] = pairs.b[pairs.agree], pairs.a[pairs.agree]
    f = np.flatnonzero(cap)
    other = opposite[long_half[f]]
    f, other = f[other >= 0], other[other >= 0]
    g = other // 3
    ok = ~degenerate[g]
    f, other, g = f[ok], other[ok], g[ok]
    _, once = np.unique(g, return_index=True)  # a neighbour takes part in one turn per round
    f, other, g = f[once], other[once], g[once]
    if not len(f):
        return mesh, 0
    faces = mesh.faces.copy()
    flat = mesh.faces.ravel()
    h = long_half[f]
    m = flat[following(following(h))]
    b, a, d = flat[other], flat[following(other)], flat[following(following(other))]
    faces[f] = np.stack([m, a, d], axis=1)
    faces[g] = np.stack([b, m, d], axis=1)
    changes: dict[str, Any] = {"faces": faces}
    if mesh.uvs is not None and mesh.uv_faces is not None:
        uv_flat = mesh.uv_faces.ravel()
        ub, ua, ud = uv_flat[other], uv_flat[following(other)], uv_flat[following(following(other))]
        pa, pb, pm = (mesh.positions[i].astype(np.float64) for i in (a, b, m))
        along = np.einsum("ij,ij->i", pm - pa, pb - pa) / np.maximum(np.einsum("ij,ij->i", pb - pa, pb - pa), 1e-300)
        t = np.clip(along, 0, 1)[:, None].astype(np.float32)
        um = len(mesh.uvs) + np.arange(len(f), dtype=np.int32)
        uv_faces = mesh.uv_faces.copy()
        uv_faces[f] = np.stack([um, ua, ud], axis=1)
        uv_faces[g] = np.stack([ub, um, ud], axis=1)
        changes |= {"uvs": np.concatenate([mesh.uvs, mesh.uvs[ua] * (1 - t) + mesh.uvs[ub] * t]), "uv_faces": uv_faces}
    return replace(mesh, **changes), len(f)


def second_copies(sited: I32, kind: I32 | None, live: Flags) -> tuple[Flags, Flags]:
    """(F,) faces that repeat an earlier face at the same places, and (F,) those that lie back to back with another.

    kind: (F, K) what must agree too between a face and its repetition, corner by corner if K is 3; None: nothing.
    """
    same, twins = np.zeros(len(sited), bool), np.zeros(len(sited), bool)
    key = _row_keys(_sorted_rows(sited))
    by_key = np.argsort(key, kind="stable")
    again = key[by_key][1:] == key[by_key][:-1]
    if not again.any():
        return same, twins
    shared = np.zeros(len(sited), bool)
    shared[by_key[1:][again]] = shared[by_key[:-1][again]] = True
    rows = np.flatnonzero(shared & live)  # few: all that follows looks at these only
    turn = sited[rows].argmin(axis=1)
    rolled = (turn[:, None] + np.arange(3)) % 3
    at = np.take_along_axis(sited[rows], rolled, axis=1)
    more = [at]
    if kind is not None:
        k = kind[rows]
        more.append(np.take_along_axis(k, rolled, axis=1) if k.shape[1] == 3 else k)
    _, first, group = np.unique(np.concatenate(more, axis=1), axis=0, return_index=True, return_inverse=True)
    same[rows] = first[group.reshape(-1)] != np.arange(len(rows))
    forward = at[:, 1] < at[:, 2]
    plane = group_number(key[rows])
    ways = np.zeros((int(plane.max(initial=-1)) + 1, 2), bool)
    ways[plane, forward.astype(int)] = True
    twins[rows] = np.asarray(ways.all(axis=1))[plane]
    return same, twins


def _sorted_rows(rows: I32) -> I32:
    """Each row (F, 3) rising; a network of three exchanges is faster than a sort."""
    a, b, c = rows.T
    low, high = np.minimum(a, b), np.maximum(a, b)
    middle = np.minimum(high, c)
    return np.stack([np.minimum(low, middle), np.maximum(low, middle), np.maximum(high, c)], axis=1)


def _row_keys(rows: NDArray[Any]) -> NDArray[np.int64]:
    """One number per distinct row (F, 3)."""
    n = int(rows.max(initial=0)) + 1
    if n < 1 << 21:
        wide = rows.astype(np.int64)
        return np.asarray((wide[:, 0] << 42) | (wide[:, 1] << 21) | wide[:, 2])
    pair = np.unique(rows[:, 0].astype(np.int64) * n + rows[:, 1], return_inverse=True)[1].reshape(-1)
    return np.asarray(pair.astype(np.int64) * n + rows[:, 2])

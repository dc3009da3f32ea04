"""A barbute: one-piece helmet with a comb, a face opening, riveted edges and a padded lining."""

import numpy as np

from ...avatar import F32, Part
from .anatomy import Anatomy
from .chart import F64
from .draw import DEG, bump, ease, ridge
from .garment import Design, wear
from .sheet import Sheet, facing, flip, grid_normals, rim

LAYERS = {"leather": 60, "steel": 62, "trim": 63}
HEAD = {"head": 1.0}


def draw(a: Anatomy) -> Design:
    """The helmet on the neutral head."""
    p = a.body.base[:13380].astype(np.float64)
    head = p[p[:, 1] > a.joints["head"][1]]
    top, eye, jaw = head[:, 1].max(), a.joints["l-eye"][1], a.joints["jaw"][1]
    rx = np.abs(head[:, 0]).max() + 0.008
    back, front = head[:, 2].min() - 0.014, head[np.abs(head[:, 0]) < 0.03][:, 2].max()
    cz, rz = (back + front) / 2 - 0.004, (front - back) / 2 + 0.008
    cy = eye - 0.005
    ry = top + 0.020 - cy
    brow, low = eye + 0.030, jaw - 0.058

    def shell(t: F64, v: F64) -> F64:
        """v 0 crown, 1 brow, 2 lower edge."""
        y = np.where(
            v <= 1, cy + ry * np.cos(np.clip(v, 0, 1) * np.arccos((brow - cy) / ry)), brow - (brow - low) * (v - 1)
        )
        rise = np.clip((y - cy) / ry, 0, 1)
        r = np.sqrt(np.maximum(1 - rise**2.2, 0))
        drop = np.clip((cy - y) / (cy - low), 0, 1)
        nape = np.clip(-np.cos(t), 0, 1)
        r = r * (1 - 0.10 * np.sin(np.pi * 0.75 * drop) + 0.05 * drop**3 + nape * 0.10 * drop**2.5)
        comb = 0.010 * ridge(np.sin(t), 0.10) * ease(rise, 0.15, 0.5) + 0.005 * ridge(t, 0.14) * (np.cos(t) > 0)
        x, z = np.sin(t) * (r * rx), cz + np.cos(t) * (r * rz)
        out = np.stack([x, y + 0.0045 * ridge(np.sin(t), 0.10) * rise**2, z], -1)
        n = np.stack([np.sin(t) * r, rise, np.cos(t) * r], -1)
        return np.asarray(out + n / np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-9) * comb[..., None])

    nu = 64
    t = (-np.pi + 2 * np.pi * np.arange(nu) / nu)[:, None]
    v = np.linspace(0.02, 1, 13)[None] ** 0.8
    centre = np.array((0.0, cy, cz))
    cap = facing(Sheet(shell(t + 0 * v, v + 0 * t), "steel", "head", HEAD, True), centre)
    wide = 50.0 * DEG
    w = np.linspace(0, 1, 14)[None]
    y_of = 1 + w
    open_ = wide * (1 - ease(w, 0.30, 0.62)) + 13 * DEG * ease(w, 0.30, 0.62) + 5 * DEG * ease(w, 0.75, 1)
    u = np.linspace(0, 1, 49)[:, None]
    around = open_ + (2 * np.pi - 2 * open_) * u
    wrap_points = shell(around, y_of + 0 * u)
    wrap = facing(Sheet(wrap_points, "steel", "head", HEAD), centre)
    out = [cap, wrap, *rim(wrap, "trim", 0.007, 0.0026, 0.003, "open", inner=0.012)]
    tt = np.linspace(-wide, wide, 21)[:, None]
    lip = shell(tt + 0 * np.linspace(0.86, 1, 4)[None], np.linspace(0.86, 1, 4)[None] + 0 * tt)
    brow_sheet = facing(Sheet(lip, "steel", "head", HEAD), centre)
    out += rim(brow_sheet, "trim", 0.007, 0.0026, 0.003, "1", inner=0.012)
    for points, closed in ((cap.points[::2, ::3], True), (wrap.points[::2, ::1], False)):
        n = grid_normals(points, closed)
        lining = Sheet(points - n * 0.005, "leather", "head", HEAD, closed)
        out.append(flip(facing(lining, centre)))
    # rivets along the brow
    for angle in (-62.0, -88.0, -114.0, 62.0, 88.0, 114.0, 150.0, -150.0):
        at = shell(np.array([[angle * DEG]]), np.array([[0.955]]))[0, 0]
        n = (at - centre) / np.linalg.norm(at - centre)
        e = np.cross(n, (0.0, 1.0, 0.0))
        e /= np.linalg.norm(e)
        g = np.cross(e, n)
        q = (2 * np.pi * np.arange(8) / 8)[:, None]
        r = np.array([0.0, 0.0028, 0.0042, 0.0048])[None]
        h = np.array([0.0034, 0.0029, 0.0015, -0.001])[None]
        dome = at + (np.cos(q) * r)[..., None] * e + (np.sin(q) * r)[..., None] * g + (h + 0 * q)[..., None] * n
        out.append(facing(Sheet(dome, "trim", "head", HEAD, True), at - n * 0.01))
    return Design(tuple(out), (), ("steel", "trim"))


def helmet(base: F32) -> tuple[Part, ...]:
    """Parts helmet.leather, .steel, .trim on a body (B, 3)."""
    return wear("helmet", "helmet", draw, base, LAYERS, "hat")


__all__ = ["bump", "draw", "helmet"]

"""Avatar -> picture: opaque and masked parts through a z-buffer, blended parts over them back to front."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import Avatar, Material
from ..formats.split import split_mesh
from .camera import Camera, view_camera
from .occlusion import Openness, make_occlusion
from .raster import Fragments, rasterize
from .shade import Surface, base_color, f32, shade, tone_map

BACKDROP = (0.592, 0.639, 0.690)  # sRGB, a neutral studio grey-blue
PLAIN = Material("plain", color=(0.6, 0.6, 0.6, 1.0))


class _Drawable:
    """One part, split at its uv seams, with its material."""

    def __init__(self, avatar: Avatar, index: int) -> None:
        part = avatar.parts[index]
        self.material = next((m for m in avatar.materials if m.name == part.material), PLAIN)
        split = split_mesh(part.mesh, with_tangents=self.material.normal is not None, with_morphs=False)
        self.positions, self.normals, self.faces = split.positions, split.normals, split.faces
        self.uvs, self.tangents = split.uvs, split.tangents

    def surface(self, face: NDArray[np.int32], bary: NDArray[np.float32]) -> Surface:
        corners, w = self.faces[face], bary[:, :, None]

        def mix(values: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
            return None if values is None else np.asarray((values[corners] * w).sum(axis=1), np.float32)

        position, normal = mix(self.positions), mix(self.normals)
        assert position is not None
        assert normal is not None
        return Surface(position, normal, mix(self.tangents), mix(self.uvs))

    def alpha(self, f: Fragments) -> NDArray[np.float32]:
        corners = self.faces[f.face]
        uv = None if self.uvs is None else (self.uvs[corners] * f.bary[:, :, None]).sum(axis=1).astype(np.float32)
        return base_color(self.material, uv, len(f.face))[:, 3]


def render_avatar(avatar: Avatar, camera: Camera, size: int, *, samples: int = 2) -> NDArray[np.uint8]:
    """(size, size, 4) RGBA, sRGB; transparent where nothing is. `samples` squared rays per pixel."""
    wide = size * samples
    things = [_Drawable(avatar, i) for i in range(len(avatar.parts))]
    things = [t for t in things if len(t.faces)]
    solid = [t for t in things if t.material.alpha_mode != "BLEND"]
    openness = make_occlusion(
        np.concatenate([t.positions for t in solid]),
        np.concatenate(
            [t.faces + o for t, o in zip(solid, np.cumsum([0] + [len(t.positions) for t in solid]), strict=False)]
        ),
    )
    depth = np.full(wide * wide, np.inf, np.float32)
    owner = np.full(wide * wide, -1, np.int16)
    face = np.zeros(wide * wide, np.int32)
    bary = np.zeros((wide * wide, 3), np.float32)
    blended: list[tuple[int, Fragments, NDArray[np.float32]]] = []
    for index, thing in enumerate(things):
        screen = camera.project(thing.positions, wide)
        for f in rasterize(screen, thing.faces, wide, cull=not thing.material.double_sided):
            if thing.material.alpha_mode == "BLEND":
                blended.append((index, f, thing.alpha(f)))
                continue
            if thing.material.alpha_mode == "MASK":
                f = _pick(f, thing.alpha(f) >= thing.material.alpha_cutoff)
            np.minimum.at(depth, f.pixel, f.depth)
            f = _pick(f, f.depth <= depth[f.pixel])
            owner[f.pixel], face[f.pixel], bary[f.pixel] = index, f.face, f.bary
    color = np.zeros((wide * wide, 4), np.float32)
    for index, thing in enumerate(things):
        pixel = np.flatnonzero(owner == index)
        if len(pixel):
            color[pixel, :3] = _light(thing, thing.surface(face[pixel], bary[pixel]), camera, openness)
            color[pixel, 3] = 1.0
    _composite(color, depth, things, blended, camera, openness)
    rgb = tone_map(f32(color[:, :3] / np.maximum(color[:, 3:], 1e-6)))
    rgba = (
        np.concatenate([rgb * color[:, 3:], color[:, 3:]], axis=1).reshape(size, samples, size, samples, 4).mean((1, 3))
    )
    rgba[..., :3] /= np.maximum(rgba[..., 3:], 1e-6)
    return np.asarray(np.clip(rgba, 0, 1) * 255 + 0.5, np.uint8)


def _pick(f: Fragments, keep: NDArray[np.bool_]) -> Fragments:
    return Fragments(f.pixel[keep], f.face[keep], f.bary[keep], f.depth[keep])


def _light(thing: _Drawable, surface: Surface, camera: Camera, openness: Openness) -> NDArray[np.float32]:
    albedo = base_color(thing.material, surface.uv, len(surface.position))[:, :3]
    occlusion = openness(surface.position, surface.normal)
    return shade(thing.material, surface, albedo, camera.eye, occlusion)


def _composite(
    color: NDArray[np.float32],
    depth: NDArray[np.float32],
    things: Sequence[_Drawable],
    blended: Sequence[tuple[int, Fragments, NDArray[np.float32]]],
    camera: Camera,
    openness: Openness,
) -> None:
    """Lay blended fragments over `color` (premultiplied, in place), farthest first."""
    pixels, depths, paints = [], [], []
    for index, f, alpha in blended:
        keep = (alpha > 1 / 255) & (f.depth < depth[f.pixel])
        f, alpha = _pick(f, keep), alpha[keep]
        if not len(f.pixel):
            continue
        light = _light(things[index], things[index].surface(f.face, f.bary), camera, openness)
        pixels.append(f.pixel)
        depths.append(f.depth)
        paints.append(np.concatenate([light * alpha[:, None], alpha[:, None]], axis=1))
    if not pixels:
        return
    pixel, far, paint = np.concatenate(pixels), np.concatenate(depths), np.concatenate(paints)
    order = np.lexsort((-far, pixel))
    pixel, paint = pixel[order], paint[order]
    first = np.r_[True, pixel[1:] != pixel[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(pixel)), 0))
    rank = np.arange(len(pixel)) - start
    for layer in range(int(rank.max()) + 1):
        here = rank == layer
        p = pixel[here]
        color[p] = paint[here] + color[p] * (1 - paint[here, 3:])


def render_sheet(
    avatar: Avatar, views: Sequence[str], size: int, *, samples: int = 2, head: str = "head"
) -> NDArray[np.uint8]:
    """(size, size * len(views), 3) RGB: the named views side by side on the studio backdrop."""
    points = np.concatenate([p.mesh.positions[np.unique(p.mesh.faces)] for p in avatar.parts if len(p.mesh.faces)])
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    joint = None
    if avatar.skeleton is not None:
        names = [n.lower().split(":")[-1] for n in avatar.skeleton.names]
        if head in names:
            joint = avatar.skeleton.rest[names.index(head), :3, 3].astype(np.float64)
    tiles = []
    for view in views:
        rgba = (
            render_avatar(avatar, view_camera(view, low, high, joint), size, samples=samples).astype(np.float32) / 255
        )
        tiles.append(rgba[..., :3] * rgba[..., 3:] + f32(BACKDROP) * (1 - rgba[..., 3:]))
    return (np.concatenate(tiles, axis=1) * 255 + 0.5).astype(np.uint8)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """PNG bytes of (H, W, 3|4) uint8; the same bytes for the same pixels."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=6)
    return out.getvalue()

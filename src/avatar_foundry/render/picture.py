"""Avatar -> picture: opaque and masked parts through a z-buffer, blended parts over them back to front.

Four coverage samples per pixel. A pixel whose samples lie on one smooth surface is shaded once, others per sample.
"""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import Avatar
from .camera import Camera, camera_of
from .light import Ground, Openness, Shelter, ground_shadow, openness
from .raster import NOTHING, Fragments, Triangles, depth_of, fragments, keep_nearest, set_up
from .scene import Scene, flatten
from .shade import Points, Studio, base_color, f32, shade, studio, tangents_of, tone_map, unit
from .textures import Textures

BACKDROP = (0.592, 0.639, 0.690)  # sRGB, a neutral studio grey-blue
GRID = 2  # samples per pixel side
SMOOTH = 0.8  # least cosine between face normals of a pixel that is shaded once
SHADOW = 0.62  # how dark the floor gets right under a foot
# A masked texel shows in 0..4 of a pixel's samples as its alpha nears the cutoff: soft edges of hair.
SOFTNESS = 0.5
NUDGE = np.float32(5e-4)  # metres
OPEN = 0.75  # openness where nothing solid is behind, for blended hair


class Painter:
    """Draws one avatar; what does not depend on the camera is kept between views."""

    def __init__(self, avatar: Avatar) -> None:
        self.avatar = avatar
        self.scene: Scene = flatten(avatar)
        self.textures = Textures()
        self._shelter: Shelter | None = None
        self._ground: Ground | None = None
        positions = self.scene.positions[self.scene.faces]
        self.edges = positions[:, 1] - positions[:, 0], positions[:, 2] - positions[:, 0]
        uvs = self.scene.uvs[self.scene.uv_faces]
        self.uv_edges = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
        self.face_normals = unit(np.cross(*self.edges))

    @property
    def shelter(self) -> Shelter:
        """What blocks light: opaque faces, and masked ones where their middle is not cut out."""
        if self._shelter is None:
            scene = self.scene
            solid = scene.of_mode("OPAQUE")
            for i, material in enumerate(scene.materials):
                if material.alpha_mode == "MASK":
                    rows = np.flatnonzero(scene.part == i)
                    middle = scene.uvs[scene.uv_faces[rows]].mean(axis=1)
                    solid[rows] = base_color(material, middle, 1 / 128, self.textures)[:, 3] >= material.alpha_cutoff
            self._shelter = Shelter(scene.positions, scene.faces[solid])
        return self._shelter

    def draw(self, camera: Camera, size: int, *, ground: bool = False) -> NDArray[np.uint8]:
        """(size, size, 4) RGBA, sRGB, not premultiplied; transparent where nothing is."""
        wide = size * GRID
        scene, both = self.scene, self.scene.double_sided()
        triangles = set_up(camera.project(scene.positions, wide), scene.faces, wide)
        nearest = np.full(wide * wide, NOTHING, np.uint64)
        for f in fragments(triangles, scene.of_mode("OPAQUE"), both, wide):
            keep_nearest(nearest, f)
        for f in fragments(triangles, scene.of_mode("MASK"), both, wide):
            keep_nearest(nearest, self._unmasked(f, triangles, nearest, wide))
        room = studio(camera.eye, camera.target)
        seen = np.flatnonzero((nearest.reshape(size, GRID, size, GRID) != NOTHING).any(axis=(1, 3)))
        over = [f for f in self._blended(triangles, both, nearest, wide) if len(f.sample)]
        touched = np.unique(np.concatenate([seen, *(_pixel(f.sample, size) for f in over)]))
        row = np.full(size * size, -1, np.int32)
        row[touched] = np.arange(len(touched))
        color = np.zeros((len(touched), GRID * GRID, 4), np.float32)  # premultiplied, tone-mapped
        light = Openness(*np.full((2, len(touched), 1), OPEN, np.float32))
        if len(seen):
            light = self._paint_solid(color, row, seen, nearest, triangles, camera, room, size, light)
        if over:
            self._paint_blended(color, row, over, triangles, room, size, light)
        picture = np.zeros((size * size, 4), np.float32)
        picture[touched] = color.mean(axis=1)
        if ground:
            self._paint_ground(picture, camera, size)
        picture[:, :3] /= np.maximum(picture[:, 3:], 1e-6)
        return np.asarray(np.clip(picture, 0, 1) * 255 + 0.5, np.uint8).reshape(size, size, 4)

    def _unmasked(self, f: Fragments, triangles: Triangles, nearest: NDArray[np.uint64], wide: int) -> Fragments:
        f = f.pick(f.depth < depth_of(nearest[f.sample]))
        alpha, cutoff = self._alpha(f, triangles, wide)
        y, x = np.divmod(f.sample, wide)
        place = ((x % GRID + y % GRID * GRID) * 3 % 4 + 0.5) / 4 - 0.5
        return f.pick(alpha >= cutoff * (1 + SOFTNESS * place))

    def _alpha(self, f: Fragments, triangles: Triangles, wide: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Alpha and cutoff of fragments."""
        scene = self.scene
        alpha, cutoff = np.ones(len(f.face), np.float32), np.zeros(len(f.face), np.float32)
        part = scene.part[f.face]
        for i in np.unique(part):
            rows = np.flatnonzero(part == i)
            face = f.face[rows]
            weights = self._weights(triangles, face, f.sample[rows], wide)
            uv = np.einsum("nkc,nk->nc", scene.uvs[scene.uv_faces[face]], weights)
            material = scene.materials[i]
            density = self._density(face, triangles) / GRID
            alpha[rows] = base_color(material, uv, density, self.textures)[:, 3]
            cutoff[rows] = material.alpha_cutoff
        return alpha, cutoff

    @staticmethod
    def _weights(
        triangles: Triangles, face: NDArray[np.int32], sample: NDArray[np.int64], wide: int
    ) -> NDArray[np.float32]:
        y, x = np.divmod(sample, wide)
        return triangles.weights(face, x + 0.5, y + 0.5)

    def _density(self, face: NDArray[np.int32], triangles: Triangles) -> float:
        """Units of uv per pixel side on these faces (with repetition), on the sharp side of their middle."""
        one, two = self.uv_edges
        few = face[:: max(1, len(face) // 2000)]
        spread = np.abs(one[few, 0] * two[few, 1] - one[few, 1] * two[few, 0])
        ratio = np.sqrt(spread / np.maximum(np.abs(triangles.area[few]), 1e-9)) * GRID
        return float(np.quantile(ratio, 0.3)) if len(ratio) else 0.0

    def _points(
        self, face: NDArray[np.int32], weights: NDArray[np.float32], triangles: Triangles, eye: NDArray[np.float64]
    ) -> Points:
        scene = self.scene
        corners = scene.faces[face]
        position = np.einsum("nkc,nk->nc", scene.positions[corners], weights)
        normal = unit(np.einsum("nkc,nk->nc", scene.normals[corners], weights))
        flat = self.face_normals[face]
        behind = np.einsum("nc,nc->n", flat, f32(eye - position)) < 0
        normal[behind] *= -1  # only double-sided faces are seen from behind
        uv = np.einsum("nkc,nk->nc", scene.uvs[scene.uv_faces[face]], weights)
        tangent, handed = tangents_of(
            self.edges[0][face], self.edges[1][face], self.uv_edges[0][face], self.uv_edges[1][face], normal
        )
        return Points(position, normal, tangent, handed, f32(uv), 0.0)

    def _lit(
        self, face: NDArray[np.int32], points: Points, light: Openness, room: Studio, triangles: Triangles
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Tone-mapped colour (N, 3) and alpha (N,) of points, part by part."""
        color, alpha = np.zeros((len(face), 3), np.float32), np.ones(len(face), np.float32)
        part = self.scene.part[face]
        for i in np.unique(part):
            rows = np.flatnonzero(part == i)
            some = points.pick(rows)._replace(density=self._density(face[rows], triangles))
            here = Openness(light.sky[rows], light.sun[rows])
            radiance, alpha[rows] = shade(self.scene.materials[i], some, here, room, self.textures)
            color[rows] = tone_map(radiance)
        return color, alpha

    def _paint_solid(
        self,
        color: NDArray[np.float32],
        row: NDArray[np.int32],
        seen: NDArray[np.int64],
        nearest: NDArray[np.uint64],
        triangles: Triangles,
        camera: Camera,
        room: Studio,
        size: int,
        light: Openness,
    ) -> Openness:
        """Fill `color`; returns the light at every touched pixel."""
        wide = size * GRID
        samples = _samples(seen, size)  # (S, 4)
        keys = nearest[samples]
        there = keys != NOTHING
        face = np.where(there, keys & np.uint64(0xFFFFFFFF), 0).astype(np.int32)
        first = face[np.arange(len(seen)), there.argmax(axis=1)]
        alike = self.scene.part[face] == self.scene.part[first][:, None]
        flat = self.face_normals[face]
        turned = np.abs(np.einsum("nkc,nc->nk", flat, self.face_normals[first]))
        once = (there & alike & (turned > SMOOTH)).all(axis=1)
        # One representative point per pixel carries the light of the whole pixel.
        y, x = np.divmod(seen, size)
        weights = triangles.weights(first, (x + 0.5) * GRID, (y + 0.5) * GRID)
        middle = self._points(first, weights, triangles, camera.eye)
        found = openness(self.shelter, seen, middle.position, middle.normal, room.key, size)
        mine = row[seen]
        light.sky[mine], light.sun[mine] = found.sky, found.sun
        lone = np.flatnonzero(once)
        paint, _ = self._lit(
            first[lone], middle.pick(lone), Openness(found.sky[lone], found.sun[lone]), room, triangles
        )
        color[mine[lone], :, :3], color[mine[lone], :, 3] = paint[:, None], 1.0
        pixel, sub = np.nonzero(there & ~once[:, None])
        if len(pixel):
            owner = face[pixel, sub]
            points = self._points(
                owner, self._weights(triangles, owner, samples[pixel, sub], wide), triangles, camera.eye
            )
            paint, _ = self._lit(owner, points, Openness(found.sky[pixel], found.sun[pixel]), room, triangles)
            color[mine[pixel], sub, :3], color[mine[pixel], sub, 3] = paint, 1.0
        return light

    def _blended(
        self, triangles: Triangles, both: NDArray[np.bool_], nearest: NDArray[np.uint64], wide: int
    ) -> list[Fragments]:
        """Fragments of blended faces in front of what is solid; a hair nearer, as brows and lashes lie on skin."""
        return [
            f.pick(f.depth - NUDGE < depth_of(nearest[f.sample]))
            for f in fragments(triangles, self.scene.of_mode("BLEND"), both, wide)
        ]

    def _paint_blended(
        self,
        color: NDArray[np.float32],
        row: NDArray[np.int32],
        over: Sequence[Fragments],
        triangles: Triangles,
        room: Studio,
        size: int,
        light: Openness,
    ) -> None:
        """Lay blended fragments over `color` (in place), farthest first."""
        sample, face = np.concatenate([f.sample for f in over]), np.concatenate([f.face for f in over])
        depth = np.concatenate([f.depth for f in over])
        pixel = row[_pixel(sample, size)]
        y, x = np.divmod(sample, size * GRID)
        sub = y % GRID * GRID + x % GRID
        points = self._points(face, self._weights(triangles, face, sample, size * GRID), triangles, room.eye)
        paint, alpha = self._lit(face, points, Openness(light.sky[pixel], light.sun[pixel]), room, triangles)
        place = pixel.astype(np.int64) * GRID * GRID + sub
        order = np.lexsort((face, -depth, place))
        place, paint, alpha = place[order], paint[order], alpha[order, None]
        first = np.r_[True, place[1:] != place[:-1]]
        start = np.maximum.accumulate(np.where(first, np.arange(len(place)), 0))
        rank = np.arange(len(place)) - start
        flat = color.reshape(-1, 4)
        for layer in range(int(rank.max()) + 1):
            here = rank == layer
            p, a = place[here], alpha[here]
            flat[p] = np.concatenate([paint[here] * a, a], axis=1) + flat[p] * (1 - a)

    def _paint_ground(self, picture: NDArray[np.float32], camera: Camera, size: int) -> None:
        """Put the floor's shadow behind `picture` (premultiplied, in place)."""
        if self._ground is None:
            self._ground = ground_shadow(self.shelter, self.scene.positions[np.unique(self.scene.faces)])
        ground = self._ground
        free = np.flatnonzero(picture[:, 3] < 1)
        y, x = np.divmod(free, size)
        ray = camera.rays(x + 0.5, y + 0.5, size)
        down = ray[:, 1] < -1e-6
        free, ray = free[down], ray[down]
        hit = camera.eye + ray * ((ground.height - camera.eye[1]) / ray[:, 1])[:, None]
        dark = SHADOW * ground.at(hit[:, 0], hit[:, 2])
        picture[free, 3] += (1 - picture[free, 3]) * dark


def _pixel(sample: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    y, x = np.divmod(sample, size * GRID)
    return np.asarray(y // GRID * size + x // GRID)


def _samples(pixel: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """(N, 4) the samples of pixels (N,)."""
    y, x = np.divmod(pixel, size)
    wide = size * GRID
    corner = y * GRID * wide + x * GRID
    steps = np.array([dy * wide + dx for dy in range(GRID) for dx in range(GRID)])
    return np.asarray(corner[:, None] + steps)


def render_avatar(avatar: Avatar, camera: Camera, size: int, *, ground: bool = False) -> NDArray[np.uint8]:
    """(size, size, 4) RGBA, sRGB, not premultiplied; transparent where nothing is, but for the floor's shadow
    when `ground`. The same avatar, camera and size give the same pixels. Raises ValueError without faces.
    """
    return Painter(avatar).draw(camera, size, ground=ground)


def thumbnail(avatar: Avatar, size: int = 512, camera: str = "portrait", *, ground: bool = False) -> NDArray[np.uint8]:
    """(size, size, 4) RGBA by a camera named in CAMERAS (portrait, fullbody, fit) or VIEWS. Raises KeyError."""
    return render_avatar(avatar, camera_of(avatar, camera), size, ground=ground)


def render_sheet(avatar: Avatar, views: Sequence[str], size: int, *, ground: bool = True) -> NDArray[np.uint8]:
    """(size, size * len(views), 3) RGB: the named views side by side on the studio backdrop. Raises KeyError."""
    painter = Painter(avatar)
    tiles = [over_backdrop(painter.draw(camera_of(avatar, view), size, ground=ground)) for view in views]
    return np.concatenate(tiles, axis=1)


def over_backdrop(pixels: NDArray[np.uint8], color: Sequence[float] = BACKDROP) -> NDArray[np.uint8]:
    """(H, W, 3) RGB of (H, W, 4) RGBA laid over a plain backdrop (sRGB 0..1)."""
    rgba = pixels.astype(np.float32) / 255
    return np.asarray((rgba[..., :3] * rgba[..., 3:] + f32(color) * (1 - rgba[..., 3:])) * 255 + 0.5, np.uint8)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """PNG bytes of (H, W, 3|4) uint8; the same bytes for the same pixels."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=6)
    return out.getvalue()

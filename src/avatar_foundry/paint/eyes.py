"""Eyes: one drawing for all iris colours. Radial fibres, collarette, limbal ring, veined sclera, shade of the lids.

Both eye meshes (detailed and simple) share one layout: two discs seen from the front, image up = eye up.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import F32, Material, Part
from ..pack import Pack
from . import colour
from .encoded import maps, texture
from .look import Look
from .skin_maps import picture
from .uvspace import smooth

SIZE = 1024
CENTRES = ((0.2929, 0.7011), (0.7060, 0.2953))  # of the irises, uv
IRIS_RADIUS = 0.1135
PUPIL = 0.31  # of the iris radius
CORNEA = 0.862  # both uvs beyond this: the transparent shell of the detailed eye
SCLERA: F32 = np.array([0.47, 0.43, 0.40], np.float32)


def _fibres(angle: F32, radius: F32, seed: int) -> F32:
    """Radial strands -1..1: periodic noise over the angle, bent and broken along the radius."""
    from scipy import ndimage

    rng = np.random.default_rng(seed)
    turn = angle / (2 * np.pi) + 0.5
    total = np.zeros_like(angle)
    for count, gain in ((36, 0.30), (90, 0.40), (190, 0.30)):
        rows = 7
        table = rng.standard_normal((rows, count)).astype(np.float32)
        wobble = 0.25 / count * np.sin(9 * radius + 6.28 * turn * 3)
        at = np.stack([np.clip(radius, 0, 1) * (rows - 1), ((turn + wobble) % 1.0) * count])
        total += gain * ndimage.map_coordinates(table, at, order=1, mode="grid-wrap")
    return np.asarray(total, np.float32)


def _make_plan(pack: Pack) -> dict[str, NDArray[Any]]:
    from scipy import ndimage

    v, u = np.meshgrid((np.arange(SIZE) + 0.5) / SIZE, (np.arange(SIZE) + 0.5) / SIZE, indexing="ij")
    lower = (u - CENTRES[0][0]) ** 2 + (v - CENTRES[0][1]) ** 2 < (u - CENTRES[1][0]) ** 2 + (v - CENTRES[1][1]) ** 2
    dx = np.where(lower, u - CENTRES[0][0], u - CENTRES[1][0]).astype(np.float32) / np.float32(IRIS_RADIUS)
    dy = np.where(lower, v - CENTRES[0][1], v - CENTRES[1][1]).astype(np.float32) / np.float32(IRIS_RADIUS)
    r, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    t = np.clip((r - PUPIL) / (1 - PUPIL), 0, 1)  # 0 at the pupil, 1 at the limbus
    fibre = np.where(lower, _fibres(angle, t, 3), _fibres(angle, t, 4))
    ragged = 0.05 * np.where(lower, _fibres(angle, t * 0, 5), _fibres(angle, t * 0, 6))
    collar = np.exp(-(((t - 0.30 - ragged) / 0.10) ** 2))
    limbus = smooth(t, 0.72, 0.99)
    source = picture(pack, "assets/eyes/HighPolyEyes/grey_eye.png", SIZE).astype(np.float32) / 255
    veins = np.log(source + 0.02) - ndimage.gaussian_filter(np.log(source + 0.02), (14, 14, 0))
    veins *= smooth(r, 1.15, 1.4)[..., None] * smooth(r, 2.9, 2.2)[..., None]
    # the upper lid lies on the iris' top fifth and shades what is under it; the corners lie deep
    lid = 1 - 0.62 * smooth(-dy, 0.30, 1.05) - 0.22 * smooth(dy, 0.75, 1.4)
    corner = 1 - 0.6 * smooth(np.abs(dx), 1.15, 2.3)
    white = SCLERA * (1 + np.array([0.9, 1.25, 1.1], np.float32) * np.clip(veins, -0.5, 0.15))
    white = white * (1 - smooth(r, 1.2, 2.4)[..., None] * np.array([0.04, 0.16, 0.18], np.float32))
    iris_shade = (0.52 + 0.30 * fibre + 0.42 * collar) * (1 - 0.82 * limbus) * (0.55 + 0.45 * smooth(t, 0.0, 0.14))
    iris_shade *= 1 + 0.35 * smooth(dy, 0.1, 0.8)  # light falls through the cornea to the far side
    return {
        "white": (white * (lid * corner)[..., None]).astype(np.float16),
        "shade": np.clip(iris_shade * lid, 0.02, 2.5).astype(np.float16),
        "inside": (smooth(r, 1.035, 0.955) * 255).astype(np.uint8),
        "pupil": (smooth(r, PUPIL + 0.035, PUPIL - 0.035) * 255).astype(np.uint8),
        "collar": (np.clip(collar + 0.5 * (t < 0.3), 0, 1) * 255).astype(np.uint8),
    }


@lru_cache(maxsize=1)
def _plan(pack: Pack) -> dict[str, F32]:
    plan = maps(f"eyes/{pack.digest}", lambda: _make_plan(pack))
    return {k: np.asarray(v / np.float32(255 if v.dtype == np.uint8 else 1), np.float32) for k, v in plan.items()}


def draw(pack: Pack, iris: F32, size: int, shell: bool) -> Image.Image:
    """Both eyes with an iris of linear colour (3,). `shell`: with the transparent disc of the cornea (RGBA)."""
    plan = _plan(pack)
    warm = iris * np.array([1.12, 0.98, 0.72], np.float32) + np.array([0.02, 0.009, 0.0], np.float32)
    tone = iris + (warm - iris) * (0.55 * plan["collar"])[..., None]
    eye = tone * plan["shade"][..., None]
    eye *= (1 - plan["pupil"])[..., None]
    eye += (plan["pupil"] * np.float32(0.0025))[..., None]
    inside = plan["inside"][..., None]
    light = plan["white"] * (1 - inside) + np.clip(eye, 0, 1) * inside
    pixels = colour.encode(light)
    if shell:
        alpha = np.full((SIZE, SIZE, 1), 255, np.uint8)
        alpha[int(CORNEA * SIZE) :, int(CORNEA * SIZE) :] = 0
        pixels = np.concatenate([pixels, alpha], -1)
    image = Image.fromarray(pixels)
    return image if size == SIZE else image.resize((size, size), Image.Resampling.LANCZOS)


def eye_material(pack: Pack, part: Part, look: Look, size: int, format: str) -> Material:
    """Eyeballs: opaque when the mesh has no cornea shell, else MASK, which drops the shell everywhere."""
    uvs, uv_faces = part.mesh.uvs, part.mesh.uv_faces
    shell = uvs is not None and uv_faces is not None and bool((uvs[uv_faces].min((1, 2)) > CORNEA).any())
    iris, size = colour.parse(look.eyes, "iris"), min(size, SIZE)
    key = f"eyes/{pack.digest}/{look.eyes.lower()}/{shell}"
    base = texture("eyes", key, size, format, lambda: draw(pack, iris, size, shell), alpha=shell)
    return Material("eyes", roughness=0.06, base=base, alpha_mode="MASK" if shell else "OPAQUE", alpha_cutoff=0.5)


def cornea_material() -> Material:
    """A clear shell over the iris: nearly invisible but for its highlight; without blending support it is left off."""
    return Material("cornea", color=(1.0, 1.0, 1.0, 0.06), roughness=0.03, alpha_mode="BLEND")

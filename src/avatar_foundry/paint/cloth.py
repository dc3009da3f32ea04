"""Garments and shoes: the source texture cleaned, sharpened and given a weave, in its own colours or in others.

A piece has up to two regions, "main" and "trim" (stripes, piping, soles), told apart by colour. Recolouring keeps the
light and dark of the cloth: log-luminance relative to the region's median, on a ramp around the new colour.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import F32, I32, Material
from ..pack import Pack
from . import colour
from .encoded import maps, texture
from .hair import blob_of
from .marks import paint_out
from .skin_maps import picture
from .uvspace import coverage, dilate, noise, relief_normals, smooth

SIZE = 1024
_SOURCE = 512
_SOFT_SHOES = ("clothes/shoes02", "clothes/shoes05", "clothes/shoes06")


def _grow(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.LANCZOS))


def _sharpen(image: F32, amount: float, sigma: float) -> F32:
    from scipy import ndimage

    return np.asarray(image + amount * (image - ndimage.gaussian_filter(image, (sigma, sigma, 0))), np.float32)


def _trim(rgb: F32, cover: NDArray[np.bool_]) -> F32:
    """How much a texel belongs to the trim (H, W) 0..1: far in hue and chroma, or in tone, from most of the piece."""
    from scipy import ndimage

    light = rgb @ colour.LUMA
    chroma = np.stack([rgb[..., 0] - light, rgb[..., 2] - light], -1) / (light[..., None] + 0.10)
    chroma = ndimage.gaussian_filter(chroma, (0.8, 0.8, 0))
    inside = ndimage.binary_erosion(cover, iterations=2)
    inside = inside if inside.any() else cover
    middle = np.median(chroma[inside], axis=0)
    distance = np.linalg.norm(chroma - middle, axis=-1)
    tone = np.log(light + 0.012)
    above = tone - np.median(tone[inside])
    found = np.maximum(smooth(distance, 0.55, 0.85), smooth(ndimage.gaussian_filter(above, 0.6), 1.5, 2.1))
    share = float(found[inside].mean())
    return found if 0.002 < share < 0.45 else np.zeros_like(found)


def _make(pack: Pack, asset: str, uvs: F32, uv_faces: I32, leather: bool) -> dict[str, NDArray[Any]]:
    from scipy import ndimage

    source = picture(pack, f"{blob_of(pack, asset)}", _SOURCE, "RGBA")
    cover = coverage(uvs, uv_faces, _SOURCE) > 0
    solid = cover & (source[..., 3] > 128)
    clean = paint_out(np.ascontiguousarray(source[..., :3]), asset)
    see_through = bool((cover & (source[..., 3] < 100)).sum() > 0.004 * cover.sum())
    clean = dilate(clean, solid)
    big: F32 = np.asarray(_grow(clean) / np.float32(255), np.float32)
    big = _sharpen(_sharpen(big, 0.55, 1.2), 0.9 if asset in _SOFT_SHOES else 0.35, 3.0)
    if leather:
        weave = 0.7 * noise(SIZE, 1.6, 41) + 0.5 * noise(SIZE, 4.0, 42)
    else:  # threads both ways, none of them perfect
        weave = 0.7 * noise(SIZE, (0.5, 2.2), 43) + 0.7 * noise(SIZE, (2.2, 0.5), 44) + 0.25 * noise(SIZE, 8.0, 45)
    grain = 1 + (0.020 if leather else 0.022) * weave[..., None]
    rgb = np.rint(np.clip(big * grain, 0, 1) * 255).astype(np.uint8)
    light = colour.decode(rgb)
    trim_small = _trim(colour.decode(clean), cover)
    trim = np.asarray(
        Image.fromarray((trim_small * 255).astype(np.uint8)).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    )
    log = np.log(light @ colour.LUMA + 0.012)
    wide = _grow((solid * 255).astype(np.uint8)) > 127
    part = trim.astype(np.float32) / 255
    main_at = wide & (part < 0.3) if (wide & (part < 0.3)).any() else wide
    trim_at = wide & (part > 0.7)
    main_mid = float(np.median(log[main_at]))
    trim_mid = float(np.median(log[trim_at])) if trim_at.any() else main_mid
    tinted = light.max(-1) - light.min(-1) > 0.35 * light.max(-1)
    hue_share = float(tinted[trim_at].mean()) if trim_at.any() else 0.0
    value = log - (main_mid + (trim_mid - main_mid) * part)
    alpha = np.asarray(
        Image.fromarray(np.where(cover, source[..., 3], 255).astype(np.uint8)).resize(
            (SIZE, SIZE), Image.Resampling.BICUBIC
        )
    )

    height = ndimage.gaussian_filter(log, 0.8) - ndimage.gaussian_filter(log, 6.0)
    height = (1.6 if leather else 0.7) * np.clip(height, -0.6, 0.6) + (0.10 if leather else 0.12) * weave
    normal = relief_normals(height.astype(np.float32), 0.5)
    given = blob_of(pack, asset, "mapNormal")
    if given and given in pack.blobs:
        folds = _grow(np.asarray(Image.fromarray(picture(pack, given, _SOURCE)))).astype(np.float32) / 127.5 - 1
        slope = folds[..., :2] / np.maximum(folds[..., 2:], 0.3) + normal[..., :2].astype(np.float32) / 127.5 - 1.003
        scale = 127.5 / np.sqrt(1 + (slope**2).sum(-1, keepdims=True))
        normal = np.concatenate([slope * scale + 128, scale + 128], -1).clip(0, 255).astype(np.uint8)
    orm = np.zeros((_SOURCE, _SOURCE, 3), np.uint8)
    ao = blob_of(pack, asset, "mapAO")
    orm[..., 0] = dilate(picture(pack, ao, _SOURCE, "L"), cover) if ao and ao in pack.blobs else 255
    rough = (0.52 if leather else 0.82) - (0.10 if leather else 0.04) * weave[::2, ::2]
    orm[..., 1] = np.clip(rough * 255, 60, 255).astype(np.uint8)
    return {
        "rgb": rgb, "value": np.clip(value * 64 + 128, 0, 255).astype(np.uint8), "trim": trim,
        "normal": normal, "orm": orm,
        "alpha": alpha if see_through else np.zeros((0, 0), np.uint8),
        "about": np.array([main_mid, trim_mid, float(trim_at.any()), hue_share], np.float32),
    }  # fmt: skip


def piece_key(pack: Pack, asset: str, uvs: F32, uv_faces: I32, leather: bool) -> str:
    """What a piece's maps depend on: items that share a piece (a tee alone, a tee with jeans) share its maps."""
    cut = hashlib.sha256(np.ascontiguousarray(uvs).tobytes() + np.ascontiguousarray(uv_faces).tobytes()).hexdigest()
    return f"{pack.digest}/{asset}/{cut[:24]}/{leather}"


def plan(pack: Pack, asset: str, uvs: F32, uv_faces: I32, leather: bool) -> dict[str, NDArray[Any]]:
    """The maps of one piece: rgb, value, trim, normal (1024), orm (512), alpha (empty when opaque)."""
    key = piece_key(pack, asset, uvs, uv_faces, leather)
    return maps(f"cloth/{key}", lambda: _make(pack, asset, uvs, uv_faces, leather))


def _ramp(target: F32) -> F32:
    """(256, 3) linear colours for values around `target`; highlights of bright cloth roll off below white."""
    t = ((np.arange(256, dtype=np.float32) - 128) / 64)[:, None]
    out = target * np.exp(np.clip(0.9 * t, -3, 1.3))
    return np.asarray(np.where(out > 0.6, 1 - 0.4 * np.exp(-(out - 0.6) / 0.4), out), np.float32)


def draw(found: dict[str, NDArray[Any]], main: F32 | None, trim: F32 | None, size: int) -> Image.Image:
    """The piece, in its own colours where None. An unnamed trim follows the main colour, unless it is white or grey."""
    pixels: NDArray[np.uint8] = found["rgb"]
    if main is not None or trim is not None:
        main_mid, trim_mid, has_trim, hue_share = found["about"].tolist()
        value, share = found["value"], found["trim"].astype(np.uint16)[..., None]
        if main is not None and trim is None and has_trim and hue_share > 0.5:
            trim = np.asarray(main * np.clip(np.exp(trim_mid - main_mid), 0.35, 2.2), np.float32)
            trim = np.asarray(trim / max(1.0, float(trim.max()) / 0.85), np.float32)
        own = pixels.astype(np.uint16)
        body = own if main is None else colour.encode(_ramp(main)).astype(np.uint16)[value]
        edge = body if not has_trim else own if trim is None else colour.encode(_ramp(trim)).astype(np.uint16)[value]
        pixels = ((body * (255 - share) + edge * share) // 255).astype(np.uint8)
    if found["alpha"].size:
        pixels = np.concatenate([pixels, found["alpha"][..., None]], -1)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return image if size == SIZE else image.resize((size, size), Image.Resampling.LANCZOS)


def cloth_material(
    pack: Pack,
    name: str,
    asset: str,
    uvs: F32,
    uv_faces: I32,
    wanted: dict[str, str],
    leather: bool,
    size: int,
    format: str,
) -> Material:
    """Material `name` for one piece of an asset; `wanted`: region -> colour."""
    size = min(size, SIZE)

    def found() -> dict[str, NDArray[Any]]:
        return plan(pack, asset, uvs, uv_faces, leather)

    main, trim = (colour.parse(wanted[r]) if wanted.get(r) else None for r in ("main", "trim"))
    key = piece_key(pack, asset, uvs, uv_faces, leather)
    # a few bytes of their own, so that a warm avatar does not read megabytes of maps to learn one bit
    alpha = bool(maps(f"cloth-alpha/{key}", lambda: {"alpha": np.array([found()["alpha"].size > 0])})["alpha"][0])

    def resized(which: str, edge: int) -> Image.Image:
        image = Image.fromarray(found()[which])
        return image if image.width == edge else image.resize((edge, edge), Image.Resampling.BICUBIC)

    colours = f"{wanted.get('main')}/{wanted.get('trim')}"
    base = texture(
        f"{name}", f"cloth/{key}/{colours}", size, format, lambda: draw(found(), main, trim, size), alpha=alpha
    )
    small = min(size, _SOURCE)
    return Material(
        name,
        roughness=1.0,
        base=base,
        normal=texture(
            f"{name}_normal", f"cloth-normal/{key}", size, format, lambda: resized("normal", size), quality=86
        ),
        orm=texture(f"{name}_orm", f"cloth-orm/{key}", small, format, lambda: resized("orm", small), quality=85),
        alpha_mode="MASK" if alpha else "OPAQUE",
        double_sided=True,
    )

"""Hair, brows and lashes in any colour: the strands of the source texture, its brightness evened, on a colour ramp."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import F32, I32, Material
from ..pack import Pack
from . import colour
from .encoded import maps, texture
from .look import Look
from .skin_maps import picture
from .uvspace import coverage, dilate, noise

SIZE = 1024


def _covered(pack: Pack, asset: str, size: int) -> NDArray[np.bool_]:
    uvs: F32 = pack.array(f"assets/{asset}/uvs")
    faces: I32 = pack.array(f"assets/{asset}/uv_faces")
    return np.asarray(coverage(uvs, faces, size) > 0)


def blob_of(pack: Pack, asset: str, field: str = "mapDiffuse") -> str | None:
    name = pack.meta["assets"][asset]["materials"][0].get(field)
    blob = f"assets/{asset}/{str(name).rsplit('/', 1)[-1]}"
    return blob if name else None


def _make_strands(pack: Pack, asset: str) -> dict[str, NDArray[Any]]:
    from scipy import ndimage

    source = picture(pack, f"{blob_of(pack, asset)}", SIZE, "RGBA")
    alpha = source[..., 3].astype(np.float32) / 255
    alpha *= ndimage.binary_dilation(_covered(pack, asset, SIZE), iterations=3)  # the maker's mark lies outside
    solid = alpha > 0.3
    grey = np.log(colour.decode(source[..., :3]) @ colour.LUMA + 0.004)
    grey = np.where(solid, grey, 0).astype(np.float32)
    weight = solid.astype(np.float32)

    def blur(x: F32, sigma: float) -> F32:
        return np.asarray(
            ndimage.gaussian_filter(x * weight, sigma) / (ndimage.gaussian_filter(weight, sigma) + 1e-3), np.float32
        )

    near, wide = blur(grey, 10.0), blur(grey, 48.0)
    # strands keep their contrast, sheen bands half of it, and different textures get one brightness
    strand, sheen = grey - near, near - wide
    strand /= max(float(strand[solid].std()), 0.05)
    sheen /= max(float(sheen[solid].std()), 0.12)
    if asset == "hair/afro01":  # its cap and cards are near black and do not match: curls are drawn instead
        strand, sheen = 0.8 * noise(SIZE, 1.3, 51) + 0.9 * noise(SIZE, 3.5, 52), 0.0 * sheen
    value = 0.62 * np.clip(strand, -2.5, 2.5) + 0.25 * np.clip(sheen, -2, 2)
    value = np.clip(value * 50 + 128, 0, 255).astype(np.uint8) // 4 * 4 + 2  # 64 shades: smaller files, none missed
    value = dilate(value, alpha > 0.5)
    return {"value": value, "alpha": np.clip(alpha * 255 + 0.5, 0, 255).astype(np.uint8)}


def strands(pack: Pack, asset: str) -> dict[str, NDArray[Any]]:
    """value: strand brightness (1024, 1024) 8-bit, 128 = the mean; alpha: coverage without the maker's mark."""
    return maps(f"strands/{pack.digest}/{asset}", lambda: _make_strands(pack, asset))


def ramp(base: F32, tips: F32 | None = None) -> NDArray[np.uint8]:
    """(256, 3) sRGB bytes from dark between strands to the light that they catch, around linear `base` (3,)."""
    t = ((np.arange(256, dtype=np.float32) - 128) / 50)[:, None]
    high = base * 1.55 + 0.012 if tips is None else tips
    out = base * 0.85 * np.exp(0.42 * t)
    out = out + (high - out) * np.clip(t * 0.28, 0, 0.6)
    warm = np.array([1.06, 0.99, 0.90], np.float32)
    return colour.encode((out * np.where(t < 0, warm ** np.clip(-t * 0.5, 0, 1), 1)).astype(np.float32))


def draw_hair(pack: Pack, asset: str, base: F32, tips: F32 | None, masked: bool, size: int) -> Image.Image:
    """RGBA hair. For MASK the alpha is steepened and thickened a little, so that mip levels keep their coverage."""
    found = strands(pack, asset)
    alpha = found["alpha"]
    if masked:
        curve = np.arange(256, dtype=np.float32) / 255
        alpha = np.rint(np.clip((curve - 0.35) * 1.9 + 0.52, 0, 1) * (curve > 0.02) * 15).astype(np.uint8)[alpha] * 17
    image = Image.fromarray(np.concatenate([ramp(base, tips)[found["value"]], alpha[..., None]], -1))
    return image if size == SIZE else _resized(image, size)


def _resized(image: Image.Image, size: int) -> Image.Image:
    """Colour and alpha resized apart: colour under transparent texels is already the hair's own."""
    bands = [b.resize((size, size), Image.Resampling.BICUBIC) for b in image.split()]
    return Image.merge("RGBA", bands)


def hair_material(pack: Pack, asset: str, look: Look, mode: str, cutoff: float, size: int, format: str) -> Material:
    """Hair cards or caps, double-sided; `mode` MASK or BLEND."""
    size, masked = min(size, SIZE), mode != "BLEND"
    own = look.colors_for(asset, "hair")
    name = own.get("main", look.hair)
    base = colour.parse(name, "hair")
    tips = colour.parse(look.hair_tips, "hair") if look.hair_tips else None
    key = f"hair/{pack.digest}/{asset}/{name}/{look.hair_tips}/{masked}"
    picture_ = texture("hair", key, size, format, lambda: draw_hair(pack, asset, base, tips, masked, size), alpha=True)
    return Material(
        "hair",
        roughness=0.55,
        base=picture_,
        alpha_mode="MASK" if masked else "BLEND",
        alpha_cutoff=cutoff if masked else 0.5,
        double_sided=True,
        extensions={"KHR_materials_specular": {"specularFactor": 0.45}},
    )


def brow_light(look: Look) -> F32:
    """Linear colour of the brows: as asked, else the hair's, a shade darker when fair and never black."""
    if look.brows:
        return colour.parse(look.brows, "hair")
    hair = colour.parse(look.hair, "hair")
    return np.asarray(hair * (0.55 - 0.25 * float(hair.mean() > 0.3)) + 0.004, np.float32)


def draw_fringe(pack: Pack, asset: str, light: F32, gain: float, size: int) -> Image.Image:
    """Brows or lashes: the source's alpha, thickened by `gain`, and one colour with faint strands in it."""
    from scipy import ndimage

    source = picture(pack, f"{blob_of(pack, asset)}", size, "RGBA")
    alpha = np.clip(source[..., 3].astype(np.float32) / 255 * gain, 0, 1)
    grain = ndimage.gaussian_filter(alpha, 0.6) - ndimage.gaussian_filter(alpha, 4.0)
    pixels = colour.encode(light * (1 - 0.7 * np.clip(grain, 0, 0.6))[..., None])
    return Image.fromarray(np.concatenate([pixels, np.rint(alpha * 255).astype(np.uint8)[..., None]], -1))


def fringe_material(pack: Pack, asset: str, role: str, look: Look, size: int, format: str) -> Material:
    """Brows and lashes: thin cards that need soft edges, so BLEND."""
    size = min(size, 512)
    hair = colour.parse(look.hair, "hair")
    light = brow_light(look) if role == "brows" else hair * np.float32(0.10) + np.float32(0.004)
    named = look.colors_for(asset, role).get("main")
    if named:
        light = colour.parse(named, "hair")
    gain = 1.15 if role == "brows" else 1.0
    code = "{:02x}{:02x}{:02x}".format(*colour.bytes_of(light))
    key = f"fringe/{pack.digest}/{asset}/{code}/{gain}"
    image = texture(role, key, size, format, lambda: draw_fringe(pack, asset, light, gain, size), alpha=True)
    return Material(role, roughness=0.85, base=image, alpha_mode="BLEND", double_sided=True)

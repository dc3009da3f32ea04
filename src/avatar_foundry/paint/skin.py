"""Skin of any tone, age and sex: albedo composed in well under a quarter of a second, relief and roughness per class.

Colour work happens at the 512 texels of the sources as log-albedo sums; pores, freckles, lips and stubble are laid over
it at the asked size in YCbCr, the colour space of the file, so that nothing is converted twice.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from ..avatar import F32, Material
from ..pack import Pack
from . import colour
from .encoded import texture
from .look import Look, SkinLook
from .skin_maps import CLASSES, FINE, FINE_MASKS, SIZE, YEARS, areas, detail, fine
from .tone import FLUSH, lip_light, skin_light
from .uvspace import relief_normals

_LOW, _STEPS = -6.0, 4096  # log-albedo range of the table
_AGES = (("child", 8.0), ("young", 24.0), ("middle", 46.0), ("old", 68.0))


@lru_cache(maxsize=1)
def _to_srgb() -> NDArray[np.uint8]:
    light = np.exp(np.linspace(_LOW, 0.0, _STEPS, dtype=np.float32))
    return np.rint(colour.srgb(light) * 255).astype(np.uint8)


def _soft(pack: Pack, *names: str) -> dict[str, F32]:
    """Some of the 512 masks as floats 0..1."""
    masks = areas(pack)
    return {k: np.asarray(masks[k] / np.float32(255), np.float32) for k in names}


def _overlays(pack: Pack, size: int) -> dict[str, Image.Image]:
    """The fine masks at `size` as grey images cropped to what is not zero, with the offset in `.info`."""
    masks, out = fine(pack), {}
    for name, box in zip(FINE_MASKS, masks["boxes"].tolist(), strict=True):
        image, at = Image.fromarray(masks[name]), (box[0], box[1])
        if size != FINE:
            whole = Image.new("L", (FINE, FINE))
            whole.paste(image, at)
            image = whole.resize((size, size), Image.Resampling.BOX if size < FINE else Image.Resampling.BICUBIC)
            found = (None if name == "tint" else image.getbbox()) or (0, 0, size, size)
            image, at = image.crop(found), (found[0], found[1])
        image.info["at"] = (*at, at[0] + image.width, at[1] + image.height)
        out[name] = image
    return out


def mix_weights(skin: SkinLook) -> F32:
    """Weights (len(CLASSES),) of the detail layers for an age, a sex and a tone; they sum to 1."""
    age = np.interp(skin.age, YEARS, (0.0, 1.0, 2.0))
    deep = np.clip((skin.tone - 0.30) / 0.55, 0, 1)
    ages = np.maximum(0, 1 - np.abs(np.arange(3) - age))
    return np.array(
        [
            ages[("young", "middleage", "old").index(a)]
            * (deep if origin == "african" else 1 - deep)
            * (skin.gender if sex == "male" else 1 - skin.gender)
            for a, origin, sex in CLASSES
        ],
        np.float32,
    )


def _base(pack: Pack, skin: SkinLook) -> Image.Image:
    """Tone, detail, blush, palms, mouth at 512, as YCbCr."""
    part = _soft(pack, "brow", "blush", "palms", "lids", "mouth", "socket")
    weights, layers = mix_weights(skin), detail(pack)
    log, step = np.zeros((3, SIZE, SIZE), np.float32), np.empty((3, SIZE, SIZE), np.float32)
    for w, layer in zip(weights.tolist(), layers, strict=True):
        if w > 1e-3:
            log += np.multiply(layer, np.float32(w), out=step, dtype=np.float32)
    log *= np.float32(np.interp(skin.age, (8, 18, 50, 75), (0.55, 0.9, 1.05, 1.35)))  # children: smoother
    light = np.log(skin_light(skin.tone, skin.undertone, skin.redness))
    pale = np.log(skin_light(min(skin.tone, 0.46 + 0.17 * skin.tone), skin.undertone, 0.45)) - light
    lids = np.array([-0.10, -0.20, -0.14], np.float32)
    shade = np.float32(-0.16) * part["brow"]
    blush = part["blush"] * np.float32(0.35 + 1.25 * skin.blush) * np.float32(1 - 0.5 * skin.tone)
    flesh = np.log(np.array([0.11, 0.026, 0.022], np.float32))
    rim = np.log(np.array([0.34, 0.13, 0.11], np.float32) * np.float32(1 - 0.5 * skin.tone))
    for c in range(3):
        x = log[c]
        x += light[c] + pale[c] * part["palms"] + FLUSH[c] * blush + lids[c] * part["lids"] + shade
        x += (flesh[c] - x) * part["mouth"]
        x += (rim[c] - x) * part["socket"]
    index = np.clip((log - _LOW) * np.float32((_STEPS - 1) / -_LOW), 0, _STEPS - 1).astype(np.uint16)
    return Image.fromarray(np.moveaxis(_to_srgb()[index], 0, -1).copy()).convert("YCbCr")


def _ycc(light: F32) -> tuple[int, int, int]:
    pixel = Image.new("RGB", (1, 1), colour.bytes_of(light)).convert("YCbCr").getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel[0], pixel[1], pixel[2]


def _lay(image: Image.Image, overlay: Image.Image, light: F32, strength: float) -> None:
    if strength > 0.004:
        factor = min(strength, 1.0)
        image.paste(_ycc(light), overlay.info["at"], overlay.point([round(i * factor) for i in range(256)]))


def compose(pack: Pack, look: Look, size: int) -> Image.Image:
    """The albedo of `look` at size x size, YCbCr."""
    skin, over = look.skin, _overlays(pack, size)
    image = _base(pack, skin)
    y, cb, cr = (b.resize((size, size), Image.Resampling.BICUBIC) for b in image.split())
    swing = 1.15 if skin.age >= 18 else 0.7
    swing *= 0.55 + 0.45 * float(np.sqrt(skin_light(skin.tone)[1] / 0.4))  # equal contrast on every tone
    tint = over["tint"].point([min(255, max(0, round(128 + (i - 128) * swing))) for i in range(256)])
    image = Image.merge("YCbCr", (ImageChops.add(y, tint, 1.0, -128), cb, cr))

    plain = skin_light(skin.tone, skin.undertone, skin.redness)
    lips = lip_light(plain, skin.tone)
    if look.lips == "natural":
        _lay(image, over["lips"], lips, 0.62 - 0.12 * skin.gender)
    else:
        _lay(image, over["lips"], colour.parse(look.lips), 0.82)
    if look.eyeshadow:
        _lay(image, over["lids"], colour.parse(look.eyeshadow), 0.75)
    if look.nails == "natural":
        _lay(
            image,
            over["nails"],
            np.clip(plain * np.array([1.1, 1.0, 1.02], np.float32) + 0.03, 0, 1).astype(np.float32),
            0.6,
        )
    else:
        _lay(image, over["nails"], colour.parse(look.nails), 0.95)
    _lay(image, over["freckles"], plain * np.array([0.52, 0.36, 0.28], np.float32), 0.85 * skin.freckles)
    hair = colour.parse(look.hair, "hair")
    _lay(image, over["stubble"], plain * np.float32(0.25) + hair * np.float32(0.35), 0.75 * skin.stubble)
    _lay(image, over["scalp"], hair * np.float32(0.62), look.scalp)
    return image


def age_class(age: float) -> str:
    """child, young, middle or old: relief and roughness come in these classes."""
    return min(_AGES, key=lambda row: abs(row[1] - age))[0]


def relief(pack: Pack, age: str, sex: str, size: int) -> Image.Image:
    """The normal map of a class: pores and creases of the lips, and the wrinkles that its skins were painted with."""
    from scipy import ndimage

    part = _soft(pack, "lids", "socket", "mouth", "beard")
    fold = {"child": 0.25, "young": 0.6, "middle": 1.3, "old": 2.3}[age]
    pore = {"child": 0.35, "young": 0.8, "middle": 1.0, "old": 1.1}[age] * (1.0 if sex == "male" else 0.85)
    which = [
        i
        for i, (a, _, s) in enumerate(CLASSES)
        if s == sex and a == {"middle": "middleage", "old": "old"}.get(age, "young")
    ]
    grey = detail(pack)[which].astype(np.float32).mean((0, 1))
    lines = ndimage.gaussian_filter(grey, 0.7) - ndimage.gaussian_filter(grey, 5.0)
    lines *= (1 - part["lids"]) * (1 - part["socket"]) * (1 - part["mouth"]) * (1 - 0.7 * part["beard"])
    step = size / SIZE
    big = np.asarray(Image.fromarray(lines).resize((size, size), Image.Resampling.BICUBIC)) * np.float32(
        1.6 * step * fold
    )
    fine_height = Image.fromarray(fine(pack)["height"])
    if size != FINE:
        fine_height = fine_height.resize(
            (size, size), Image.Resampling.BOX if size < FINE else Image.Resampling.BICUBIC
        )
    height = big + (np.asarray(fine_height, np.float32) - 128) * np.float32(pore / 32)
    return Image.fromarray(relief_normals(height, 0.13))


def roughness(pack: Pack, age: str, sex: str, bias: float, size: int) -> Image.Image:
    """Occlusion, roughness, metal of a class: oilier forehead, nose and lips, drier elbows, knees and old skin."""
    part = _soft(pack, "tzone", "lips", "palms", "mouth", "lids", "scalp", "socket")
    rough = (
        {"child": 0.58, "young": 0.56, "middle": 0.58, "old": 0.62}[age]
        + 0.14 * bias
        - (0.02 if sex == "male" else 0.0)
    )
    field = rough - 0.05 * part["tzone"] - 0.20 * part["lips"] + 0.05 * part["palms"] - 0.30 * part["mouth"]
    field = field - 0.12 * part["lids"] + 0.12 * part["scalp"] - 0.25 * part["socket"]
    grain = (fine(pack)["height"][::4, ::4].astype(np.float32) - 128) / 128
    field = np.clip(field - 0.12 * grain, 0.2, 0.95)
    out = np.zeros((SIZE, SIZE, 3), np.uint8)
    out[..., 0] = np.clip(255 - 150 * part["mouth"] - 90 * part["socket"], 0, 255).astype(np.uint8)
    out[..., 1] = (field * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(out).resize((size, size), Image.Resampling.BICUBIC)


def skin_material(pack: Pack, look: Look, size: int, format: str) -> Material:
    """The skin of `look`: albedo at `size`, normal map per age and sex class, roughness at a quarter of it."""
    skin = look.skin
    albedo_key = f"skin/{pack.digest}/{skin}/{look.hair}/{look.lips}/{look.eyeshadow}/{look.nails}/{look.scalp}"
    age, sex = age_class(skin.age), "male" if skin.gender >= 0.5 else "female"
    bias = round(skin.roughness * 4) / 4
    small = max(256, min(1024, size // 2))

    def later(make: Callable[..., Image.Image], *args: Any) -> Callable[[], Image.Image]:
        return lambda: make(pack, *args)

    kind = f"{pack.digest}/{age}/{sex}"
    return Material(
        "skin",
        roughness=1.0,
        metallic=0.0,
        base=texture("skin", albedo_key, size, format, later(compose, look, size)),
        normal=texture("skin_normal", f"skin-normal/{kind}", size, format, later(relief, age, sex, size), quality=86),
        normal_scale=0.8,
        orm=texture(
            "skin_orm", f"skin-orm/{kind}/{bias}", small, format, later(roughness, age, sex, bias, small), quality=85
        ),
        extensions={"KHR_materials_specular": {"specularFactor": 0.65}, "KHR_materials_ior": {"ior": 1.4}},
    )

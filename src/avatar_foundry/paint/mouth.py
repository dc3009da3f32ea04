"""Teeth and tongue: off-white and pink, darker toward the gums and the throat."""

import numpy as np
from PIL import Image

from ..avatar import F32, Material
from ..pack import Pack
from . import colour
from .encoded import texture
from .hair import blob_of
from .skin_maps import picture
from .uvspace import carry, coverage, dilate, smooth, uv_values

SIZE = 512


def _depth(pack: Pack, asset: str) -> F32:
    """Metres behind the foremost point of the asset, per texel (SIZE, SIZE), on the base mesh as it is."""
    get = {k: pack.array(f"assets/{asset}/{k}") for k in ("refs", "weights", "offsets", "faces", "uv_faces", "uvs")}
    at = np.einsum("vk,vkc->vc", get["weights"], pack.array("base/positions")[get["refs"]]) + get["offsets"]
    used = np.unique(get["uv_faces"])
    values = uv_values(get["faces"], get["uv_faces"], at[:, 2:3].astype(np.float32), len(get["uvs"]))[used]
    return np.asarray(values.max() - carry(get["uvs"][used], values, SIZE)[..., 0], np.float32)


def _source(pack: Pack, asset: str) -> tuple[F32, F32]:
    rgba = picture(pack, f"{blob_of(pack, asset)}", SIZE, "RGBA")
    cover = coverage(pack.array(f"assets/{asset}/uvs"), pack.array(f"assets/{asset}/uv_faces"), SIZE) > 0
    return colour.decode(dilate(rgba[..., :3], cover & (rgba[..., 3] > 200))), _depth(pack, asset)


def draw_teeth(pack: Pack, asset: str) -> Image.Image:
    """Teeth in warm off-white over dark pink gums; the molars fall into shade."""
    from scipy import ndimage

    light, depth = _source(pack, asset)
    grey = light @ colour.LUMA
    red = smooth((light[..., 0] - light[..., 2]) / (grey + 0.02), 0.35, 0.9)
    shape = np.clip(grey / max(float(np.percentile(grey[red < 0.3], 80)), 0.05), 0.15, 1.15) ** 0.7
    enamel = shape[..., None] * np.array([0.58, 0.52, 0.42], np.float32)
    gums = (light / np.maximum(light.max(-1, keepdims=True), 0.05)) * (0.5 + 0.5 * shape[..., None])
    gums = gums * np.array([0.30, 0.20, 0.18], np.float32)
    near = ndimage.gaussian_filter(red, 5.0) * (1 - red)  # enamel darkens where it meets the gum
    out = enamel * (1 - 0.45 * near[..., None]) * (1 - red[..., None]) + gums * red[..., None]
    return Image.fromarray(
        colour.encode((out * (1 - 0.75 * smooth(depth, 0.006, 0.035))[..., None]).astype(np.float32))
    )


def draw_tongue(pack: Pack, asset: str) -> Image.Image:
    """The tongue: deep pink in front, dark at its root."""
    light, depth = _source(pack, asset)
    grey = (light @ colour.LUMA)[..., None]
    out = (light * 0.5 + grey * 0.5 * np.array([1.25, 0.72, 0.70], np.float32)) * np.array(
        [0.36, 0.21, 0.21], np.float32
    )
    return Image.fromarray(
        colour.encode((out * (1 - 0.75 * smooth(depth, 0.008, 0.045))[..., None]).astype(np.float32))
    )


def mouth_material(pack: Pack, asset: str, role: str, size: int, format: str) -> Material:
    """Teeth (wet) or tongue (moist), opaque."""
    draw = draw_teeth if role == "teeth" else draw_tongue
    size = min(size, SIZE)

    def make() -> Image.Image:
        image = draw(pack, asset)
        return image if size == SIZE else image.resize((size, size), Image.Resampling.LANCZOS)

    base = texture(role, f"{role}/{pack.digest}/{asset}", size, format, make)
    return Material(role, roughness=0.22 if role == "teeth" else 0.38, base=base)

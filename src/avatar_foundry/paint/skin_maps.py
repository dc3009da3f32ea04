"""What skin is made of before anyone chooses a tone: detail of real skins without their colour, and where things are.

The 512-texel skins are split into log-albedo relative to their own mean; low frequencies (baked shadow, uneven
lighting) are weakened. What remains differs by sex, age and between light and deep skin, and is mixed later.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import F32
from ..pack import Pack
from .colour import decode
from .encoded import maps
from .uvspace import Reals, blur_within, carry, coverage, noise, smooth, uv_values

SIZE = 512  # of the sources
FINE = 2048  # of pores, freckles, stubble
FINE_MASKS = ("tint", "freckles", "stubble", "scalp", "lips", "nails", "lids")
AGES = ("young", "middleage", "old")
YEARS = (22.0, 48.0, 74.0)
CLASSES = tuple((age, origin, sex) for age in AGES for origin in ("caucasian", "african") for sex in ("female", "male"))


def picture(pack: Pack, blob: str, size: int, mode: str = "RGB") -> NDArray[np.uint8]:
    """A blob decoded to (size, size[, C]) 8-bit."""
    image = Image.open(io.BytesIO(pack.blob(blob))).convert(mode)
    return np.asarray(image if image.size == (size, size) else image.resize((size, size), Image.Resampling.LANCZOS))


def mask(pack: Pack, name: str, size: int) -> F32:
    """One of the grey masks, 0..1."""
    grey = picture(pack, f"masks/{name}.jpg", size, "L").astype(np.float32) / 255
    return smooth(grey, 0.06, 0.94)


def joint(pack: Pack, name: str) -> F32:
    """Centre (3,) of a joint cube of the base mesh."""
    group = pack.meta["base"]["groups"].index(name)
    faces = pack.array("base/faces")[pack.array("base/face_group") == group]
    return np.asarray(pack.array("base/positions")[np.unique(faces)].mean(0), np.float32)


def _bump(position: F32, centre: Reals, sigma: float) -> F32:
    return np.asarray(np.exp(-((position - centre) ** 2).sum(-1) / (2 * sigma * sigma)), np.float32)


def _source(pack: Pack, age: str, origin: str, sex: str) -> F32:
    """Log-albedo (512, 512, 3) of one of the painted skins."""
    pixels = picture(pack, pack.meta["skins"][f"{age}_{origin}_{sex}"]["blob"], SIZE)
    return np.asarray(np.log(decode(pixels) + np.float32(0.012)), np.float32)


def _make_areas(pack: Pack) -> dict[str, NDArray[Any]]:
    from scipy import ndimage

    group = pack.array("base/face_group") == pack.meta["base"]["groups"].index("body")
    faces, uv_faces = pack.array("base/faces")[group], pack.array("base/uv_faces")[group]
    uvs, positions = pack.array("base/uvs"), pack.array("base/positions")
    used = np.unique(uv_faces)
    place = carry(uvs[used], uv_values(faces, uv_faces, positions, len(uvs))[used], SIZE)
    cover = coverage(uvs, uv_faces, SIZE) > 0
    v, u = np.meshgrid((np.arange(SIZE) + 0.5) / SIZE, (np.arange(SIZE) + 0.5) / SIZE, indexing="ij")
    socket = (u < 0.16) & (v > 0.36) & (v < 0.48)
    islands, _ = ndimage.label(cover)
    inside = mask(pack, "inside-mouth", SIZE)
    mouth = ndimage.binary_dilation(islands == np.bincount(islands[inside > 0.5]).argmax(), iterations=2)
    head = (u > 0.63) & (v > 0.17) & (v < 0.85)
    limbs = (v > 0.82) & (u < 0.75)
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]

    lips, ears, lids = (mask(pack, n, SIZE) for n in ("lips", "ears", "eyelids"))
    eye, lip = joint(pack, "joint-l-eye"), place[lips > 0.5].mean(0)
    front = smooth(z, eye[2] - 0.05, eye[2] + 0.005) * head
    gap = float(eye[1] - lip[1])  # eye line to mouth line: the face's own unit of length
    nose = place[head & (x < 0.01) & (np.abs(y - lip[1] - 0.45 * gap) < 0.3 * gap)]
    tip = nose[nose[:, 2].argmax()]

    cheeks = (
        np.exp(-(((x - 1.25 * eye[0]) / (0.36 * gap)) ** 2 + ((y - lip[1] - 0.52 * gap) / (0.30 * gap)) ** 2) / 2)
        * front
    )
    blush = cheeks + 0.9 * _bump(place, tip, 0.22 * gap) * head + 0.8 * ears
    for side in "lr":
        knee, elbow = joint(pack, f"joint-{side}-knee"), joint(pack, f"joint-{side}-elbow")
        blush = blush + 0.35 * _bump(place, knee + np.array([0, 0, 0.05]), 0.035) * ~head
        blush = blush + 0.45 * _bump(place, elbow - np.array([0, 0, 0.035]), 0.03) * ~head
        for finger in "2345":
            blush = blush + 0.5 * _bump(place, joint(pack, f"joint-{side}-finger-{finger}-1"), 0.011)
            blush = blush + 0.5 * _bump(place, joint(pack, f"joint-{side}-finger-{finger}-4"), 0.012)

    dark = _source(pack, "young", "african", "male")
    plain = cover & ~mouth & ~socket & ~head & ~limbs
    grey = dark.mean(-1)
    palms = smooth(ndimage.gaussian_filter(grey - np.median(grey[plain]), 0.7), 0.2, 1.2) * limbs
    palms = np.asarray(ndimage.gaussian_filter(palms, 1.2), np.float32)
    face = mask(pack, "face", SIZE)
    hair = smooth(ndimage.gaussian_filter(np.median(grey[plain]) - grey, 1.1), 0.30, 1.25)
    hair = (
        hair
        * head
        * (1 - smooth(ndimage.gaussian_filter(ears, 2), 0.05, 0.5))
        * (1 - face * smooth(front, 0.6, 1.0) * (y < eye[1] + 0.03))
    )
    scalp = np.maximum(hair, ((y > eye[1] + 0.105) & head) * 1.0)

    back = eye[2] - z
    line = lip[1] + 0.17 * gap + np.clip(back - 0.02, 0, 0.05) * 0.75 + np.clip(back - 0.055, 0, 0.03) * 1.6
    beard = smooth(line - y, -0.006, 0.008) * smooth(y, lip[1] - 1.45 * gap, lip[1] - 0.85 * gap) * head
    beard = beard * smooth(back, 0.108, 0.085) * (1 - ndimage.gaussian_filter(lips, 1.0)) * (1 - ears)
    spots = 0.10 + 0.9 * np.clip(1.1 * cheeks + 0.9 * _bump(place, tip, 0.4 * gap) + 0.35 * front * (y > lip[1]), 0, 1)
    arms = smooth(x, 0.17, 0.26) * ~head
    spots = np.where(head, spots, 0.04 + 0.22 * smooth(y, 0.42, 0.6) + 0.08 * arms) * (1 - palms) * (1 - lips) * ~mouth
    tzone = np.clip(np.exp(-((x / (0.35 * gap)) ** 2)) * front * (y > lip[1] + 0.1 * gap), 0, 1)
    brow = np.zeros((SIZE, SIZE), np.float32)
    refs = np.unique(pack.array("assets/eyebrows/eyebrow001/refs")[:, 0])
    brow_at = positions[refs]
    for p in brow_at[:: max(1, len(brow_at) // 60)]:
        brow = np.maximum(brow, _bump(place, p, 0.006) * head)
    near = ndimage.binary_dilation(cover, iterations=4)
    groin = ((u > 0.27) & (u < 0.49) & (v > 0.53) & (v < 0.68)) * 1.0
    out = {
        "groin": ndimage.gaussian_filter(groin, 6.0), "cover": cover, "socket": socket, "lips": lips, "lids": lids,
        "mouth": mouth, "blush": np.clip(blush, 0, 1), "palms": palms,
        "scalp": scalp * near, "beard": beard * near, "freckles": spots, "tzone": tzone, "brow": brow,
        "head": head, "ears": ears, "face": face,
    }  # fmt: skip
    return {k: np.clip(np.asarray(v, np.float32) * 255 + 0.5, 0, 255).astype(np.uint8) for k, v in out.items()} | {
        "place": place
    }


def areas(pack: Pack) -> dict[str, NDArray[Any]]:
    """Where things are on the skin, (512, 512) 8-bit masks by name, and "place": base position f32 per texel."""
    return maps(f"skin-areas/{pack.digest}", lambda: _make_areas(pack))


def _make_detail(pack: Pack) -> dict[str, NDArray[Any]]:
    from scipy import ndimage

    where = areas(pack)
    part = {k: v.astype(np.float32) / 255 for k, v in where.items() if k != "place"}
    flat = part["cover"] * (1 - part["socket"]) * (1 - np.minimum(part["mouth"] * 2, 1))
    fringe = ndimage.gaussian_filter(
        ndimage.grey_dilation(part["scalp"], (9, 9)), 2.0
    )  # single hairs beyond the hairline
    calm = flat * (1 - np.minimum(fringe * 2, 1)) * (1 - part["palms"])
    inner = ndimage.binary_erosion(calm > 0.9, iterations=3).astype(np.float32)
    mottle = noise(SIZE, 3.0, 5)[..., None] * np.array([0.010, -0.012, -0.012], np.float32)
    layers = np.empty((len(CLASSES), 3, SIZE, SIZE), np.float16)
    for i, name in enumerate(CLASSES):
        log = _source(pack, *name)
        mean = np.median(log[inner > 0.5], axis=0)
        low = blur_within(log, calm, 14.0)
        wide = blur_within(log, calm, 40.0)
        detail = (log - low) + 0.55 * (low - wide) + 0.25 * np.clip(wide - mean, -0.3, 0.3)
        detail = detail + 0.45 * (detail - ndimage.gaussian_filter(detail, (0.8, 0.8, 0)))  # crisper: sources are soft
        grey = detail.mean(-1, keepdims=True)
        # deep skins are painted with little blue, whose noise is no colour of skin
        detail = grey + (0.55 if "african" in name else 0.8) * (detail - grey)
        detail = np.clip(detail, -0.75, 0.4)
        detail *= (1 - part["groin"])[..., None]
        detail *= (calm * (1 - 0.65 * part["beard"]))[..., None]
        hand = part["palms"] * flat
        lines = log - blur_within(log, (hand > 0.5).astype(np.float32), 5.0)
        detail += np.clip(lines, -0.3, 0.2) * (0.8 * hand)[..., None]
        detail += mottle * flat[..., None]
        detail *= 1 - 0.5 * part["lips"][..., None]
        layers[i] = np.moveaxis(detail, -1, 0)
    return {"detail": layers}


def detail(pack: Pack) -> NDArray[np.float16]:
    """Log-albedo detail (len(CLASSES), 3, 512, 512), mean about zero."""
    return maps(f"skin-detail/{pack.digest}", lambda: _make_detail(pack))["detail"]


def _grown(area: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(area).resize((size, size), Image.Resampling.BICUBIC))


def _byte(field: Reals, gain: float = 255.0, zero: float = 0.5) -> NDArray[np.uint8]:
    """`field` (float32, spent) times `gain` plus `zero` as bytes."""
    field *= np.float32(gain)
    field += np.float32(zero)
    return np.clip(field, 0, 255, out=field).astype(np.uint8)


def _make_fine(pack: Pack) -> dict[str, NDArray[Any]]:
    """Field by field, each dropped as soon as it is spent: one has 16 MB, and twenty of them take part."""
    from scipy import ndimage

    where = areas(pack)

    def big(name: str) -> F32:
        return np.asarray(_grown(where[name], FINE) / np.float32(255), np.float32)

    out: dict[str, NDArray[Any]] = {}
    lips = mask(pack, "lips", FINE)
    soft = (1 - lips) * (1 - big("mouth"))
    one = noise(FINE, 1.0, 1)
    pores = np.clip(one - np.float32(1.35), 0, None) * soft
    pores *= np.float32(0.55) + np.float32(0.45) * big("head")
    tint = np.float32(0.006) * one - np.float32(0.030) * pores
    del one
    mid = noise(FINE, 5.0, 2)
    tint += np.float32(0.010) * mid
    height = np.float32(0.10) * mid
    del mid
    tint += np.float32(0.010) * noise(FINE, 2.2, 3)
    tint *= soft
    out["tint"] = _byte(tint, 128.0, 128.5)
    del tint
    height += np.float32(0.22) * noise(FINE, 1.3, 4)
    height *= soft
    height -= np.float32(0.9) * pores
    del pores
    height += lips * (np.float32(0.5) * noise(FINE, (1.2, 7.0), 6))  # the lips' creases run along u on the head island
    out["height"] = _byte(height, 32.0, 128.0)
    del height
    out["lips"] = _byte(lips)
    del lips
    spread = big("freckles")
    dense = np.sqrt(spread)
    # the threshold falls where freckles are dense, so spots grow in number before they grow in size
    freckles = _spots(noise(FINE, 1.7, 11), dense, (2.75, 1.35), (3.25, 1.2))
    small = _spots(noise(FINE, 1.0, 12), dense, (2.8, 1.5), (3.4, 1.35))
    small *= np.float32(0.75)
    np.maximum(freckles, small, out=freckles)
    del dense, small
    freckles *= np.clip(spread * np.float32(2.5), 0, 1) * soft
    out["freckles"] = _byte(freckles)
    del freckles, spread, soft
    stubble = smooth(noise(FINE, 0.8, 21), 0.2, 1.8)
    stubble *= np.float32(0.50)
    stubble += np.float32(0.42)
    stubble = big("beard") * np.clip(stubble, 0, 1, out=stubble)
    out["stubble"] = _byte(stubble)
    del stubble
    strand, edge = noise(FINE, (0.8, 3.5), 31), big("scalp")
    edge += np.float32(0.16) * strand * ((edge > 0.02) & (edge < 0.98))
    scalp = smooth(edge, 0.15, 0.75)
    del edge
    strand *= np.float32(0.10)
    strand += np.float32(0.86)
    scalp *= np.clip(strand, 0, 1, out=strand)
    out["scalp"] = _byte(scalp)
    del strand, scalp
    nails = mask(pack, "fingernails", FINE)
    out["nails"] = _byte(np.maximum(nails, mask(pack, "toenails", FINE), out=nails))
    del nails
    out["lids"] = _byte(ndimage.gaussian_filter(mask(pack, "eyelids", FINE), 6), zero=0.0)
    boxes = []
    for name in FINE_MASKS:
        box = (None if name == "tint" else Image.fromarray(out[name]).getbbox()) or (0, 0, FINE, FINE)
        boxes.append(box)
        out[name] = out[name][box[1] : box[3], box[0] : box[2]]
    return out | {"boxes": np.array(boxes, np.int32)}


def _spots(field: F32, dense: F32, low: tuple[float, float], high: tuple[float, float]) -> F32:
    """Smoothstep of `field` (spent) between two thresholds that fall with `dense`."""
    (a, b), (c, d) = low, high
    start = np.float32(a) - np.float32(b) * dense
    field -= start
    start -= np.float32(c)
    start += np.float32(d) * dense
    field /= np.negative(start, out=start)
    np.clip(field, 0, 1, out=field)
    np.multiply(field, field, out=start)
    field *= np.float32(-2)
    field += np.float32(3)
    field *= start
    return field


def fine(pack: Pack) -> dict[str, NDArray[Any]]:
    """What only 2048 texels can show, 8-bit masks; tint and height are signed around 128.

    FINE_MASKS are cropped to what is not zero; "boxes" (one row for each) says where: left, top, right, bottom.
    """
    return maps(f"skin-fine/{pack.digest}", lambda: _make_fine(pack))

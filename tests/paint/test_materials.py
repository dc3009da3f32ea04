"""Every kind of part gets a material whose textures are what they say."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.painted import BODY, part_of, pixels

from avatar_foundry.errors import RecipeError
from avatar_foundry.paint import Look, SkinLook, colors, material_for, skin
from avatar_foundry.paint.skin_maps import areas
from avatar_foundry.wardrobe.catalogue import ITEMS

SIZE = 256


def mean_skin(look: Look) -> np.ndarray:
    torso = np.s_[SIZE // 4 : SIZE // 2, SIZE // 4 : SIZE // 2]
    return pixels(material_for(BODY, look, size=SIZE).base)[torso][..., :3].mean((0, 1))


def test_skin_has_albedo_normals_and_roughness():
    material = material_for(BODY, Look(), size=SIZE)
    assert material.name == "skin"
    assert material.alpha_mode == "OPAQUE"
    assert {t.mime for t in (material.base, material.normal, material.orm)} == {"image/jpeg"}
    normal = pixels(material.normal)[..., :3].astype(float) / 127.5 - 1
    assert np.abs(np.linalg.norm(normal, axis=-1) - 1).mean() < 0.05
    assert normal[..., 2].min() > 0


def test_tone_runs_from_light_to_dark():
    means = [mean_skin(Look(SkinLook(tone=t))).mean() for t in (0, 0.25, 0.5, 0.75, 1)]
    assert (np.diff(means) < -10).all()


def test_palms_of_deep_skin_are_lighter_than_its_back(pack):
    skin = pixels(material_for(BODY, Look(SkinLook(tone=1.0)), size=512).base)[..., :3].mean(-1)
    palms = areas(pack)["palms"] > 200
    assert skin[palms].mean() > skin[128:256, 128:256].mean() + 25


def test_the_makers_badge_is_gone(pack):
    skin = pixels(material_for(BODY, Look(SkinLook(tone=0.3)), size=512).base)[..., :3].astype(int)
    badge = skin[370:512, 495:512]  # outside the unwrapped body
    assert np.ptp(badge, axis=(0, 1)).max() < 40


def test_hair_colour_shows_on_the_scalp_only_under_hair():
    hairy, bald = (material_for(BODY, Look(SkinLook(tone=0.1), hair="black", scalp=s), size=SIZE) for s in (1.0, 0.0))
    crown = np.s_[SIZE // 3 : SIZE // 3 + 20, 180:200]
    assert pixels(hairy.base)[crown][..., :3].mean() < pixels(bald.base)[crown][..., :3].mean() - 60


@pytest.mark.parametrize("option", ["freckles", "stubble", "blush"])
def test_freckles_stubble_and_blush_darken_green(option):
    face = np.s_[100:156, 200:250]
    plain = Look(SkinLook(tone=0.1, blush=0.0))
    marked = replace(plain, skin=replace(plain.skin, **{option: 1.0}))
    a, b = (pixels(material_for(BODY, k, size=SIZE).base)[face][..., 1].mean() for k in (plain, marked))
    assert b < a - 0.5


def test_old_skin_has_more_relief_than_young():
    rough = [
        np.abs(pixels(material_for(BODY, Look(SkinLook(age=a)), size=512).normal)[..., :2].astype(int) - 128).mean()
        for a in (8, 25, 70)
    ]
    assert rough == sorted(rough)


def test_lips_take_a_colour(pack):
    look = Look(SkinLook(tone=0.2), lips="#2030c0")
    lips = pixels(material_for(BODY, look, size=512).base)[areas(pack)["lips"] > 250]
    assert (lips[..., 2].astype(int) > lips[..., 0]).all()


@pytest.mark.parametrize("name", ["#3060ff", "#30a040"])
def test_iris_takes_the_colour_and_the_pupil_stays_black(name):
    eyes = pixels(material_for(part_of("eyes_detailed"), Look(eyes=name), size=1024).base)[..., :3].astype(int)
    x, y = round(0.2929 * 1024), round(0.7011 * 1024)
    ring = eyes[y, x + 60 : x + 90].mean(0)
    strongest = 2 if name == "#3060ff" else 1
    assert ring.argmax() == strongest
    assert eyes[y - 8 : y + 8, x - 8 : x + 8].max() < 30


@pytest.mark.parametrize("item", [i for i in ITEMS if ITEMS[i].slot == "hair"])
def test_hair_has_alpha_and_its_own_colour_under_it(item):
    material = material_for(part_of(item), Look(hair="#2040c0"), size=SIZE)
    image = pixels(material.base)
    assert material.double_sided
    assert material.alpha_mode in ("MASK", "BLEND")
    assert image[..., 3].min() < 20
    assert image[..., 3].max() > 230
    blue = image[..., 2].astype(int) - image[..., 0]
    assert (blue > 0).mean() > 0.999  # clear texels too: mip levels mix them in


def test_long_and_short_hair_have_one_brightness():
    def mean(item: str) -> float:
        image = pixels(material_for(part_of(item), Look(hair="brown"), size=SIZE).base)
        return float(image[image[..., 3] > 200][:, :3].mean())

    values = [mean(i) for i in ITEMS if ITEMS[i].slot == "hair"]
    assert max(values) - min(values) < 22


def test_brows_follow_the_hair_unless_told():
    part = part_of("brows_full")
    dark, fair, blue = (
        pixels(material_for(part, k, size=SIZE).base)[..., :3].mean((0, 1))
        for k in (Look(hair="black"), Look(hair="platinum"), Look(hair="black", brows="blue"))
    )
    assert dark.mean() < fair.mean() - 30
    assert blue.argmax() == 2


def test_jpeg_with_alpha_becomes_png():
    assert material_for(part_of("ponytail"), Look(), size=SIZE, format="jpeg").base.mime == "image/png"
    assert material_for(BODY, Look(), size=SIZE, format="webp").base.mime == "image/webp"


@pytest.mark.parametrize("size", [128, 300, 8192])
def test_sizes_that_are_no_power_of_two_in_range_are_refused(size):
    with pytest.raises(RecipeError):
        material_for(BODY, Look(), size=size)


def test_unknown_format_is_refused():
    with pytest.raises(RecipeError):
        material_for(BODY, Look(), size=SIZE, format="bmp")


def test_same_look_same_bytes_in_another_process(pack):
    code = (
        "from avatar_foundry.pack import open_pack\n"
        "from avatar_foundry.paint import Look, SkinLook, skin\n"
        "import hashlib\n"
        "look = Look(SkinLook(tone=0.37, freckles=0.4, stubble=0.2))\n"
        "print(hashlib.sha256(skin.compose(open_pack(), look, 512).tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    here = skin.compose(pack, Look(SkinLook(tone=0.37, freckles=0.4, stubble=0.2)), 512)
    assert hashlib.sha256(here.tobytes()).hexdigest() == there


def test_looks_are_hashable_and_colours_merge_by_precedence():
    look = Look(colors=colors({"tee": {"main": "red"}, "top": {"main": "blue", "trim": "white"}}))
    assert hash(look) == hash(replace(look))
    assert look.colors_for("tee", "top") == {"main": "red", "trim": "white"}

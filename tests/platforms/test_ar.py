"""AR: a USDZ without asking, files that Android opens, one sheet of textures, nothing that phones do not know."""

import io
import json
import struct
import zipfile
from dataclasses import replace

import pytest
from PIL import Image
from tests.figures import figure, texture

from avatar_foundry.avatar import Avatar
from avatar_foundry.errors import RecipeError
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.stages.plain_pictures import plain_pictures

AR = PLATFORMS["ar"]


def finished(avatar: Avatar) -> Avatar:
    return run(AR.finish, avatar)[0]


def with_webp(kind: tuple[int, ...]) -> Avatar:
    avatar = figure(1)
    skin, cloth = avatar.materials
    return replace(avatar, materials=(replace(skin, base=texture("skin", kind, "WEBP"), normal=None), cloth))


def test_usdz_comes_without_asking_and_the_rest_on_demand() -> None:
    avatar = finished(figure())
    assert list(AR.written(avatar, (), "none")) == ["figure.glb", "figure_lod1.glb", "figure_lod2.glb", "figure.usdz"]
    files = AR.written(avatar, ("usdz", "obj", "static"), "none")
    assert set(files) - set(AR.written(avatar, (), "none")) == {"figure_obj.zip", "figure_static.glb"}
    assert {"glb", "obj", "static", "usdz"} <= set(AR.formats)


def test_no_file_holds_webp() -> None:
    avatar = finished(with_webp((200, 150, 120)))
    files = AR.written(avatar, (), "none")
    data = files["figure.glb"]
    (length,) = struct.unpack_from("<I", data, 12)
    document = json.loads(data[20 : 20 + length])
    assert {i["mimeType"] for i in document["images"]} <= {"image/png", "image/jpeg"}
    assert "extensionsRequired" not in document
    names = zipfile.ZipFile(io.BytesIO(files["figure.usdz"])).namelist()
    assert {n.rpartition(".")[2] for n in names} <= {"usda", "usdc", "png", "jpg"}


@pytest.mark.parametrize(("kind", "mime"), [((1, 2, 3), "image/jpeg"), ((1, 2, 3, 40), "image/png")])
def test_pictures_keep_their_transparency(kind: tuple[int, ...], mime: str) -> None:
    base = plain_pictures().apply(with_webp(kind)).materials[0].base
    assert base is not None
    assert base.mime == mime
    with Image.open(io.BytesIO(base.data)) as image:
        assert Image.MIME[image.format] == mime
        assert len(image.getbands()) == len(kind)


def test_plain_pictures_are_left_alone() -> None:
    avatar = figure(1)
    assert plain_pictures().apply(avatar) is avatar


def test_idle_comes_first_for_programs_that_play_one_clip() -> None:
    avatar = figure(1)
    (clip,) = avatar.clips
    three = tuple(replace(clip, name=name) for name in ("a_pose", "idle", "walk"))
    done = finished(replace(avatar, clips=three))
    assert [c.name for c in done.clips] == ["idle", "a_pose", "walk"]
    assert [c.name for c in finished(avatar).clips] == ["raise_arm"]


def test_meshopt_is_refused_before_the_work() -> None:
    with pytest.raises(RecipeError, match="meshopt") as told:
        AR.check((), "meshopt")
    assert told.value.pointer == "/compression"
    with pytest.raises(RecipeError, match="not written as fbx"):
        AR.check(("fbx",), "none")

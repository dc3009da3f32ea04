"""Brows and lashes where nothing can blend."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image
from tests.figures import figure, shape, texture

from avatar_foundry.avatar import Avatar, Material, Mesh, Part, Texture
from avatar_foundry.stages.cut_out import FAINT, cut_out
from avatar_foundry.stages.merge_parts import is_piece, merge_parts, taken_apart
from avatar_foundry.stages.merge_whole import CUTOFF, merge_all

SKIN = (200, 150, 120)
HAIR = (20, 10, 5)


def card(body: Mesh, role: str, material: str) -> Part:
    """A square upon the body's first face."""
    at = body.positions[body.faces[0, 0]]
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    mesh = Mesh(
        positions=at + square * 0.01,
        faces=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        uvs=square[:, :2],
        uv_faces=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        joints=np.zeros((4, 4), np.uint16),
        weights=np.tile(np.array([1, 0, 0, 0], np.float32), (4, 1)),
        morphs=(shape("eyeBlinkLeft", [0, 1], (0, -0.005, 0)),),
    )
    return Part(role, role, (mesh,), material)


def faced() -> Avatar:
    """A figure with brows, whose alpha rises from left to right, and lashes."""
    avatar = figure(1)
    body = replace(avatar.parts[0], role="body")
    ramp = np.zeros((16, 16, 4), np.uint8)
    ramp[..., :3] = HAIR
    ramp[..., 3] = np.linspace(0, 255, 16).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(ramp).save(out, "PNG")
    hairs = [
        Material(n, base=Texture(n, "image/png", 16, 16, out.getvalue()), alpha_mode="BLEND")
        for n in ("brows", "lashes")
    ]
    own = [replace(m, base=texture("skin", SKIN)) if m.name == body.material else m for m in avatar.materials]
    parts = (body, *avatar.parts[1:], *(card(body.mesh, n, n) for n in ("brows", "lashes")))
    return replace(avatar, parts=parts, materials=(*own, *hairs))


def pixels(material: Material) -> np.ndarray:
    assert material.base is not None
    with Image.open(io.BytesIO(material.base.data)) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


def test_brows_fade_into_the_skin_and_lashes_go():
    avatar = faced()
    done = cut_out(avatar, CUTOFF)
    assert [p.role for p in done.parts] == [p.role for p in avatar.parts if p.role != "lashes"]
    row, alpha = pixels(done.material("brows"))[8], np.linspace(0, 1, 16)
    drawn = row[:, 3] >= CUTOFF * 255
    assert drawn[alpha > FAINT + 0.01].all()
    assert not drawn[0]
    assert np.abs(row[1, :3] - SKIN).max() < 20  # where hair is thin, skin
    assert np.abs(row[-1, :3] - HAIR).max() < 3
    assert (np.diff(row[:, 0]) <= 0).all()


def test_what_was_merged_is_still_told_apart():
    avatar = faced()
    brows, lashes = avatar.parts[-2:]
    merged = merge_parts([brows, lashes], "Avatar_Alpha", "brows")
    assert is_piece(merged, 0, "lashes").tolist() == [False] * 4 + [True] * 4
    done = cut_out(replace(avatar, parts=(*avatar.parts[:-2], merged)), CUTOFF)
    last = done.parts[-1]
    np.testing.assert_array_equal(last.mesh.positions, brows.mesh.positions)
    assert last.pieces == ((("brows", 4),),)
    assert [m.name for m in last.mesh.morphs] == ["eyeBlinkLeft"]
    assert np.abs(pixels(done.material("brows"))[8, 1, :3] - SKIN).max() < 20


def test_a_merged_part_comes_apart_again():
    parts = faced().parts[-2:]
    apart = taken_apart(merge_parts(parts, "Avatar_Alpha", "brows"), 0)
    assert [p.role for p in apart] == ["brows", "lashes"]
    for own, before in zip(apart, parts, strict=True):
        np.testing.assert_array_equal(own.mesh.positions, before.mesh.positions)
        np.testing.assert_array_equal(own.mesh.faces, before.mesh.faces)


def test_one_material_for_all_is_the_same_every_time():
    once, twice = (merge_all(faced(), 256) for _ in range(2))
    assert len(once.parts) == len(once.materials) == 1
    assert once.materials[0].alpha_mode == "MASK"
    assert once.materials[0].base == twice.materials[0].base

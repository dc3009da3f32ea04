"""Pictures of tiny meshes, where every pixel is known."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from avatar_foundry.avatar import Avatar, Material, Mesh, Part, Texture
from avatar_foundry.render import Camera, camera_of, encode_png, render_avatar, render_sheet, thumbnail
from avatar_foundry.render.camera import FIELD_OF_VIEW

SIZE = 64
# From here the plane z = 0 shows -1 .. 1 in x and y across the picture.
FRONT = Camera(np.array([0.0, 0.0, 1 / np.tan(FIELD_OF_VIEW / 2)]), np.zeros(3))


def part(name: str, corners: list[list[float]], faces: list[list[int]]) -> Part:
    positions = np.array(corners, np.float32)
    uvs = positions[:, :2] * np.float32([0.5, -0.5]) + np.float32(0.5)
    index = np.array(faces, np.int32)
    return Part(name, "garment", (Mesh(positions, index, uvs=uvs, uv_faces=index),), material=name)


def square(name: str, z: float = 0.0, reach: float = 0.5) -> Part:
    r = reach
    return part(name, [[-r, -r, z], [r, -r, z], [r, r, z], [-r, r, z]], [[0, 1, 2], [0, 2, 3]])


def flat(name: str, color: tuple[float, float, float, float], **more: object) -> Material:
    return replace(Material(name, color=color, roughness=1.0), **more)


RED, GREEN = (0.8, 0.0, 0.0, 1.0), (0.0, 0.8, 0.0, 1.0)


def test_a_triangle_covers_its_own_pixels() -> None:
    triangle = part("red", [[-0.75, -0.75, 0], [0.75, -0.75, 0], [-0.75, 0.75, 0]], [[0, 1, 2]])
    alpha = render_avatar(Avatar(parts=(triangle,), materials=(flat("red", RED),)), FRONT, SIZE)[..., 3]
    x, y = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
    u, v = x / SIZE * 2 - 1, 1 - y / SIZE * 2
    margin = 2 * 1.5 / SIZE
    inside = (u > -0.75 + margin) & (v > -0.75 + margin) & (u + v < -margin)
    outside = (u < -0.75 - margin) | (v < -0.75 - margin) | (u + v > margin)
    assert (alpha[inside] == 255).all()
    assert (alpha[outside] == 0).all()
    assert abs(alpha.sum() / 255 / SIZE**2 - 0.75 * 0.75 / 2) < 0.003


def test_faces_that_share_an_edge_leave_no_crack() -> None:
    rng = np.random.default_rng(5)
    n = 12
    grid = np.stack(np.meshgrid(np.linspace(-0.9, 0.9, n), np.linspace(-0.9, 0.9, n)), axis=-1)
    grid[1:-1, 1:-1] += rng.uniform(-0.06, 0.06, (n - 2, n - 2, 2))
    corners = np.concatenate([grid, rng.uniform(-0.02, 0.02, (n, n, 1))], axis=2).reshape(-1, 3)
    k = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    faces = np.concatenate([np.stack([k, k + 1, k + n + 1], 1), np.stack([k, k + n + 1, k + n], 1)])
    sheet = part("red", corners.tolist(), faces.tolist())
    alpha = render_avatar(Avatar(parts=(sheet,), materials=(flat("red", RED),)), FRONT, SIZE)[..., 3]
    assert (alpha[6:-6, 6:-6] == 255).all()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_surface_hides_the_farther(order: tuple[int, int]) -> None:
    both = (square("red", z=0.2, reach=0.3), square("green", z=0.0))
    avatar = Avatar(parts=tuple(both[i] for i in order), materials=(flat("red", RED), flat("green", GREEN)))
    picture = render_avatar(avatar, FRONT, SIZE).astype(int)
    middle, side = picture[SIZE // 2, SIZE // 2], picture[SIZE // 2, SIZE // 4 + 2]
    assert middle[0] > 4 * middle[1]
    assert side[1] > 4 * side[0]


def test_back_faces_are_seen_only_when_double_sided() -> None:
    away = replace(square("red"), lods=(replace(square("red").mesh, faces=np.array([[0, 2, 1], [0, 3, 2]], np.int32)),))
    one = Avatar(parts=(away,), materials=(flat("red", RED),))
    two = Avatar(parts=(away,), materials=(flat("red", RED, double_sided=True),))
    assert render_avatar(one, FRONT, SIZE)[..., 3].max() == 0
    assert render_avatar(two, FRONT, SIZE)[SIZE // 2, SIZE // 2, 3] == 255


def half_clear() -> Texture:
    """Red; the left half is clear."""
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 255))
    image.paste((255, 0, 0, 0), (0, 0, 32, 64))
    out = BytesIO()
    image.save(out, "PNG")
    return Texture("half", "image/png", 64, 64, out.getvalue())


def test_masked_texels_let_through_what_lies_behind() -> None:
    cut = flat("cut", (1.0, 1.0, 1.0, 1.0), alpha_mode="MASK", base=half_clear())
    avatar = Avatar(parts=(square("cut", z=0.1), square("green")), materials=(cut, flat("green", GREEN)))
    picture = render_avatar(avatar, FRONT, SIZE).astype(int)
    left, right = picture[SIZE // 2, SIZE // 2 - 8], picture[SIZE // 2, SIZE // 2 + 8]
    assert left[1] > 4 * left[0]
    assert right[0] > 4 * right[1]


def test_blended_layers_mix_in_depth_order() -> None:
    glass = [flat(name, (*color[:3], 0.5), alpha_mode="BLEND") for name, color in (("near", RED), ("far", GREEN))]
    parts = (square("near", z=0.2), square("far", z=0.1), square("wall", reach=0.4))
    avatar = Avatar(parts=parts, materials=(*glass, flat("wall", (0.0, 0.0, 0.8, 1.0))))
    r, g, b, a = render_avatar(avatar, FRONT, SIZE)[SIZE // 2, SIZE // 2].astype(int)
    assert a == 255
    assert r > 1.5 * g  # the nearer layer holds half, the farther a quarter
    assert abs(int(g) - int(b)) < 20
    swapped = Avatar(parts=(parts[1], parts[2], parts[0]), materials=avatar.materials)
    assert (render_avatar(swapped, FRONT, SIZE) == render_avatar(avatar, FRONT, SIZE)).all()


def test_blended_layers_over_nothing_stay_transparent() -> None:
    avatar = Avatar(parts=(square("g"),), materials=(flat("g", (0.8, 0.0, 0.0, 0.5), alpha_mode="BLEND"),))
    picture = render_avatar(avatar, FRONT, SIZE)
    assert abs(int(picture[SIZE // 2, SIZE // 2, 3]) - 128) <= 1
    assert picture[0, 0, 3] == 0


def test_the_floor_is_darkest_under_what_stands_on_it() -> None:
    box = np.array([[x, y, z] for x in (-0.1, 0.1) for y in (0.0, 0.5) for z in (-0.1, 0.1)], float)
    faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6]]
    faces += [[0, 6, 4], [1, 5, 7], [1, 7, 3]]
    avatar = Avatar(parts=(part("red", box.tolist(), faces),), materials=(flat("red", RED),))
    camera = Camera(np.array([0.0, 0.5, 2.0]), np.array([0.0, 0.1, 0.0]))
    bare = render_avatar(avatar, camera, SIZE)
    grounded = render_avatar(avatar, camera, SIZE, ground=True)
    solid = bare[..., 3] == 255
    assert (grounded[solid] == bare[solid]).all()
    alpha = grounded[..., 3].astype(int)
    foot = np.flatnonzero(solid[:, SIZE // 2]).max()
    assert alpha[foot + 1, SIZE // 2] > alpha[foot + 3, SIZE // 2] > 0
    assert alpha[0, 0] == 0


def test_the_same_avatar_gives_the_same_bytes() -> None:
    cut = flat("cut", (1.0, 1.0, 1.0, 1.0), alpha_mode="MASK", base=half_clear())
    avatar = Avatar(parts=(square("cut", z=0.1), square("green")), materials=(cut, flat("green", GREEN)))
    one, two = (encode_png(render_sheet(avatar, ["front", "face34"], SIZE)) for _ in range(2))
    assert one == two
    assert Image.open(BytesIO(one)).size == (2 * SIZE, SIZE)


def test_fit_fills_the_picture() -> None:
    avatar = Avatar(parts=(square("red", reach=0.37),), materials=(flat("red", RED, double_sided=True),))
    alpha = thumbnail(avatar, 128, "fit")[..., 3]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    assert columns[0] + 127 - columns[-1] <= 10
    assert abs(columns[0] - (127 - columns[-1])) <= 2
    assert abs(rows[0] - (127 - rows[-1])) <= 2


def test_unknown_cameras_are_refused() -> None:
    with pytest.raises(KeyError):
        camera_of(Avatar(parts=(square("red"),)), "moon")


def test_an_avatar_without_faces_is_refused() -> None:
    with pytest.raises(ValueError, match="no faces"):
        render_avatar(Avatar(), FRONT, SIZE)

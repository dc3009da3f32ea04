"""What is compiled: units, order, what is left out, and the same bytes each time."""

from pathlib import Path

import numpy as np
import pytest
from tests.pack import tiny
from tests.pack.conftest import Tiny

from avatar_foundry.errors import PackError
from avatar_foundry.pack import Pack
from avatar_foundry.pack.assets import asset_ids, decode_faces
from avatar_foundry.pack.body import LEFT_OUT, VERTICES, parse_target
from avatar_foundry.pack.check import check_content
from avatar_foundry.pack.compiler import compile_pack


@pytest.fixture
def small(tiny_sources: Tiny, tmp_path: Path) -> Pack:
    (tmp_path / "small").write_bytes(tiny_sources.content)
    return Pack(tmp_path / "small")


def test_same_files_in_another_order_and_with_other_dates_give_the_same_bytes(
    tiny_sources: Tiny, tmp_path: Path
) -> None:
    wheel = tiny.write_wheel(tmp_path / "w", dict(reversed(tiny.wheel_files().items())), year=1999)
    tarball = tiny.write_tarball(tmp_path / "t", dict(reversed(tiny.tarball_files().items())), mtime=5)
    assert compile_pack(wheel, tarball) == tiny_sources.content


def test_the_compiled_pack_passes_its_own_check(small: Pack) -> None:
    check_content(small)
    assert small.hash_content() == small.digest


def test_positions_are_metres(small: Pack) -> None:
    np.testing.assert_allclose(small.array("base/positions")[10], [0.3, 1.0, 1.0])


def test_uvs_have_their_origin_top_left(small: Pack) -> None:
    np.testing.assert_array_equal(small.array("base/uvs"), np.array([[0, 1], [1, 1], [1, 0], [0, 0.75]], np.float32))


def test_genital_faces_vertices_and_targets_are_left_out(small: Pack) -> None:
    assert len(small.array("base/faces")) == 2
    assert small.array("base/faces").max() == 7
    assert len(np.unique(small.array("base/positions")[LEFT_OUT], axis=0)) == 1
    assert small.meta["targets"]["names"] == ["ears/l-ear", "faceunits/jawOpen"]
    assert "genitals" not in small.meta["targets"]["settings"]
    assert tiny.LEFT_OUT_VERTEX not in small.array("targets/index")
    assert tiny.LEFT_OUT_VERTEX not in small.array("rigs/default/weight_vertex")


def test_mirror_keeps_vertices_that_the_file_does_not_name(small: Pack) -> None:
    np.testing.assert_array_equal(small.array("base/mirror"), [1, 0, *range(2, VERTICES)])


def test_targets_are_whole_steps(small: Pack) -> None:
    np.testing.assert_array_equal(small.array("targets/offsets"), [0, 2, 4])
    np.testing.assert_array_equal(small.array("targets/index")[:2], [0, 7])
    np.testing.assert_array_equal(small.array("targets/delta")[:2], [[1, 0, -2], [1500, 0, 0]])


@pytest.mark.parametrize("text", [b"1 2 3", b"1 2 3 x", b"-1 0 0 0", b"19158 0 0 0", b"0 33 0 0", b"0 nan 0 0"])
@pytest.mark.filterwarnings("ignore:string or file could not be read:DeprecationWarning")
def test_nonsense_in_a_target_is_refused(text: bytes) -> None:
    with pytest.raises(PackError):
        parse_target(text)


def test_an_empty_target_moves_nothing() -> None:
    index, delta = parse_target(b"# nothing\n")
    assert index.shape == (0,)
    assert delta.shape == (0, 3)


def test_weights_are_sorted_and_zeros_go(small: Pack) -> None:
    assert small.meta["rigs"]["default"]["names"] == ["a", "b"]
    rows = zip(*(small.array(f"rigs/default/{n}") for n in ("weight_vertex", "weight_bone", "weight")), strict=True)
    assert [tuple(map(float, row)) for row in rows] == [(0, 0, 0.25), (0, 1, 1), (1, 0, 0.5)]


def test_bones_keep_their_ends_but_not_the_position_of_another_pose(small: Pack) -> None:
    assert small.meta["rigs"]["mixamo"]["bones"]["b"] == {
        "head": {"strategy": "CUBE", "cube_name": "joint-head"},
        "tail": {"strategy": "VERTEX", "vertex_index": 5},
        "parent": "a",
        "roll": 0.0,
    }


def test_triangles_repeat_their_last_corner(small: Pack) -> None:
    triangle, quad = small.array(f"assets/{asset_ids()[1]}/faces"), small.array(f"assets/{asset_ids()[0]}/faces")
    assert triangle.tolist() == [[0, 1, 2, 2]]
    assert quad.tolist() == [[0, 1, 2, 3]]


def test_faces_with_normals_are_read_and_mixed_ones_refused() -> None:
    quad = [43, 0, 1, 2, 3, 9, 4, 5, 6, 7, 8, 8, 8, 8]
    faces, uv_faces = decode_faces(quad * 2)
    assert faces.tolist() == [[0, 1, 2, 3]] * 2
    assert uv_faces.tolist() == [[4, 5, 6, 7]] * 2
    with pytest.raises(ValueError, match="mixed"):
        decode_faces([*quad, 11, *quad[1:]])


def test_offsets_of_assets_are_metres(small: Pack) -> None:
    np.testing.assert_allclose(small.array(f"assets/{asset_ids()[0]}/offsets")[1], [0.1, 0.2, 0.3], rtol=1e-6)


def test_only_what_is_allowed_and_named_is_in_it(small: Pack) -> None:
    assert sorted(small.meta["assets"]) == asset_ids()
    assert not [name for name in small.blobs if "unused" in name or "special_suit" in name or "toon" in name]
    assert len(small.meta["skins"]) == 18


def test_an_asset_that_is_not_allowed_is_refused(tiny_sources: Tiny) -> None:
    folder = tiny_sources.folder
    with pytest.raises(PackError, match="clear licence"):
        compile_pack(folder / "body.whl", folder / "clothes.tgz", ids=["clothes/Unclear"])


def test_a_source_that_is_no_archive_is_an_error(tiny_sources: Tiny, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"not an archive")
    with pytest.raises(PackError, match="cannot be read"):
        compile_pack(tmp_path / "x", tiny_sources.folder / "clothes.tgz")
    with pytest.raises(PackError, match="cannot be read"):
        compile_pack(tiny_sources.folder / "body.whl", tmp_path / "x")


def test_the_real_pack_is_sound(pack: Pack) -> None:
    check_content(pack)
    assert pack.array("base/faces").shape == (18304, 4)
    assert len(pack.meta["targets"]["names"]) == 1304
    assert len(pack.meta["skins"]) == 20
    heights = pack.array("base/positions")[:13380, 1]
    assert 1.4 < heights.max() - heights.min() < 1.9


def test_the_real_mirror_is_an_involution_that_flips_x(pack: Pack) -> None:
    mirror, positions = pack.array("base/mirror"), pack.array("base/positions")
    body = np.arange(13380)
    np.testing.assert_array_equal(mirror[mirror[body]], body)
    np.testing.assert_allclose(positions[mirror[body]] * (-1, 1, 1), positions[body], atol=0.012)

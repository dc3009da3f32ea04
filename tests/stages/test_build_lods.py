from dataclasses import replace

import numpy as np
import pytest
from tests import shapes

from avatar_foundry.avatar import Avatar, Mesh, Morph, Part
from avatar_foundry.body import body_part, evaluate
from avatar_foundry.face import carry
from avatar_foundry.geometry import is_closed, vertex_normals
from avatar_foundry.rig import bind_weights, place_skeleton
from avatar_foundry.stages.build_lods import build_lods
from avatar_foundry.wardrobe import fit

RATIOS = (1.0, 0.5, 0.25, 0.12)


def grown(**values: float) -> Avatar:
    base = evaluate({f"body.{k}": v for k, v in values.items()})

    def bound(part: Part) -> Part:
        mesh = part.mesh
        assert part.binding is not None
        joints, weights = bind_weights(part.binding)
        normals = vertex_normals(mesh.positions, mesh.faces)
        morphs = carry(part.binding)[:20]
        return replace(part, lods=(replace(mesh, joints=joints, weights=weights, normals=normals, morphs=morphs),))

    parts = tuple(map(bound, (body_part(base), *fit("eyes_simple", base), *fit("teeth", base))))
    return Avatar("test", parts, place_skeleton(base), base=base)


@pytest.fixture(scope="module")
def adult(pack) -> Avatar:
    return build_lods(RATIOS).apply(grown(age=30, gender=1.0))


def test_levels_meet_the_ratio_of_the_whole_avatar(adult):
    totals = [sum(len(p.lods[k].faces) for p in adult.parts) for k in range(4)]
    for total, ratio in zip(totals, RATIOS, strict=True):
        assert total == pytest.approx(ratio * totals[0], rel=0.1)


def test_every_level_is_a_subset_of_the_full_mesh(adult):
    for part in adult.parts:
        full = part.mesh
        rows = {row.tobytes(): v for v, row in enumerate(full.positions)}
        for mesh in part.lods[1:]:
            of = np.array([rows[row.tobytes()] for row in mesh.positions])
            assert (full.normals[of] == mesh.normals).all()
            assert (full.joints[of] == mesh.joints).all() or len(rows) < len(full.positions)
            assert len(np.unique(mesh.faces)) == len(mesh.positions)
            assert mesh.uv_faces.max() < len(mesh.uvs)
            names = [m.name for m in full.morphs]
            assert [m.name for m in mesh.morphs] == [n for n in names if n in {m.name for m in mesh.morphs}]
            for morph in mesh.morphs:
                assert (np.diff(morph.index) > 0).all()
                whole = full.morphs[names.index(morph.name)]
                field = np.zeros_like(full.positions)
                field[whole.index] = whole.delta
                if len(rows) == len(full.positions):
                    assert (field[of[morph.index]] == morph.delta).all()


def test_the_body_stays_closed(adult):
    assert all(is_closed(mesh.faces) for mesh in adult.part("body").lods)


def test_errors_are_small_and_grow_with_the_level(adult):
    for part in adult.parts:
        assert part.lod_errors[0] == {}
        means = [e["geometric_mean_mm"] for e in part.lod_errors[1:]]
        assert means == sorted(means)
        for errors in part.lod_errors[1:]:
            assert set(errors) == {f"{k}{m}_mm" for k in ("geometric", "posed", "expressive") for m in ("", "_mean")}
            assert all(errors[k] >= errors[k.replace("_mm", "_mean_mm")] for k in errors if "mean" not in k)
            assert errors["expressive_mean_mm"] >= 0.5 * errors["geometric_mean_mm"]
    body = adult.part("body").lod_errors
    assert body[1]["geometric_mean_mm"] < 0.3
    assert body[3]["geometric_mean_mm"] < 2.5


def test_all_bodies_share_one_topology_per_level(adult):
    other = build_lods(RATIOS).apply(grown(age=60, gender=0.0, weight=0.9))
    for a, b in zip(adult.parts, other.parts, strict=True):
        for one, two in zip(a.lods, b.lods, strict=True):
            assert (one.faces == two.faces).all()
            assert (one.uv_faces == two.uv_faces).all()


def test_a_mesh_without_body_skin_or_uvs_gets_levels_too(pack):
    positions, faces = shapes.sphere()
    smile = Morph("smile", np.arange(40, dtype=np.int32), np.full((40, 3), 0.01, np.float32))
    avatar = Avatar("upload", (Part("ball", "body", (Mesh(positions, faces, morphs=(smile,)),)),))
    part = build_lods(RATIOS).apply(avatar).parts[0]
    assert [len(m.faces) for m in part.lods] == pytest.approx([2208, 1104, 552, 400], abs=4)
    assert set(part.lod_errors[1]) == {"geometric_mm", "geometric_mean_mm", "expressive_mm", "expressive_mean_mm"}


def test_nothing_to_do_returns_the_avatar_itself(adult):
    assert build_lods(RATIOS).apply(adult) is adult
    assert build_lods((1.0,)).apply(adult) is adult
    empty = Avatar()
    assert build_lods().apply(empty) is empty

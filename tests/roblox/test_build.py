"""A dressed child becomes an R15 body that passes Roblox's rules, in the avatar and in its files."""

from dataclasses import replace

import numpy as np
from tests.engines.roblox_rules import check, setup_problems

from avatar_foundry.formats import unrigged, write_fbx, write_glb
from avatar_foundry.geometry.distance import closest_points
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.roblox import build
from avatar_foundry.roblox.facs import CONTROLS, REQUIRED
from avatar_foundry.roblox.head import has_face
from avatar_foundry.roblox.names import BUDGETS, PIECES, TOTAL, geo
from avatar_foundry.roblox.rig import joint_places, owners
from avatar_foundry.rules import inspect


def test_it_passes_every_rule(built):
    found = [f for f in inspect(built, PLATFORMS["roblox"]) if f[0] in ("error", "warning")]
    assert found == []


def test_its_files_pass_what_reads_only_files(built, khronos):
    glb, fbx = write_glb(built), write_fbx(built)
    assert check(glb, "child.glb") == []
    assert check(fbx, "child.fbx") == []
    khronos({"child.glb": glb})


def test_the_static_file_is_for_avatar_setup(built, khronos):
    files = PLATFORMS["roblox"].written(built, ("static",), "none")
    name = f"{built.name}_static.glb"
    assert list(setup_problems(files[name])) == []
    ahead = write_glb(unrigged(replace(built, parts=built.parts[: len(PIECES)])))
    assert list(setup_problems(ahead)) == ["it does not face -Z"]
    khronos({name: files[name]})


def test_it_uses_its_budget(built):
    counts = {p.name: len(p.mesh.faces) for p in built.parts}
    for asset, limit in BUDGETS.items():
        used = sum(counts[geo(p.name)] for p in PIECES if p.asset == asset)
        assert 0.9 * limit < used <= limit
    assert sum(counts[geo(p.name)] for p in PIECES) < TOTAL


def test_the_surface_stays_where_it_was(built, dressed):
    """All that shows of the body lies within 15 mm of what the child wore, most of it within 3."""
    shift = joint_places(dressed.skeleton)[0]
    factor = built.extras["roblox"]["scale"]
    meshes = [p.mesh for p in dressed.parts]
    first = np.cumsum([0, *(len(m.positions) for m in meshes)])
    faces = np.concatenate([m.faces + at for m, at in zip(meshes, first, strict=False)]).astype(np.int32)
    there = np.concatenate([m.positions for m in meshes])
    outer = built.part("LeftLowerLeg_Geo").mesh.positions / factor + shift
    gap = closest_points(outer, there, faces).distance
    assert np.quantile(gap, 0.6) < 0.003  # the plugs lie deep inside


def test_the_face_has_the_controls_and_the_fit_is_told(built):
    told = built.extras["roblox"]["face"]
    assert set(REQUIRED) <= set(told) <= set(CONTROLS)
    assert np.mean([e["mean_mm"] for e in told.values()]) < 0.6
    assert max(told[c]["missed"] for c in REQUIRED) < 0.35
    assert told["LeftEyeClosed"]["max_mm"] < 4


def test_a_body_without_shapes_has_a_static_head(dressed, monkeypatch):
    monkeypatch.setattr(build, "CELLS", 120)  # coarse is enough
    parts = tuple(replace(p, lods=(replace(p.mesh, morphs=()),)) for p in dressed.parts)
    number = {m.name: k for k, m in enumerate(dressed.materials)}
    assert not has_face(parts)
    made = build.build_body(parts, number, owners(dressed.skeleton), expressive=False)
    assert [m.name for m in made] == [p.name for p in PIECES]

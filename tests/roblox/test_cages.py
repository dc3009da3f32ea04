"""Cages keep the template's vertices and come to lie around the body."""

import numpy as np
import pytest
from tests.roblox.bodies import r15, template

from avatar_foundry.avatar import Avatar, Mesh, Part
from avatar_foundry.errors import RecipeError
from avatar_foundry.formats import write_fbx, write_glb
from avatar_foundry.platforms import roblox
from avatar_foundry.roblox.cages import FARTHEST, fit_cages, measured, template_of
from avatar_foundry.roblox.names import PIECE_NAMES, cage, geo


def test_cages_fit_and_keep_their_vertices():
    given = template(3.0)
    body = r15()
    meshes = {n: body.part(geo(n)).mesh for n in PIECE_NAMES}
    fitted = fit_cages(given, meshes)
    assert [p.name for p in fitted] == [cage(n) for n in given]
    for part, (name, theirs) in zip(fitted, given.items(), strict=True):
        assert part.mesh.positions.shape == theirs.positions.shape
        assert part.mesh.uvs is theirs.uvs
        assert np.array_equal(part.mesh.faces, theirs.faces)
        far, inside = measured(part.mesh.positions, meshes[name])
        assert far < FARTHEST
        assert inside == 0


def test_a_template_is_found_by_its_names():
    part = r15().parts[0]
    renamed = Part(cage("Head"), "body", part.lods)
    assert list(template_of((part, renamed))) == ["Head"]


@pytest.mark.parametrize("ending", ["glb", "fbx"])
def test_a_template_is_read_with_its_vertices_in_order(ending, tmp_path, monkeypatch):
    given = template()
    parts = tuple(
        Part(cage(n), "cage", (Mesh(c.positions, c.faces, None, c.uvs, c.uv_faces),)) for n, c in given.items()
    )
    avatar = Avatar("template", parts)
    path = tmp_path / f"template.{ending}"
    path.write_bytes(write_glb(avatar) if ending == "glb" else write_fbx(avatar))
    monkeypatch.setenv(roblox.CAGES, str(path))
    found = roblox.template()
    assert set(found) == set(given)
    unit = 1.0 if ending == "glb" else 100.0
    for name, theirs in found.items():
        assert np.abs(theirs.positions / unit - given[name].positions).max() < 1e-4
        seen = theirs.uvs[theirs.uv_faces], given[name].uvs[given[name].uv_faces]
        assert np.abs(np.sort(seen[0], axis=0) - np.sort(seen[1], axis=0)).max() < 1e-5


def test_a_template_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv(roblox.CAGES, str(tmp_path / "nowhere.glb"))
    with pytest.raises(RecipeError, match="cannot be read"):
        roblox.template()
    monkeypatch.setenv(roblox.CAGES, "")
    assert roblox.template() is None

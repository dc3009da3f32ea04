"""Cages keep the template's vertices and come to lie around the body."""

import numpy as np
from tests.roblox.bodies import r15, template

from avatar_foundry.avatar import Part
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

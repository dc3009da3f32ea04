"""Long ears: only they swing, on every level of detail, whole at the seam and still at rest."""

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import run_node

from avatar_foundry.avatar import Avatar
from avatar_foundry.body import PARAMETERS, base_vertices
from avatar_foundry.formats.vrm import write_vrm
from avatar_foundry.humanoid import NAMES
from avatar_foundry.lod.gather import concatenate_shapes, take_faces
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rules import RULES
from avatar_foundry.stages.add_springs import add_springs
from avatar_foundry.stages.bind_skin import bind_skin
from avatar_foundry.stages.drop_springs import drop_springs
from avatar_foundry.stages.fit_skeleton import fit_skeleton
from avatar_foundry.stages.long_ears import FASTENED, LONG, SIDES, auricle, long_ears, measure
from avatar_foundry.stages.make_body import make_body
from avatar_foundry.stages.set_pose import set_pose

USUAL = {name: p.default for name, p in PARAMETERS.items() if p.default is not None}


def body(**face: float) -> Avatar:
    values = USUAL | {f"face.{name}": value for name, value in face.items()}
    return run((make_body(values), fit_skeleton(), bind_skin(), set_pose("T")), Avatar())[0]


@pytest.fixture(scope="module")
def elf() -> Avatar:
    """A body with long ears and two levels, the second one without every third face."""
    avatar = body(ear_point=1.0)
    part = avatar.part("body")
    mesh = part.mesh
    keep = np.arange(len(mesh.faces)) % 3 > 0
    less = take_faces(mesh, concatenate_shapes(mesh.morphs), mesh.faces[keep], mesh.uv_faces[keep])
    return replace(avatar, parts=(replace(part, lods=(mesh, less)),))


@pytest.fixture(scope="module")
def swinging(elf) -> Avatar:
    return add_springs().apply(elf)


def test_each_ear_has_a_chain_from_its_root_to_its_tip(elf, swinging):
    assert [s.joints for s in swinging.springs] == [
        tuple(f"{side}Ear_{n}" for n in ("1", "2", "end")) for side in SIDES
    ]
    assert {(s.part, s.gravity) for s in swinging.springs} == {("ear", 0.0)}
    at = dict(zip(swinging.skeleton.names, swinging.skeleton.rest[:, :3, 3], strict=True))
    points = swinging.part("body").mesh.positions
    for side, sign in (("left", 1), ("right", -1)):
        root, middle, end = (at[f"{side}Ear_{n}"] for n in ("1", "2", "end"))
        assert np.linalg.norm(end - root) > LONG
        assert np.abs(root + end - 2 * middle).max() < 1e-5
        assert sign * root[0] > 0.04
        assert np.linalg.norm(points[auricle(SIDES[side])[0]] - end, axis=1).min() < 1e-4
    assert np.abs(at["leftEar_end"] * (-1, 1, 1) - at["rightEar_end"]).max() < 2e-3


def test_weights_go_from_the_head_to_the_tip(elf, swinging):
    assert elf.part("body").mesh.joints.max() < len(NAMES)
    lengths = [measure(side, elf.base, elf.parts).length for side in SIDES]
    steepest = 1.5 / (FASTENED * min(lengths))  # of the smooth step from the head's weights to the chain's
    for before, after in zip(elf.part("body").lods, swinging.part("body").lods, strict=True):
        assert np.abs(after.weights.sum(axis=1) - 1).max() < 1e-6
        assert (np.diff(after.weights, axis=1) <= 0).all()
        numbers = base_vertices(after)
        loose = np.where(after.joints >= len(NAMES), after.weights, 0).sum(axis=1)
        for side in SIDES.values():
            index, seam = auricle(side)
            assert loose[np.isin(numbers, seam)].max() == 0.0
            assert loose[np.isin(numbers, index)].max() > 0.999
        still = loose == 0
        assert (after.weights[still] == before.weights[still]).all()
        assert np.isin(numbers[~still], np.concatenate([auricle(s)[0] for s in SIDES.values()])).all()
        edges = np.concatenate([after.faces[:, [0, 1]], after.faces[:, [1, 2]], after.faces[:, [2, 0]]])
        apart = np.linalg.norm(np.diff(after.positions[edges], axis=1)[:, 0], axis=1)
        assert (np.abs(np.diff(loose[edges], axis=1)[:, 0]) <= steepest * apart + 1e-4).all()  # nothing tears


def test_levels_agree(swinging):
    full, less = swinging.part("body").lods
    place = np.zeros(len(full.positions), int)
    place[base_vertices(full)] = np.arange(len(full.positions))
    same = place[base_vertices(less)]
    assert (less.joints == full.joints[same]).all()
    assert (less.weights == full.weights[same]).all()


@pytest.mark.parametrize("face", [{}, {"ear_point": 0.33}, {"ear_length": 1.0, "ear_wing": 1.0, "ear_lobe": 1.0}])
def test_ears_of_people_do_not_swing(face):
    avatar = body(**face)
    assert add_springs().apply(avatar) is avatar


def test_covered_ears_and_uploads_have_none(elf):
    part = elf.part("body")
    mesh = part.mesh
    ears = np.concatenate([auricle(s)[0] for s in SIDES.values()])
    bare = ~np.isin(mesh.faces, ears).any(axis=1)
    covered = take_faces(mesh, None, mesh.faces[bare], mesh.uv_faces[bare])
    assert measure("left", elf.base, (replace(part, lods=(covered,)),)) is None
    assert list(long_ears(replace(elf, base=None))) == []


def test_ears_obey_the_rules(swinging):
    for rule in ("vrm/spring-chain", "vrm/humanoid-spring", "vrm/collider", "skeleton/scale", "skeleton/hierarchy"):
        assert list(RULES[rule].check(swinging, PLATFORMS["vrm"])) == []
    assert [c.group for c in swinging.colliders] == ["head"]


def test_without_springs_the_ears_are_the_heads_again(elf, swinging):
    after = drop_springs().apply(swinging)
    assert after.skeleton.names == elf.skeleton.names
    for before, again in zip(elf.part("body").lods, after.part("body").lods, strict=True):
        dense = [np.zeros((len(before.positions), len(NAMES))) for _ in range(2)]
        for out, mesh in zip(dense, (before, again), strict=True):
            np.add.at(out, (np.arange(len(out))[:, None], mesh.joints), mesh.weights)
        assert np.abs(dense[0] - dense[1]).max() < 0.01  # a trace of the neck's weight does not come back


@pytest.mark.parametrize("version", ["1.0", "0.x"])
def test_three_vrm_lets_them_twitch(swinging, version, tmp_path):
    path = tmp_path / "elf.vrm"
    path.write_bytes(write_vrm(swinging, version))
    told = run_node("load_vrm.mjs", "@pixiv/three-vrm", str(path))
    swing = told["springs"]["swing"]
    assert {"leftEar_end", "rightEar_end"} <= swing.keys()
    assert min(swing["leftEar_end"], swing["rightEar_end"]) > 0.005
    assert max(swing.values()) < 0.05  # stiff: half the ear's length in a rush
    assert told["rest"] < 1e-5
    assert told["springs"]["settled"] < 1e-3

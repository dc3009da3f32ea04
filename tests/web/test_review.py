"""An upload reviewed in a real browser: refused and mended, placed by hand, shown beside its source, re-skinned."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar_foundry.avatar import Avatar, Material, Mesh, Part
from avatar_foundry.build import build
from avatar_foundry.formats import read_glb, write_glb

from .test_pages import CHROMIUM, MODULES, PICTURES, Server, needs_browser, needs_pages, server

__all__ = ["server"]  # a fixture: a service of this module's own
pytestmark = [needs_pages, needs_browser]


def _bare() -> Avatar:
    """A dressed figure in the A-pose as people upload it, few triangles: no skeleton, no skin, no shapes."""
    made = build({"preset": "slim", "pose": "A", "texture_size": 256, "no_face": True})
    level = next(data for name, data in made.files.items() if name.endswith("_lod1.glb"))
    avatar = read_glb(level)
    return replace(
        avatar.map_meshes(lambda m: replace(m, joints=None, weights=None, morphs=())), skeleton=None, clips=()
    )


def _obj(avatar: Avatar) -> bytes:
    lines, first = [], 1
    for part in avatar.parts:
        lines += [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in part.mesh.positions.tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (part.mesh.faces + first).tolist()]
        first += len(part.mesh.positions)
    return ("\n".join(lines) + "\n").encode()


def _broken() -> Avatar:
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2], [0, 0, 1]], np.int32)
    return Avatar("thing", (Part("thing", "body", (Mesh(positions, faces),), "plain"),), materials=(Material("plain"),))


@pytest.fixture(scope="module")
def seen(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the walk saw."""
    files = tmp_path_factory.mktemp("files")
    bare = _bare()
    (files / "figure.glb").write_bytes(write_glb(bare))
    (files / "unsure.obj").write_bytes(_obj(bare))
    (files / "broken.glb").write_bytes(write_glb(_broken()))
    PICTURES.mkdir(parents=True, exist_ok=True)
    command = ["node", "review.mjs", server.base, server.token, PICTURES, MODULES, CHROMIUM, files]
    done = subprocess.run(
        [str(c) for c in command], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=560, check=False
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    if "error" in found:
        pytest.fail(json.dumps(found, indent=1))
    return found


def test_the_pages_keep_to_their_policy_and_their_host(seen: dict[str, Any]) -> None:
    assert seen["violations"] == []
    assert seen["console"] == []
    assert seen["failed"] == []
    assert seen["outside"] == []


def test_a_refused_mesh_offers_its_fix_and_the_fix_is_sent_back(seen: dict[str, Any]) -> None:
    assert "Mesh has degenerate faces" in seen["refused"]
    assert seen["fixes"] == ["drop-degenerate-faces"]


def test_an_uncertain_skeleton_is_shown_with_every_joint_s_confidence(seen: dict[str, Any]) -> None:
    assert "not sure enough" in seen["unsure"]["said"]
    assert seen["unsure"]["picture"] == [600]
    assert seen["unsure"]["joints"] >= 20


def test_progress_is_told_by_stage(seen: dict[str, Any]) -> None:
    assert len(seen["stages"]) >= 2


def test_source_and_result_turn_together(seen: dict[str, Any]) -> None:
    assert seen["linked"] > 5_000
    assert 200 < seen["skeleton"] < 30_000  # lines and dots, not another view


def test_a_finding_is_marked_where_it_is(seen: dict[str, Any]) -> None:
    assert seen["findings"] >= 1
    assert seen["marked"] > 1_000


def test_weights_show_as_heat_and_go_again(seen: dict[str, Any]) -> None:
    assert seen["heat"]["shown"] > 10_000
    assert seen["heat"]["other"] > 1_000
    assert seen["heat"]["off"] < 50


def test_a_joint_is_dragged_with_its_mirror_and_undone(seen: dict[str, Any]) -> None:
    dragged, undone = seen["dragged"], seen["undone"]
    assert np.abs(np.subtract(dragged["now"], dragged["still"])).max() > 0.5  # cm
    assert dragged["moved"] == 2
    assert undone == {"places": dragged["still"], "moved": 0}


def test_re_skinning_sends_the_moved_joints_and_shows_what_came_of_it(seen: dict[str, Any]) -> None:
    assert seen["hints"] == ["leftHand", "rightHand"]
    assert seen["reskinned"]
    assert seen["given"] == 2

"""The table of engines: distances, refusals and the page."""

from pathlib import Path

import numpy as np

from .kept import load, save
from .khronos import Khronos
from .loaders import GlbLoader
from .outcome import Check, Outcome, distances, far_shapes, judged
from .run import OwnRules, Row
from .table import page

STILL = np.zeros((3, 3), np.float32)


def test_the_farthest_coordinate_counts() -> None:
    moved = STILL.copy()
    moved[1, 2] = 0.002
    meshes = [{"name": "a_LOD0", "count": 3}, {"name": "b", "count": 3}]
    expected = [("rest", {"a": STILL, "b": STILL}), ("pose", {"a": STILL, "b": moved})]
    values = np.concatenate([STILL, STILL, STILL, STILL])
    far = distances(meshes, values, expected, lambda n: n.removesuffix("_LOD0"))
    assert far["rest"] == 0
    assert abs(far["pose"] - 2) < 1e-5
    assert judged(far).problems == ("pose is 2.000 mm off",)


def test_what_is_missing_is_infinitely_far() -> None:
    one = [{"name": "a", "count": 3}]
    assert distances(one, STILL, [("rest", {"b": STILL})])["rest"] == np.inf
    assert distances(one, STILL[:2], [("rest", {"a": STILL})])["rest"] == np.inf
    assert distances([], STILL[:0], [("rest", {"a": STILL})])["rest"] == np.inf
    assert distances(one, np.concatenate([STILL, STILL]), [("rest", {"a": STILL})])["rest"] == np.inf
    assert far_shapes({}, {"jawOpen": {"a": 0.01}})["jawOpen"] == np.inf
    assert far_shapes({"more": {"a": 0.01}}, {})["more"] == np.inf
    assert judged({"rest": np.nan}).problems


def test_only_the_pose_that_a_platform_demands_is_a_documented_refusal() -> None:
    assert Row("vrm", "mage", "A", refused=("skeleton/t-pose",)).as_documented
    assert not Row("vrm", "mage", "T", refused=("skeleton/t-pose",)).as_documented
    assert not Row("unity", "mage", "A", refused=("skeleton/t-pose",)).as_documented
    assert not Row("vrm", "mage", "A", refused=("skeleton/t-pose", "mesh/open")).as_documented


def test_the_page_tells_what_is_wrong() -> None:
    columns: list[Check] = [OwnRules(), Khronos()]
    columns.append(GlbLoader("three.js", "three", "pose_three.mjs"))
    seen = {"own rules": Outcome("pass"), "Khronos": Outcome("1 file"), "three.js": Outcome("0.0004")}
    fine = Row("web", "mage", "T", seen)
    bad = Row("ar", "mage", "T", {"own rules": Outcome("pass"), "Khronos": Outcome("1 file", ("NO at /x",))})
    text = page([fine, bad, Row("vrm", "mage", "A", refused=("skeleton/t-pose",))], columns, {"Khronos": "2.0"})
    assert text.index("| ar |") < text.index("| vrm |") < text.index("| web | mage | T | pass | 1 file | 0.0004 |")
    assert "refused as documented: skeleton/t-pose" in text
    assert "Engines: Khronos 2.0." in text
    assert "Worst of all rows, mm: three.js 0.0004." in text
    assert "- ar, mage, T: Khronos: NO at /x" in text
    assert text == page([bad, Row("vrm", "mage", "A", refused=("skeleton/t-pose",)), fine], columns, {"Khronos": "2.0"})


def test_what_was_wrong_is_tried_again(tmp_path: Path) -> None:
    fine = Row("vrm", "mage", "A", refused=("skeleton/t-pose",))
    more = Row("web", "mage", "T", {"Khronos": Outcome("1 file")})
    bad = Row("web", "mage", "A", {"Khronos": Outcome("1 file", ("NO at /x",))})
    save(tmp_path / "rows.json", [fine, more, bad, Row("ar", "mage", "T", failed="not built")], {"Khronos": "2.0"})
    assert load(tmp_path / "rows.json") == ([fine, more], {"Khronos": "2.0"})
    assert load(tmp_path / "none.json") == ([], {})

"""Rigs of every family we know, renamed from one skeleton; names in any dress; no names at all."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from avatar_foundry.autorig.adopt import skeleton_from
from avatar_foundry.autorig.adopt_places import complete
from avatar_foundry.autorig.recognise import recognise, recognise_skeleton
from avatar_foundry.autorig.recognise_names import families, kind_of, side_of
from avatar_foundry.avatar import Avatar, Skeleton
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.humanoid import NAMES, REQUIRED

from .test_bind import JOINTS

BODY = [n for n in NAMES if n in JOINTS or n in ("leftShoulder", "rightShoulder")]


def whole() -> Skeleton:
    return skeleton_from(complete({n: np.array(p, float) for n, p in JOINTS.items()}))


def renamed(names: dict[str, str], skeleton: Skeleton | None = None) -> tuple[Skeleton, dict[str, int]]:
    """The bones in `names`, under those names, and the right answer."""
    full = skeleton or whole()
    keep = [i for i, n in enumerate(full.names) if n in names]
    place = {old: new for new, old in enumerate(keep)}
    parents = []
    for i in keep:
        up = int(full.parents[i])
        while up >= 0 and up not in place:
            up = int(full.parents[up])
        parents.append(place.get(up, -1))
    title = tuple(names[full.names[i]] for i in keep)
    return Skeleton(title, np.array(parents, np.int16), full.rest[keep]), {full.names[i]: place[i] for i in keep}


@pytest.mark.parametrize("family", sorted(families()))
def test_tables_find_their_own_rigs(family: str) -> None:
    table = {bone: spelt[0] for bone, spelt in families()[family].items() if bone in NAMES}
    mark = {"mixamo": "mixamorig:", "reallusion": "CC_Base_", "biped": "Bip01 ", "vroid": "J_Bip_", "rigify": "DEF-"}
    names = {bone: mark.get(family, "") + name for bone, name in table.items()}
    if family == "daz8":
        names = {b: n.replace("lshldrbend", "lShldrBend") for b, n in names.items()}
    skeleton, right = renamed(names)
    found = recognise_skeleton(skeleton)
    twins = {"mixamo": {"mixamo", "rpm"}, "cmu": {"cmu", "rpm"}, "unity": {"unity", "humanoid"}}
    if len(set(names.values())) == len(names) and set(names) >= REQUIRED:
        assert not found.missing
        wrong = {b for b in right if found.joints.get(b) != right[b]}
        assert not wrong & set(REQUIRED), (found.family, wrong)
        if family not in twins:
            assert len(wrong) <= 2, (found.family, wrong)
        assert found.confidence > 0.85


STYLES = {
    "left word": lambda side, bone: f"{side.capitalize()}{bone}",
    "suffix": lambda side, bone: f"{bone}_{side[0].upper()}",
    "dot": lambda side, bone: f"{bone.lower()}.{side[0]}",
    "prefix": lambda side, bone: f"{side[0].upper()}_{bone}",
    "joint": lambda side, bone: f"b_{side[0]}_{bone.lower()}_jnt",
    "space": lambda side, bone: f"{bone} {side}",
    "namespace": lambda side, bone: f"hero:rig:{side}_{bone}",
}
WORDS = {
    "Shoulder": "Clavicle",
    "UpperArm": "UpperArm",
    "LowerArm": "Forearm",
    "Hand": "Wrist",
    "UpperLeg": "Thigh",
    "LowerLeg": "Shin",
    "Foot": "Ankle",
    "Toes": "Toe",
}


@pytest.mark.parametrize("style", sorted(STYLES))
def test_words_in_any_dress(style: str) -> None:
    names = {"hips": "Pelvis", "spine": "Abdomen", "chest": "Torso", "neck": "neck", "head": "HEAD"}
    names |= {side + b: STYLES[style](side, w) for side in ("left", "right") for b, w in WORDS.items()}
    skeleton, right = renamed(names)
    found = recognise_skeleton(skeleton)
    assert {b: found.joints.get(b) for b in right} == right
    assert not found.missing


def test_no_names_at_all() -> None:
    full = whole()
    names = {n: f"n{i}" for i, n in enumerate(full.names) if not n.endswith("Twist") and "Eye" not in n and n != "jaw"}
    skeleton, right = renamed(names)
    found = recognise_skeleton(skeleton)
    assert found.family == "shape"
    core = [n for n in BODY if n in right and not n.endswith("ToesEnd")]
    assert {b: found.joints.get(b) for b in core} == {b: right[b] for b in core}
    assert 0.5 < found.confidence < 0.9


def test_fingers_without_names() -> None:
    full = whole()
    fingers = ("Thumb", "Index", "Middle", "Ring", "Little")
    wanted = [n for n in full.names if n in BODY or any(f in n for f in fingers)]
    skeleton, right = renamed({n: f"n{i}" for i, n in enumerate(wanted)})
    found = recognise_skeleton(skeleton)
    mine = [n for n in wanted if any(f in n for f in fingers)]
    assert {n: found.joints.get(n) for n in mine} == {n: right[n] for n in mine}


def test_a_figure_that_faces_back_keeps_its_sides() -> None:
    full = whole()
    turn = np.diag([-1.0, 1.0, -1.0, 1.0]).astype(np.float32)
    back = Skeleton(full.names, full.parents, turn @ full.rest)
    names = {n: f"n{i}" for i, n in enumerate(full.names) if n in BODY}
    skeleton, right = renamed(names, back)
    found = recognise_skeleton(skeleton)
    assert found.joints["leftUpperArm"] == right["leftUpperArm"]
    assert found.joints["rightFoot"] == right["rightFoot"]


def test_the_files_own_map_wins() -> None:
    names = {n: f"bone{i}" for i, n in enumerate(whole().names)}
    skeleton, right = renamed(names)
    told = {b: skeleton.names[j] for b, j in right.items() if not b.endswith(("Twist", "ToesEnd"))}
    found = recognise_skeleton(skeleton, told)
    assert found.family == "vrm"
    assert {b: found.joints[b] for b in told} == {b: right[b] for b in told}
    old = {b: n for b, n in told.items() if "Thumb" not in b}
    for side in ("left", "right"):
        for ours, theirs in (("Metacarpal", "Proximal"), ("Proximal", "Intermediate"), ("Distal", "Distal")):
            old[f"{side}Thumb{theirs}"] = told[f"{side}Thumb{ours}"]
    assert recognise_skeleton(skeleton, old).joints == found.joints


def test_swapped_sides_lower_the_confidence() -> None:
    names = {n: n for n in BODY}
    names["leftUpperArm"], names["rightUpperArm"] = names["rightUpperArm"], names["leftUpperArm"]
    right, _ = renamed({n: n for n in BODY})
    wrong, _ = renamed(names)
    assert recognise_skeleton(wrong).confidence < recognise_skeleton(right).confidence - 0.1
    assert recognise_skeleton(wrong).reasons


def test_a_chain_is_no_figure() -> None:
    rest = np.tile(np.eye(4, dtype=np.float32), (12, 1, 1))
    rest[:, 1, 3] = np.arange(12)
    found = recognise_skeleton(Skeleton(tuple(f"b{i}" for i in range(12)), np.arange(-1, 11).astype(np.int16), rest))
    assert found.confidence < 0.3
    assert found.missing
    assert recognise(Avatar()).confidence == 0.0


@pytest.mark.parametrize("shape", ["star", "chain", "roots", "none"])
def test_absurd_skeletons_are_no_figures(shape: str) -> None:
    count = 0 if shape == "none" else 4096
    parents = {"star": [-1] + [0] * 4095, "chain": list(range(-1, 4095)), "roots": [-1] * 4096, "none": []}[shape]
    rest = np.tile(np.eye(4, dtype=np.float32), (count, 1, 1))
    rest[:, :3, 3] = np.random.default_rng(3).normal(size=(count, 3))
    names = tuple("L" * 3000 + str(i) for i in range(count))
    found = recognise_skeleton(Skeleton(names, np.array(parents, np.int16), rest))
    assert found.confidence < 0.4


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("upper_arm.L", ("upperArm", "left", 0)),
        ("RightForeArm", ("lowerArm", "right", 0)),
        ("Bip01 L Toe0", ("toes", "left", 0)),
        ("mixamorig:LeftHandIndex2", ("index", "left", 2)),
        ("f_middle.03.R", ("middle", "right", 3)),
        ("IK_Foot_L", None),
        ("hair_L_01", None),
        ("LeftArmTwist", None),
        ("Spine2", ("spine", "", 2)),
        ("thigh.l_Armature", ("upperLeg", "left", 0)),
    ],
)
def test_readings_of_names(name: str, kind: tuple[str, str, int] | None) -> None:
    assert kind_of(name) == kind


def test_sides_of_names() -> None:
    assert [side_of(n) for n in ("arm_L", "RThigh", "left_leg", "Bip01 R Hand", "Spine")] == [
        "left",
        "right",
        "left",
        "right",
        "",
    ]


CORPUS = os.environ.get("AVATAR_FOUNDRY_CORPUS", "")


@pytest.mark.skipif(not CORPUS, reason="needs the characters")
@pytest.mark.parametrize(
    "file",
    [
        "cesium_man.glb",
        "godette.vrm",
        "kaykit_knight.glb",
        "mannequiny.glb",
        "quat_female_dress.glb",
        "quat_male_suit.glb",
        "robot_expressive.glb",
        "rocketbox_male_adult_01.glb",
    ],
)
def test_real_rigs(file: str) -> None:
    path = Path(CORPUS) / "rigged" / file
    upload = read_upload(file, path.read_bytes())
    found = recognise(upload.avatar, upload.source)
    assert not found.missing
    assert found.confidence > 0.6
    side = path.with_suffix("").with_suffix(".map.json")
    if side.exists():
        told = {k: v for k, v in json.loads(side.read_text()).items() if not k.startswith("_")}
        assert {k: found.names.get(k) for k in told} == told

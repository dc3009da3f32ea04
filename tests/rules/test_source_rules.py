"""Every rule about uploads passes on a sound upload and finds its fault in one that has it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tests.figures import texture
from tests.repair.foreign import ball, bare, joined, split, turned, upload, with_faces, without

from avatar_foundry.avatar import Avatar, Material, Mesh, Morph
from avatar_foundry.formats.readers.upload import Source
from avatar_foundry.humanoid import NAMES
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.repair import FIXES, apply_fixes
from avatar_foundry.rules import SOURCE_RULES, Subject, described, inspect_source, refusal, suggestion_for
from avatar_foundry.wire import error_body

UNITY = PLATFORMS["unity"]
TIGHT = replace(UNITY, budget=replace(UNITY.budget, triangles=100, texture=32))
BONES = {name: name for name in NAMES}


def subject(avatar: Avatar, source: Source | None = None, platform=UNITY, **more) -> Subject:
    return Subject(avatar, source, platform, **more)


def changed(**changes) -> Subject:
    return subject(upload(replace(ball(), **changes)))


def at(values: np.ndarray, where, value) -> np.ndarray:
    out = values.copy()
    out[where] = value
    return out


def bones(**changes) -> Avatar:
    avatar = upload()
    return replace(avatar, skeleton=replace(avatar.skeleton, **changes))


def armed(droop: bool) -> Avatar:
    """Arms that hang, or that stand out."""
    skeleton = upload().skeleton
    rest = skeleton.rest.copy()
    for side, sign in (("left", 1), ("right", -1)):
        upper, lower = skeleton.names.index(f"{side}UpperArm"), skeleton.names.index(f"{side}LowerArm")
        rest[upper, :3, 3] = [0.2 * sign, 1.4, 0]
        rest[lower, :3, 3] = [0.22 * sign, 1.1, 0] if droop else [0.5 * sign, 1.4, 0]
    return bones(rest=rest)


def crossed() -> Mesh:
    """A surface that runs through itself: a strip bent into a loop whose end pierces its beginning."""
    a = bare(ball(rows=8))
    b = bare(ball((0.25, 1.2, 0.05), rows=8))
    both = joined(a, b)
    bridge = [[0, len(a.positions), 1], [1, len(a.positions), len(a.positions) + 1]]
    return with_faces(both, bridge)


def fan() -> Mesh:
    """Two balls on one vertex."""
    a, b = bare(ball(rows=6)), bare(ball((0.0, 2.8, 0.0), rows=6))
    both = joined(a, b)
    top, low = int(np.argmax(a.positions[:, 1])), len(a.positions) + int(np.argmin(b.positions[:, 1]))
    return replace(both, faces=np.where(both.faces == low, top, both.faces).astype(np.int32))


def scrap() -> Mesh:
    return joined(bare(ball()), bare(ball((2.0, 1.0, 0.0), (0.003, 0.003, 0.003), rows=4)))


def lying() -> Mesh:
    """A figure with two legs and a head, on its back."""
    body, head = ball((0, 1.1, 0), (0.25, 0.4, 0.15)), ball((0, 1.7, 0), (0.12, 0.18, 0.12))
    legs = [ball((0.12 * s, 0.4, 0), (0.08, 0.4, 0.1)) for s in (1, -1)]
    whole = bare(body)
    for part in (head, *legs):
        whole = joined(whole, bare(part))
    return replace(whole, positions=np.ascontiguousarray(whole.positions[:, [0, 2, 1]] * np.float32([1, -1, 1])))


def noted(*notes: str) -> Subject:
    return subject(upload(), Source("glb", notes=notes))


NAN = float("nan")
MESH = ball()
WIDE = {"joints": np.tile(np.arange(8, dtype=np.uint16), (len(MESH.positions), 1))}
WIDE["weights"] = np.full((len(MESH.positions), 8), 0.125, np.float32)
FLAT = bones(rest=at(upload().skeleton.rest, (3, slice(0, 3), 0), 0.0))
SHEARED = bones(rest=at(upload().skeleton.rest, (3, 0, 1), 0.5))
STRETCHED = bones(rest=at(upload().skeleton.rest, (3, slice(0, 3), 0), [3.0, 0, 0]))

# rule -> (the fault, its code)
FAILING = {
    "source/invalid-number": [
        (lambda: changed(positions=at(MESH.positions, (5, 1), NAN)), "not-finite"),
        (lambda: changed(faces=at(MESH.faces, (0, 0), 9999)), "index"),
        (lambda: changed(morphs=(Morph("a", np.int32([3]), np.float32([[NAN, 0, 0]])),)), "shape-not-finite"),
    ],
    "source/degenerate-face": [
        (lambda: subject(upload(with_faces(MESH, [[0, 0, 1]]))), "degenerate"),
        (lambda: changed(positions=at(MESH.positions, 30, MESH.positions[31])), "degenerate"),
    ],
    "source/duplicate-face": [(lambda: subject(upload(with_faces(MESH, MESH.faces[40:44].tolist()))), "duplicate")],
    "source/duplicate-vertex": [(lambda: subject(upload(split(MESH))), "coincident")],
    "source/unused-vertex": [(lambda: subject(upload(without(MESH, slice(0, 60)))), "unused")],
    "source/triangle-count": [(lambda: subject(upload(), platform=TIGHT), "many")],
    "source/too-coarse": [(lambda: subject(upload(without(MESH, slice(50, None)))), "few")],
    "source/hole": [
        (lambda: subject(upload(without(bare(ball(rows=48)), [3000]))), "hole"),
        (lambda: subject(upload(without(MESH, slice(0, 24)))), "opening"),
    ],
    "source/non-manifold-edge": [(lambda: subject(upload(with_faces(bare(MESH), [[50, 51, 200]]))), "crowded-edge")],
    "source/non-manifold-vertex": [(lambda: subject(upload(fan())), "touching")],
    "source/winding": [(lambda: subject(upload(turned(bare(MESH), slice(100, 110)))), "against")],
    "source/inside-out": [(lambda: subject(upload(turned(bare(MESH), slice(None)))), "inside-out")],
    "source/normal": [(lambda: changed(normals=at(MESH.normals, slice(0, 9), 0)), "wrong")],
    "source/self-intersection": [(lambda: subject(upload(crossed())), "crossing")],
    "source/scrap": [(lambda: subject(upload(scrap())), "floating")],
    "source/unit": [
        (lambda: changed(positions=MESH.positions * np.float32(100)), "implausible"),
        (lambda: subject(upload(), Source("fbx", unit_metres=0.01)), "implausible"),
    ],
    "source/up-axis": [
        (lambda: subject(upload(lying())), "up"),
        (lambda: subject(upload(), fit=SimpleNamespace(turn=np.diag([1, -1, -1]), scale=1, humanoid=0.9)), "leaning"),
    ],
    "source/facing": [
        (lambda: subject(upload(), Source("vrm", front="-Z")), "declared"),
        (lambda: subject(upload(), fit=SimpleNamespace(turn=np.diag([-1, 1, -1]), scale=1, humanoid=0.9)), "aside"),
    ],
    "source/missing-uv": [(lambda: changed(uvs=None, uv_faces=None), "textured")],
    "source/no-uv": [(lambda: subject(upload(bare(MESH), material=Material("m"))), "plain")],
    "source/collapsed-uv": [(lambda: changed(uvs=np.full_like(MESH.uvs, 0.5)), "point")],
    "source/overlapping-uv": [(lambda: changed(uv_faces=np.tile(MESH.uv_faces[:1], (len(MESH.faces), 1))), "overlap")],
    "source/uv-range": [(lambda: changed(uvs=MESH.uvs * np.float32(3)), "outside")],
    "source/texture-size": [(lambda: subject(upload(), platform=TIGHT), "large")],
    "source/texture-power-of-two": [
        (lambda: subject(upload(material=Material("m", base=texture("odd", edge=100)))), "odd-size")
    ],
    "source/texture-missing": [(lambda: noted("The texture skin.png is not in the upload."), "missing")],
    "source/texture-unreadable": [
        (lambda: noted("The texture skin.tga cannot be read and was left out; PNG, JPEG and WebP are."), "left-out"),
        (
            lambda: subject(upload(material=Material("m", base=replace(texture("t"), data=texture("t").data[:60])))),
            "damaged",
        ),
    ],
    "source/alpha-unused": [
        (
            lambda: subject(upload(material=Material("m", base=texture("t", (1, 2, 3, 255)), alpha_mode="BLEND"))),
            "opaque",
        )
    ],
    "source/influences": [
        (lambda: changed(**WIDE), "too-many"),
        (lambda: subject(upload(), Source("glb", counts={"influences": 8})), "in-file"),
    ],
    "source/weight-sum": [
        (lambda: changed(weights=MESH.weights * np.float32(0.5)), "sum"),
        (lambda: subject(upload(), Source("glb", unnormalised={"part0": 7})), "in-file"),
    ],
    "source/unbound-vertex": [
        (lambda: changed(weights=at(MESH.weights, 7, 0)), "loose"),
        (lambda: changed(weights=None, joints=None), "part"),
        (lambda: subject(upload(), Source("glb", unbound={"part0": np.int32([4, 5])})), "in-file"),
    ],
    "source/bind-matrix": [
        (lambda: subject(FLAT), "singular"),
        (lambda: subject(SHEARED), "sheared"),
        (lambda: subject(STRETCHED), "uneven-scale"),
        (lambda: subject(bones(rest=upload().skeleton.rest * np.float32([-1, 1, 1, 1]))), "mirrored"),
        (
            lambda: noted("The file stands in another pose than its skin was bound in; 3 joints were put back."),
            "other-pose",
        ),
    ],
    "source/humanoid-bone": [(lambda: subject(upload(), bones={"hips": "hips"}), "missing")],
    "source/pose": [(lambda: subject(armed(droop=True), bones=BONES), "arm-down")],
}
CASES = [(rule, k) for rule, cases in sorted(FAILING.items()) for k in range(len(cases))]


def test_every_rule_is_tried():
    assert set(FAILING) == set(SOURCE_RULES)


@pytest.mark.parametrize(("rule", "k"), CASES)
def test_it_finds_its_fault(rule, k):
    make, code = FAILING[rule][k]
    findings = list(SOURCE_RULES[rule].check(make()))
    assert code in [f.code for f in findings]
    for f in findings:
        assert f.message
        assert all(isinstance(v, int | float) and v == v for v in f.numbers.values())
        assert all(len(rows) <= 64 and all(type(r) is int for r in rows) for rows in f.elements.values())


@pytest.mark.parametrize("rule", sorted(SOURCE_RULES))
def test_it_passes_a_sound_upload(rule):
    source = Source("glb", unit_metres=1.0, up="+Y", front="+Z", counts={"influences": 4})
    sound = subject(armed(droop=False), source, bones=BONES)
    assert list(SOURCE_RULES[rule].check(sound)) == []


@pytest.mark.parametrize("rule", sorted(SOURCE_RULES))
def test_it_says_why_and_what_to_do(rule):
    entry = SOURCE_RULES[rule]
    first, _, reason = (entry.check.__doc__ or "").partition("\n")
    assert first.endswith(".")
    assert len(reason.strip()) > 20
    assert 0 < entry.cure.confidence <= 1
    assert entry.cure.fix in ("", *FIXES)


CURED = [
    (rule, k)
    for rule, k in CASES
    if SOURCE_RULES[rule].cure.fix in FIXES
    and (rule, k)
    not in {("source/hole", 1), ("source/influences", 1), ("source/weight-sum", 1), ("source/unbound-vertex", 1)}
    and rule not in {"source/up-axis", "source/facing", "source/texture-size", "source/unit", "source/collapsed-uv"}
    and (rule, k) != ("source/unbound-vertex", 2)
]


@pytest.mark.parametrize(("rule", "k"), CURED)
def test_its_fix_cures_it(rule, k):
    sick = FAILING[rule][k][0]()
    mended, done = apply_fixes(sick.avatar, ("sanitize", SOURCE_RULES[rule].cure.fix))
    assert done
    assert FAILING[rule][k][1] not in {f.code for f in SOURCE_RULES[rule].check(subject(mended))}


def test_a_unit_is_guessed_with_a_fitting_confidence():
    centimetres = changed(positions=MESH.positions * np.float32(100))
    finding = next(iter(SOURCE_RULES["source/unit"].check(centimetres)))
    assert finding.numbers["scale"] == 0.01
    assert finding.confidence > 0.8
    giant = changed(positions=MESH.positions * np.float32(2.6))
    odd = next(iter(SOURCE_RULES["source/unit"].check(giant)))
    assert odd.confidence < 0.5
    assert suggestion_for("source/unit", odd).action == ""


def test_findings_come_in_order_and_can_be_sent():
    import json

    found = inspect_source(upload(with_faces(split(MESH), [[0, 0, 1]])), Source("glb"), UNITY)
    assert [rule for _, rule, _ in found] == sorted(rule for _, rule, _ in found)
    sent = json.loads(json.dumps([described(*f) for f in found]))
    worst = next(f for f in sent if f["rule"] == "source/degenerate-face")
    assert worst["severity"] == "error"
    assert worst["where"] == "parts/part0/lods/0"
    assert worst["numbers"]["faces"] == 1
    assert worst["elements"] == {"faces": [len(MESH.faces)]}
    assert worst["fix"] == worst["suggestion"]["action"] == "drop-degenerate-faces"


def test_the_reference_pages_error_word_for_word():
    found = inspect_source(upload(with_faces(MESH, [[0, 0, 1], [2, 3, 3]])), platform=UNITY)
    error = refusal(found)
    assert error is not None
    body = error_body(error)
    suggestion = body["suggestions"][0]
    assert suggestion.pop("action") == "drop-degenerate-faces"
    page = {k: body[k] for k in ("error", "error_code", "detail", "suggestions")}
    assert page == {
        "error": "Validation Failed",
        "error_code": "VALIDATION_ERROR",
        "detail": "Mesh has degenerate faces",
        "suggestions": [
            {
                "title": "Clean Mesh Geometry",
                "description": "Remove degenerate faces before import",
                "confidence": 0.9,
                "auto_fixable": True,
            }
        ],
    }
    assert body["issues"] == [
        {"pointer": "/parts/part0/lods/0", "message": "Mesh has degenerate faces (faces 2, share 0.003774)"}
    ]


def test_nothing_is_refused_once_it_is_mended():
    spoiled = upload(with_faces(MESH, [[0, 0, 1]]))
    assert refusal(inspect_source(apply_fixes(spoiled)[0], platform=UNITY)) is None


def test_platforms_may_judge_otherwise():
    lenient = replace(UNITY, severities={"source/degenerate-face": ("warning", "drops them itself")})
    assert refusal(inspect_source(upload(with_faces(MESH, [[0, 0, 1]])), platform=lenient)) is None

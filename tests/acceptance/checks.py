"""What every avatar must be, whatever was asked: each check returns problems in words, none when all is well."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np

import avatar_foundry.account as account_module
import avatar_foundry.build as build_module
from avatar_foundry.avatar import Avatar, Mesh
from avatar_foundry.build import Result
from avatar_foundry.errors import SourceError
from avatar_foundry.formats import read_glb
from avatar_foundry.geometry import boundary_edges, components, vertex_normals
from avatar_foundry.humanoid import NAMES
from avatar_foundry.pipeline import Stage, run
from avatar_foundry.plan import ANATOMY
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.recipe import Recipe, parse
from avatar_foundry.resolve import resolve
from avatar_foundry.wardrobe import ITEMS
from avatar_foundry.wardrobe.audit import depth_inside
from avatar_foundry.wardrobe.rays import Rays

from .gltf import Gltf

MM = 0.001
KEPT = ("set_normals", "hide_covered", "set_pose")


@dataclass
class Made:
    """One avatar with what it was on the way: after `set_normals` (nothing hidden yet), `hide_covered`, `set_pose`."""

    recipe: Recipe
    result: Result = field(repr=False)
    between: Mapping[str, Avatar] = field(repr=False)
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def main(self) -> bytes:
        return next(iter(self.result.files.values()))


@contextmanager
def spying(kept: dict[str, Avatar], names: Sequence[str] = KEPT) -> Iterator[None]:
    """Keep the avatar as it is after the named stages of every build."""

    def spy(stages: Any, *args: Any, **options: Any) -> Any:
        def keep(stage: Stage) -> Stage:
            def apply(avatar: Avatar) -> Avatar:
                kept[stage.name] = done = stage.apply(avatar)
                return done

            return stage._replace(apply=apply) if stage.name in names else stage

        return run([keep(s) for s in stages], *args, **options)

    with mock.patch.object(account_module, "run", spy):
        yield


def make(asked: Mapping[str, Any]) -> Made:
    """Build `asked`. Raises what `build` raises."""
    kept: dict[str, Avatar] = {}
    with spying(kept):
        result = build_module.build(asked)
    return Made(parse(result.answer["recipe"]), result, kept)


def examine(made: Made) -> list[str]:
    """Every problem of every check."""
    return [p for check in CHECKS for p in check(made)]


def whole_body(made: Made) -> Iterator[str]:
    """Before hiding, the body is one closed surface that looks outwards, as tall as asked."""
    mesh = made.between["set_normals"].part("body").mesh
    if len(boundary_edges(mesh.faces)):
        yield "the body has open edges before anything is hidden"
    if len(np.unique(components(mesh.faces, len(mesh.positions)))) != 1:
        yield "the body is not connected"
    if (inside := volume(mesh)) <= 0:
        yield f"the body is inside out: {inside:.4f} m3"
    tall = float(np.ptp(mesh.positions[:, 1]))
    made.figures["height_mm"] = 1000 * abs(tall - (made.recipe.values()["body.height"]))
    if made.figures["height_mm"] > 2.0:
        yield f"asked for {made.recipe.values()['body.height']:.3f} m, got {tall:.3f} m"


def covered_borders(made: Made) -> Iterator[str]:
    """After hiding, below every open edge of the body lies a garment."""
    before, after = made.between["set_normals"], made.between["hide_covered"]
    whole, skin = before.part("body"), after.part("body")
    border = np.unique(boundary_edges(skin.mesh.faces))
    if not len(border):
        return
    assert skin.binding is not None
    normals = vertex_normals(whole.mesh.positions, whole.mesh.faces)[skin.binding.refs[border, 0]]
    cloth = [p for p in before.parts if p.role in ("garment", "shoes", "underwear", "armour")]
    shift = np.cumsum([0, *(len(p.mesh.positions) for p in cloth)])[:-1]
    rays = Rays(
        np.concatenate([p.mesh.positions for p in cloth]),
        np.concatenate([p.mesh.faces + s for p, s in zip(cloth, shift, strict=True)]),
    )
    far, _ = rays.hit(skin.mesh.positions[border] - 6 * MM * normals, normals)
    if bare := int((~np.isfinite(far)).sum()):
        yield f"{bare} of {len(border)} border vertices of the body lie under nothing"


def no_skin_through_cloth(made: Made) -> Iterator[str]:
    """At rest at most 0.3 % of the visible clothing lies more than 3 mm inside the visible body."""
    after = made.between["hide_covered"]
    assert after.base is not None
    worn = [p for p in after.parts if p.role in ("garment", "shoes", "armour")]
    if not worn:
        return
    inside = np.concatenate([depth_inside(after.base, after.part("body"), p) for p in worn])
    share = float((inside > 3 * MM).mean())
    made.figures["poke_%"] = 100 * share
    if share > 0.003:
        names = [p.name for p in worn if (depth_inside(after.base, after.part("body"), p) > 3 * MM).mean() > 0.003]
        yield f"{100 * share:.2f} % of the clothing lies inside the body: {', '.join(names)}"


def all_there(made: Made) -> Iterator[str]:
    """Every item that shows is drawn; an atlas draws in at most two calls."""
    recipe, parts = made.recipe, made.between["set_pose"].parts
    items = {name.split(".")[0] for name in (p.name for p in parts)}
    hats = any(ITEMS[i].drops_hair for i in recipe.outfit or ())
    wanted = {"body", *ANATOMY, recipe.hair.brows, recipe.hair.lashes}
    if recipe.hair.style != "none" and not hats:
        wanted.add(recipe.hair.style)
    outermost = {i: ITEMS[i] for i in recipe.outfit or ()}
    slots = [i.slot for i in outermost.values()]
    wanted |= {k for k, i in outermost.items() if slots.count(i.slot) == 1 and i.slot in ("full", "hat", "cape")}
    wanted.discard(None)
    shared = {ITEMS[i].asset or i for i in items if i in ITEMS}
    missing = [w for w in sorted(map(str, wanted - items)) if w not in ITEMS or ITEMS[w].asset not in shared]
    if missing:
        yield f"missing: {', '.join(missing)}"
    calls = len(Gltf(made.main).primitives())
    if recipe.atlas and calls > 2:
        yield f"an atlas with {calls} draw calls"


def numbers(made: Made) -> Iterator[str]:
    """Every stored number is finite; weights sum to one; nobody stands off the ground or far from the skeleton."""
    for name, data in made.result.files.items():
        if not name.endswith(".glb"):
            continue
        file = Gltf(data)
        if file.compressed:
            continue
        for i, entry in enumerate(file.document["accessors"]):
            if entry["componentType"] == 5126 and not all(np.isfinite(a).all() for a in file.stored(i)):
                yield f"{name}: accessor {i} holds what is not a number"
        for node, _, primitive in file.primitives(scene_only=False):
            attributes = primitive["attributes"]
            if "WEIGHTS_0" in attributes:
                total = file.accessor(attributes["WEIGHTS_0"]).astype(np.float64).sum(axis=1)
                if (off := np.abs(total - 1).max()) > 1e-6:
                    yield f"{name}: weights of {node} sum to 1 +- {off:.2g}"
    yield from placed(made)


def placed(made: Made) -> Iterator[str]:
    """The lowest drawn point is at y = 0, and it faces +Z."""
    file = Gltf(made.main)
    if not file.compressed:
        low = min(
            float(file.accessor(p["attributes"]["POSITION"])[np.unique(file.accessor(p["indices"])), 1].min())
            for _, _, p in file.primitives()
        )
        made.figures["ground_mm"] = 1000 * abs(low)
        if abs(low) > MM:
            yield f"the lowest point is at {1000 * low:.2f} mm"
        yield from outward(file)
    at = joints(file, made.recipe.platform)
    if not (at["leftHand"][0] > 0 > at["rightHand"][0] and at["leftUpperLeg"][0] > 0 > at["rightUpperLeg"][0]):
        yield "left is not at +X"
    for side in ("left", "right"):
        toes = at.get(f"{side}Toes")  # Roblox has none
        if toes is not None and toes[2] <= at[f"{side}Foot"][2]:
            yield f"the {side} toes do not point to +Z"
    if not at["head"][1] > at["hips"][1] > at["leftLowerLeg"][1] > at["leftFoot"][1] > 0:
        yield "the joints do not stand one above the other"
    final = made.between["set_pose"]
    if final.part("eyes_detailed").mesh.positions[:, 2].mean() <= at["head"][2]:
        yield "the eyes do not look to +Z"
    whole = made.between["set_normals"]
    body = whole.part("body").mesh.positions
    low_corner, high_corner = body.min(axis=0) - 0.5, body.max(axis=0) + 0.5
    for part in whole.parts:
        p = part.mesh.positions
        if (p < low_corner).any() or (p > high_corner).any():
            yield f"{part.name} reaches half a metre beyond the body"


def outward(file: Gltf) -> Iterator[str]:
    """Faces agree with the normals of their corners."""
    for name, _, primitive in file.primitives():
        points = file.accessor(primitive["attributes"]["POSITION"]).astype(np.float64)
        normals = file.accessor(primitive["attributes"]["NORMAL"])
        faces = file.accessor(primitive["indices"]).reshape(-1, 3).astype(int)
        a, b, c = (points[faces[:, k]] for k in range(3))
        area = np.cross(b - a, c - a)
        wrong = np.einsum("ij,ij->i", area, normals[faces].sum(axis=1)) < 0
        share = np.linalg.norm(area[wrong], axis=1).sum() / max(np.linalg.norm(area, axis=1).sum(), 1e-12)
        if share > 0.05:
            yield f"{100 * share:.0f} % of {name} is inside out"


def joints(file: Gltf, platform: str) -> dict[str, np.ndarray]:
    """Where AXIS-65 joints that the platform has stand in the file."""
    world = file.world()
    at = {n["name"]: world[i][:3, 3] for i, n in enumerate(file.document["nodes"])}
    bones = PLATFORMS[platform].bones or {name: name for name in NAMES}  # VRM's are ours
    return {ours: at[theirs] for ours, theirs in bones.items() if theirs in at}


def counts(made: Made) -> Iterator[str]:
    """What the answer says is what is in the file, read independently and by `read_glb`."""
    answer, file = made.result.answer, Gltf(made.main)
    accessors = file.document["accessors"]
    drawn = [p for _, _, p in file.primitives()]
    vertices = sum(accessors[p["attributes"]["POSITION"]]["count"] for p in drawn)
    faces = sum(accessors[p["indices"]]["count"] // 3 for p in drawn)
    if (vertices, faces) != (answer["vertex_count"], answer["face_count"]):
        yield f"the answer says {answer['vertex_count']}/{answer['face_count']}, the file {vertices}/{faces}"
    expressive = made.recipe.morph_targets and not made.recipe.no_face
    if len(answer["morph_names"]) != (72 if expressive else 0):
        yield f"{len(answer['morph_names'])} shapes"
    if made.recipe.no_face:
        yield from unweighted(made, file)
    if answer["bone_count"] < 65 and made.recipe.platform != "web":
        yield f"{answer['bone_count']} bones"
    try:
        back = read_glb(made.main)
    except SourceError as error:
        if not file.compressed:
            yield f"read_glb refuses it: {error}"
        return
    got = sum(len(p.mesh.positions) for p in back.parts), sum(len(p.mesh.faces) for p in back.parts)
    if got != (vertices, faces):
        yield f"read_glb finds {got}, the file holds {(vertices, faces)}"
    if back.skeleton is None or len(back.skeleton.names) != answer["bone_count"]:
        yield "read_glb finds other bones"
    if {m.name for p in back.parts for m in p.mesh.morphs} != set(answer["morph_names"]):
        yield "read_glb finds other shapes"


def unweighted(made: Made, file: Gltf) -> Iterator[str]:
    """Without a face, nothing hangs on the eyes and the jaw."""
    if file.compressed:
        return
    bones = PLATFORMS[made.recipe.platform].bones
    names = [file.document["nodes"][j]["name"] for j in file.document["skins"][0]["joints"]]
    still = {names.index(bones[b]) for b in ("leftEye", "rightEye", "jaw") if bones.get(b) in names}
    for name, _, p in file.primitives():
        if "JOINTS_0" in p["attributes"]:
            used = file.accessor(p["attributes"]["JOINTS_0"])[file.accessor(p["attributes"]["WEIGHTS_0"]) > 0]
            if still & set(np.unique(used).tolist()):
                yield f"no_face, but {name} hangs on eyes or jaw"


def settled(made: Made) -> Iterator[str]:
    """The answer's recipe is complete: resolving it changes nothing. Levels shrink, no rule fails."""
    recipe = made.result.answer["recipe"]
    if resolve(parse(recipe)).recipe.compact() != recipe:
        yield "resolving the resolved recipe changes it"
    levels = [level["faces"] for level in made.result.answer["lods"]]
    if levels != sorted(levels, reverse=True):
        yield f"levels of detail do not shrink: {levels}"
    if made.recipe.lods and len(levels) != 4:
        yield f"{len(levels)} levels"
    for finding in made.result.answer["validation"]["findings"]:
        if finding["severity"] in ("error", "warning") and not finding["rule"].startswith("budget/"):
            yield f"{finding['rule']}: {finding['message']}"


def volume(mesh: Mesh) -> float:
    """Signed volume, cubic metres; positive when faces look outwards."""
    a, b, c = (mesh.positions.astype(np.float64)[mesh.faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


CHECKS = (whole_body, covered_borders, no_skin_through_cloth, all_there, numbers, counts, settled)

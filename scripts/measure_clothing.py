"""How well clothes sit: visible garment vertices inside the unhidden body, at rest and in the twelve poses.

usage: python scripts/measure_clothing.py [--bodies 200] [--seed 1] [--presets warrior,mage] [--worst 8]

The real pipeline runs up to the baked rest pose with nothing hidden; then every vertex of clothes and underwear that
counts is measured against the whole body in that pose. A vertex counts when a camera could see it in that pose:

1. a face around it is drawn after hiding (`hide_covered` on the same avatar);
2. of 14 ways away from it, at least one that leads out of the skin above it meets no drawn clothing (rims inside
   boots, suits under plates, a shirt under a jacket do not count where nothing shows);
3. the skin that it lies on is itself outside the body in that pose: where the belly lies on the thighs or the forearm
   on the upper arm, body is inside body, and what is between them cannot be seen.

Closed soles do not count: they are flat below arched feet. Hair, eyes, lashes and teeth are no clothes.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatar_foundry.avatar import F32, Avatar, Morph, Part
from avatar_foundry.pipeline import run
from avatar_foundry.plan import plan
from avatar_foundry.presets import load_presets
from avatar_foundry.recipe import Recipe, parse
from avatar_foundry.resolve import resolve
from avatar_foundry.rig import POSES, pose_matrices, skin_positions
from avatar_foundry.stages.hide_covered import hide_covered
from avatar_foundry.wardrobe import by_slot
from avatar_foundry.wardrobe.contact import candidates, shell, signed_distance
from avatar_foundry.wardrobe.rays import Rays

CLOTHES = frozenset({"garment", "shoes", "hat", "armour", "underwear"})
MADE = ("make_body", "dress", "settle_layers", "fit_skeleton", "bind_skin", "set_normals")
#: Ways out of a vertex: the axes and the diagonals.
WAYS = np.array(
    [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if abs(x) + abs(y) + abs(z) in (1, 3)]
)
#: Vertices this far below the highest of a shoe's lowest two centimetres are its sole.
SOLE = 0.02


class Found(NamedTuple):
    """Depths (N,) of the counted vertices, metres, and the part's name."""

    name: str
    depth: F32
    where: F32


def dressed(recipe: Recipe) -> tuple[Avatar, Avatar]:
    """The avatar in its rest pose: with nothing hidden, and with covered faces hidden; marks tie their vertices."""
    stages = plan(resolve(recipe).recipe)
    whole, _ = run(s for s in stages if s.name in MADE)
    hidden, _ = run([hide_covered()], whole.map_parts(_marked))
    pose = [s for s in stages if s.name == "set_pose"]
    # the same bake for both: grounding looks at drawn vertices, the whole avatar's are the measure
    return run(pose, whole)[0], hidden


def _marked(part: Part) -> Part:
    index = np.arange(len(part.mesh.positions), dtype=np.int32)
    mark = Morph("mark", index, np.repeat(index[:, None], 3, axis=1).astype(np.float32))
    return replace(part, lods=(replace(part.mesh, morphs=(mark,)),))


def drawn_vertices(whole: Avatar, hidden: Avatar) -> dict[str, NDArray[Any]]:
    """Per part name the faces (F, 3) of the whole mesh that are drawn."""
    out = {part.name: np.zeros((0, 3), np.int32) for part in whole.parts}
    for part in hidden.parts:
        mark = part.mesh.morphs[0].delta[:, 0].astype(np.int32)
        out[part.name] = mark[part.mesh.faces[part.drawn]]
    return out


def measure(whole: Avatar, drawn: dict[str, NDArray[Any]], matrices: F32 | None) -> list[Found]:
    """Depths of what counts, per part, in the pose of `matrices` (None: as it is)."""
    place = {p.name: p.mesh.positions if matrices is None else skin_positions(p.mesh, matrices) for p in whole.parts}
    body = next(p for p in whole.parts if p.role == "body")
    skin = shell(np.ascontiguousarray(place[body.name]), body.mesh.faces)
    buried = _buried(skin)
    clothes = [p for p in whole.parts if p.role in CLOTHES and len(drawn[p.name])]
    out = []
    for part in clothes:
        used = np.unique(drawn[part.name])
        if part.role == "shoes":
            used = used[~_sole(part)[used]]
        points = place[part.name][used]
        _, near = candidates(points, skin.positions, count=24)
        touch = signed_distance(points, near, skin, np.inf)
        depth = np.maximum(-touch.height, 0)
        # a limb is thicker than this: the nearest skin is on its other side, or a fold
        deep = np.flatnonzero(depth > 0.001)
        hung = _own_skin(part, body)[used[deep]]
        deep = deep[~buried[hung].any(axis=1)]
        keep = np.zeros(len(points), bool)
        keep[deep] = _open(points[deep], touch.normal[deep], clothes, place, drawn)
        count = int(len(points) - ((depth > 0.001) & ~keep).sum())
        found = np.zeros(count, np.float32)
        found[: keep.sum()] = depth[keep]
        out.append(Found(part.name, found, points[keep]))
    return out


_OWN: dict[int, NDArray[Any]] = {}


def _own_skin(part: Part, body: Part) -> NDArray[Any]:
    """(V, 3) body vertices on which the part's vertices lie at rest."""
    if id(part) not in _OWN:
        _OWN[id(part)] = np.asarray(cKDTree(body.mesh.positions).query(part.mesh.positions, k=3)[1])
    return _OWN[id(part)]


def _buried(skin: Any) -> NDArray[np.bool_]:
    """(V,) body vertices that lie inside the body: two of three rays out of them leave it again from inside."""
    rays = Rays(skin.positions, skin.faces)
    cross = np.cross(
        skin.positions[skin.faces[:, 1]] - skin.positions[skin.faces[:, 0]],
        skin.positions[skin.faces[:, 2]] - skin.positions[skin.faces[:, 0]],
    )
    tilt = np.array([(0, 0, 0), (0.4, 0.1, 0.2), (-0.3, 0.3, -0.2)])
    votes = np.zeros(len(skin.positions))
    for way in tilt:
        direction = skin.normals + way
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        far, face = rays.hit(skin.positions + 1e-4 * skin.normals, direction)
        votes += np.isfinite(far) & (np.einsum("vc,vc->v", cross[face], direction) > 0)
    return np.asarray(votes >= 2)


def _open(
    points: F32, outwards: F32, clothes: list[Part], place: dict[str, F32], drawn: dict[str, NDArray[Any]]
) -> NDArray[np.bool_]:
    """(N,) whether some way out of the skin above each point meets no drawn clothing."""
    if not len(points):
        return np.zeros(0, bool)
    shift = np.cumsum([0, *(len(place[p.name]) for p in clothes)])
    soup = Rays(
        np.concatenate([place[p.name] for p in clothes]),
        np.concatenate([drawn[p.name] + s for p, s in zip(clothes, shift[:-1], strict=True)]),
    )
    ways = (WAYS / np.linalg.norm(WAYS, axis=1, keepdims=True)).astype(np.float32)
    origins = np.repeat(points, len(ways), axis=0) + np.tile(ways * 0.0015, (len(points), 1))
    far, _ = soup.hit(origins, np.tile(ways, (len(points), 1)))
    free = ~np.isfinite(far).reshape(len(points), -1) & (outwards @ ways.T > 0.1)
    return np.asarray(free.any(axis=1))


def _sole(part: Part) -> NDArray[np.bool_]:
    """(V,) the lowest layer of a shoe."""
    y = part.mesh.positions[:, 1]
    return np.asarray(y < y.min() + SOLE)


def random_recipe(rng: np.random.Generator) -> Recipe:
    """A body anywhere in the range of the sliders, in a full outfit or a top and a bottom, and shoes."""
    origins = rng.dirichlet([1, 1, 1])
    body = {n: float(rng.random()) for n in ("gender", "weight", "muscle", "proportions", "bust", "firmness")}
    body |= {n: float(v) for n, v in zip(("african", "asian", "caucasian"), origins, strict=True)}
    body["age"] = float(rng.uniform(6, 85))

    def one(slot: str) -> str:
        items = [i for i in by_slot(slot) if i.min_age <= body["age"]]
        return items[int(rng.integers(len(items)))].id

    worn = [one("full")] if rng.random() < 0.6 else [one("top"), one("bottom")]
    return parse({"body": body, "outfit": [*worn, one("shoes")], "lods": False, "morph_targets": False})


def share(found: list[Found], limit: float) -> float:
    """Percent of counted vertices deeper than `limit` metres."""
    count = sum(len(f.depth) for f in found)
    return 100.0 * sum(int((f.depth > limit).sum()) for f in found) / max(count, 1)


def at_rest(bodies: int, seed: int, worst: int) -> None:
    """Random recipes at rest, 3 mm."""
    rng = np.random.default_rng(seed)
    every: list[Found] = []
    cases: list[tuple[float, str]] = []
    for number in range(bodies):
        recipe = random_recipe(rng)
        whole, hidden = dressed(recipe)
        found = measure(whole, drawn_vertices(whole, hidden), None)
        _OWN.clear()
        every += found
        cases += [(100 * float((f.depth > 0.003).mean()), f"{f.name} in recipe {number}") for f in found]
    print(f"at rest, {bodies} random recipes: {share(every, 0.003):.3f} % deeper than 3 mm")
    by_part: dict[str, list[Found]] = defaultdict(list)
    for f in every:
        by_part[f.name].append(f)
    for name, some in sorted(by_part.items(), key=lambda e: -share(e[1], 0.003))[:worst]:
        print(f"  {share(some, 0.003):6.2f} %  {name}")
    for percent, text in sorted(cases, reverse=True)[:worst]:
        print(f"  {percent:6.2f} %  {text}")


def in_poses(names: list[str], worst: int) -> None:
    """Every preset in every pose, 2 mm."""
    print("preset     " + " ".join(f"{p[:8]:>8s}" for p in POSES))
    for name in names:
        whole, hidden = dressed(parse({"preset": name, "lods": False, "morph_targets": False}))
        drawn = drawn_vertices(whole, hidden)
        assert whole.skeleton is not None
        row: list[float] = []
        parts: dict[str, float] = {}
        for title, pose in POSES.items():
            found = measure(whole, drawn, pose_matrices(whole.skeleton, pose))
            row.append(share(found, 0.002))
            total = sum(len(f.depth) for f in found)
            for f in found:
                parts[f"{title}: {f.name}"] = 100.0 * int((f.depth > 0.002).sum()) / total
        _OWN.clear()
        print(f"{name:10s} " + " ".join(f"{v:8.2f}" for v in row), flush=True)
        for key, v in sorted(parts.items(), key=lambda e: -e[1])[:worst]:
            if v > 0.1:
                print(f"    {v:5.2f}  {key}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--presets", default="all")
    parser.add_argument("--worst", type=int, default=6)
    arguments = parser.parse_args()
    names = sorted(load_presets()) if arguments.presets == "all" else arguments.presets.split(",")
    in_poses(names, arguments.worst)
    if arguments.bodies:
        at_rest(arguments.bodies, arguments.seed, arguments.worst)


if __name__ == "__main__":
    main()

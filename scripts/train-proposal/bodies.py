"""Bank of dressed bodies of our own generator, as surface samples with skin weights: what every figure is made from.

usage: bodies.py OUT_FOLDER COUNT [FIRST]     writes OUT_FOLDER/<number>.npz, one random dressed body each
"""

import sys
from pathlib import Path

import numpy as np

from avatar_foundry.avatar import Part
from avatar_foundry.body import PARAMETERS, body_part, evaluate
from avatar_foundry.rig import bind_weights, place_skeleton
from avatar_foundry.wardrobe import ITEMS, fit, hide_covered

SAMPLES = 6000
SLOTS = {
    slot: sorted(i for i, item in ITEMS.items() if item.slot == slot)
    for slot in ("hair", "hat", "top", "bottom", "full", "shoes", "cape")
}
KINDS = ("body", "hair", "hat", "cloth", "cape")


def random_values(rng: np.random.Generator) -> dict[str, float]:
    """Parameters of a random person: ages mostly grown, some children and toddlers; a few dozen details."""
    values = {
        "body.age": float(rng.choice([rng.uniform(18, 80), rng.uniform(4, 18)], p=[0.75, 0.25])),
        "body.gender": float(rng.choice([0.0, 1.0, rng.random()])),
        "body.muscle": float(rng.random()),
        "body.weight": float(rng.random()),
        "body.proportions": float(rng.random()),
        "body.african": float(rng.random()),
        "body.asian": float(rng.random()),
        "body.caucasian": float(rng.random()),
    }
    details = [p for p in PARAMETERS.values() if not p.macro]
    for k in rng.choice(len(details), 40, replace=False):
        p = details[k]
        values[p.name] = float(np.clip(rng.normal(0.0, 0.6), p.minimum, p.maximum))
    return values


def random_outfit(rng: np.random.Generator) -> list[str]:
    """Item ids from the skin outwards; robes and armour are as likely as everyday clothes."""
    outfit: list[str] = []

    def pick(slot: str, chance: float) -> None:
        if rng.random() < chance:
            outfit.append(str(rng.choice(SLOTS[slot])))

    kind = rng.random()
    if kind < 0.16:
        outfit.append(str(rng.choice(["mage_robe", "plate_armour"])))
    elif kind < 0.45:
        pick("full", 1.0)
    elif kind < 0.75:
        pick("bottom", 0.9)
        pick("top", 0.9)
    pick("shoes", 0.65)
    if rng.random() < 0.2:
        pick("hat", 1.0)
    else:
        pick("hair", 0.7)
    pick("cape", 0.15)
    return outfit


def kind_of(part: Part) -> int:
    return {"hair": 1, "hat": 2}.get(part.role, 4 if part.name.startswith("cape") else 0 if part.role == "body" else 3)


def sample(
    rng: np.random.Generator, positions: np.ndarray, faces: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Area-uniform face indices and barycentrics."""
    cross = np.cross(positions[faces[:, 1]] - positions[faces[:, 0]], positions[faces[:, 2]] - positions[faces[:, 0]])
    area = np.linalg.norm(cross, axis=1)
    face = rng.choice(len(faces), count, p=area / area.sum())
    u = rng.random((count, 2))
    root = np.sqrt(u[:, :1])
    return face, np.concatenate([1 - root, root * (1 - u[:, 1:]), root * u[:, 1:]], axis=1)


def make(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([5, seed])
    base = evaluate(random_values(rng))
    parts = (body_part(base), *(p for item in random_outfit(rng) for p in fit(item, base)))
    if rng.random() < 0.9:
        parts = hide_covered(parts)
    skeleton = place_skeleton(base)
    positions, faces, joints, weights, kinds, at = [], [], [], [], [], 0
    for part in parts:
        mesh = part.mesh
        j, w = (mesh.joints, mesh.weights) if mesh.weights is not None else bind_weights(part.binding)
        positions.append(mesh.positions)
        faces.append(mesh.faces[part.drawn] + at)
        joints.append(j)
        weights.append(w)
        kinds.append(np.full(len(mesh.positions), kind_of(part)))
        at += len(mesh.positions)
    p, f = np.concatenate(positions).astype(np.float64), np.concatenate(faces)
    j, w, kind = np.concatenate(joints), np.concatenate(weights), np.concatenate(kinds)
    body_eyes = p  # the eyeballs add nothing that 1024 points can see
    face, bary = sample(rng, body_eyes, f, SAMPLES)
    corner = f[face]
    points = np.einsum("nk,nkc->nc", bary, p[corner])
    cross = np.cross(p[corner[:, 1]] - p[corner[:, 0]], p[corner[:, 2]] - p[corner[:, 0]])
    normals = cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-12)
    near = corner[np.arange(SAMPLES), bary.argmax(1)]  # weights of the nearest corner do
    return {
        "points": points.astype(np.float32),
        "normals": normals.astype(np.float32),
        "joints": j[near].astype(np.uint8),
        "weights": w[near].astype(np.float32),
        "kind": kind[near].astype(np.uint8),
        "rest": skeleton.rest.astype(np.float32),
    }


def main() -> None:
    out, count = Path(sys.argv[1]), int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    out.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        path = out / f"{seed:05d}.npz"
        if path.exists():
            continue
        try:
            values = make(seed)
        except Exception as error:  # a rare outfit does not go with a rare body: leave it out, but say so
            print(seed, repr(error), flush=True)
            continue
        np.savez(path, **values)


if __name__ == "__main__":
    main()

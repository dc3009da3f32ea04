"""Training samples: random figures cut down to what the network sees, with the neighbourhoods worked out.

usage: samples.py BANK_FOLDER OUT_FOLDER SEED SHARDS      each shard is one .npz of SHARD samples
"""

import sys
from pathlib import Path

import numpy as np
from cloud import Cloud, facet
from negatives import not_one_person

from avatar_foundry.autorig.proposal_points import POINTS, arrange
from figures import person

SHARD = 1024


def thin(rng: np.random.Generator, cloud: Cloud) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """POINTS points by area, with all that goes wrong with surfaces: facets, noise, holes, lost or turned normals."""
    if rng.random() < 0.3 and len(cloud.points) > 700:
        facet(rng, cloud)
    if rng.random() < 0.07:  # a hole
        centre = cloud.points[int(rng.integers(len(cloud.points)))]
        far = np.linalg.norm(cloud.points - centre, axis=1) > rng.uniform(0.05, 0.13) * cloud.height
        if far.sum() > 500:
            cloud.keep(far)
    weight = np.maximum(cloud.weight, 1e-9) ** rng.uniform(0.7, 1.05)
    if rng.random() < 0.2:  # some parts are sampled more densely
        weight = weight * np.exp(rng.normal(0, 0.5, 23))[cloud.label]
    pick = rng.choice(len(weight), POINTS, p=weight / weight.sum(), replace=len(weight) < POINTS + 200)
    points, normals, label = cloud.points[pick].copy(), cloud.normals[pick].copy(), cloud.label[pick]
    if rng.random() < 0.3:
        points += rng.normal(0, abs(rng.normal(0, 0.003)) * cloud.height, points.shape)
    if rng.random() < 0.3:
        normals += rng.normal(0, abs(rng.normal(0, 0.2)), normals.shape)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    what = rng.random()
    if what < 0.03:
        normals[:] = 0
    elif what < 0.06:
        normals = -normals
    elif what < 0.1:
        side = (points - points.mean(axis=0)) @ rng.normal(size=3) > 0
        normals[side] = -normals[side]
    return points, normals, label


def make(rng: np.random.Generator, bank: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    cloud = not_one_person(rng, bank) if rng.random() < 0.13 else person(rng, bank)
    points, normals, label = thin(rng, cloud)
    seen = arrange(points.astype(np.float32), normals.astype(np.float32))
    return {
        "rows": seen.rows.astype(np.float16),
        "near1": seen.near1.astype(np.uint16),
        "near2": seen.near2.astype(np.uint8),
        "near3": seen.near3.astype(np.uint8),
        "label": label[seen.order].astype(np.uint8),
        "joints": ((cloud.joints - seen.centre) / seen.scale).astype(np.float32),
        "height": np.float32(cloud.height / seen.scale),
        "humanoid": np.float32(cloud.humanoid),
    }


def main() -> None:
    bank = [dict(np.load(p)) for p in sorted(Path(sys.argv[1]).glob("*.npz"))]
    out, seed, shards = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    out.mkdir(parents=True, exist_ok=True)
    for k in range(shards):
        rng = np.random.default_rng([17, seed, k])
        rows = [make(rng, bank) for _ in range(SHARD)]
        path = out / f"{seed:03d}-{k:04d}.npz"
        np.savez(path.with_suffix(".tmp.npz"), **{key: np.stack([r[key] for r in rows]) for key in rows[0]})
        path.with_suffix(".tmp.npz").rename(path)


if __name__ == "__main__":
    main()

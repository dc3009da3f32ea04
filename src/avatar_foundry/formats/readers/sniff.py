"""What a file is, told by its bytes; its name only settles what bytes leave open."""

import re
import struct
from pathlib import PurePosixPath

from ...errors import SourceError

READABLE = ".glb, .gltf (in a zip with its files), .vrm, .fbx, .obj, .ply, .stl, .dae, .usd, .usdz, or a zip of these"
SUFFIXES = {
    **{s: s for s in ("glb", "gltf", "vrm", "fbx", "obj", "ply", "stl", "dae", "zip")},
    **dict.fromkeys(("usd", "usda", "usdc", "usdz"), "usd"),
}
# first bytes -> what it is, for files that are refused by name
OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"BLENDER", "a Blender file"),
    (b"\x28\xb5\x2f\xfd", "a compressed file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"//Maya ASCII", "a Maya scene"),
    (b"FOR4", "a Maya scene"),
    (b"FOR8", "a Maya scene"),
    (b"QC4DC4D6", "a Cinema 4D scene"),
    (b"\xd0\xcf\x11\xe0", "a 3ds Max scene or an Office file"),
    (b"Ogawa", "an Alembic file"),
    (b"\x89HDF", "an Alembic (HDF5) file"),
    (b"MM", "a 3DS file or a TIFF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"BM", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"PMX ", "an MMD model"),
    (b"Pmd", "an MMD model"),
)
OBJ_LINE = re.compile(rb"(?:v|vt|vn|f|o|g|s|mtllib|usemtl)[ \t]+\S")
VERTEX_LINE = re.compile(rb"v(?:[ \t]+[-+]?[\d.]+(?:[eE][-+]?\d+)?){3}")


def suffix(name: str) -> str:
    """The lower-case extension without its dot."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower().lstrip(".")


def sniff(name: str, data: bytes) -> str:
    """The kind of file: a value of SUFFIXES or "vrm". Raises SourceError that names what it is instead."""
    named = SUFFIXES.get(suffix(name), "")
    if not data:
        raise SourceError("The file is empty", hint="Upload it again.")
    if kind := _by_magic(data):
        return "vrm" if kind == "glb" and named == "vrm" else kind
    if data[:5] == b"BM" or data[:2] in (b"BM", b"MM", b"MZ"):  # two letters may begin a text as well
        if named not in ("obj", "stl", "ply"):
            raise _refused(name, data)
    elif any(data.startswith(magic) for magic, _ in OTHERS):
        raise _refused(name, data)
    if kind := _by_text(data, named):
        return kind
    if named == "stl" and len(data) >= 84:
        return "stl"  # binary, of a length that does not fit: the reader says so
    if named:
        raise SourceError(
            f"The file is called .{suffix(name)}, but it is not one", hint=f"The engine reads {READABLE}."
        )
    raise SourceError("The file is of no kind that the engine knows", hint=f"The engine reads {READABLE}.")


def _refused(name: str, data: bytes) -> SourceError:
    what = next(text for magic, text in OTHERS if data.startswith(magic))
    hint = "Export it as .glb or .fbx." if "scene" in what or "Blender" in what or "model" in what else ""
    return SourceError(f"The file is {what}, not a 3D model", hint=hint or f"The engine reads {READABLE}.")


def _by_magic(data: bytes) -> str:
    if data[:4] == b"glTF":
        return "glb"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if data.startswith(b"Kaydara FBX Binary"):
        return "fbx"
    if data.startswith((b"PXR-USDC", b"#usda")):
        return "usd"
    if data[:4] in (b"ply\n", b"ply\r"):
        return "ply"
    if len(data) >= 84 and len(data) == 84 + 50 * int(struct.unpack_from("<I", data, 80)[0]):
        return "stl"
    return ""


def _by_text(data: bytes, named: str) -> str:
    head = data[:65536].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] == b"{":
        return "gltf"
    if head[:1] == b"<":
        if b"COLLADA" in head:
            return "dae"
        if b"<X3D" in head or b"<x3d" in head:
            raise SourceError("X3D files are not read", hint=f"The engine reads {READABLE}.")
        return ""
    if head.startswith(b"; FBX") or b"FBXHeaderExtension" in head:
        return "fbx"
    if head[:5].lower() == b"solid" and (b"facet" in head or b"endsolid" in head):
        return "stl"
    if b"\0" in head:
        return ""
    lines = [line.lstrip() for line in head.splitlines()]
    if named in ("obj", "") and any(map(OBJ_LINE.match, lines)):
        return "obj"
    # under another name it must look like one beyond doubt
    return "obj" if sum(map(bool, map(VERTEX_LINE.match, lines[:200]))) >= 3 else ""

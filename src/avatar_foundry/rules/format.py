"""Rules for what importers make of names, numbers and compressions in the file."""

import json
import re
from collections import Counter
from collections.abc import Iterator

from ..avatar import Avatar
from .registry import Cure, Finding, Target, rule
from .walk import meshes

RENAME = Cure("Rename the Parts", "Give each part a plain name of its own", 0.9)
LEVEL = re.compile(r"_LOD\d+$", re.IGNORECASE)
LEVELS = 8  # of a Unity LOD Group and an Unreal skeletal mesh
SHORT = 65_535  # vertices that 16-bit indices reach; 65,535 itself is the restart mark


@rule(
    "format/file-name", severity="error", cure=Cure("Choose a Plain Name", "Use A-Z, a-z, 0-9, _ and - in `name`", 0.9)
)
def file_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar's name makes a file name everywhere: ASCII letters, digits, _ and -.

    Archives, URLs and Unreal's asset names stumble over others."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", avatar.name):
        yield Finding("character", f"{avatar.name!r} is no file name everywhere", "name")


@rule("format/node-name", severity="info", cure=RENAME)
def node_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Part names use only characters that the platform keeps.

    Engines replace the others: scripts that look for the part by its name find nothing."""
    for part in avatar.parts:
        if not re.fullmatch(platform.node_pattern, part.name):
            yield Finding("character", f"the part name {part.name!r} will be changed on import", f"parts/{part.name}")


@rule("format/unique-node", severity="warning", cure=RENAME)
def unique_node(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No part shares its name with another part or a bone, upper and lower case alike.

    Engines find nodes by name and take the first, or number the second: clips then move a mesh, not the bone."""
    names = Counter(p.name.lower() for p in avatar.parts)
    joints = {n.lower() for n in avatar.skeleton.names} if avatar.skeleton is not None else set()
    for name, count in sorted(names.items()):
        if count > 1:
            yield Finding("repeated", f"{count} parts are called {name}", f"parts/{name}", {"count": count})
        if name in joints:
            yield Finding("bone", f"the part {name} is called as a bone is", f"parts/{name}")


@rule(
    "format/node-suffix",
    severity="error",
    cure=Cure("Rename the Parts", "Let no part's name end in a word that the importer obeys", 0.9),
)
def node_suffix(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No part's name ends in a word that the importer takes for an order, such as Godot's -col or _wheel.

    The part would come out as a collision shape, a wheel, or not at all."""
    if not platform.node_suffixes:
        return
    ending = re.compile(rf"[-$_]({'|'.join(platform.node_suffixes)})$", re.IGNORECASE)
    for part in avatar.parts:
        if found := ending.search(part.name):
            message = f"the part {part.name} ends in {found.group(0)}, which the importer obeys"
            yield Finding("order", message, f"parts/{part.name}")


@rule("format/copied-name", severity="hint", cure=RENAME)
def copied_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No part's name ends in .001 and the like.

    Blender numbers copies so, Unreal and Godot make an underscore of the dot: the name is another in each."""
    for part in avatar.parts:
        if re.search(r"\.\d{3}$", part.name):
            yield Finding("copy", f"{part.name} is named as a copy", f"parts/{part.name}")


@rule(
    "format/lod-name",
    severity="warning",
    cure=Cure("Rename the Parts", "Leave _LOD endings to the writer: levels go into one part", 0.9),
)
def lod_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No part is named as a level of detail.

    Unity and Unreal group NAME_LOD0, NAME_LOD1 by name: a part that is called so hides when the camera moves."""
    for part in avatar.parts:
        if LEVEL.search(part.name):
            yield Finding("level", f"the part {part.name} is named as a level", f"parts/{part.name}")


@rule(
    "format/lod-count",
    severity="warning",
    cure=Cure("Write Fewer Levels", "Four levels are enough from the nose to the horizon", 0.8),
)
def lod_count(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No part has more than eight levels of detail.

    Unity's LOD Group and Unreal's skeletal mesh hold eight; further ones stay visible all the time."""
    for part in avatar.parts:
        if len(part.lods) > LEVELS:
            numbers = {"levels": len(part.lods), "limit": LEVELS}
            yield Finding("many", f"{part.name} has {len(part.lods)} levels", f"parts/{part.name}", numbers)


@rule(
    "format/index-width",
    severity="hint",
    cure=Cure("Ask for Fewer Triangles", "Lower `triangles`, or choose a coarser level", 0.6),
)
def index_width(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Parts have fewer than 65,535 vertices.

    More need indices of 32 bits: twice the memory, and Unity's default import splits the mesh in pieces."""
    for where, part, mesh in meshes(avatar):
        if len(mesh.positions) >= SHORT:
            numbers = {"vertices": len(mesh.positions), "limit": SHORT}
            yield Finding("wide", f"{part.name} has {len(mesh.positions)} vertices", where, numbers)


@rule(
    "format/package",
    severity="warning",
    cure=Cure("Install the Package", "Install the package, or ask for no compression", 0.9),
)
def package(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The engine opens the file as it comes, no package added.

    glTFast reads meshopt and Draco only with Unity's packages for them; without, the import stops."""
    if wanted := platform.packages.get(platform.order.compression):
        yield Finding("needed", f"{platform.order.compression} compression needs the package {wanted}", "compression")


@rule(
    "format/extension",
    severity="warning",
    cure=Cure("Remove the Extension", "Keep to KHR, EXT and VRMC extensions of materials", 0.7),
)
def extension(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Materials use extensions that glTF's registry knows.

    Engines drop vendors' own without a word: the material looks different everywhere but at home."""
    for m in avatar.materials:
        for name in m.extensions:
            if not name.startswith(("KHR_materials_", "EXT_materials_", "VRMC_materials_")):
                yield Finding("vendor", f"{m.name} uses {name}", f"materials/{m.name}")


@rule(
    "format/extras",
    severity="error",
    cure=Cure("Keep to Plain Data", "Use numbers, strings, lists and mappings in extras", 0.9),
)
def extras(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """What is told about the avatar in the file is plain JSON, without NaN.

    Python writes NaN and Infinity, which no JSON reader takes: the whole file is lost for one number."""
    try:
        json.dumps([dict(avatar.extras), [dict(m.extensions) for m in avatar.materials]], allow_nan=False)
    except (TypeError, ValueError) as error:
        yield Finding("not-json", f"the extras cannot be written: {error}", "extras")

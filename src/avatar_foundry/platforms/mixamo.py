"""Mixamo: its 65 joints with its axes, so that its clips play by the names of their bones.

A Mixamo clip says how each bone is turned within its parent, rest included. It gives the right pose on a skeleton whose
bones have the same axes: +Y along the bone in limbs and nearly upright in the trunk; in the T-pose +X to the figure's
left in the trunk, to its right in the legs, backwards in the left arm and forwards in the right one; thumbs turn in the
plane of the palm. Measured on two public skeletons (docs/decisions/mixamo-axes.md).
"""

from dataclasses import replace

from ..avatar import Avatar
from ..formats import FbxOptions, write_fbx, write_obj_zip
from ..humanoid import NAMES, PARENTS, REQUIRED, T_AXES, Axis
from ..stages.adapt_skeleton import F64, Scheme, renamed, turn_to
from .files import write_glbs
from .platform import Budget, Platform
from .rpm import rpm_name, with_ends

PREFIX = "mixamorig"  # with a colon in FBX; three.js and Godot drop the colon or turn it into something else


def _axes(name: str) -> tuple[Axis, Axis]:
    """(+X, +Y) of Mixamo's bone in the T-pose."""
    back, front, right = (0.0, 0.0, -1.0), (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0)
    along = T_AXES[name][1]
    if "Thumb" in name:  # +Z is down, as in the hand
        x, _, z = along
        return (z, 0.0, -x), along
    if any(leg in name for leg in ("Leg", "Foot", "Toes")):
        return right, along
    if name.startswith("left") and not name.endswith("Eye"):
        return back, along
    if name.startswith("right") and not name.endswith("Eye"):
        return front, along
    return T_AXES[name]


#: The turns from our axes to Mixamo's.
TURNS: dict[str, F64] = {n: turn_to(n, *_axes(n)) for n in NAMES if rpm_name(n)}


#: How trunk bones stand in its clips when a figure just stands: degrees forward of upright.
STANDS = {"hips": 0.0, "spine": -6.0, "chest": -8.0, "upperChest": -4.0, "neck": 0.0, "head": 0.0}


def mixamo_name(name: str) -> str:
    """leftUpperArm -> mixamorigLeftArm; "" for what Mixamo has not: twists, jaw, eyes."""
    theirs = rpm_name(name)
    return "" if not theirs or name.endswith("Eye") else PREFIX + theirs


def with_colon(avatar: Avatar) -> Avatar:
    """The names that Mixamo's own FBX files have: mixamorig:Hips."""
    if avatar.skeleton is None:
        return avatar
    names = {n: f"{PREFIX}:{n.removeprefix(PREFIX)}" for n in avatar.skeleton.names if n.startswith(PREFIX)}
    skeleton = replace(avatar.skeleton, names=tuple(names.get(n, n) for n in avatar.skeleton.names))
    clips = tuple(replace(c, moves={names.get(n, n): m for n, m in c.moves.items()}) for c in avatar.clips)
    return replace(avatar, skeleton=skeleton, clips=clips)


PLATFORM = Platform(
    id="mixamo",
    title="Mixamo clips",
    write=write_glbs,
    exports={
        "fbx": lambda avatar: write_fbx(with_colon(avatar), FbxOptions(hips=f"{PREFIX}:Hips")),
        "obj": write_obj_zip,
    },
    skeleton=Scheme(with_ends(renamed(NAMES, PARENTS, mixamo_name)).joints, turns=TURNS, stands=STANDS),
    bone_axis="+Y",
    texture_size=1024,
    budget=Budget(triangles=70_000, bones=80, materials=16, draw_calls=16, texture=2048, bytes=32_000_000),
    required=tuple(sorted(mixamo_name(n) for n in REQUIRED)),
    notes=(
        "The .fbx has Mixamo's own names, mixamorig:Hips and so on; the .glb has them without the colon, as three.js "
        "makes them when it reads Mixamo's FBX.",
        "Clips from Mixamo (FBX, without skin) play by name: a figure of another height needs the hips' curve scaled.",
        "Eyes hang on the head, since Mixamo has no bones for them: gaze is in the eyeLook shapes.",
    ),
)

"""Godot 4: the names and the axes of SkeletonProfileHumanoid (+Y along the bone, +X bends), with its Root."""

from ..humanoid import NAMES, PARENTS, REQUIRED
from ..stages.adapt_skeleton import Joint, Scheme, renamed
from .files import write_glbs
from .platform import Budget, Platform


def godot_name(name: str) -> str:
    """SkeletonProfileHumanoid spelling: leftThumbMetacarpal -> LeftThumbMetacarpal."""
    return name[0].upper() + name[1:]


_plain = renamed(NAMES, PARENTS, godot_name).joints

PLATFORM = Platform(
    id="godot",
    title="Godot 4",
    write=write_glbs,
    skeleton=Scheme((Joint("Root", ""), *(j._replace(parent=j.parent or "Root") for j in _plain))),
    budget=Budget(triangles=70_000, bones=256, materials=16, draw_calls=16, texture=4096, bytes=60_000_000),
    bone_axis="+Y",
    codecs=(),  # the importer knows neither meshopt nor Draco
    node_pattern=r"[^\x00-\x1f\"%./:@]+",
    node_suffixes=(
        "noimp",
        "col",
        "convcol",
        "colonly",
        "convcolonly",
        "navmesh",
        "occ",
        "occonly",
        "vehicle",
        "wheel",
        "rigid",
    ),
    severities={
        "skeleton/t-pose": ("warning", "the profile's reference is the T-pose; else switch on Fix Silhouette"),
    },
    required=tuple(sorted(godot_name(n) for n in {*REQUIRED, "leftShoulder", "rightShoulder"})),
    loops="-loop",
    notes=(
        "Animations that loop end in -loop, by which Godot sets their loop mode; root motion is on Root.",
        "Godot makes its own levels of detail on import, so the main file holds one level.",
        "Choose SkeletonProfileHumanoid in the import dock: every name maps to itself.",
    ),
)

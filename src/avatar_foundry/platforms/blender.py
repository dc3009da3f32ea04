"""Blender: bones along +Y with .L and .R endings, so that mirroring and symmetric posing work."""

from ..formats import FbxOptions, write_obj_zip
from ..humanoid import NAMES, PARENTS, REQUIRED
from ..stages.adapt_skeleton import renamed
from .files import fbx, usdz, write_glbs
from .platform import Budget, Platform


def blender_name(name: str) -> str:
    """leftUpperArm -> UpperArm.L; hips -> Hips."""
    for side, ending in (("left", ".L"), ("right", ".R")):
        if name.startswith(side):
            return name.removeprefix(side) + ending
    return name[0].upper() + name[1:]


PLATFORM = Platform(
    id="blender",
    title="Blender",
    write=write_glbs,
    exports={"fbx": fbx(FbxOptions()), "obj": write_obj_zip, "usdz": usdz()},
    skeleton=renamed(NAMES, PARENTS, blender_name),
    budget=Budget(triangles=200_000, bones=400, materials=64, draw_calls=64, texture=8192, bytes=200_000_000),
    bone_pattern=r"[A-Za-z0-9_]+(\.[LR])?",
    bone_axis="+Y",
    codecs=("draco",),  # io_scene_gltf2 5.0 refuses files that need meshopt
    severities={"skeleton/t-pose": ("off", "Blender retargets nothing by itself")},
    required=tuple(sorted(map(blender_name, REQUIRED))),
    notes=(
        "On import leave the bone direction at Blender's own: the bones already lie along +Y.",
        "The .fbx holds full detail alone; leave Automatic Bone Orientation off.",
    ),
)

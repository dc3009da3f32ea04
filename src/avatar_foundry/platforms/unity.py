"""Unity: humanoid names that its auto-mapper takes as they are; one LODGroup by NAME_LODn nodes."""

from ..formats import FbxOptions, write_obj_zip
from ..humanoid import NAMES, PARENTS, REQUIRED
from ..stages.adapt_skeleton import renamed
from .files import fbx, write_glbs
from .platform import Budget, Platform

THUMB = {"Metacarpal": "Proximal", "Proximal": "Intermediate"}  # VRM 1.0 -> HumanBodyBones


def unity_name(name: str) -> str:
    """HumanBodyBones spelling: leftThumbMetacarpal -> LeftThumbProximal."""
    if "Thumb" in name:
        head, _, segment = name.partition("Thumb")
        name = f"{head}Thumb{THUMB.get(segment, segment)}"
    return name[0].upper() + name[1:]


PLATFORM = Platform(
    id="unity",
    title="Unity",
    write=write_glbs,
    exports={"fbx": fbx(FbxOptions(levels="names")), "obj": write_obj_zip},
    skeleton=renamed(NAMES, PARENTS, unity_name),
    lods="msft",
    budget=Budget(triangles=70_000, bones=256, materials=16, draw_calls=16, texture=4096, bytes=60_000_000),
    plain=True,  # glTFast knows no WebP
    packages={"meshopt": "com.unity.meshopt.decompress", "draco": "com.unity.cloud.draco"},
    severities={
        "skeleton/t-pose": ("warning", "its Humanoid importer allows 5 degrees; beyond, Enforce T-Pose turns the arms"),
        "skeleton/stance": ("warning", "its Humanoid importer says the bone is not in T-pose"),
    },
    required=tuple(sorted(map(unity_name, REQUIRED))),
    notes=(
        "The .fbx holds all levels as NAME_LOD0..3, of which Unity makes a LOD Group; as Humanoid it maps.",
        "glTFast makes no Humanoid avatar by itself: set the rig to Humanoid, or build it with AvatarBuilder.",
        "Morph weights run from 0 to 1 under glTFast and from 0 to 100 under FBX.",
    ),
)

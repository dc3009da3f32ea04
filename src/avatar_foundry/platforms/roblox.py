"""Roblox R15: fifteen closed meshes, unrotated joints with the hips at the origin, the face as frames of bone poses."""

import os
from functools import cache
from pathlib import Path

from ..errors import RecipeError
from ..formats import FbxOptions
from ..formats.readers import read_upload
from ..roblox.avatar_setup import for_avatar_setup
from ..roblox.cages import Cage, template_of
from ..roblox.names import PIECES, TOTAL
from ..roblox.rig import ROOTS
from ..rules.registry import OFF
from ..stages.adapt_skeleton import Joint, Scheme, bone
from ..stages.make_r15 import make_r15
from .files import fbx, static_glb, write_glbs
from .platform import FAMILIES, Budget, Platform

CAGES = "AVATAR_FOUNDRY_ROBLOX_CAGES"  # the environment's word for the template's path
SOURCES = {"Head": "head"}  # stands for the head, though its joint lies at the base of the neck

SKELETON = Scheme(
    (
        Joint(ROOTS[0], ""),
        Joint(ROOTS[1], ROOTS[0]),
        *(bone(p.name, p.parent, SOURCES.get(p.name, p.sources[0])) for p in PIECES),
    )
)


def template() -> dict[str, Cage] | None:
    """The cages of the file that the environment names; None where it names none. Raises RecipeError."""
    path = os.environ.get(CAGES, "")
    return _read(path) if path else None


@cache
def _read(path: str) -> dict[str, Cage]:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise RecipeError(f"The template of cages cannot be read: {error.strerror}", hint=f"Check {CAGES}.") from error
    found = template_of(read_upload(Path(path).name, data).avatar.parts)
    if not found:
        raise RecipeError("The template has no cages", hint="Its meshes must be called Head_OuterCage and so on.")
    return found


PLATFORM = Platform(
    id="roblox",
    title="Roblox R15",
    write=write_glbs,
    variants={".fbx": fbx(FbxOptions(hips="LowerTorso"))},
    exports={"fbx": fbx(FbxOptions(hips="LowerTorso"))},
    static=lambda avatar, compression: static_glb(for_avatar_setup(avatar), compression),
    skeleton=SKELETON,
    remake=lambda size: make_r15(size, template),
    codecs=(),
    plain=True,
    texture_size=1024,
    budget=Budget(triangles=TOTAL, bones=17 + 50, materials=4, draw_calls=15 + 15 + 19, texture=1024, bytes=20_000_000),
    rules=(*FAMILIES, "roblox/"),
    severities={
        "budget/triangles": (OFF, "roblox/budgets counts by asset, and cages do not count"),
        "mesh/grounded": (OFF, "the hips lie at the origin, not the feet"),
        "skeleton/canonical-bone": (OFF, "R15 has no chest, neck and shoulders"),
        "skin/bound": (OFF, "cages and attachments have no skin; roblox/rig looks after the body"),
    },
    required=tuple(p.name for p in PIECES),
    notes=(
        "Import NAME.fbx with Studio's 3D importer: Rig type R15, Scale Unit Centimeter (Meter for the GLB).",
        "The format static is for Avatar Setup, which rigs the fifteen parts anew: without rig, facing -Z, in metres.",
        "The face is one frame per control: Head_Geo says which by RootFaceJoint and Frame0, Frame1 and so on.",
        "Cages and attachments are written when AVATAR_FOUNDRY_ROBLOX_CAGES names a file with Roblox's cages.",
    ),
)

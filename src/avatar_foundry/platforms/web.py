"""The web: the skeleton that Ready Player Me and Mixamo made common, without prefix; two draw calls; small files.

NAME.glb opens in every loader as it is; NAME_small.glb needs a meshopt decoder and is a quarter of it.
"""

from ..formats import write_obj_zip
from ..humanoid import NAMES, PARENTS, REQUIRED
from ..stages.adapt_skeleton import Scheme, renamed
from .files import static_glb, usdz, write_both
from .mixamo import STANDS, TURNS
from .platform import Budget, Platform
from .rpm import rpm_name, with_ends

PLATFORM = Platform(
    id="web",
    title="Web (three.js, Babylon.js, Ready Player Me names)",
    write=write_both,
    atlas=True,
    exports={"obj": write_obj_zip, "usdz": usdz()},
    static=static_glb,
    skeleton=Scheme(with_ends(renamed(NAMES, PARENTS, rpm_name)).joints, turns=TURNS, stands=STANDS),
    texture_size=2048,
    texture_format="webp",
    texel=4,
    bone_axis="+Y",
    budget=Budget(triangles=50_000, bones=80, materials=16, draw_calls=16, texture=2048, bytes=8_000_000),
    required=tuple(sorted(map(rpm_name, REQUIRED))),
    notes=(
        "NAME_small.glb holds the same in a quarter of the bytes: give the loader a meshopt decoder.",
        "Bones have Mixamo's axes: its clips play after `mixamorig` is removed from the names of their bones.",
    ),
)

"""AR: USDZ for iPhone, iPad and Vision Pro, GLB for Android's Scene Viewer and for <model-viewer>."""

from ..formats import write_obj_zip
from ..humanoid import NAMES, PARENTS, REQUIRED
from ..stages.adapt_skeleton import renamed
from .files import static_glb, usdz, write_glbs
from .platform import Budget, Platform

PLATFORM = Platform(
    id="ar",
    title="AR (Quick Look, RealityKit, Scene Viewer)",
    write=write_glbs,
    variants={".usdz": usdz()},
    exports={"usdz": usdz(), "obj": write_obj_zip},
    static=static_glb,
    codecs=("draco",),  # Scene Viewer does not open meshopt
    plain=True,  # USDZ holds nothing else, and Scene Viewer is not known to take WebP
    skeleton=renamed(NAMES, PARENTS, str),  # only joints that uploads bring get names that USD takes
    atlas=True,
    leads="idle",
    texture_size=1024,  # of which the atlas makes one sheet of 2048
    texture_format="jpeg",
    budget=Budget(triangles=100_000, bones=256, materials=4, draw_calls=4, texture=2048, bytes=30_000_000),
    required=tuple(sorted(REQUIRED)),
    notes=(
        "NAME.usdz is for Apple's devices, NAME.glb for Android; <model-viewer> takes both.",
        "Blend shapes move in RealityKit from iOS 18, macOS 15 and visionOS 2; before, the face keeps still.",
        "The .usdz plays its first clip, idle where there is one; further ones are prims under the Skeleton.",
        "The format static adds NAME_static.glb, without skeleton and shapes, which Draco can compress.",
    ),
)

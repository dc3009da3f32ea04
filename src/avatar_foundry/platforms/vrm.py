"""VRM: AXIS-65 as it is, since its bones bear VRM's names; springs, expressions and terms of use inside the file."""

from ..humanoid import NAMES, PARENTS, REQUIRED
from ..stages.adapt_skeleton import renamed
from .files import vrm, vrma, write_glbs
from .platform import FAMILIES, Budget, Platform

PLATFORM = Platform(
    id="vrm",
    title="VRM (VTubing, cluster, three-vrm)",
    write=write_glbs,
    variants={".vrm": vrm("1.0")},
    clips=vrma(),
    exports={"vrm": vrm("1.0"), "vrm0": vrm("0.x")},
    skeleton=renamed(NAMES, PARENTS, str),  # only joints that uploads bring get names that every program takes
    springs=True,
    shadings=("pbr", "mtoon"),
    budget=Budget(triangles=70_000, bones=256, materials=16, draw_calls=16, texture=2048, bytes=60_000_000),
    rules=(*FAMILIES, "vrm/"),
    severities={"skeleton/t-pose": ("error", "VRM is retargeted from the T-pose, which its specification demands")},
    required=tuple(sorted(REQUIRED)),
    notes=(
        "Animations are in NAME.glb, and, asked for as the format vrma, in a .vrma each, which plays on every VRM.",
        "NAME.vrm is VRM 1.0; ask for the format vrm0 to get VRM 0.x beside it.",
        "Face trackers find the 52 ARKit shapes as custom expressions by their own names (Perfect Sync).",
        "Springs have no gravity: at rest nothing moves, whatever the frame rate.",
    ),
)

"""VRChat: Unity's humanoid names, its own viseme names, and a variant for phones and headsets that ranks Good."""

from ..avatar import Avatar
from ..formats import FbxOptions, write_glb
from ..formats.vrm import VrmOptions
from ..formats.vrm_expressions import VRCHAT_SHAPES
from ..humanoid import NAMES, PARENTS, REQUIRED
from ..pipeline import run
from ..stages.adapt_skeleton import renamed
from ..stages.drop_springs import drop_springs
from ..stages.merge_whole import merge_whole
from .files import fbx, vrm, vrma, write_glbs
from .platform import FAMILIES, Budget, Platform
from .unity import unity_name
from .vrchat_rank import LIMITS

SKELETON = renamed(NAMES, PARENTS, unity_name)
OPTIONS = VrmOptions(bones=SKELETON.names, shapes=VRCHAT_SHAPES)
SHEET = 1024  # pixels: three maps of it, with all their levels, are within Good's texture memory


def mobile(avatar: Avatar) -> Avatar:
    """One mesh, one material, no springs, as many triangles as Good allows on a phone."""
    stages = (drop_springs(), merge_whole(SHEET, int(LIMITS["mobile"]["triangles"][1])))
    return run(stages, avatar)[0]


PLATFORM = Platform(
    id="vrchat",
    title="VRChat",
    write=write_glbs,
    variants={
        ".vrm": vrm("1.0", OPTIONS),
        "_mobile.glb": lambda avatar: write_glb(mobile(avatar)),
        "_mobile.vrm": lambda avatar: vrm("1.0", OPTIONS)(mobile(avatar)),
    },
    clips=vrma(OPTIONS),
    exports={"vrm": vrm("1.0", OPTIONS), "vrm0": vrm("0.x", OPTIONS), "fbx": fbx(FbxOptions())},
    skeleton=SKELETON,
    springs=True,
    shadings=("pbr", "mtoon"),
    atlas=True,
    shapes=VRCHAT_SHAPES,
    texture_size=1024,
    budget=Budget(triangles=70_000, bones=150, materials=8, draw_calls=2, texture=2048, bytes=200_000_000),
    plain=True,  # neither UniVRM nor glTFast knows WebP
    packages={"meshopt": "com.unity.meshopt.decompress", "draco": "com.unity.cloud.draco"},
    severities={
        "skeleton/t-pose": ("error", "the SDK retargets from the T-pose, and the VRM beside the file demands it"),
        "skeleton/stance": ("warning", "Unity's Humanoid importer says the bone is not in T-pose"),
        "skeleton/canonical-bone": ("error", "the SDK demands chest, neck and both shoulders besides the fifteen"),
        "skeleton/chest-children": ("warning", "the SDK checks that shoulders and neck are children of the chest"),
    },
    rules=(*FAMILIES, "vrm/"),
    required=tuple(sorted(map(unity_name, REQUIRED))),
    notes=(
        "Visemes are called vrc.v_aa and so on: the SDK finds them with Auto Detect, or is told by name.",
        "NAME_mobile is for Quest, Android and iOS: one mesh, one material, rank Good.",
        "Springs of the VRM become PhysBones in a converter; each chain is counted as one component.",
    ),
)

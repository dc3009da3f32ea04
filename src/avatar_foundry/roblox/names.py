"""The names and limits of an R15 body, as data. Source: create.roblox.com, character bodies: specifications."""

from typing import NamedTuple


class Piece(NamedTuple):
    """One of the 15 meshes. name: its joint's too.  parent: the joint above.  asset: what it is sold and counted in.
    share: of the asset's triangles.  sources: canonical joints that it carries, first the one at its own joint."""

    name: str
    parent: str
    asset: str
    share: float
    sources: tuple[str, ...]


FINGERS = tuple(
    f"{finger}{segment}"
    for finger, segments in (
        ("Thumb", ("Metacarpal", "Proximal", "Distal")),
        *((f, ("Proximal", "Intermediate", "Distal")) for f in ("Index", "Middle", "Ring", "Little")),
    )
    for segment in segments
)


def _limbs(side: str) -> tuple[Piece, ...]:
    own, title = side, side.title()

    def piece(name: str, parent: str, asset: str, share: float, *sources: str) -> Piece:
        above = parent if parent.endswith("Torso") else title + parent
        return Piece(title + name, above, title + asset, share, tuple(own + s for s in sources))

    return (
        piece("UpperArm", "UpperTorso", "Arm", 0.27, "UpperArm", "UpperArmTwist"),
        piece("LowerArm", "UpperArm", "Arm", 0.27, "LowerArm", "LowerArmTwist"),
        piece("Hand", "LowerArm", "Arm", 0.46, "Hand", *FINGERS),
        piece("UpperLeg", "LowerTorso", "Leg", 0.34, "UpperLeg", "UpperLegTwist"),
        piece("LowerLeg", "UpperLeg", "Leg", 0.34, "LowerLeg", "LowerLegTwist"),
        piece("Foot", "LowerLeg", "Leg", 0.32, "Foot", "Toes", "ToesEnd"),
    )


PIECES: tuple[Piece, ...] = (
    Piece("LowerTorso", "HumanoidRootNode", "Torso", 0.36, ("hips",)),
    Piece("UpperTorso", "LowerTorso", "Torso", 0.64, ("spine", "chest", "upperChest", "leftShoulder", "rightShoulder")),
    Piece("Head", "UpperTorso", "DynamicHead", 1.0, ("neck", "head", "jaw", "leftEye", "rightEye")),
    *_limbs("left"),
    *_limbs("right"),
)
BY_NAME = {p.name: p for p in PIECES}
PIECE_NAMES = tuple(p.name for p in PIECES)
#: Triangles per asset.
BUDGETS = {"DynamicHead": 4000, "Torso": 1750, "LeftArm": 1248, "RightArm": 1248, "LeftLeg": 1248, "RightLeg": 1248}
TOTAL = 10_742
ASSETS = tuple(BUDGETS)
STUD = 0.28  # metres
MOST_FACE_BONES = 49
MOST_COMPONENTS = 10
FACE_ROOT = "DynamicHead"

Size = tuple[float, float, float]
#: Studs, X Y Z; a limb is measured hanging down.
LEAST: dict[str, Size] = {
    "Head": (0.5, 0.5, 0.5),
    "Arm": (0.25, 1.5, 0.25),
    "Torso": (0.85, 1.7, 0.7),
    "Leg": (0.25, 1.4, 0.5),
    "Total": (1.35, 3.6, 0.7),
}
#: AvatarPartScaleType -> studs, narrowest first.
MOST: dict[str, dict[str, Size]] = {
    "Classic": {
        "Head": (1.5, 1.8, 2.0),
        "Arm": (2.0, 3.0, 2.0),
        "Torso": (4.0, 3.8, 2.0),
        "Leg": (1.5, 3.5, 2.0),
        "Total": (8.0, 9.1, 2.0),
    },
    "ProportionsSlender": {
        "Head": (2.0, 2.0, 2.0),
        "Arm": (1.5, 4.0, 2.0),
        "Torso": (3.0, 3.5, 2.0),
        "Leg": (1.5, 4.0, 2.0),
        "Total": (6.0, 9.5, 2.0),
    },
    "ProportionsNormal": {
        "Head": (3.0, 2.0, 2.0),
        "Arm": (2.0, 4.5, 2.0),
        "Torso": (4.6, 3.5, 2.25),
        "Leg": (1.5, 4.0, 2.0),
        "Total": (8.6, 9.5, 2.25),
    },
}


def geo(piece: str) -> str:
    """The mesh's name."""
    return f"{piece}_Geo"


def cage(piece: str) -> str:
    """The outer cage's name."""
    return f"{piece}_OuterCage"

"""An R15 body of fifteen octahedra that passes Roblox's rules, and the same with a fault."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from avatar_foundry.avatar import Avatar, Clip, Material, Mesh, Part, Skeleton
from avatar_foundry.roblox.attachments import attachments
from avatar_foundry.roblox.cages import PLAIN, Cage, fit_cages
from avatar_foundry.roblox.facs import REQUIRED
from avatar_foundry.roblox.names import FACE_ROOT, PIECES, geo
from avatar_foundry.roblox.rig import ROOTS

# places of the joints of a left half, metres; the right half mirrors it
PLACES = {
    "LowerTorso": (0, 0, 0),
    "UpperTorso": (0, 0.2, 0),
    "Head": (0, 0.55, 0),
    "UpperArm": (0.25, 0.45, 0),
    "LowerArm": (0.45, 0.45, 0),
    "Hand": (0.65, 0.45, 0),
    "UpperLeg": (0.1, -0.1, 0),
    "LowerLeg": (0.1, -0.4, 0),
    "Foot": (0.1, -0.75, 0),
}
CORNERS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]], np.float32)
FACES = np.array([[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]], np.int32)


def place(name: str) -> np.ndarray:
    """(3,) a piece's joint."""
    x, y, z = PLACES[name.removeprefix("Left").removeprefix("Right")]
    return np.array([-x if name.startswith("Right") else x, y, z], np.float32)


def octahedron(middle: np.ndarray, radius: float, joint: int) -> Mesh:
    """A closed skinned mesh; each face has a triangle of the texture to itself."""
    uvs = np.concatenate([[[k / 8, 0], [k / 8 + 0.1, 0], [k / 8, 0.5]] for k in range(8)]).astype(np.float32)
    joints, weights = np.zeros((6, 4), np.uint16), np.zeros((6, 4), np.float32)
    joints[:, 0], weights[:, 0] = joint, 1
    positions = middle + radius * CORNERS
    return Mesh(positions, FACES, CORNERS.copy(), uvs, np.arange(24, dtype=np.int32).reshape(8, 3), joints, weights)


def template(radius: float = 1.0) -> dict[str, Cage]:
    """Cages like spheres of 10 x 10 quads around the joints, as Roblox's own are around its mannequin."""
    n = 10
    u, v = np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0.05, 0.95, n + 1), indexing="ij")
    around, down = 2 * np.pi * u, np.pi * v
    ring = np.stack([np.sin(down) * np.cos(around), np.cos(down), np.sin(down) * np.sin(around)], -1)
    k = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).ravel()
    halves = [np.stack([k, k + 1, k + n + 2], 1), np.stack([k, k + n + 2, k + n + 1], 1)]
    quads = np.concatenate(halves).astype(np.int32)
    uvs = np.stack([u, v], -1).reshape(-1, 2).astype(np.float32)
    at = {p.name: place(p.name) for p in PIECES}
    return {
        n: Cage((radius * ring.reshape(-1, 3) + spot).astype(np.float32), quads, uvs, quads) for n, spot in at.items()
    }


def r15(caged: bool = False) -> Avatar:
    """A body that every rule passes."""
    names = (*ROOTS, *(p.name for p in PIECES), FACE_ROOT, "Jaw")
    parents = [-1, 0, *(names.index(p.parent) for p in PIECES), names.index("Head"), names.index(FACE_ROOT)]
    rest = np.tile(np.eye(4, dtype=np.float32), (len(names), 1, 1))
    for j, name in enumerate(names[2:-2], 2):
        rest[j, :3, 3] = place(name)
    rest[-2:, :3, 3] = place("Head")
    frames = ("Neutral", *REQUIRED)
    still = np.tile(np.array([0, 0, 0, 1], np.float32), (len(frames), len(names), 1))
    still[1::2, -1] = (0.1, 0, 0, 0.99**0.5)  # the jaw
    clip = Clip("FACS", (np.arange(len(frames)) / 30).astype(np.float32), still)
    told = {"RootFaceJoint": FACE_ROOT, **{f"Frame{k}": n for k, n in enumerate(frames)}}
    parts = [
        Part(
            geo(p.name),
            "body",
            (octahedron(place(p.name), 0.12, names.index(p.name)),),
            "Body",
            properties=told if p.name == "Head" else {},
        )
        for p in PIECES
    ]
    materials = [Material("Body")]
    if caged:
        bodies = {p.name.removesuffix("_Geo"): p.mesh for p in parts}
        parts += [*fit_cages(template(), bodies), *attachments(bodies)]
        materials.append(PLAIN)
    about: dict[str, Any] = {"scale_type": "Classic", "scale": 1.0, "beyond": [], "face": None}
    skeleton = Skeleton(names, np.array(parents, np.int16), rest)
    return Avatar("body", tuple(parts), skeleton, tuple(materials), (clip,), extras={"roblox": about})


def head(**changes: Any) -> Avatar:
    """The body with another head's mesh."""
    return part("Head_Geo", lambda p: replace(p, lods=(replace(p.mesh, **changes),)))


def part(name: str, change: Callable[[Part], Part], caged: bool = False) -> Avatar:
    """The body with one part changed."""
    body = r15(caged)
    return replace(body, parts=tuple(change(p) if p.name == name else p for p in body.parts))


def without(name: str, caged: bool = False) -> Avatar:
    """The body without one part."""
    body = r15(caged)
    return replace(body, parts=tuple(p for p in body.parts if p.name != name))


def told(**changes: Any) -> Avatar:
    """The body with another account of how it was made."""
    body = r15()
    return replace(body, extras={"roblox": {**body.extras["roblox"], **changes}})


def turned() -> Avatar:
    """The body with an upper arm turned at rest."""
    body = r15()
    rest = body.skeleton.rest.copy()
    c, s = np.cos(0.5), np.sin(0.5)
    rest[body.skeleton.names.index("LeftUpperArm"), :2, :2] = [[c, -s], [s, c]]
    return replace(body, skeleton=replace(body.skeleton, rest=rest))


def mirrored() -> Avatar:
    """The body with its legs swapped."""
    body = r15()
    rest = body.skeleton.rest.copy()
    rest[:, 0, 3] *= -1
    return replace(body, skeleton=replace(body.skeleton, rest=rest))


def many_pieces() -> Avatar:
    """The body with a head of eleven octahedra."""
    one = r15().part("Head_Geo").mesh
    copies = range(11)
    return head(
        positions=np.concatenate([one.positions + np.float32(k) for k in copies]),
        faces=np.concatenate([one.faces + 6 * k for k in copies]).astype(np.int32),
        normals=np.tile(one.normals, (11, 1)),
        uv_faces=np.tile(one.uv_faces, (11, 1)),
        joints=np.tile(one.joints, (11, 1)),
        weights=np.tile(one.weights, (11, 1)),
    )


def large() -> Avatar:
    """The body with a head of 4,008 triangles."""
    one = r15().part("Head_Geo").mesh
    return head(faces=np.tile(one.faces, (501, 1)), uv_faces=np.tile(one.uv_faces, (501, 1)))


FAILING = {
    "roblox/parts": lambda: without("LeftHand_Geo"),
    "roblox/rig": turned,
    "roblox/budgets": large,
    "roblox/watertight": lambda: head(faces=FACES[:-1].copy(), uv_faces=np.arange(21, dtype=np.int32).reshape(7, 3)),
    "roblox/components": many_pieces,
    "roblox/triangles-without-area": lambda: head(uvs=np.zeros((24, 2), np.float32)),
    "roblox/opaque": lambda: replace(r15(), materials=(Material("Body", alpha_mode="BLEND"),)),
    "roblox/scale": lambda: told(beyond=["Head is 3.00 studs tall, not 0.5 to 2"]),
    "roblox/scaled": r15,
    "roblox/face": lambda: part("Head_Geo", lambda p: replace(p, properties={**p.properties, "Frame3": "Smirk"})),
    "roblox/no-face": lambda: part("Head_Geo", lambda p: replace(p, properties={})),
    "roblox/face-fit": lambda: told(face={"JawDrop": {"mean_mm": 1.0, "max_mm": 3.0, "missed": 0.5}}),
    "roblox/cages": r15,
    "roblox/cage-fit": lambda: part("Head_OuterCage", lambda p: replace(p, lods=(shifted(p.mesh),)), caged=True),
    "roblox/attachments": lambda: without("Hat_Att", caged=True),
    "roblox/facing": mirrored,
}


def shifted(mesh: Mesh) -> Mesh:
    """The mesh a metre away."""
    return replace(mesh, positions=mesh.positions + np.float32(1))

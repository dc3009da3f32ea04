"""A small, complete avatar: two seam-split tubes on the canonical skeleton, shapes, textures, a clip, three levels."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from avatar_foundry.avatar import Avatar, Clip, Material, Mesh, Morph, Part, Skeleton, Texture
from avatar_foundry.geometry.rotations import quaternions
from avatar_foundry.humanoid import INDEX, NAMES, PARENTS

AROUND, ALONG = 8, 6


def tube(
    rows: int = ALONG, radius: float = 0.2, height: float = 1.7, joints: tuple[str, str] = ("hips", "head")
) -> Mesh:
    """An open tube around the y axis whose uvs tear at angle 0; skinned from the first joint up to the second."""
    angle = np.arange(AROUND) / AROUND * 2 * np.pi
    up = np.linspace(0.0, height, rows)
    positions = np.stack(
        [np.tile(np.sin(angle), rows) * radius, np.repeat(up, AROUND), np.tile(np.cos(angle), rows) * radius], axis=1
    ).astype(np.float32)
    i, j = np.divmod(np.arange((rows - 1) * AROUND), AROUND)
    quads = np.stack(
        [i * AROUND + j, i * AROUND + (j + 1) % AROUND, (i + 1) * AROUND + (j + 1) % AROUND, (i + 1) * AROUND + j], 1
    )
    wide = AROUND + 1
    uv_quads = np.stack([i * wide + j, i * wide + j + 1, (i + 1) * wide + j + 1, (i + 1) * wide + j], 1)
    u, v = np.meshgrid(np.linspace(0, 1, wide), 1 - up / height)
    share = np.repeat(up / height, AROUND).astype(np.float32)
    weights = np.zeros((len(positions), 4), np.float32)
    weights[:, 0], weights[:, 1] = np.maximum(share, 1 - share), np.minimum(share, 1 - share)
    numbers = np.zeros((len(positions), 4), np.uint16)
    numbers[:, 0] = np.where(share > 0.5, INDEX[joints[1]], INDEX[joints[0]])
    numbers[:, 1] = np.where(share > 0.5, INDEX[joints[0]], INDEX[joints[1]])
    numbers[weights == 0] = 0
    return Mesh(
        positions,
        np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32),
        uvs=np.stack([u.ravel(), v.ravel()], axis=1).astype(np.float32),
        uv_faces=np.concatenate([uv_quads[:, [0, 1, 2]], uv_quads[:, [0, 2, 3]]]).astype(np.int32),
        joints=numbers,
        weights=weights,
    )


def shape(name: str, rows: list[int], delta: tuple[float, float, float]) -> Morph:
    """A shape that moves the named vertices by one delta and leaves their normals."""
    index = np.array(rows, np.int32)
    return Morph(name, index, np.tile(np.float32(delta), (len(rows), 1)), np.zeros((len(rows), 3), np.float32))


def skeleton() -> Skeleton:
    """AXIS-65: hips at 1 m, every bone a step away from its parent, sides mirrored, axes turned."""
    at = np.zeros((len(NAMES), 3))
    rest = np.tile(np.eye(4, dtype=np.float32), (len(NAMES), 1, 1))
    for i, (name, parent) in enumerate(zip(NAMES, PARENTS, strict=True)):
        side = 1.0 if name.startswith("left") else -1.0 if name.startswith("right") else 0.0
        leg = any(w in name for w in ("Leg", "Foot", "Toes"))
        step = np.array([0.08 * side, -0.2 if leg else 0.0 if side else 0.1, 0.02 * (i % 3)])
        at[i] = at[parent] + step if parent >= 0 else (0.0, 1.0, 0.0)
        turn = 0.3 * side
        rest[i, :3, :3] = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
        if name.startswith("right"):
            at[i] = at[INDEX["left" + name[5:]]] * (-1, 1, 1)
    rest[:, :3, 3] = at
    return Skeleton(NAMES, np.array(PARENTS, np.int16), rest)


def texture(name: str, color: tuple[int, ...] = (200, 150, 120), kind: str = "PNG", edge: int = 16) -> Texture:
    """A plain picture."""
    out = io.BytesIO()
    Image.new("RGBA" if len(color) == 4 else "RGB", (edge, edge), color).save(out, kind)
    return Texture(name, f"image/{kind.lower()}", edge, edge, out.getvalue())


def clip(bones: Skeleton) -> Clip:
    """Half a second in which the left upper arm turns and the hips rise."""
    times = np.array([0.0, 0.25, 0.5], np.float32)
    world = bones.rest[:, :3, :3].astype(np.float64)
    over = np.where((bones.parents < 0)[:, None, None], np.eye(3), world[bones.parents])
    rotations = np.tile(quaternions(over.transpose(0, 2, 1) @ world), (3, 1, 1))
    half = np.array([0.0, 0.2, 0.4])
    arm = INDEX["leftUpperArm"]
    rotations[:, arm] = np.stack([np.sin(half), 0 * half, 0 * half, np.cos(half)], axis=1)
    rise = np.float32([[0, 1.0, 0], [0, 1.1, 0], [0, 1.2, 0]])
    return Clip("raise_arm", times, rotations.astype(np.float32), rise)


def figure(levels: int = 3) -> Avatar:
    """The avatar: a body and a shirt."""
    bones = skeleton()
    lods = []
    for k in range(levels):
        mesh = tube(ALONG - k)
        top = len(mesh.positions) - AROUND
        shapes = (
            shape("jawOpen", [top, top + 1], (0, -0.02, 0.01)),
            shape("mouthSmileLeft", list(range(0, AROUND)), (0.01, 0, 0)),
        )
        lods.append(replace(mesh, morphs=shapes))
    shirt = tube(4, 0.25, 0.6, ("spine", "leftUpperArmTwist"))
    return Avatar(
        "figure",
        (Part("body", "body", tuple(lods), "skin"), Part("shirt", "garment", (shirt,), "cloth")),
        bones,
        (
            Material("skin", base=texture("skin"), normal=texture("bumps", (128, 128, 255)), roughness=0.6),
            Material("cloth", color=(0.2, 0.4, 0.8, 1.0), alpha_mode="MASK", base=texture("weave", (9, 9, 9, 255))),
        ),
        (clip(bones),),
        licences=({"name": "nothing", "licence": "CC0-1.0"},),
        extras={"recipe": "0" * 8},
    )

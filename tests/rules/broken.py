"""A sound avatar, and one for each rule that has its fault and otherwise as few as may be."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.figures import figure, shape, texture
from tests.roblox import bodies as roblox

from avatar_foundry.avatar import Avatar, Clip, Collider, Material, Mesh, Morph, Skeleton, Spring, Texture
from avatar_foundry.humanoid import MAIN_CHILD, NAMES, PARENTS, T_AXES
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rules import Order

UNITY = PLATFORMS["unity"]


def standing() -> Avatar:
    """The figure with its joints in a plain T-pose: each lies ahead of its parent along the parent's own axis."""
    avatar = figure()
    at = np.zeros((len(NAMES), 3))
    for i, (name, parent) in enumerate(zip(NAMES, PARENTS, strict=True)):
        if parent < 0:
            at[i] = (0.0, 1.0, 0.0)
        elif name == MAIN_CHILD.get(NAMES[parent]) or "Proximal" in name:
            at[i] = at[parent] + 0.1 * np.array(T_AXES[NAMES[parent]][1])
        else:  # legs and shoulders beside the spine, fingers side by side, twists half-way
            side = 1.0 if name.startswith("left") else -1.0 if name.startswith("right") else 0.0
            at[i] = at[parent] + np.array([0.1 * side, 0.0, 0.005 * (i % 3)])
    rest = avatar.skeleton.rest.copy()
    rest[:, :3, 3] = at
    return replace(avatar, skeleton=replace(avatar.skeleton, rest=rest))


def sound() -> Avatar:
    """A finished avatar for Unity with a closed, level-armed, mirrored body."""
    return run(UNITY.finish, standing())[0]


def mesh(**changes) -> Avatar:
    """The sound avatar whose body's full detail is changed."""
    avatar = sound()
    body = avatar.parts[0]
    changed = replace(body, lods=(replace(body.mesh, **changes), *body.lods[1:]))
    return replace(avatar, parts=(changed, *avatar.parts[1:]))


def body() -> Mesh:
    return sound().parts[0].mesh


def bones(**changes) -> Avatar:
    avatar = sound()
    return replace(avatar, skeleton=replace(avatar.skeleton, **changes))


def moved(name: str, by: tuple[float, float, float]) -> Avatar:
    avatar = sound()
    rest = avatar.skeleton.rest.copy()
    rest[avatar.skeleton.names.index(name), :3, 3] += by
    return bones(rest=rest)


def at(a: np.ndarray, where, value) -> np.ndarray:
    """A copy with one entry changed."""
    out = a.copy()
    out[where] = value
    return out


def material(**changes) -> Avatar:
    avatar = sound()
    return replace(avatar, materials=(replace(avatar.materials[0], **changes), *avatar.materials[1:]))


def renamed(old: str, new: str) -> Avatar:
    return bones(names=tuple(new if n == old else n for n in sound().skeleton.names))


def swapped() -> Avatar:
    """The twist of the left upper arm listed before the lower arm."""
    skeleton = sound().skeleton
    order = list(range(len(skeleton.names)))
    twist, lower = skeleton.names.index("LeftUpperArmTwist"), skeleton.names.index("LeftLowerArm")
    order.remove(twist)
    order.insert(lower, twist)
    number = {o: n for n, o in enumerate(order)}
    parents = np.array([number.get(int(skeleton.parents[o]), -1) for o in order], np.int16)
    return replace(sound(), skeleton=Skeleton(tuple(skeleton.names[o] for o in order), parents, skeleton.rest[order]))


def more(count: int, make) -> Avatar:
    avatar = sound()
    return replace(avatar, parts=tuple(make(avatar.parts[0], i) for i in range(count)))


def tiled() -> Avatar:
    return mesh(uvs=body().uvs * np.float32(3))


def lowered(by: float) -> Avatar:
    avatar = sound()
    return avatar.map_meshes(lambda m: replace(m, positions=m.positions - np.float32([0, by, 0])))


def scaled(by: float) -> Avatar:
    return sound().map_meshes(lambda m: replace(m, positions=m.positions * np.float32(by)))


def buried() -> Avatar:
    """A spring whose joint lies in the middle of a collider."""
    avatar = sound()
    x, y, z = avatar.skeleton.rest[avatar.skeleton.names.index("Jaw"), :3, 3].tolist()
    ball = Collider("all", "head", (x, y, z), (x, y, z), 0.1)
    return replace(avatar, springs=(Spring("tail", ("Head", "Jaw"), groups=("all",)),), colliders=(ball,))


def small_budget(**limits) -> object:
    return replace(UNITY, budget=replace(UNITY.budget, **limits))


def clip(**changes) -> Avatar:
    """The sound avatar whose clip is changed."""
    avatar = sound()
    return replace(avatar, clips=(replace(avatar.clips[0], **changes),))


def clips(*names: str) -> Avatar:
    avatar = sound()
    return replace(avatar, clips=tuple(replace(avatar.clips[0], name=n) for n in names))


def turned(key: int, joint: str, degrees: float) -> np.ndarray:
    """The clip's rotations, one joint turned about X at one key."""
    avatar = sound()
    out = avatar.clips[0].rotations.copy()
    half = np.radians(degrees) / 2
    out[key, avatar.skeleton.names.index(joint)] = (np.sin(half), 0, 0, np.cos(half))
    return out


def still(**changes) -> Clip:
    """Three keys at rest, with the hips where they are."""
    clip = sound().clips[0]
    return replace(clip, rotations=np.tile(clip.rotations[:1], (3, 1, 1)), translations=None, **changes)


def walking(x: float) -> Avatar:
    """Feet that go `x` metres along with the figure while they stand on the ground."""
    way = np.zeros((3, 3), np.float32)
    way[:, 2] = (0, x / 2, x)
    return replace(sound(), clips=(still(travel=way),))


def parts(*names: str) -> Avatar:
    avatar = sound()
    return replace(avatar, parts=tuple(replace(p, name=n) for p, n in zip(avatar.parts, names, strict=True)))


def picture(mode: str = "RGB", **options) -> Texture:
    """A PNG of that kind."""
    out = io.BytesIO()
    Image.new(mode, (16, 16)).save(out, "PNG", **options)
    return Texture(mode, "image/png", 16, 16, out.getvalue())


def gamma() -> PngInfo:
    info = PngInfo()
    info.add(b"gAMA", (100000).to_bytes(4, "big"))
    return info


def with_levels(**changes) -> Avatar:
    """The sound avatar whose body's second level is changed."""
    avatar = sound()
    body = avatar.parts[0]
    return replace(
        avatar,
        parts=(replace(body, lods=(body.lods[0], replace(body.lods[1], **changes), *body.lods[2:])), avatar.parts[1]),
    )


def under_root() -> Avatar:
    """Weights on a joint above the hips."""
    avatar = sound()
    skeleton = avatar.skeleton
    rest = np.concatenate([np.eye(4, dtype=np.float32)[None], skeleton.rest])
    parents = np.concatenate([[-1], skeleton.parents + 1]).astype(np.int16)
    return replace(avatar, skeleton=Skeleton(("Top", *skeleton.names), parents, rest))  # skin still names joint 0


def visemes(*order: str) -> Avatar:
    return mesh(morphs=tuple(shape(f"viseme_{n}", [k], (0, 0, 1e-3)) for k, n in enumerate(order)))


UNREAL, GODOT = PLATFORMS["unreal"], PLATFORMS["godot"]
OTHER = {  # rules that say nothing of Unity
    "skeleton/root": UNREAL,
    "skeleton/helper-joint": UNREAL,
    "skeleton/bone-axis": GODOT,
    "format/node-suffix": GODOT,
    "animation/loop-name": GODOT,
    "format/package": replace(UNITY, order=Order(compression="meshopt")),
}


def for_unreal(drop: str = "", shift: float = 0.0) -> Avatar:
    """The sound avatar for Unreal without a joint, or with its root off the origin."""
    avatar = run(UNREAL.finish, standing())[0]
    rest = avatar.skeleton.rest.copy()
    rest[0, 0, 3] += shift
    names = tuple("other" if n == drop else n for n in avatar.skeleton.names)
    return replace(avatar, skeleton=replace(avatar.skeleton, names=names, rest=rest))


NAN = float("nan")
WEIGHTS, JOINTS = body().weights, body().joints
HUGE = replace(texture("huge"), width=16384, height=16384)
ODD = replace(texture("odd"), width=100, height=100)
ODD_BLOCK = replace(texture("odd"), width=30, height=30)

FAILING = {
    "mesh/finite-position": lambda: mesh(positions=at(body().positions, (0, 0), NAN)),
    "mesh/face-index": lambda: mesh(faces=at(body().faces, (0, 0), 999)),
    "mesh/degenerate-face": lambda: mesh(faces=at(body().faces, (0, 1), body().faces[0, 0])),
    "mesh/empty-part": lambda: mesh(faces=np.zeros((0, 3), np.int32)),
    "mesh/texture-coordinates": lambda: mesh(uvs=None, uv_faces=None),
    "mesh/uv-tile": tiled,
    "mesh/inside-out": lambda: mesh(faces=np.ascontiguousarray(body().faces[:, ::-1])),
    "mesh/grounded": lambda: lowered(0.5),
    "mesh/height": lambda: scaled(100.0),
    "mesh/lod-order": lambda: replace(
        sound(), parts=(replace(sound().parts[0], lods=tuple(reversed(sound().parts[0].lods))),)
    ),
    "mesh/zero-area": lambda: mesh(
        positions=at(body().positions, slice(None), np.float32([0, 1, 0]) * body().positions)
    ),
    "mesh/unused-vertex": lambda: mesh(
        positions=np.concatenate([body().positions, [[0, 1, 0]]]).astype(np.float32),
        normals=None,
        joints=np.concatenate([JOINTS, JOINTS[:1]]),
        weights=np.concatenate([WEIGHTS, WEIGHTS[:1]]),
    ),
    "mesh/normal": lambda: mesh(normals=np.full_like(body().positions, 0.5)),
    "mesh/finite-normal": lambda: mesh(normals=np.full_like(body().positions, NAN)),
    "mesh/lod-bounds": lambda: with_levels(positions=sound().parts[0].lods[1].positions * np.float32(1.5)),
    "mesh/finite-uv": lambda: mesh(uvs=at(body().uvs, (0, 0), NAN)),
    "mesh/zero-uv-area": lambda: mesh(uvs=np.zeros_like(body().uvs)),
    "skin/bound": lambda: mesh(joints=None, weights=None),
    "skin/weight-sum": lambda: mesh(weights=WEIGHTS * np.float32(0.5)),
    "skin/joint-index": lambda: mesh(joints=at(JOINTS, (0, 0), 400)),
    "skin/influences": lambda: mesh(
        joints=np.tile(np.arange(8, dtype=np.uint16), (len(WEIGHTS), 1)),
        weights=np.full((len(WEIGHTS), 8), 0.125, np.float32),
    ),
    "skin/repeated-joint": lambda: mesh(joints=np.zeros_like(JOINTS), weights=np.full_like(WEIGHTS, 0.25)),
    "skin/shape": lambda: mesh(joints=JOINTS[1:], weights=WEIGHTS[1:]),
    "skin/root-weight": under_root,
    "skin/unused-joint": sound,  # two tubes cannot use 65 joints
    "skeleton/required-bone": lambda: renamed("Head", "Kopf"),
    "skeleton/unique-name": lambda: renamed("Jaw", "head"),
    "skeleton/bone-name": lambda: renamed("Jaw", "mixamorig:Jaw"),
    "skeleton/hierarchy": lambda: bones(parents=at(sound().skeleton.parents, 5, -1)),
    "skeleton/scale": lambda: bones(rest=at(sound().skeleton.rest, (3, 0, 0), 2.0)),
    "skeleton/twist-order": swapped,
    "skeleton/symmetric": lambda: moved("LeftHand", (0.1, 0, 0)),
    "skeleton/t-pose": lambda: moved("LeftLowerArm", (0, -0.2, 0)),
    "skeleton/name-length": lambda: renamed("Jaw", "Jaw" * 30),
    "skeleton/copied-name": lambda: renamed("Jaw", "Jaw.001"),
    "skeleton/matrix": lambda: bones(rest=at(sound().skeleton.rest, (3, 3, 0), 0.5)),
    "skeleton/canonical-bone": lambda: renamed("LeftShoulder", "Achsel"),
    "skeleton/hips-first": lambda: bones(parents=at(sound().skeleton.parents, 1, -1)),
    "skeleton/chest-children": lambda: bones(
        parents=at(sound().skeleton.parents, sound().skeleton.names.index("Neck"), 0)
    ),
    "skeleton/root": lambda: for_unreal(shift=0.3),
    "skeleton/helper-joint": lambda: for_unreal(drop="ik_hand_gun"),
    "skeleton/stance": lambda: moved("LeftToes", (0.2, 0, 0)),
    "skeleton/centred": lambda: moved("Hips", (0.1, 0, 0)),
    "skeleton/facing": lambda: moved("LeftUpperLeg", (-0.5, 0, 0)),
    "skeleton/bone-length": lambda: bones(
        rest=at(
            sound().skeleton.rest,
            sound().skeleton.names.index("LeftHand"),
            sound().skeleton.rest[sound().skeleton.names.index("LeftLowerArm")],
        )
    ),
    "skeleton/bone-axis": sound,  # its axes are the figure's own, turned askew
    "morph/name": lambda: mesh(morphs=(shape("Head/jaw", [0], (0, 0, 1e-3)),)),
    "morph/normal": lambda: mesh(
        morphs=(replace(shape("a", [0], (0, 0, 1e-3)), normal=np.full((1, 3), NAN, np.float32)),)
    ),
    "morph/levels": lambda: with_levels(morphs=(shape("smirk", [0], (0, 0, 1e-3)),)),
    "morph/spelling": lambda: mesh(morphs=(shape("JawOpen", [0], (0, 0, 1e-3)),)),
    "morph/viseme-order": lambda: visemes("aa", "sil"),
    "morph/empty": lambda: mesh(morphs=(shape("nothing", [0], (0, 0, 0)),)),
    "morph/unique-name": lambda: mesh(morphs=(shape("a", [0], (0, 0, 1)), shape("a", [1], (0, 0, 1)))),
    "morph/index": lambda: mesh(morphs=(Morph("a", np.array([3, 1], np.int32), np.ones((2, 3), np.float32) * 0.01),)),
    "morph/reach": lambda: mesh(morphs=(shape("far", [0], (0, 3, 0)),)),
    "morph/complete-set": sound,  # two shapes of face tracking's 52
    "material/known": lambda: replace(sound(), materials=sound().materials[1:]),
    "material/factor": lambda: material(roughness=1.5),
    "material/unique-name": lambda: replace(sound(), materials=(*sound().materials, Material("skin"))),
    "material/similar-name": lambda: replace(sound(), materials=(*sound().materials, Material("Skin"))),
    "material/unused": lambda: replace(sound(), materials=(*sound().materials, Material("gold"))),
    "material/alpha-mode": lambda: material(alpha_mode="GLASS"),
    "material/blended-body": lambda: material(alpha_mode="BLEND"),
    "texture/media-type": lambda: material(base=replace(texture("w", kind="WEBP"))),
    "texture/data": lambda: material(base=replace(texture("w"), mime="image/jpeg")),
    "texture/bit-depth": lambda: material(orm=picture("I;16")),
    "texture/colour-space": lambda: material(base=picture(pnginfo=gamma())),
    "texture/grey-normal": lambda: material(normal=picture("L")),
    "texture/alpha-unused": lambda: material(base=picture("RGBA")),
    "texture/block-size": lambda: material(base=ODD_BLOCK),
    "texture/unique-name": lambda: material(base=texture("same"), normal=texture("same", (128, 128, 255))),
    "animation/times": lambda: clip(times=np.float32([0, 0.5, 0.5])),
    "animation/joint-count": lambda: clip(rotations=sound().clips[0].rotations[:, :-1].copy()),
    "animation/moved-joint": lambda: clip(moves={"tail": np.zeros((3, 3), np.float32)}),
    "animation/unit-rotation": lambda: clip(rotations=sound().clips[0].rotations * np.float32(2)),
    "animation/finite": lambda: clip(translations=np.full((3, 3), NAN, np.float32)),
    "animation/short-way": lambda: clip(rotations=turned(1, "LeftHand", 180)),
    "animation/unique-name": lambda: clips("walk", "walk"),
    "animation/name": lambda: clips("Armature|Walk"),
    "animation/loop-name": lambda: clips("march_cycle"),
    "animation/loop-closes": lambda: clip(loop=True),
    "animation/shape-name": lambda: clip(shapes={"smirk": np.zeros(3, np.float32)}),
    "animation/shape-weight": lambda: clip(shapes={"jawOpen": np.float32([0, 1.5, 0])}),
    "animation/key-rate": lambda: clip(times=np.float32([0, 10, 20])),
    "animation/length": lambda: clip(times=np.float32([0, 10, 500])),
    "animation/below-ground": lambda: clip(translations=np.float32([[0, 1, 0], [0, 0.5, 0], [0, 1, 0]])),
    "animation/foot-slide": lambda: walking(0.4),
    "animation/travel": lambda: walking(90.0),
    "animation/root-motion": lambda: walking(0.4),
    "format/file-name": lambda: replace(sound(), name="Müller"),
    "format/node-name": lambda: parts("a/b", "shirt"),
    "format/unique-node": lambda: parts("head", "shirt"),
    "format/node-suffix": lambda: parts("body_col", "shirt"),
    "format/copied-name": lambda: parts("body.001", "shirt"),
    "format/lod-name": lambda: parts("body_LOD0", "shirt"),
    "format/lod-count": lambda: replace(
        sound(), parts=(replace(sound().parts[0], lods=(body(),) * 9), sound().parts[1])
    ),
    "format/index-width": lambda: mesh(positions=np.resize(body().positions, (70_000, 3)), normals=None),
    "format/package": sound,
    "format/extension": lambda: material(extensions={"ACME_glow": {}}),
    "format/extras": lambda: replace(sound(), extras={"weight": NAN}),
    "material/texture-size": lambda: material(base=HUGE),
    "material/power-of-two": lambda: material(base=ODD),
    "material/alpha-channel": lambda: material(alpha_mode="MASK", base=texture("opaque", (1, 2, 3), "JPEG")),
    "vrm/bone-order": lambda: bones(parents=at(sound().skeleton.parents, sound().skeleton.names.index("LeftHand"), 0)),
    "vrm/bone-gap": lambda: renamed("LeftIndexProximal", "Knuckle"),
    "vrm/facing": lambda: moved("LeftToes", (0, 0, -1)),
    "vrm/eyes": lambda: renamed("LeftEye", "Auge"),
    "vrm/expressions": sound,  # two shapes bind few presets
    "vrm/shape-name": lambda: mesh(morphs=(shape("a", [0], (0, 0, 1)), shape("a", [1], (0, 0, 1)))),
    "vrm/spring-chain": lambda: replace(sound(), springs=(Spring("tail", ("Head", "LeftHand")),)),
    "vrm/humanoid-spring": lambda: replace(sound(), springs=(Spring("tail", ("Head", "Jaw")),)),
    "vrm/collider": buried,
    "vrm/terms": lambda: replace(sound(), licences=({"name": "something"},)),
    "vrm/texture-format": lambda: material(base=replace(texture("w"), mime="image/webp")),
    **roblox.FAILING,
    "budget/triangles": lambda: sound(),
    "budget/bones": lambda: sound(),
    "budget/materials": lambda: sound(),
    "budget/draw-calls": lambda: sound(),
    "budget/file-size": lambda: sound(),
    "budget/morphs": lambda: sound(),
    "budget/texture-memory": lambda: sound(),
}

TIGHT = small_budget(triangles=10, bones=10, materials=1, draw_calls=1, bytes=10, morphs=1, texture_memory=10)

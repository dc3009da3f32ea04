"""Skeleton LOD: take bones away, one set after the other, the least missed first.

What hung on a bone hangs on its heir: its parent, or the neighbouring finger. Clips lose the bone's own movement, not
the pose of what lies beyond it; springs get coarser, then lose chains as a whole; colliders go to the next bone up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Clip, Skeleton
from ..fitting import Fitted, Notes, counted
from ..geometry.rotations import quaternions, rotation_matrices
from ..humanoid import AXIS65, INDEX, TWISTS
from ..pipeline import stage
from .adapt_skeleton import Joint, Scheme, rehang

Heirs = Mapping[str, str]  # joint that goes -> joint that takes its skin; "": its parent

SIDES = ("left", "right")
KEPT_FINGER = "Middle"
OTHER_FINGERS = ("Index", "Ring", "Little")
SEGMENTS = ("Proximal", "Intermediate", "Distal")
ENDS = tuple(f"{s}ToesEnd" for s in SIDES)
TIPS = tuple(f"{s}{f}Distal" for s in SIDES for f in ("Thumb", KEPT_FINGER, *OTHER_FINGERS))
MITTENS = {f"{s}{f}{g}": f"{s}{KEPT_FINGER}{g}" for s in SIDES for f in OTHER_FINGERS for g in SEGMENTS}
FINGERS = tuple(b.name for b in AXIS65 if any(f in b.name for f in ("Thumb", KEPT_FINGER, *OTHER_FINGERS)))
TOES = tuple(f"{s}Toes" for s in SIDES)
FACE = ("leftEye", "rightEye", "jaw")
SPINE = ("upperChest",)

LEVELS = ("full", "no_twists", "mittens", "no_fingers", "minimal")
# what each level does without; what is not canonical goes by the names that `steps` has for it
_SETS: Mapping[str, tuple[str, ...]] = {
    "full": (),
    "no_twists": ("twists",),
    "mittens": ("ends", "twists", "mittens"),
    "no_fingers": ("ends", "twists", "fingers"),
    "minimal": ("ends", "twists", "pins", "springs", "extras", "between", "fingers", "toes", "face", "spine"),
}
WORDS = {
    "ends": "joints that only mark an end",
    "twists": "twist bones",
    "pins": "joints for IK",
    "springs": "joints that swing",
    "extras": "further joints of the upload",
    "tips": "the last bones of the fingers",
    "mittens": "all fingers but thumb and middle, which leads the others",
    "between": "joints without weights along the spine and in the hands",
    "fingers": "all fingers",
    "toes": "toes",
    "face": "eyes and jaw",
    "spine": "the upper chest",
}


@stage("exporting", cost=3)
def reduce_skeleton(
    avatar: Avatar, scheme: Scheme | None, level: str = "full", limit: int = 0, notes: Notes | None = None
) -> Avatar:
    """Keep the skeleton within its budget of bones.

    level: one of LEVELS, whatever the count.  limit: bones; 0 for none.  Runs on the platform's skeleton: `scheme`.
    """
    skeleton = avatar.skeleton
    if skeleton is None:
        return avatar
    for name in _SETS[level]:
        avatar = without(avatar, gone(name, avatar, scheme), scheme)
    skeleton = avatar.skeleton
    assert skeleton is not None
    before = len(skeleton.names)
    if not limit or before <= limit:
        return avatar
    done = []
    for name in WORDS:
        for heirs in portions(name, avatar, scheme, limit):
            avatar = without(avatar, heirs, scheme)
            done.append(name)
        if avatar.skeleton is not None and len(avatar.skeleton.names) <= limit:
            break
    assert avatar.skeleton is not None
    after = len(avatar.skeleton.names)
    if notes is not None and after < before:
        what = ", ".join(WORDS[n] for n in dict.fromkeys(done))
        notes.append(
            Fitted(
                "bones", limit, before, after, f"{counted(before - after, 'bone')} folded into their parents: {what}"
            )
        )
    return avatar


def portions(name: str, avatar: Avatar, scheme: Scheme | None, limit: int) -> Iterator[Heirs]:
    """What a step takes away: all of its set, but of springs every second joint, then a kind of chain at a time, and of
    an upload's joints only as many as there are too many, the lightest leaves first."""
    skeleton = avatar.skeleton
    assert skeleton is not None
    heirs = gone(name, avatar, scheme)
    if name == "springs":
        left = len(skeleton.names)
        load = dict(zip(skeleton.names, weights_of(avatar).tolist(), strict=True))
        chains = [(s.part, list(s.joints)) for s in avatar.springs]
        while left > limit and any(len(joints) > 2 for _, joints in chains):
            inner = [j for _, joints in chains for j in joints[1:-1:2]]
            chains = [(part, [j for j in joints if j not in inner]) for part, joints in chains]
            left -= len(inner)
            yield dict.fromkeys(inner, "")
        kinds = {part: [j for other, joints in chains if other == part for j in joints] for part, _ in chains}
        for joints in sorted(kinds.values(), key=lambda js: sum(load.get(j, 0.0) for j in js)):
            if left > limit:
                left -= len(joints)
                yield dict.fromkeys(joints, "")
    elif name == "extras" and heirs:
        order = lightest_leaves(avatar, tuple(heirs))
        yield dict.fromkeys(order[: max(len(skeleton.names) - limit, 0)], "")
    elif heirs:
        yield heirs


def gone(name: str, avatar: Avatar, scheme: Scheme | None) -> Heirs:
    """The joints of the set `name` that this skeleton has, with their heirs."""
    skeleton = avatar.skeleton
    assert skeleton is not None
    known = {j.name: j for j in scheme.joints} if scheme is not None else {}
    swings = {j for s in avatar.springs for j in s.joints}
    joints = [known.get(n, Joint(n, "", n, weighted=True)) for n in skeleton.names]
    ours = {j.source: j.name for j in joints if j.weighted}
    canonical: dict[str, tuple[str, ...]] = {
        "ends": ENDS, "twists": TWISTS, "tips": TIPS, "mittens": tuple(MITTENS), "fingers": FINGERS,
        "toes": (*TOES, *ENDS), "face": FACE, "spine": SPINE,
    }  # fmt: skip
    if name in canonical:
        bare = set(canonical[name])
        found = [j for j in joints if not j.pinned and (bare & {j.source, j.towards} or (name == "ends" and j.tip))]
        return {j.name: ours.get(MITTENS.get(j.source, ""), "") if name == "mittens" else "" for j in found}
    if name == "springs":
        return dict.fromkeys(swings, "")
    if name == "extras":
        return {j.name: "" for j in joints if j.name not in known and j.name not in INDEX and j.name not in swings}
    loose = [j for j in joints if not j.weighted and skeleton.parents[skeleton.names.index(j.name)] >= 0]
    if name == "pins":
        return {j.name: "" for j in loose if j.pinned or not j.source}
    return {j.name: "" for j in loose if j.towards and not j.begin}


def without(avatar: Avatar, heirs: Heirs, scheme: Scheme | None = None) -> Avatar:
    """The avatar without the joints that `heirs` names. The rest surface does not move."""
    skeleton = avatar.skeleton
    if skeleton is None or not set(heirs) & set(skeleton.names):
        return avatar
    index = {name: i for i, name in enumerate(skeleton.names)}
    parents = skeleton.parents.tolist()
    kept = [i for i, name in enumerate(skeleton.names) if name not in heirs]
    number = {old: new for new, old in enumerate(kept)}

    def keeper(i: int) -> int:
        """The kept joint that the skin of joint i goes to."""
        while i not in number:
            heir = heirs[skeleton.names[i]]
            i = index[heir] if heir in index else parents[i]
        return number[i]

    def above(i: int) -> int:
        up = parents[i]
        while up >= 0 and up not in number:
            up = parents[up]
        return number.get(up, -1)

    remap = np.array([keeper(i) for i in range(len(parents))], np.uint16)
    slim = Skeleton(
        tuple(skeleton.names[i] for i in kept), np.array([above(i) for i in kept], np.int16), skeleton.rest[kept]
    )
    left = [replace(s, joints=tuple(j for j in s.joints if j not in heirs)) for s in avatar.springs]
    springs = tuple(s for s in left if len(s.joints) > 1)
    groups = {g for s in springs for g in s.groups}
    theirs = scheme.names if scheme is not None else {}
    stay = set(slim.names)
    colliders = tuple(
        replace(c, bone=carrier(c.bone, theirs, stay))
        for c in avatar.colliders
        if c.group in groups or not avatar.springs
    )
    return replace(
        avatar.map_meshes(lambda mesh: rehang(mesh, remap)),
        skeleton=slim,
        clips=tuple(shortened(c, parents, kept, skeleton.names) for c in avatar.clips),
        springs=springs,
        colliders=colliders,
    )


def carrier(bone: str, theirs: Mapping[str, str], stay: set[str]) -> str:
    """The canonical bone nearest above `bone` (itself included) that is still there."""
    while theirs.get(bone, bone) not in stay and bone in INDEX and AXIS65[INDEX[bone]].parent:
        bone = AXIS65[INDEX[bone]].parent
    return bone


def shortened(clip: Clip, parents: Sequence[int], kept: Sequence[int], names: Sequence[str]) -> Clip:
    """The clip on the kept joints; what the others did is done by the next joint below that stays."""
    local = rotation_matrices(clip.rotations)
    stay = set(kept)
    out = local[:, kept].copy()
    for k, i in enumerate(kept):
        up = parents[i]
        while up >= 0 and up not in stay:
            out[:, k] = local[:, up] @ out[:, k]
            up = parents[up]
    flat = quaternions(out.reshape(-1, 3, 3)).reshape(len(out), -1, 4).astype(np.float32)
    left = {names[i] for i in kept}
    return replace(clip, rotations=flat, moves={n: m for n, m in clip.moves.items() if n in left})


def weights_of(avatar: Avatar) -> NDArray[np.float64]:
    """(J,) how much skin hangs on each joint: the sum of its weights at full detail."""
    assert avatar.skeleton is not None
    total = np.zeros(len(avatar.skeleton.names))
    for part in avatar.parts:
        if part.mesh.joints is not None and part.mesh.weights is not None:
            total += np.bincount(part.mesh.joints.ravel(), part.mesh.weights.ravel(), minlength=len(total))[
                : len(total)
            ]
    return total


def lightest_leaves(avatar: Avatar, joints: Sequence[str]) -> list[str]:
    """`joints` in an order in which none comes before what hangs on it, the least weight first."""
    skeleton = avatar.skeleton
    assert skeleton is not None
    load = dict(zip(skeleton.names, weights_of(avatar).tolist(), strict=True))
    left, order = set(joints), []
    up = {
        n: skeleton.names[p] if p >= 0 else "" for n, p in zip(skeleton.names, skeleton.parents.tolist(), strict=True)
    }
    while left:
        leaf = min(left - {up[n] for n in left}, key=lambda n: (load[n], n))
        order.append(leaf)
        left.remove(leaf)
        load[up[leaf]] = load.get(up[leaf], 0.0) + load[leaf]
    return order

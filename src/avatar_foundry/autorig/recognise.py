"""Which joint of a rig is which bone of AXIS-65: by an explicit map, by the names of known rigs, by words, by shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Skeleton
from ..humanoid import AXIS65, INDEX, NAMES, REQUIRED, mirror
from .recognise_names import FINGERS, by_table, families, finger_bones, side_of, title
from .recognise_shape import by_shape
from .recognise_words import is_below, read_words

F64 = NDArray[np.float64]
ENOUGH = 12  # required bones that a table must name before the rig counts as of that family
LONGEST = 80  # characters of a name that are read, from its end
_LIMBS = ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")


@dataclass(frozen=True, slots=True)
class RigMap:
    """What was recognised.

    joints: canonical bone -> joint number. family: key of names.toml, "vrm" for an explicit map, "words" or "shape".
    confidence: 0..1, that every required bone is right. missing: required bones that no joint serves.
    reasons: what speaks for the family and what against the mapping, for people. names: canonical bone -> joint's name.
    """

    joints: Mapping[str, int]
    family: str
    confidence: float
    missing: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(default=())
    names: Mapping[str, str] = field(default_factory=dict)


class Told(Protocol):
    """What of a file's own account `recognise` uses: VRM's map of bones, or None."""

    @property
    def vrm(self) -> "VrmBones | None": ...


class VrmBones(Protocol):
    """VRM's humanoid bones: bone -> joint name."""

    @property
    def bones(self) -> Mapping[str, str]: ...


def recognise(avatar: Avatar, source: Told | None = None) -> RigMap:
    """The best reading of an uploaded avatar's rig; of confidence 0 when it has none. Deterministic."""
    if avatar.skeleton is None:
        return RigMap({}, "", 0.0, tuple(sorted(REQUIRED)), ("There is no skeleton",))
    told = source.vrm.bones if source is not None and source.vrm is not None else None
    return recognise_skeleton(avatar.skeleton, told, weighted_joints(avatar))


def recognise_skeleton(
    skeleton: Skeleton,
    humanoid: Mapping[str, str | int] | None = None,
    weighted: NDArray[np.bool_] | None = None,
) -> RigMap:
    """The best reading of a rig.

    skeleton: any, +Y up, in its rest pose. humanoid: the file's own map (VRM's, 0.x or 1.0), bone -> joint name or
    number; it wins when it names the bones that it must. weighted: (J,) joints that move a vertex (`weighted_joints`);
    controls and sockets without weight then do not confuse the reading by shape. Deterministic.
    """
    found = _read(skeleton, humanoid, weighted)
    return replace(found, names={bone: skeleton.names[joint] for bone, joint in found.joints.items()})


def _read(skeleton: Skeleton, humanoid: Mapping[str, str | int] | None, weighted: NDArray[np.bool_] | None) -> RigMap:
    parents, at = tuple(int(p) for p in skeleton.parents), skeleton.rest[:, :3, 3].astype(np.float64)
    names = tuple(n[-LONGEST:] for n in skeleton.names)
    if humanoid:
        told = explicit(skeleton.names, humanoid)
        if len(REQUIRED & told.keys()) >= ENOUGH:
            _add_missing(told, read_words(names, parents), parents, fingers=False)
            return _judge(told, "vrm", 0.99, ["The file says itself which bone is which"], parents, at)
    best, family, rank = {}, "", (0, 0, 0)
    for candidate in families():
        found, marks = by_table(names, candidate)
        found = _clean(found, parents)
        score = (len(REQUIRED & found.keys()), len(found) + (3 if marks else 0), marks)
        if score > rank:
            best, family, rank = found, candidate, score
    words = read_words(names, parents)
    if rank[0] >= ENOUGH and rank[0] >= len(REQUIRED & words.keys()) - 1:
        _add_missing(best, words, parents)
        return _judge(best, family, 0.98, [f"The names are those of {title(family)}"], parents, at)
    if len(REQUIRED & words.keys()) >= len(REQUIRED):
        return _judge(words, "words", 0.92, ["The names say what the bones are"], parents, at)
    shape = _weighted_shape(parents, at, weighted)
    if len(REQUIRED & shape.keys()) >= len(REQUIRED & words.keys()):
        _name_sides(shape, names)
        fingers = {k: v for k, v in words.items() if k not in shape and v not in shape.values()}
        _add_missing(shape, fingers, parents)
        return _judge(shape, "shape", 0.75, ["The names say little; the shape of the tree is a figure's"], parents, at)
    _add_missing(words, shape, parents)
    return _judge(words, "words", 0.7, ["Some of the names say what the bones are"], parents, at)


def weighted_joints(avatar: Avatar) -> NDArray[np.bool_]:
    """(J,) whether a joint carries any vertex of the avatar."""
    out = np.zeros(len(avatar.skeleton.names) if avatar.skeleton else 0, bool)
    for part in avatar.parts:
        if part.mesh.joints is not None and part.mesh.weights is not None:
            out[part.mesh.joints[part.mesh.weights > 0]] = True
    return out


def _weighted_shape(parents: tuple[int, ...], at: F64, weighted: NDArray[np.bool_] | None) -> dict[str, int]:
    """`by_shape` on the joints that have weight somewhere at or below them."""
    if weighted is None or not weighted.any():
        return by_shape(parents, at)
    keep = weighted.copy()
    for i in range(len(parents) - 1, -1, -1):
        if keep[i] and parents[i] >= 0:
            keep[parents[i]] = True
    rows = np.flatnonzero(keep).tolist()
    place = {old: new for new, old in enumerate(rows)}
    found = by_shape(tuple(place.get(parents[r], -1) for r in rows), at[rows])
    return {bone: rows[joint] for bone, joint in found.items()}


def explicit(names: tuple[str, ...], humanoid: Mapping[str, str | int]) -> dict[str, int]:
    """A VRM map in our names. VRM 0.x calls the thumb's joints proximal, intermediate, distal."""
    number = {n: i for i, n in enumerate(names)}
    old = any("ThumbIntermediate" in b for b in humanoid)
    out: dict[str, int] = {}
    for bone, joint in humanoid.items():
        index = number.get(joint, -1) if isinstance(joint, str) else int(joint)
        name = bone[:1].lower() + bone[1:].replace(" ", "")
        if old and "Thumb" in name:
            name = name.replace("Proximal", "Metacarpal").replace("Intermediate", "Proximal")
        if name in INDEX and 0 <= index < len(names) and index not in out.values():
            out[name] = index
    return out


def _clean(found: dict[str, int], parents: tuple[int, ...]) -> dict[str, int]:
    """Without bones that do not hang below their canonical ancestors."""
    out: dict[str, int] = {}
    for name in NAMES:
        if name not in found:
            continue
        up = AXIS65[INDEX[name]].parent
        while up and up not in out:
            up = AXIS65[INDEX[up]].parent
        beside = up == "hips" and name in REQUIRED  # hips beside the spine or the legs: both below one root
        if not up or beside or name.endswith(("Twist", "Eye")) or is_below(parents, found[name], out[up]):
            out[name] = found[name]
    return out


def _add_missing(mine: dict[str, int], more: Mapping[str, int], parents: tuple[int, ...], fingers: bool = True) -> None:
    """Take bones over, in place, that fit into what is there."""
    for name in NAMES:
        if name not in more or name in mine or more[name] in mine.values():
            continue
        if name in ("spine", "chest", "upperChest") and "spine" in mine:
            continue
        finger = any(f.capitalize() in name for f in FINGERS)
        if finger and (not fingers or any(n in mine for n in _same_finger(name))):
            continue
        up = AXIS65[INDEX[name]].parent
        while up and up not in mine:
            up = AXIS65[INDEX[up]].parent
        if up and not is_below(parents, more[name], mine[up]):
            continue
        mine[name] = more[name]


def _same_finger(name: str) -> list[str]:
    side = "left" if name.startswith("left") else "right"
    finger = next(f for f in FINGERS if f.capitalize() in name)
    return finger_bones(side, finger)


def _name_sides(shape: dict[str, int], names: tuple[str, ...]) -> None:
    """Exchange left and right, in place, when the names say so."""
    right = wrong = 0
    for bone, joint in shape.items():
        said = side_of(names[joint])
        if said and mirror(bone) != bone:
            right, wrong = right + bone.startswith(said), wrong + (not bone.startswith(said))
    if wrong > right:
        swapped = {mirror(bone): joint for bone, joint in shape.items()}
        shape.clear()
        shape.update(swapped)


def _judge(
    joints: dict[str, int], family: str, belief: float, reasons: list[str], parents: tuple[int, ...], at: F64
) -> RigMap:
    """Check a mapping against the tree and the joints' places, and weigh it."""
    ordered = {n: joints[n] for n in NAMES if n in joints}
    missing = tuple(n for n in NAMES if n in REQUIRED and n not in ordered)
    wrong: list[str] = []
    for name, joint in ordered.items():
        up = AXIS65[INDEX[name]].parent
        while up and up not in ordered:
            up = AXIS65[INDEX[up]].parent
        if up and not name.endswith(("Twist", "Eye")) and not is_below(parents, joint, ordered[up]):
            wrong.append(f"{name} does not hang below {up}")
    odd = max(0.96 ** len(wrong), 0.75)  # rigs with feet beside their legs exist, and their names are right
    misplaced = _misplaced(ordered, at)
    wrong += misplaced
    confidence = belief * odd * 0.8 ** len(misplaced) * 0.9 ** len(missing)
    if missing:
        reasons.append("No joint serves as " + ", ".join(missing))
    return RigMap(ordered, family, round(confidence, 4), missing, (*reasons, *wrong))


def _misplaced(joints: Mapping[str, int], at: F64) -> list[str]:
    """What is wrong with where the joints are."""
    out: list[str] = []
    pair = [joints.get("leftUpperLeg"), joints.get("rightUpperLeg")]
    if None in pair or "head" not in joints:
        return out
    legs = at[[j for j in pair if j is not None]]
    feet = [at[joints[n]] for n in ("leftFoot", "rightFoot") if n in joints]
    up = at[joints["head"]] - (np.mean(feet, axis=0) if feet else legs.mean(axis=0))
    tall = float(np.linalg.norm(up))
    if tall < 1e-9:
        return ["Head and feet lie in one place"]
    up = up / tall
    across = legs[0] - legs[1]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for bone in ("UpperArm", "Hand"):
            if side + bone in joints:
                offset = float((at[joints[side + bone]] - legs.mean(axis=0)) @ across) * sign
                if offset < -1e-6 * tall * tall:
                    out.append(f"{side}{bone} lies on the other side")
    for bone in _LIMBS[:1] + _LIMBS[3:4]:
        a, b = (f"{side}{bone}" for side in ("left", "right"))
        ends = {"UpperArm": "LowerArm", "UpperLeg": "LowerLeg"}[bone]
        if all(n in joints for n in (a, b, f"left{ends}", f"right{ends}")):
            la = np.linalg.norm(at[joints[f"left{ends}"]] - at[joints[a]])
            lb = np.linalg.norm(at[joints[f"right{ends}"]] - at[joints[b]])
            if abs(la - lb) > 0.25 * max(la, lb):
                out.append(f"{a} and {b} differ in length")
            if max(la, lb) < 0.01 * tall:
                out.append(f"{a} has no length")
    if feet and float((np.mean(feet, axis=0) - legs.mean(axis=0)) @ up) > 0:
        out.append("The feet lie above the hips")
    return out

"""Bones by the words in their names and the tree: for rigs that no table knows."""

from .recognise_names import FINGERS, canonical, finger_bones, kind_of, side_of
from .recognise_shape import spine_bones


def is_below(parents: tuple[int, ...], joint: int, above: int) -> bool:
    """Whether `above` is an ancestor of `joint`."""
    joint = parents[joint]
    while joint >= 0:
        if joint == above:
            return True
        joint = parents[joint]
    return False


def read_words(names: tuple[str, ...], parents: tuple[int, ...]) -> dict[str, int]:
    """Canonical bone -> joint by the words in the names and the tree."""
    depth = [0] * len(names)
    for i, p in enumerate(parents):
        depth[i] = depth[p] + 1 if p >= 0 else 0
    found: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for i, name in enumerate(names):
        if kind := kind_of(name):
            found.setdefault(kind[:2], []).append((depth[i], kind[2], i))
    for rows in found.values():
        rows.sort()

    def first(kind: str, side: str = "") -> int | None:
        return found[kind, side][0][2] if (kind, side) in found else None

    out: dict[str, int] = {}

    def put(bone: str, joint: int | None) -> None:
        if joint is not None and joint not in out.values():
            out[bone] = joint

    for side in ("left", "right"):
        arms = [j for _, _, j in found.get(("arm", side), [])]
        upper, lower, hand = first("upperArm", side), first("lowerArm", side), first("hand", side)
        shoulder = first("shoulder", side)
        if upper is None and arms:
            upper = arms[0]
            if lower is None and len(arms) > 1:
                lower = arms[1]
        elif lower is None and upper is not None and arms and is_below(parents, arms[0], upper):
            lower = arms[0]
        if upper is None and shoulder is not None and lower is not None:
            shoulders = [j for _, _, j in found["shoulder", side]]
            upper, shoulder = (shoulders[1], shoulder) if len(shoulders) > 1 else (shoulder, None)
        if lower is None and upper is not None and len(rows := found.get(("upperArm", side), [])) > 1:
            lower = rows[-1][2]
        for bone, joint in (("shoulder", shoulder), ("upperArm", upper), ("lowerArm", lower), ("hand", hand)):
            put(canonical(side, bone), joint)
        legs = [j for _, _, j in found.get(("leg", side), [])]
        upper, lower, hip = first("upperLeg", side), first("lowerLeg", side), first("hipside", side)
        if upper is None:
            upper = hip if hip is not None and (lower is not None or legs) else (legs[0] if legs else None)
        if lower is None:
            lower = next((j for j in legs if j != upper), None)
        for bone, joint in (("upperLeg", upper), ("lowerLeg", lower), ("foot", first("foot", side))):
            put(canonical(side, bone), joint)
        put(canonical(side, "toes"), first("toes", side))
        put(canonical(side, "eye"), first("eye", side))
        for finger in FINGERS:
            rows = found.get((finger, side), [])
            chain = [j for _, _, j in rows]
            if finger != "thumb" and len(chain) > 3:
                chain = chain[1:] if rows[0][1] == 0 else chain  # a metacarpal
            for bone, joint in zip(finger_bones(side, finger), chain, strict=False):
                put(bone, joint)
    put("neck", first("neck"))
    put("head", first("head"))
    put("jaw", first("jaw"))
    _trunk(names, parents, out, first("hips"))
    return out


def _trunk(names: tuple[str, ...], parents: tuple[int, ...], out: dict[str, int], hips: int | None) -> None:
    """Hips and spine, in place: the legs' common ancestor if no name says it, and what lies between it and the neck."""

    def above(joint: int) -> list[int]:
        line = []
        while joint >= 0:
            line.append(joint)
            joint = parents[joint]
        return line

    legs = [out[n] for n in ("leftUpperLeg", "rightUpperLeg") if n in out]
    if hips is None and len(legs) == 2:
        other = set(above(legs[1]))
        hips = next((j for j in above(legs[0])[1:] if j in other), None)
    if hips is not None and hips not in out.values():
        out["hips"] = hips
    top = out.get("neck", out.get("head"))
    if top is None or hips is None:
        return
    line = above(top)[1:]
    joints = (
        line[: line.index(hips)] if hips in line else [j for j in line if (kind_of(names[j]) or ("",))[0] == "spine"]
    )
    joints = [j for j in reversed(joints) if j not in out.values() and not side_of(names[j])]
    known = [j for j in joints if (kind_of(names[j]) or ("",))[0] == "spine"]
    out |= spine_bones(known if len(known) >= 1 else joints)

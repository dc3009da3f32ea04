"""Unity's humanoid auto-mapper, re-implemented from facts about it: names are scored, hierarchy steps bound the search.

A role is looked for below the transform of the role above it, within a window of hierarchy steps; the best sum of all
scores wins. Scores: +20 for a keyword, -20 where the parent has it too, -1000 for a word that rules it out, +15 for the
right side, -1000 for the other one, up to 10 (5 where optional) for the direction. Lengths are not scored here: their
weight is not known. Source: Unity's AvatarAutoMapper (docs/engines.md).
"""

import re
from functools import cache
from typing import NamedTuple

import numpy as np
from tests.engines.rig_read import Rig

NEVER = -1000.0
END = ("end", "top", "nub")
UP, FRONT = (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


class Role(NamedTuple):
    """above: the role that it hangs below.  steps: fewest and most; from 0 on it may be left out.  words: any of them
    in the name.  not_words: none of them.  towards: where it lies from the role above; its x is for the left side."""

    above: str
    steps: tuple[int, int]
    words: tuple[str, ...] = ()
    towards: tuple[float, float, float] = UP
    required: bool = False
    not_words: tuple[str, ...] = ()


def _roles() -> dict[str, Role]:
    side: dict[str, Role] = {
        "UpperLeg": Role("Hips", (1, 2), ("up", "thigh"), (1, -0.2, 0), required=True),
        "LowerLeg": Role("UpperLeg", (1, 2), ("lo", "calf", "knee", "shin"), (0, -1, 0), required=True),
        "Foot": Role("LowerLeg", (1, 2), ("foot", "ankle"), (0, -1, 0), required=True),
        "Toes": Role("Foot", (1, 2), ("toe",), FRONT),
        "Shoulder": Role("UpperChest", (1, 3), ("shoulder", "collar", "clavicle"), (1, 0, 0)),
        "UpperArm": Role("Shoulder", (0, 2), ("up",), (1, 0, 0), required=True),
        "LowerArm": Role("UpperArm", (1, 2), ("lo", "fore", "elbow"), (1, 0, 0), required=True),
        "Hand": Role("LowerArm", (1, 2), ("hand", "wrist"), (1, 0, 0), required=True),
        "Eye": Role("Head", (1, 2), ("eye", "ball"), (0.5, 0.5, 1), not_words=("brow", "lid", "pony", "braid")),
    }
    fingers = {"Thumb": ("thu",), "Index": ("ind", "point"), "Middle": ("mid", "long"), "Ring": ("rin",)}
    for finger, words in {**fingers, "Little": ("lit", "pin")}.items():
        above, window = "Hand", (1, 3)
        for segment in ("Proximal", "Intermediate", "Distal"):
            aim = (1.0, 0.0, 1.0) if finger == "Thumb" else (1.0, 0.0, 0.0)
            side[f"{finger}{segment}"] = Role(above, window, words, aim, not_words=("palm", "wrist"))
            above, window = f"{finger}{segment}", (1, 1)
    out = {
        "Hips": Role("", (1, 3), ("hip", "pelvis"), required=True),
        "Spine": Role("Hips", (1, 3), ("spine",), required=True),
        "Chest": Role("Spine", (0, 3), ("chest", "spine")),
        "UpperChest": Role("Chest", (0, 3), ("up", "chest")),
        "Neck": Role("UpperChest", (1, 3), ("neck",)),
        "Head": Role("Neck", (0, 2), ("head",), required=True),
        "Jaw": Role("Head", (1, 2), ("jaw", "open"), FRONT, not_words=("teeth", "tongue", "pony", "braid")),
    }
    for hand in ("Left", "Right"):
        for name, role in side.items():
            out[hand + name] = role._replace(above=hand + role.above if role.above in side else role.above)
    return out


ROLES = _roles()
REQUIRED = tuple(n for n, r in ROLES.items() if r.required)
BELOW = {n: tuple(m for m, r in ROLES.items() if r.above == n) for n in ("", *ROLES)}


def words_of(name: str) -> str:
    """What the mapper compares: the part after the last colon, split at capitals, in lower case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.rpartition(":")[2]).lower()


def side_of(name: str) -> str:
    """ "Left", "Right" or ""."""
    plain = name.rpartition(":")[2]
    for hand in ("Left", "Right"):
        if (
            hand.lower() in plain.lower()
            or hand[0] in re.split(r"[ .:_-]", plain)
            or (hand[0].lower() in re.split(r"[ .:_-]", plain))
        ):
            return hand
    return ""


def auto_map(rig: Rig) -> dict[str, str]:
    """Role -> transform's name."""
    # bones: what carries skin, or has more than one child that is one
    bone = [n in rig.world for n in rig.names]
    forks = [sum(bone[c] for c in rig.children(i)) > 1 for i in range(len(rig.names))]
    valid = [b and (n in rig.weighted or f) for n, b, f in zip(rig.names, bone, forks, strict=True)]
    if sum(valid) < 15:
        valid = [True] * len(valid)
    kids: dict[int, list[int]] = {i: rig.children(i) for i in range(-1, len(rig.names))}

    @cache
    def reach(at: int, fewest: int, most: int) -> tuple[int, ...]:
        found, level = [], [at]
        for step in range(1, most + 1):
            level = [c for i in level for c in kids[i]]
            found += [c for c in level if step >= fewest and valid[c]]
        return tuple(found)

    @cache
    def score(name: str, at: int, candidate: int) -> float:
        role, text = ROLES[name], words_of(rig.names[candidate])
        if any(w in text for w in (*role.not_words, *END)):
            return NEVER
        total = 0.0
        if any(w in text for w in role.words):
            shared = at >= 0 and any(w in text and w in words_of(rig.names[at]) for w in role.words)
            total += 0.0 if shared else 20.0
        hand = next((h for h in ("Left", "Right") if name.startswith(h)), "")
        found = side_of(rig.names[candidate])
        if found != hand and found:
            return NEVER
        total += 15.0 if hand and found == hand else 0.0
        if at >= 0 and rig.names[at] in rig.world and rig.names[candidate] in rig.world:
            step = rig.step(rig.names[at], rig.names[candidate])
            aim = np.array(role.towards) * (-1 if hand == "Right" else 1, 1, 1)
            length = float(np.linalg.norm(step) * np.linalg.norm(aim))
            total += (10.0 if role.required else 5.0) * float(step @ aim) / length if length > 1e-9 else 0.0
        return total

    @cache
    def best(name: str, at: int) -> tuple[float, tuple[tuple[str, int], ...]]:
        role = ROLES[name]
        options: list[tuple[float, tuple[tuple[str, int], ...]]] = []
        if role.steps[0] == 0 or not role.required:  # left out: what hangs below it is looked for from here
            options.append(below(name, at) if role.steps[0] == 0 else (0.0, ()))
        for candidate in reach(at, max(role.steps[0], 1), role.steps[1]):
            own = score(name, at, candidate)
            if own > 0 or role.required:
                total, chosen = below(name, candidate)
                options.append((own + total, ((name, candidate), *chosen)))
        return max(options, key=lambda o: o[0], default=(NEVER, ()))

    def below(name: str, at: int) -> tuple[float, tuple[tuple[str, int], ...]]:
        found = [best(n, at) for n in BELOW[name]]
        return sum(f[0] for f in found), tuple(pair for f in found for pair in f[1])

    chosen = dict(best("Hips", -1)[1])
    for hand in ("Left", "Right"):
        fingers = [n for n in chosen if n.startswith(hand) and n.endswith(("Proximal", "Intermediate", "Distal"))]
        if len(fingers) < 3:
            for n in fingers:
                del chosen[n]
    return {role: rig.names[i] for role, i in chosen.items()}

"""Rules for how clips move over the ground. Only the legs are posed: eight joints and what lies above them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Clip
from ..formats.transforms import local_matrices
from ..geometry.rotations import rotation_matrices
from .animation import fits
from .registry import Cure, Finding, Target, rule, shared
from .skeleton_tree import above
from .walk import humanoid

F64 = NDArray[np.float64]
SUNK = 0.03  # metres that a foot's joint may come below its place at rest
NEAR, STILL = 0.015, 0.15  # metres above the rest height, metres per second upwards: a foot that stands
SLIDE = 0.02  # metres per step
FAR = 50.0  # metres
FEET = ("leftFoot", "leftToes", "rightFoot", "rightToes")
RETARGET = Cure("Use the Foundry's Clips", "Ask for `animations`: they are made for this very body, feet locked", 0.7)


class Steps(NamedTuple):
    """places: {canonical bone: (T, 3)} of the feet in model space, with the way that they go.  rest: their heights."""

    places: dict[str, F64]
    rest: dict[str, float]


@shared
def steps(clip: Clip, avatar: Avatar, platform: Target) -> Steps | None:
    """Where a clip puts the feet; None when it cannot be told."""
    skeleton = avatar.skeleton
    if skeleton is None or not fits(clip, avatar) or not len(clip.times):
        return None
    parents = skeleton.parents.tolist()
    bones = humanoid(avatar, platform)
    feet = {role: bones[role] for role in FEET if role in bones}
    chain = sorted({j for f in feet.values() for j in (f, *above(parents, f))})
    if not chain or any(parents[j] >= j for j in chain):
        return None
    hips = bones.get("hips", -1)
    local = local_matrices(skeleton.parents, skeleton.rest)
    turned: dict[int, F64] = {}
    at: dict[int, F64] = {}
    for j in chain:
        own = rotation_matrices(clip.rotations[:, j])
        step = np.broadcast_to(local[j, :3, 3], (len(own), 3))
        if j == hips and clip.translations is not None:
            step = clip.translations.astype(np.float64)
        elif skeleton.names[j] in clip.moves:
            step = clip.moves[skeleton.names[j]].astype(np.float64)
        up = parents[j]
        turned[j] = turned[up] @ own if up >= 0 else own
        at[j] = at[up] + np.einsum("tij,tj->ti", turned[up], step) if up >= 0 else step
    places = {role: _travelled(clip, at[j]) for role, j in feet.items()}
    return Steps(places, {role: float(skeleton.rest[j, 1, 3]) for role, j in feet.items()})


def _travelled(clip: Clip, places: F64) -> F64:
    """`places` (T, 3) where the clip's way over the ground takes them."""
    if clip.turn is not None:
        c, s = np.cos(clip.turn), np.sin(clip.turn)
        x, y, z = places.T
        places = np.stack([c * x + s * z, y, c * z - s * x], axis=1)
    return places + clip.travel if clip.travel is not None else places


@rule("animation/below-ground", severity="info", cure=RETARGET)
def below_ground(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clips keep the feet above the ground, to 3 cm.

    Clips of a taller body put a shorter one's feet through the floor."""
    for clip in avatar.clips:
        if (found := steps(clip, avatar, platform)) is None:
            continue
        depth = {role: found.rest[role] - float(p[:, 1].min()) for role, p in found.places.items()}
        role = max(depth, key=lambda r: depth[r])
        if depth[role] > SUNK:
            key = int(found.places[role][:, 1].argmin())
            message = f"{clip.name} puts {platform.bones.get(role, role)} {100 * depth[role]:.0f} cm into the ground"
            numbers = {"depth_m": round(depth[role], 4), "seconds": round(float(clip.times[key]), 3)}
            yield Finding("sunk", message, f"clips/{clip.name}", numbers, {"keys": [key]})


@rule("animation/foot-slide", severity="info", cure=RETARGET)
def foot_slide(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """In clips that travel, feet on the ground stay where they are, to 2 cm.

    Feet that slide look like skating; clips that walk on the spot are not judged."""
    for clip in avatar.clips:
        if clip.travel is None or len(clip.times) < 3 or (found := steps(clip, avatar, platform)) is None:
            continue
        worst = max((_slide(clip, found, role) for role in found.places if role.endswith("Toes")), default=0.0)
        if worst > SLIDE:
            message = f"a foot of {clip.name} slides {100 * worst:.0f} cm while it stands"
            yield Finding("slides", message, f"clips/{clip.name}", {"slide_m": round(worst, 4), "limit_m": SLIDE})


def _slide(clip: Clip, found: Steps, role: str) -> float:
    """Metres that a foot slips in the worst of the spans in which it stands."""
    p = found.places[role]
    rate = np.gradient(p[:, 1], clip.times.astype(np.float64))
    stands = (p[:, 1] < found.rest[role] + NEAR) & (np.abs(rate) < STILL)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], stands.astype(np.int8), [0]])))
    spans = [p[a:b, [0, 2]] for a, b in edges.reshape(-1, 2).tolist()]
    return max((float(np.linalg.norm(s - s[0], axis=1).max()) for s in spans), default=0.0)


@rule(
    "animation/travel",
    severity="warning",
    cure=Cure("Check the Unit", "Metres were written as centimetres, or frames lost", 0.6),
)
def travel(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clips start where the figure stands, and go no further than 50 m.

    A clip that begins elsewhere makes the avatar jump; far ways are centimetres taken for metres."""
    for clip in avatar.clips:
        if clip.travel is None or not fits(clip, avatar) or not len(clip.times):
            continue
        start, most = float(np.abs(clip.travel[0]).max()), float(np.abs(clip.travel).max())
        if start > 0.01 or most > FAR:
            numbers = {"start_m": round(start, 4), "furthest_m": round(most, 3)}
            yield Finding(
                "elsewhere",
                f"{clip.name} begins {start:.2f} m off and goes {most:.0f} m",
                f"clips/{clip.name}",
                numbers,
            )


@rule(
    "animation/root-motion",
    severity="hint",
    cure=Cure("Take the Way from the Hips", "Set the engine's root motion node to the hips", 0.7),
)
def root_motion(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clips that travel have a root joint to carry the way.

    Without one the hips carry it: engines that look for a root bone leave the capsule behind."""
    if platform.root or avatar.skeleton is None:
        return
    ways = [c.name for c in avatar.clips if c.travel is not None and np.abs(c.travel).max(initial=0.0) > 0.01]
    if ways:
        message = f"{len(ways)} clips put their way on the hips: {', '.join(ways[:4])}"
        yield Finding("hips", message, "clips", {"clips": len(ways)})

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
def steps(avatar: Avatar, platform: Target) -> dict[int, Steps]:
    """Where clips put the feet, by the clip's place in the list; those of which it cannot be told are left out.

    All keys of all clips are posed at once: the legs are few joints, and keys are many."""
    skeleton = avatar.skeleton
    if skeleton is None:
        return {}
    parents = skeleton.parents.tolist()
    bones = humanoid(avatar, platform)
    feet = {role: bones[role] for role in FEET if role in bones}
    chain = sorted({j for f in feet.values() for j in (f, *above(parents, f))})
    clips = {k: c for k, c in enumerate(avatar.clips) if len(c.times) and fits(c, avatar)}
    if not chain or not clips or any(parents[j] >= j for j in chain):
        return {}
    turns = rotation_matrices(np.concatenate([c.rotations[:, chain] for c in clips.values()]))
    local = local_matrices(skeleton.parents, skeleton.rest)
    turned: dict[int, F64] = {}
    at: dict[int, F64] = {}
    for k, j in enumerate(chain):
        placed = [_placed(c, skeleton.names[j], j == bones.get("hips")) for c in clips.values()]
        step = np.broadcast_to(local[j, :3, 3], (len(turns), 3))
        if any(p is not None for p in placed):
            rest = [np.broadcast_to(local[j, :3, 3], (len(c.times), 3)) for c in clips.values()]
            step = np.concatenate([r if p is None else p for p, r in zip(placed, rest, strict=True)])
        up = parents[j]
        turned[j] = turned[up] @ turns[:, k] if up >= 0 else turns[:, k]
        at[j] = at[up] + (turned[up] @ step[..., None])[..., 0] if up >= 0 else step
    heights = {role: float(skeleton.rest[j, 1, 3]) for role, j in feet.items()}
    ends = np.cumsum([len(c.times) for c in clips.values()]).tolist()
    found = {}
    for (k, clip), start, end in zip(clips.items(), [0, *ends], ends, strict=False):
        found[k] = Steps({role: _travelled(clip, at[j][start:end]) for role, j in feet.items()}, heights)
    return found


def _placed(clip: Clip, name: str, hips: bool) -> F64 | None:
    """(T, 3) where the clip puts a joint in its parent; None: where it rests."""
    own = clip.moves.get(name, clip.translations if hips else None)
    return own.astype(np.float64) if own is not None else None


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
    for k, found in steps(avatar, platform).items():
        clip = avatar.clips[k]
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
    for k, found in steps(avatar, platform).items():
        clip = avatar.clips[k]
        if clip.travel is None or len(clip.times) < 3:
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

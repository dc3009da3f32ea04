"""Rules for clips: their tables, names and loops. How they move over the ground is animation_motion.py's."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar, Clip
from .registry import Cure, Finding, Target, rule
from .walk import shape_names

UNIT = 1e-3  # what rotations kept as 16-bit numbers may be off in length, with room
LOOP_TURN, LOOP_MOVE, LOOP_SHAPE = 1.0, 1e-3, 0.02  # degrees, metres, weight between last key and first
SPARSE, DENSE = 1.0, 240.0  # keys per second
LONG = 120.0  # seconds
AGAIN = Cure("Export the Clip Again", "Bake the clip to one key per frame for every joint, and export again", 0.7)
RENAME = Cure("Rename the Clips", "Give each clip a plain name of its own", 0.9)


def fits(clip: Clip, avatar: Avatar) -> bool:
    """Whether the clip's tables have the sizes that they should have."""
    t, j = len(clip.times), len(avatar.skeleton.names) if avatar.skeleton is not None else 0
    return (
        clip.rotations.shape == (t, j, 4)
        and all(a is None or a.shape == (t, 3) for a in (clip.translations, clip.travel, *clip.moves.values()))
        and all(a is None or a.shape == (t,) for a in (clip.turn, *clip.shapes.values()))
    )


@rule("animation/times", severity="error", cure=AGAIN)
def times(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Keys have rising times, from 0 on.

    glTF forbids others: players stop, divide by zero or show the keys in another order."""
    for clip in avatar.clips:
        where, t = f"clips/{clip.name}", clip.times
        if not len(t):
            yield Finding("empty", f"{clip.name} has no keys", where)
        elif not np.isfinite(t).all():
            yield Finding("not-finite", f"a key of {clip.name} has no time", where)
        elif t[0] < 0:
            yield Finding("negative", f"{clip.name} begins at {t[0]:.3f} s", where, {"seconds": float(t[0])})
        elif (off := np.diff(t) <= 0).any():
            k = int(off.argmax())
            message = f"key {k + 1} of {clip.name} does not come after key {k}"
            yield Finding(
                "order", message, where, {"keys": int(off.sum())}, {"keys": np.flatnonzero(off)[:64].tolist()}
            )


@rule("animation/joint-count", severity="error", cure=AGAIN)
def joint_count(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clips turn the joints that the skeleton has, with one value per key.

    A table of another size moves the wrong bones, or reads past its end."""
    for clip in avatar.clips:
        if not fits(clip, avatar):
            joints = len(avatar.skeleton.names) if avatar.skeleton is not None else 0
            message = (
                f"{clip.name} has {clip.rotations.shape[:2]} rotations for {len(clip.times)} keys, {joints} joints"
            )
            numbers = {"keys": len(clip.times), "joints": joints}
            yield Finding("size", message, f"clips/{clip.name}", numbers)


@rule("animation/moved-joint", severity="error", cure=AGAIN)
def moved_joint(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Joints whose place a clip changes are joints of the skeleton.

    A track without its joint is dropped by some players and refused by others."""
    names = set(avatar.skeleton.names) if avatar.skeleton is not None else set()
    for clip in avatar.clips:
        if missing := sorted(set(clip.moves) - names):
            yield Finding("unknown", f"{clip.name} moves {missing[0]}, which is no joint", f"clips/{clip.name}")


@rule("animation/unit-rotation", severity="error", cure=AGAIN)
def unit_rotation(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Rotations are unit quaternions.

    Others scale and shear the bone, or are NaN after one interpolation; validators refuse them."""
    for clip in avatar.clips:
        if not clip.rotations.size or clip.rotations.ndim != 3:
            continue
        square = np.einsum("tjc,tjc->tj", clip.rotations, clip.rotations)
        off = ~(np.abs(square - 1.0) < 2 * UNIT)
        if off.any():
            key, joint = np.unravel_index(int(off.argmax()), off.shape)
            numbers = {"rotations": int(off.sum()), "length": round(float(np.sqrt(square[key, joint])), 4)}
            elements = {"keys": [int(key)], "joints": [int(joint)]}
            message = f"{int(off.sum())} rotations of {clip.name} are not of length 1"
            yield Finding("not-unit", message, f"clips/{clip.name}", numbers, elements)


@rule("animation/finite", severity="error", cure=AGAIN)
def finite(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Places, ways and weights of clips are numbers.

    NaN in one key takes the avatar out of the picture for the rest of the game."""
    for clip in avatar.clips:
        tracks = {
            "translations": clip.translations,
            "travel": clip.travel,
            "turn": clip.turn,
            **clip.moves,
            **clip.shapes,
        }
        for track, values in tracks.items():
            if values is not None and not np.isfinite(values).all():
                yield Finding("not-finite", f"{track} of {clip.name} has no value at some key", f"clips/{clip.name}")


@rule("animation/short-way", severity="info", cure=AGAIN)
def short_way(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Between two keys no joint turns more than half a circle.

    Players take the short way round: beyond 180 degrees the limb swings backwards."""
    for clip in avatar.clips:
        if not fits(clip, avatar) or len(clip.times) < 2:
            continue
        dot = np.einsum("tjc,tjc->tj", clip.rotations[1:], clip.rotations[:-1])
        worst = float(np.abs(dot).min())
        if worst < 0.05:  # 174 degrees: the sign of what is left is noise
            key, joint = np.unravel_index(int(np.abs(dot).argmin()), dot.shape)
            message = f"{clip.name} turns a joint by half a circle in one step"
            elements = {"keys": [int(key)], "joints": [int(joint)]}
            degrees = round(float(np.degrees(2 * np.arccos(min(worst, 1.0)))), 1)
            yield Finding("far", message, f"clips/{clip.name}", {"degrees": degrees}, elements)


@rule("animation/unique-name", severity="error", cure=RENAME)
def unique_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No two clips share a name, and none is without.

    Engines file clips by name: the second replaces the first, or gets a number that no state machine knows."""
    for name, count in sorted(Counter(c.name for c in avatar.clips).items()):
        if count > 1:
            yield Finding("repeated", f"{count} clips are called {name}", f"clips/{name}", {"count": count})
        if not name.strip():
            yield Finding("nameless", "a clip has no name", "clips")


@rule("animation/name", severity="warning", cure=RENAME)
def name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clip names are of letters, digits, blanks, _ and -, and differ in more than case.

    Unreal and Windows make files of them, Godot keeps / and : for libraries and tracks: others are replaced."""
    for name, count in sorted(Counter(n.lower() for n in {c.name for c in avatar.clips}).items()):
        if count > 1:
            yield Finding(
                "case", f"{count} clips called {name} differ in case alone", f"clips/{name}", {"count": count}
            )
    for clip in avatar.clips:
        if clip.name and not re.fullmatch(r"\w[\w -]*", clip.name):
            yield Finding("character", f"the clip name {clip.name!r} will be changed on import", f"clips/{clip.name}")


@rule(
    "animation/loop-name",
    severity="hint",
    cure=Cure("Rename the Clips", "End the names of loops, and only those, in -loop", 0.7),
)
def loop_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Where the platform reads loops from names, those that end in its word are loops, and loops end in it.

    Godot plays `walk-loop` round and round, and `walk` once; it takes the ending off."""
    if not platform.loops:
        return
    ending = re.compile(r"[-_$](loop|cycle)$", re.IGNORECASE)  # what Godot obeys
    for clip in avatar.clips:
        if bool(ending.search(clip.name)) != clip.loop:
            says = "is named as a loop and is none" if not clip.loop else "is a loop and not named so"
            yield Finding("loop", f"{clip.name} {says}", f"clips/{clip.name}")


@rule("animation/loop-closes", severity="warning", cure=AGAIN)
def loop_closes(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The last key of a loop is its first: to 1 degree, 1 mm and 2 % of a shape.

    A loop that does not close jerks once in every round."""
    for clip in avatar.clips:
        if not clip.loop or not fits(clip, avatar) or not len(clip.times):
            continue
        dot = np.abs(np.einsum("jc,jc->j", clip.rotations[0].astype(np.float64), clip.rotations[-1]))
        turn = float(np.degrees(2 * np.arccos(np.minimum(dot, 1.0))).max(initial=0.0))
        tables = [a for a in (clip.translations, *clip.moves.values()) if a is not None]
        move = max((float(np.abs(a[0] - a[-1]).max()) for a in tables), default=0.0)
        weight = max((float(abs(a[0] - a[-1])) for a in clip.shapes.values()), default=0.0)
        if turn > LOOP_TURN or move > LOOP_MOVE or weight > LOOP_SHAPE:
            numbers = {"degrees": round(turn, 2), "metres": round(move, 5), "weight": round(weight, 3)}
            yield Finding("open", f"the loop {clip.name} does not close", f"clips/{clip.name}", numbers)


@rule(
    "animation/shape-name",
    severity="warning",
    cure=Cure("Name Existing Shapes", "Ask for `morph_targets`, or leave the face out", 0.7),
)
def shape_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clips drive shapes that the avatar has.

    Tracks of others are left out: the figure moves and its face does not."""
    there = set(shape_names(avatar))
    for clip in avatar.clips:
        if missing := [n for n in clip.shapes if n not in there]:
            message = f"{clip.name} drives {len(missing)} shapes that are not there: {', '.join(missing[:4])}"
            yield Finding("unknown", message, f"clips/{clip.name}", {"missing": len(missing)})


@rule(
    "animation/shape-weight",
    severity="warning",
    cure=Cure("Clamp the Weights", "Bring the weights of shapes into 0..1", 0.9),
)
def shape_weight(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clips drive shapes between 0 and 1.

    Unity and VRM clamp the weights, glTF viewers do not: the same clip looks different in each."""
    for clip in avatar.clips:
        for shape, values in clip.shapes.items():
            if len(values) and (values.min() < -1e-4 or values.max() > 1 + 1e-4):
                numbers = {"lowest": round(float(values.min()), 3), "highest": round(float(values.max()), 3)}
                yield Finding("range", f"{clip.name} drives {shape} outside 0..1", f"clips/{clip.name}", numbers)


@rule("animation/key-rate", severity="info", cure=AGAIN)
def key_rate(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Moving clips have between 1 and 240 keys a second.

    Fewer leave the motion to interpolation, which bends no elbow; more are a unit mistake, and cost memory."""
    for clip in avatar.clips:
        if len(clip.times) < 3 or not (span := float(clip.times[-1] - clip.times[0])) > 0:
            continue
        rate = (len(clip.times) - 1) / span
        if not SPARSE <= rate <= DENSE:
            yield Finding(
                "rate",
                f"{clip.name} has {rate:.3g} keys a second",
                f"clips/{clip.name}",
                {"per_second": round(rate, 3)},
            )


@rule(
    "animation/length",
    severity="info",
    cure=Cure("Cut the Clip", "Split the clip, or export the range that is played", 0.7),
)
def length(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Clips are no longer than two minutes.

    Longer ones are a whole time line that was exported by mistake, or frames that were taken for seconds."""
    for clip in avatar.clips:
        if len(clip.times) and (end := float(clip.times[-1])) > LONG:
            yield Finding("long", f"{clip.name} takes {end:.0f} s", f"clips/{clip.name}", {"seconds": round(end, 2)})

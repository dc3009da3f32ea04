"""Rules for bones: their names and their matrices."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar
from ..humanoid import mirror
from .registry import Cure, Finding, Target, rule
from .walk import humanoid

SCALE_TOLERANCE = 1e-3
MIRROR_TOLERANCE = 0.02  # metres; scanned and posed people are not exactly symmetric
RENAME = Cure("Rename the Bones", "Give the bones names of A-Z, a-z, 0-9 and _ that differ in more than case", 0.9)
LONGEST = 63  # bytes that Blender keeps of a name
COPY = re.compile(r"\.\d{3}$")


@rule(
    "skeleton/required-bone",
    severity="error",
    cure=Cure("Name the Missing Joints", "Say where the joints lie with `hints`, or upload a complete skeleton", 0.7),
)
def required_bone(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The bones that the platform's humanoid needs are there.

    Without one of them the avatar cannot be retargeted."""
    if avatar.skeleton is None:
        yield Finding("no-skeleton", "the avatar has no skeleton", "skeleton")
        return
    for name in sorted(set(platform.required) - set(avatar.skeleton.names)):
        yield Finding("missing", f"the bone {name} is missing", f"skeleton/{name}")


@rule("skeleton/unique-name", severity="error", cure=RENAME)
def unique_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No two bones share a name.

    Engines find bones by name and take the first; upper and lower case count as the same."""
    if avatar.skeleton is None:
        return
    names = [n.lower() for n in avatar.skeleton.names]
    for name, count in sorted(Counter(names).items()):
        if count > 1:
            joints = [i for i, n in enumerate(names) if n == name]
            message = f"{count} bones are called {name}"
            yield Finding("repeated", message, f"skeleton/{name}", {"count": count}, {"joints": joints})


@rule("skeleton/bone-name", severity="error", cure=RENAME)
def bone_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Bone names use only characters that the platform keeps.

    Loaders replace the others, and clips no longer find their bones."""
    if avatar.skeleton is None:
        return
    for i, name in enumerate(avatar.skeleton.names):
        if not re.fullmatch(platform.bone_pattern, name):
            message = f"the bone name {name!r} will be changed on import"
            yield Finding("character", message, f"skeleton/{name}", elements={"joints": [i]})


@rule("skeleton/name-length", severity="warning", cure=RENAME)
def name_length(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Bone names have at most 63 characters.

    Blender cuts longer ones off; two that begin alike become one with a number."""
    if avatar.skeleton is None:
        return
    for i, name in enumerate(avatar.skeleton.names):
        if len(name.encode()) > LONGEST:
            numbers = {"length": len(name.encode()), "limit": LONGEST}
            yield Finding(
                "long", f"the bone name {name[:20]}.. is too long", f"skeleton/{name}", numbers, {"joints": [i]}
            )


@rule("skeleton/copied-name", severity="info", cure=RENAME)
def copied_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No bone name ends in .001 and the like.

    Blender numbers copies so: there are two sets of bones, and clips made for one do not move the other."""
    if avatar.skeleton is None:
        return
    for i, name in enumerate(avatar.skeleton.names):
        if COPY.search(name):
            yield Finding("copy", f"{name} is named as a copy", f"skeleton/{name}", elements={"joints": [i]})


@rule(
    "skeleton/matrix",
    severity="error",
    cure=Cure(
        "Export the Skeleton Again", "A rest transform cannot be used: apply all transforms and export again", 0.6
    ),
)
def matrix(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Rest transforms are numbers, and affine: their last row is 0, 0, 0, 1.

    They are inverted for the skin; a bad one sends every vertex of its bone to nowhere."""
    if avatar.skeleton is None:
        return
    rest = avatar.skeleton.rest
    off = ~np.isfinite(rest).all(axis=(1, 2)) | (rest[:, 3] != np.array([0, 0, 0, 1], np.float32)).any(axis=1)
    for i in np.flatnonzero(off).tolist():
        name = avatar.skeleton.names[i]
        message = f"the rest transform of {name} is not affine"
        yield Finding("not-affine", message, f"skeleton/{name}", elements={"joints": [i]})


@rule(
    "skeleton/scale",
    severity="error",
    cure=Cure("Apply the Scale", "Apply scale to the armature before export, so that every bone has scale 1", 0.8),
)
def scale(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No bone is scaled, sheared or mirrored in its rest pose.

    Scaled bones deform what hangs below them as soon as they turn."""
    if avatar.skeleton is None:
        return
    axes = avatar.skeleton.rest[:, :3, :3].astype(np.float64)
    error = np.abs(axes @ axes.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2))
    off = (error > SCALE_TOLERANCE) | (np.linalg.det(axes) < 0)
    for i in np.flatnonzero(off).tolist():
        name = avatar.skeleton.names[i]
        numbers = {"scale": round(float(np.linalg.norm(axes[i], axis=0).max()), 4)}
        yield Finding("scaled", f"the bone {name} is scaled or sheared", f"skeleton/{name}", numbers, {"joints": [i]})


@rule(
    "skeleton/symmetric",
    severity="info",
    cure=Cure("Mirror One Side", "Place the joints of one side as the mirror of the other, with `hints`", 0.4),
)
def symmetric(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Left and right joints mirror each other.

    Mirrored clips and poses slip on a skeleton that does not."""
    if avatar.skeleton is None:
        return
    bones, at = humanoid(avatar, platform), avatar.skeleton.rest[:, :3, 3]
    pairs = [(bones[n], bones[mirror(n)]) for n in bones if n.startswith("left") and mirror(n) in bones]
    if not pairs:
        return
    left, right = np.array(pairs).T
    gaps = np.abs(at[left] - at[right] * np.array([-1, 1, 1], np.float32)).max(axis=1)
    k = int(gaps.argmax())
    if (gap := float(gaps[k])) > MIRROR_TOLERANCE:
        name = avatar.skeleton.names[int(left[k])]
        message = f"{name} and its mirror differ by {gap * 100:.1f} cm"
        numbers = {"gap_m": round(gap, 4), "limit_m": MIRROR_TOLERANCE}
        yield Finding("asymmetric", message, f"skeleton/{name}", numbers, {"joints": [int(left[k]), int(right[k])]})

"""Rules about an upload's skeleton and skin."""

from collections.abc import Iterator

import numpy as np

from ..humanoid import REQUIRED
from .registry import Cure, Finding
from .source_registry import source_rule
from .source_subject import Subject, plural, some

LIMIT = 4
SUM = 1e-3
AXES = 1e-3  # how far a bone's axes may be from a rotation
ARMS_DOWN = 70.0  # degrees below level: arms that touch the body


@source_rule(
    "source/influences",
    severity="info",
    cure=Cure("Limit Joints per Vertex", "Keep each vertex's four strongest joints", 0.9, "limit-influences"),
)
def influences(subject: Subject) -> Iterator[Finding]:
    """No vertex hangs on more than four joints.

    Engines drop the surplus without a word, and the surface dents."""
    for part in subject.avatar.parts:
        w = part.mesh.weights
        if w is not None and w.shape[1] > LIMIT and (over := (w > 0).sum(axis=1) > LIMIT).any():
            numbers = {"vertices": int(over.sum()), "most": int((w > 0).sum(axis=1).max())}
            message = f"Vertices of {part.name} hang on up to {numbers['most']} joints"
            rows = some(np.flatnonzero(over))
            yield Finding("too-many", message, f"parts/{part.name}/lods/0", numbers, {"vertices": rows})
    most = subject.source.counts.get("influences", 0) if subject.source is not None else 0
    if most > LIMIT:
        message = f"The file has vertices on up to {most} joints; the four strongest were read"
        yield Finding("in-file", message, "parts", {"most": most}, {}, 1.0, "-")


@source_rule(
    "source/weight-sum",
    severity="info",
    cure=Cure("Normalise Skin Weights", "Scale the weights of each vertex to the sum of 1", 0.97, "normalise-weights"),
)
def weight_sum(subject: Subject) -> Iterator[Finding]:
    """The weights of a vertex sum to 1 and none is negative.

    Other sums pull the vertex towards the origin or blow it out."""
    for part in subject.avatar.parts:
        w = part.mesh.weights
        if w is None or not len(w):
            continue
        total = w.sum(axis=1, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            off = ((np.abs(total - 1) > SUM) & (w > 0).any(axis=1)) | (w < 0).any(axis=1)
        if off.any():
            numbers = {"vertices": int(off.sum()), "worst": round(float(np.nanmax(np.abs(total - 1)[off])), 6)}
            message = f"The weights of {plural(int(off.sum()), 'vertex', 'vertices')} of {part.name} do not sum to 1"
            rows = some(np.flatnonzero(off))
            yield Finding("sum", message, f"parts/{part.name}/lods/0", numbers, {"vertices": rows})
    for name, count in sorted(subject.source.unnormalised.items()) if subject.source is not None else ():
        message = f"The weights of {plural(count, 'vertex', 'vertices')} of {name} did not sum to 1 in the file"
        yield Finding("in-file", message, f"parts/{name}/lods/0", {"vertices": count}, {}, 1.0, "-")


@source_rule(
    "source/unbound-vertex",
    severity="warning",
    cure=Cure("Bind Loose Vertices", "Give loose vertices the weights of their neighbours", 0.8, "bind-loose-vertices"),
)
def unbound_vertex(subject: Subject) -> Iterator[Finding]:
    """Every vertex of a skinned figure hangs on a joint.

    A loose vertex stays behind when the figure moves, and draws its faces out behind it."""
    if subject.avatar.skeleton is None:
        return
    for part in subject.avatar.parts:
        m, where = part.mesh, f"parts/{part.name}/lods/0"
        if m.weights is None or m.joints is None:
            numbers = {"vertices": len(m.positions)}
            yield Finding("part", f"{part.name} has no skin weights", where, numbers, {}, 0.5, "-")
            continue
        loose = np.asarray(~(m.weights > 0).any(axis=1))
        if loose.any():
            message = f"{plural(int(loose.sum()), 'vertex', 'vertices')} of {part.name} hang on no joint"
            rows = some(np.flatnonzero(loose))
            yield Finding("loose", message, where, {"vertices": int(loose.sum())}, {"vertices": rows})
    for name, rows_ in sorted(subject.source.unbound.items()) if subject.source is not None else ():
        message = f"{plural(len(rows_), 'vertex', 'vertices')} of {name} hung on no joint in the file"
        numbers = {"vertices": len(rows_)}
        yield Finding("in-file", message, f"parts/{name}/lods/0", numbers, {"vertices": some(rows_)})


@source_rule(
    "source/bind-matrix",
    severity="warning",
    cure=Cure("Rebuild the Bind Pose", "Apply scale and shear in the modelling tool and export again", 0.6),
)
def bind_matrix(subject: Subject) -> Iterator[Finding]:
    """Each joint's rest transform is a turn and a move, and can be inverted.

    Scaled, sheared, mirrored or flat joints deform whatever hangs on them as soon as they turn."""
    bones = subject.avatar.skeleton
    if bones is None:
        return
    axes = bones.rest[:, :3, :3].astype(np.float64)
    finite = np.asarray(np.isfinite(bones.rest).all(axis=(1, 2)))
    axes = np.where(finite[:, None, None], axes, 0)
    det = np.linalg.det(axes)
    length = np.linalg.norm(axes, axis=1)
    small = np.abs(det) < 1e-9 * np.maximum(length.prod(axis=1), 1e-30)
    flat = np.asarray(~finite | small | (length.min(axis=1) < 1e-12))
    unit = axes / np.maximum(length, 1e-30)[:, None, :]
    skewed = ~flat & (np.abs(unit.transpose(0, 2, 1) @ unit - np.eye(3)).max(axis=(1, 2)) > AXES)
    uneven = ~flat & (length.max(axis=1) > length.min(axis=1) * (1 + 10 * AXES))
    mirrored = ~flat & (det < 0)
    for code, rows, what in (
        ("singular", flat, "cannot be inverted"),
        ("sheared", skewed, "is sheared"),
        ("uneven-scale", uneven & ~skewed, "is scaled unevenly"),
        ("mirrored", mirrored & ~skewed & ~uneven, "is mirrored"),
    ):
        if rows.any():
            at = np.flatnonzero(rows)
            name = bones.names[int(at[0])]
            more = f" and {len(at) - 1} more" if len(at) > 1 else ""
            message = f"The rest transform of {name}{more} {what}"
            yield Finding(code, message, f"skeleton/{name}", {"joints": len(at)}, {"joints": some(at)})
    for note in subject.notes:
        if "another pose than its skin was bound in" in note:
            yield Finding("other-pose", note, "skeleton", {}, {}, 1.0, "-")


@source_rule(
    "source/humanoid-bone",
    severity="info",
    cure=Cure("Add Missing Bones", "Map the bones by hand, or upload without the skeleton to have one made", 0.6),
)
def humanoid_bone(subject: Subject) -> Iterator[Finding]:
    """A skeleton has the bones that every humanoid needs.

    Without them clips cannot be retargeted. Known once the bones were recognised."""
    if subject.avatar.skeleton is None or subject.bones is None:
        return
    missing = sorted(REQUIRED - set(subject.bones))
    if missing:
        message = f"The skeleton lacks {plural(len(missing), 'bone')}: {', '.join(missing[:6])}"
        yield Finding("missing", message, "skeleton", {"bones": len(missing), "found": len(subject.bones)})


@source_rule(
    "source/pose",
    severity="hint",
    cure=Cure("Use a T- or A-Pose", "Spread the arms and legs before upload; limbs that touch are hard to part", 0.6),
)
def pose(subject: Subject) -> Iterator[Finding]:
    """The figure stands with its arms away from its body.

    Arms that hang against the hips are hard to tell from them. Known once the bones were recognised."""
    bones = subject.avatar.skeleton
    if bones is None or subject.bones is None:
        return
    at = dict(zip(bones.names, bones.rest[:, :3, 3].astype(np.float64), strict=True))
    for side in ("left", "right"):
        upper = at.get(subject.bones.get(f"{side}UpperArm", ""))
        lower = at.get(subject.bones.get(f"{side}LowerArm", ""))
        if upper is None or lower is None:
            continue
        along = lower - upper
        droop = float(np.degrees(np.arctan2(-along[1], np.hypot(along[0], along[2]))))
        if droop > ARMS_DOWN:
            message = f"The {side} arm hangs {droop:.0f} degrees below level"
            yield Finding(
                "arm-down", message, f"skeleton/{subject.bones[f'{side}UpperArm']}", {"degrees": round(droop, 1)}
            )

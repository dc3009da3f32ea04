"""A skeleton for the upload: its own, adopted, or one found in its shape; and the skin that goes with it."""

from dataclasses import replace

import numpy as np

from ..autorig.adopt import adopt, skeleton_from
from ..autorig.bind import bind
from ..autorig.fit import Fit, fit
from ..autorig.recognise import recognise
from ..avatar import Avatar
from ..errors import NotHumanoid, RigUncertain, Suggestion
from ..humanoid import REQUIRED
from ..pipeline import stage
from ..repair.place import transform
from .ledger import Ledger, Rig
from .merged import merge
from .options import Options
from .picture import draw_fit
from .places import Placing

HUMANOID = 0.5  # less is no figure
KNOWN = 0.6  # a skeleton recognised with less is not trusted


@stage("rigging", cost=1000)
def find_skeleton(avatar: Avatar, ledger: Ledger, options: Options) -> Avatar:
    """Find the skeleton."""
    if avatar.skeleton is not None and not options.hints:
        mapping = recognise(avatar, ledger.source)
        if mapping.confidence >= KNOWN:
            adopted = adopt(avatar, mapping)
            ledger.rig = Rig(
                "kept" if adopted.skeleton and len(adopted.skeleton.names) == len(avatar.skeleton.names) else "mapped",
                mapping.confidence,
                dict.fromkeys(mapping.names, mapping.confidence),
                mapping.family,
                mapping.reasons,
                ledger.moved.back({n: avatar.skeleton.rest[j, :3, 3] for n, j in mapping.joints.items()}),
                ledger.moved,
            )
            return adopted
        ledger.notes.append(
            f"The file's skeleton is no humanoid that we know ({'; '.join(mapping.reasons)}): made anew."
        )
    merged = merge(avatar)
    found = fit(merged.surface, {name: ledger.moved.at(np.array(p)) for name, p in options.hints.items()})
    ledger.fit = found
    least = min((found.confidence[n] for n in REQUIRED if n in found.confidence), default=0.0)
    placing = ledger.moved.then(Placing(found.scale, found.turn, found.shift))
    ledger.rig = Rig(
        "created",
        least,
        dict(found.confidence),
        notes=found.reasons,
        places=placing.back(found.joints),
        placing=placing,
        hints=tuple(options.hints),
    )
    judge_fit(found, avatar, options, ledger.rig)
    bare = avatar.map_meshes(lambda mesh: replace(mesh, joints=None, weights=None))
    stood = transform(
        replace(bare, skeleton=None, clips=(), springs=()), scale=found.scale, turn=found.turn, shift=found.shift
    )
    return replace(stood, skeleton=skeleton_from(found.joints))


def judge_fit(found: Fit, avatar: Avatar, options: Options, rig: Rig) -> None:
    """Refuse what is no figure, or what is not sure enough. Raises NotHumanoid, RigUncertain."""
    if found.humanoid < HUMANOID:
        raise NotHumanoid(
            "No human figure was found in the mesh: " + "; ".join(found.reasons or ("its shape has no limbs",)),
            confidence=found.humanoid,
            reasons=found.reasons,
            suggestions=(
                Suggestion("Upload one standing figure", "Head, two arms and two legs, apart from each other.", 0.6),
                Suggestion("Point out joints", "Send `hints` with the places of a few joints.", 0.5),
            ),
        )
    missing = sorted(REQUIRED - set(found.joints))
    weak = sorted((p, n) for n, p in found.confidence.items() if n in REQUIRED and p < options.min_confidence)
    if missing or weak:
        worst = [n for _, n in weak[:4]] or missing[:4]
        raise RigUncertain(
            f"The skeleton is not sure enough at {', '.join(worst)}"
            + (f": {'; '.join(found.reasons)}" if found.reasons else ""),
            confidence=weak[0][0] if weak else 0.0,
            joints=found.confidence,
            reasons=found.reasons,
            picture=draw_fit(avatar, found),
            rig=rig.facts(),
            suggestions=(
                Suggestion(
                    "Point out joints", f"Send `hints` with the places of {', '.join(worst)} in the file's space.", 0.8
                ),
                Suggestion("Accept the uncertain skeleton", "Send a lower `min_confidence` and check the result.", 0.4),
            ),
        )


@stage("skinning", cost=600)
def bind_created(avatar: Avatar, ledger: Ledger) -> Avatar:
    """Bind the skin to the skeleton."""
    if ledger.fit is None or avatar.skeleton is None:
        return avatar
    merged = merge(avatar)
    joints, weights = bind(merged.surface, avatar.skeleton, ledger.fit)
    return merged.scatter(avatar, joints, weights)

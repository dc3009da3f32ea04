"""No more shapes than a budget allows: the rarest go first."""

from dataclasses import replace

from ..avatar import Avatar
from ..face.names import ARKIT, EXTRAS, VISEMES
from ..fitting import Fitted, Notes
from ..pipeline import stage

# What an avatar needs first: it blinks, speaks, smiles, frowns. What no list names (shapes of uploads) comes after it.
FIRST = (
    *("eyeBlinkLeft", "eyeBlinkRight", "jawOpen"),
    *("viseme_aa", "viseme_E", "viseme_I", "viseme_O", "viseme_U", "viseme_PP", "viseme_FF"),
    *("mouthSmileLeft", "mouthSmileRight", "browInnerUp", "browDownLeft", "browDownRight"),
    *("mouthFrownLeft", "mouthFrownRight", "eyeWideLeft", "eyeWideRight", "mouthPucker", "mouthFunnel", "mouthClose"),
    *("eyeSquintLeft", "eyeSquintRight", "browOuterUpLeft", "browOuterUpRight"),
)
# extras are sums of others, so they go before anything that cannot be composed
ORDER = (*FIRST, *(n for n in (*VISEMES, *ARKIT) if n not in FIRST), *EXTRAS)
RANK = {name: i for i, name in enumerate(ORDER)}


@stage("exporting", cost=1)
def fit_shapes(avatar: Avatar, limit: int | None, notes: Notes | None = None) -> Avatar:
    """Keep within the budget of shapes."""
    names = list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs))
    if limit is None or len(names) <= limit:
        return avatar
    kept = set(sorted(names, key=lambda n: RANK.get(n, len(FIRST)))[:limit])
    lost = [n for n in names if n not in kept]
    if notes is not None:
        told = ", ".join(lost[:6]) + (f" and {len(lost) - 6} more" if len(lost) > 6 else "")
        notes.append(Fitted("morphs", limit, len(names), limit, f"left out, the rarest first: {told}"))
    clips = tuple(replace(c, shapes={n: w for n, w in c.shapes.items() if n in kept}) for c in avatar.clips)
    slim = avatar.map_meshes(lambda mesh: replace(mesh, morphs=tuple(m for m in mesh.morphs if m.name in kept)))
    return replace(slim, clips=clips)

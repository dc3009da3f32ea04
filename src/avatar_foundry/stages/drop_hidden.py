"""Take the faces away that no one can see. `build_lods` does it too, for every level."""

from dataclasses import replace

from ..avatar import Avatar
from ..lod.gather import without_hidden
from ..pipeline import stage


@stage("dressing", cost=5)
def drop_hidden(avatar: Avatar) -> Avatar:
    """Remove hidden faces."""
    shown = avatar.map_parts(without_hidden)
    if all(len(p.mesh.faces) for p in shown.parts):
        return shown
    return replace(shown, parts=tuple(p for p in shown.parts if len(p.mesh.faces)))

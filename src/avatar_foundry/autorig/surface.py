"""What rigging looks at: one welded triangle surface, whatever parts it came in."""

from dataclasses import dataclass

from ..avatar import F32, I32, Frozen


@dataclass(frozen=True, eq=False, slots=True)
class Surface(Frozen):
    """A mesh to rig: all parts merged, vertices welded by position.

    positions: (V, 3) f32, in the upload's own units and orientation.
    faces:     (F, 3) i32; neither closed nor manifold need they be.
    part:      (F,) i32, the part that each face came from.
    """

    positions: F32
    faces: I32
    part: I32

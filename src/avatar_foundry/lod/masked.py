"""A level of the whole part, less what nobody can see."""

import numpy as np
from numpy.typing import NDArray

from ..avatar import I32

Mask = NDArray[np.bool_]


def drawn_faces(level: I32, host: I32, heir: I32, hidden: Mask) -> Mask:
    """(F',) the faces of a level that show something.

    level: (F', 3) vertices of the full mesh.  host: (V,) the level's face that stands for a vertex, -1 for none.
    heir: (V,) the level's vertex that stands for it, itself where the level keeps it.  hidden: (V,).
    A vertex of the level shows when any vertex that it stands for does. As at full detail, a face stays as long as one
    of its vertices shows, and also when it stands for a vertex that shows: so no part of what is seen is lost.
    """
    seen = np.flatnonzero(~hidden & (heir >= 0))
    shows = np.zeros(len(hidden), bool)
    shows[heir[seen]] = True
    keep = np.asarray(shows[level].any(axis=1))
    hosts = host[seen]
    keep[hosts[hosts >= 0]] = True
    return keep

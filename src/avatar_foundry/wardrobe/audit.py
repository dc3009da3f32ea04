"""Judge a dressed avatar by exact geometry, independently of how it was dressed. For tests and measurements."""

import numpy as np

from ..avatar import F32, Part
from .contact import candidates, shell, signed_distance
from .neutral import BODY, body_faces


def depth_inside(base: F32, body: Part, part: Part) -> F32:
    """(W,) how deep each drawn vertex of `part` lies inside the body where the body is drawn; 0 outside.

    base: (B, 3). body: the body part after hiding, its binding telling which base vertices are left. Nearest body
    points are searched afresh (not by the settling's candidates); points whose nearest body triangle is hidden count 0.
    """
    assert body.binding is not None
    used = np.unique(part.mesh.faces)
    points = part.mesh.positions[used]
    surface = shell(np.ascontiguousarray(base[:BODY]), body_faces())
    _, near = candidates(points, surface.positions, count=24)
    touch = signed_distance(points, near, surface, 1.0)
    visible = np.zeros(BODY, bool)
    visible[body.binding.refs[np.unique(body.mesh.faces), 0]] = True
    drawn = visible[touch.corners].all(axis=1)
    return np.where(drawn & (touch.height < 0), -touch.height, 0.0).astype(np.float32)

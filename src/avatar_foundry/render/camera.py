"""Cameras: where they stand for the usual views, and the projection."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
FIELD_OF_VIEW = np.radians(30.0)  # a portrait lens: little perspective on faces
# View -> turn about +Y in degrees, what it frames.
VIEWS = {
    "front": (0, "body"),
    "q": (35, "body"),
    "side": (90, "body"),
    "back": (180, "body"),
    "face": (0, "head"),
    "face34": (35, "head"),
    "faceside": (90, "head"),
    "upper": (20, "bust"),
}
# What a view frames: (centre above the head joint, half height), in standing heights.
FRAMES = {"head": (0.035, 0.1), "bust": (-0.08, 0.24)}


class Camera(NamedTuple):
    """eye, target: (3,) metres, +Y up."""

    eye: F64
    target: F64

    def project(self, points: NDArray[np.floating], size: int) -> F64:
        """(N, 3) world -> (N, 3): x, y in pixels (y down), z the distance along the view axis in metres."""
        forward = self.target - self.eye
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 1.0, 0.0))
        right /= np.linalg.norm(right)
        up = np.cross(right, forward)
        seen = (points.astype(np.float64) - self.eye) @ np.stack([right, up, forward], axis=1)
        depth = np.maximum(seen[:, 2], 1e-3)
        scale = 0.5 * size / np.tan(FIELD_OF_VIEW / 2)
        return np.stack(
            [seen[:, 0] / depth * scale + size / 2, size / 2 - seen[:, 1] / depth * scale, seen[:, 2]], axis=1
        )


def view_camera(view: str, low: F64, high: F64, head: F64 | None) -> Camera:
    """The camera for a named view of a body with bounds `low`, `high` (3,) and head joint `head` (3,) or None."""
    turn, frame = VIEWS[view]
    extent = high - low
    height = float(extent[1])
    if frame == "body":
        target = (low + high) / 2
        half = max(height, float(max(extent[0], extent[2])) * 0.92) * 0.53
    else:
        above, half = FRAMES[frame]
        centre = head if head is not None else np.array([(low[0] + high[0]) / 2, low[1] + height * 0.9, 0.0])
        target, half = centre + np.array([0.0, above * height, 0.0]), half * height
    distance = half / np.tan(FIELD_OF_VIEW / 2)
    angle = np.radians(turn)
    eye = target + distance * np.array([np.sin(angle), 0.04, np.cos(angle)])
    return Camera(eye, target)

"""Cameras: where they stand for the usual views, and the projection."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar

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
# What a view frames: (centre above the head joint, half height), in head heights (head joint to crown).
FRAMES = {"head": (0.28, 0.98), "bust": (-0.3, 1.7)}
# The API's names: (turn, frame). `fit` is the tightest picture of everything.
CAMERAS = {"portrait": (12, "bust"), "fullbody": (0, "body"), "fit": (0, "fit")}
RISE = 0.04  # the eye's height above the target, per distance


class Camera(NamedTuple):
    """eye, target: (3,) metres, +Y up."""

    eye: F64
    target: F64

    def axes(self) -> F64:
        """(3, 3): right, up, forward as rows."""
        forward = self.target - self.eye
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 1.0, 0.0))
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(right, forward), forward])

    def project(self, points: NDArray[np.floating], size: int) -> F64:
        """(N, 3) world -> (N, 3): x, y in pixels (y down), z the distance along the view axis in metres."""
        seen = (points.astype(np.float64) - self.eye) @ self.axes().T
        depth = np.maximum(seen[:, 2], 1e-3)
        scale = 0.5 * size / np.tan(FIELD_OF_VIEW / 2)
        return np.stack(
            [seen[:, 0] / depth * scale + size / 2, size / 2 - seen[:, 1] / depth * scale, seen[:, 2]], axis=1
        )

    def rays(self, x: F64, y: F64, size: int) -> F64:
        """(N, 3) directions (not unit) through points of the picture, in pixels."""
        scale = 2 * np.tan(FIELD_OF_VIEW / 2) / size
        local = np.stack([(x - size / 2) * scale, (size / 2 - y) * scale, np.ones_like(x)], axis=1)
        return np.asarray(local @ self.axes())


def view_camera(view: str, low: F64, high: F64, head: F64 | None) -> Camera:
    """The camera for a named view of a body with bounds `low`, `high` (3,) and head joint `head` (3,) or None.

    Raises KeyError for a name that is not in VIEWS.
    """
    turn, frame = VIEWS[view]
    return _stand(turn, frame, low, high, head)


def _stand(turn: float, frame: str, low: F64, high: F64, head: F64 | None) -> Camera:
    extent = high - low
    height = float(extent[1])
    if frame == "body":
        target = (low + high) / 2
        half = max(height, float(max(extent[0], extent[2])) * 0.92) * 0.53
    else:
        above, half = FRAMES[frame]
        joint = head if head is not None else np.array([(low[0] + high[0]) / 2, low[1] + height * 0.9, 0.0])
        # Heads grow less than bodies, hats and hair more: the crown tells, within what heads measure.
        tall = float(np.clip(high[1] - joint[1], 0.16, 0.24))
        target, half = joint + np.array([0.0, above * tall, 0.0]), half * tall
    distance = half / np.tan(FIELD_OF_VIEW / 2)
    return Camera(target + distance * _towards(turn), target)


def _towards(turn: float) -> F64:
    angle = np.radians(turn)
    return np.array([np.sin(angle), RISE, np.cos(angle)])


def _bounds(points: NDArray[np.floating]) -> tuple[F64, F64]:
    return points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)


def drawn_points(avatar: Avatar) -> NDArray[np.float32]:
    """(N, 3) positions that faces use. Raises ValueError for an avatar without faces."""
    return np.concatenate([p.mesh.positions[np.unique(p.mesh.faces)] for p in avatar.parts if len(p.mesh.faces)])


def head_joint(avatar: Avatar, name: str = "head") -> F64 | None:
    """(3,) where the head joint is, by its name in any engine's case or prefix; None without one."""
    if avatar.skeleton is None:
        return None
    names = [n.lower().split(":")[-1] for n in avatar.skeleton.names]
    return avatar.skeleton.rest[names.index(name), :3, 3].astype(np.float64) if name in names else None


def camera_of(avatar: Avatar, name: str) -> Camera:
    """The camera called `name` in CAMERAS or VIEWS, for this avatar. Raises KeyError."""
    points = drawn_points(avatar)
    turn, frame = CAMERAS[name] if name in CAMERAS else VIEWS[name]
    if frame == "fit":
        return _fit(points, turn)
    return _stand(turn, frame, *_bounds(points), head_joint(avatar))


def _fit(points: NDArray[np.floating], turn: float, margin: float = 1.04) -> Camera:
    low, high = _bounds(points)
    camera = _stand(turn, "body", low, high, None)
    for _ in range(3):  # perspective makes it a fixed point; it settles within a pixel in three steps
        seen = camera.project(points, 2)
        left, right = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
        middle = ((left + right) / 2 - 1) * np.array([1, -1])
        reach = float(np.linalg.norm(camera.target - camera.eye))
        across = reach * np.tan(FIELD_OF_VIEW / 2)
        rows = camera.axes()
        target = camera.target + across * (middle[0] * rows[0] + middle[1] * rows[1])
        grow = max(float((right - left).max()) / 2 * margin, 1e-3)
        away = _towards(turn)
        camera = Camera(target + away / np.linalg.norm(away) * reach * grow, target)
    return camera

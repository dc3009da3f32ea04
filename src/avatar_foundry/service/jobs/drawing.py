"""Pictures of avatars: expression, pose, camera, background."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...avatar import Avatar
from ...cli.show import express, posed
from ...render import encode_png, render_avatar, view_camera

CAMERAS = {"portrait": "face", "fullbody": "front", "fit": "front"}
# Expressions by name, as weights of the ARKit shapes.
EXPRESSIONS: Mapping[str, Mapping[str, float]] = {
    "happy": {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "cheekSquintLeft": 0.5, "cheekSquintRight": 0.5},
    "lol": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0, "jawOpen": 0.5, "eyeSquintLeft": 0.6, "eyeSquintRight": 0.6},
    "sad": {"mouthFrownLeft": 0.8, "mouthFrownRight": 0.8, "browInnerUp": 0.8},
    "scared": {"eyeWideLeft": 0.9, "eyeWideRight": 0.9, "browInnerUp": 0.8, "jawOpen": 0.25},
    "rage": {"browDownLeft": 1.0, "browDownRight": 1.0, "noseSneerLeft": 0.8, "noseSneerRight": 0.8, "jawOpen": 0.2},
}


def draw(avatar: Avatar, params: Mapping[str, Any]) -> bytes:
    """A PNG. params: camera, size, expression, blend_shapes, pose, background (rrggbb, or "" for none)."""
    known = {m.name for p in avatar.parts for m in p.mesh.morphs}
    weights = {**EXPRESSIONS.get(params.get("expression") or "", {})}
    weights = {k: v for k, v in weights.items() if k in known} | dict(params.get("blend_shapes") or {})
    if weights:
        avatar = express(avatar, weights)
    if params.get("pose"):
        avatar = posed(avatar, params["pose"])
    points = np.concatenate([p.mesh.positions[np.unique(p.mesh.faces)] for p in avatar.parts if len(p.mesh.faces)])
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    camera = view_camera(CAMERAS[params["camera"]], low, high, _head(avatar))
    pixels = render_avatar(avatar, camera, params["size"])
    return encode_png(_over(pixels, params.get("background") or ""))


def _head(avatar: Avatar) -> Any:
    if avatar.skeleton is None:
        return None
    names = [n.lower().split(":")[-1] for n in avatar.skeleton.names]
    return avatar.skeleton.rest[names.index("head"), :3, 3].astype(np.float64) if "head" in names else None


def _over(pixels: Any, background: str) -> Any:
    if not background:
        return pixels
    color = np.array([int(background[i : i + 2], 16) for i in (0, 2, 4)], np.float32)
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return (pixels[..., :3] * alpha + color * (1 - alpha) + 0.5).astype(np.uint8)

"""Pictures of avatars on the CPU: thumbnails and contact sheets without a GPU, a browser or a display."""

from .camera import CAMERAS, VIEWS, Camera, camera_of, view_camera
from .picture import Painter, encode_png, over_backdrop, render_avatar, render_sheet, thumbnail

__all__ = [
    "CAMERAS",
    "VIEWS",
    "Camera",
    "Painter",
    "camera_of",
    "encode_png",
    "over_backdrop",
    "render_avatar",
    "render_sheet",
    "thumbnail",
    "view_camera",
]

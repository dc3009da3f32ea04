"""Pictures of avatars on the CPU: thumbnails and contact sheets without a GPU, a browser or a display."""

from .camera import VIEWS, Camera, view_camera
from .picture import encode_png, render_avatar, render_sheet

__all__ = ["VIEWS", "Camera", "encode_png", "render_avatar", "render_sheet", "view_camera"]

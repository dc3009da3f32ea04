"""Reading what people upload: any of the usual formats in, an Avatar and what the file said about itself out."""

from .read import read_upload
from .upload import Expression, Node, Source, Upload, Vrm

__all__ = ["Expression", "Node", "Source", "Upload", "Vrm", "read_upload"]

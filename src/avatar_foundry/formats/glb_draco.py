"""KHR_draco_mesh_compression through DracoPy, where it is installed (extra "draco"); else refused by name."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SourceError
from .glb_container import Json

if TYPE_CHECKING:
    from .glb_source import Source

NAME = "KHR_draco_mesh_compression"
HINT = "Export without Draco compression, or install the engine with its 'draco' extra."


def available() -> bool:
    """Whether Draco can be read here."""
    return find_spec("DracoPy") is not None


def unpack_primitive(source: "Source", primitive: Json) -> None:
    """Decode a compressed primitive; its accessors then give what was in it."""
    held = (primitive.get("extensions") or {}).get(NAME)
    if not isinstance(held, dict):
        return
    if not available():
        raise SourceError("The file uses Draco compression, which is not read", hint=HINT)
    import DracoPy  # type: ignore[import-not-found, unused-ignore]

    try:
        mesh = DracoPy.decode(source.bytes_of(held.get("bufferView")))
    except (DracoPy.FileTypeException, ValueError, RuntimeError, EOFError) as error:
        raise SourceError("The file is damaged: its Draco data cannot be unpacked") from error
    faces = getattr(mesh, "faces", None)
    if faces is None or primitive.get("mode", 4) != 4:
        raise SourceError("The file is damaged: its Draco data holds no triangles")
    found = {a["unique_id"]: a["data"] for a in mesh.attributes}
    for name, number in (held.get("attributes") or {}).items():
        if number not in found:
            raise SourceError(f"The file is damaged: its Draco data has no {name[:40]}")
        if (accessor := (primitive.get("attributes") or {}).get(name)) is not None:
            source.put(accessor, np.asarray(found[number]))
    if primitive.get("indices") is not None:
        flat: Any = np.asarray(faces, np.uint32).reshape(-1)
        source.put(primitive["indices"], flat)
